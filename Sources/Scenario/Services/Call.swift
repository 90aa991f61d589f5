/// A call from one service to another.
public struct Call: Sendable, Equatable {
  /// What a failed call (a status of 400 or more, or no answer) does to the operation.
  public enum FailureHandling: Sendable, Equatable {
    /// The operation ends with that status.
    case fails(status: Int)
    /// The operation goes on as if nothing had happened.
    case ignored
  }

  /// Where it goes.
  public var target: CallTarget
  /// The headers it carries.
  public var headers: [CallHeader]
  /// How the caller itself behaves, before any proxy.
  public var client: ClientPolicy
  /// What a failed call does to the operation.
  public var onFailure: FailureHandling

  /// A call from its parts.
  public init(
    target: CallTarget, headers: [CallHeader] = [], client: ClientPolicy = .plain,
    onFailure: FailureHandling = .fails(status: 503)
  ) {
    self.target = target
    self.headers = headers
    self.client = client
    self.onFailure = onFailure
  }
}

/// The receiver of a request: a service, an operation and a port of it, and the host that it names.
public struct CallTarget: Sendable, Equatable {
  /// The index in ``Scenario/services``.
  public var service: Int
  /// The index in the service's operations.
  public var operation: Int
  /// The index in the service's ports.
  public var port: Int
  /// The host that the request names (`:authority`), on which routes match.
  ///
  /// The service's own host for calls inside the mesh, the public name at a gateway.
  public var authority: String

  /// A target from its parts.
  public init(service: Int, operation: Int, port: Int, authority: String) {
    self.service = service
    self.operation = operation
    self.port = port
    self.authority = authority
  }
}

/// A header of a call.
public enum CallHeader: Sendable, Equatable {
  /// A header with a value of its own; the name is in lower case.
  case fixed(name: String, value: String)
  /// The header of the request being served, if it has it; the name is in lower case.
  case forwarded(name: String)
}
