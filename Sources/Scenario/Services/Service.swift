/// Something that is called by name: a Kubernetes Service, an outside host, or a host that only
/// routes know.
public struct Service: Sendable, Equatable {
  /// What stands behind the name.
  public enum Kind: Sendable, Equatable {
    /// Pods of ours.
    case pods
    /// A host outside the mesh (`ServiceEntry`); it has a workload that stands for it.
    case external
    /// Nothing of its own: routes lead its requests to other services.
    case routedOnly
  }

  /// A port of the service.
  public struct Port: Sendable, Equatable {
    /// The port's name; may be empty.
    public var name: String
    /// The port's number, 1...65535.
    public var number: Int
    /// What proxies speak on it.
    public var layer: Layer

    /// What proxies see of what passes a port.
    public enum Layer: Sendable, Equatable {
      /// Connections alone.
      case tcp
      /// Requests, one at a time on a connection.
      case http1
      /// Requests, many at a time on a connection.
      case http2
    }

    /// True when proxies see requests on it.
    public var isHTTP: Bool { layer != .tcp }

    /// A port of that number.
    public init(name: String = "http", number: Int = 80, layer: Layer = .http1) {
      self.name = name
      self.number = number
      self.layer = layer
    }
  }

  /// The name used in the scenario and in reports.
  public var name: String
  /// The Kubernetes namespace; empty for outside hosts.
  public var namespace: String
  /// The fully qualified host name, as requests carry it: `member.default.svc.cluster.local`.
  public var host: String
  /// What stands behind the name.
  public var kind: Kind
  /// The ports, in order; never empty.
  public var ports: [Port]
  /// The index in ``ports`` of the port that calls use unless they say otherwise.
  public var defaultPort: Int
  /// What it can be asked for.
  ///
  /// A request names an operation; a service to which it is routed instead serves it by its
  /// operation of the same name.
  public var operations: [Operation]
  /// The workloads that the service selects, as indices in ``Scenario/workloads``.
  public var workloads: [Int]
  /// The waypoint through which requests for it pass, as index in ``Scenario/proxies``; nil: none.
  public var waypoint: Int?
  /// False when only manifests name it and its behaviour is the stated default.
  public var isDescribed: Bool

  /// A service from its parts.
  public init(
    name: String, namespace: String = "default", host: String, kind: Kind = .pods,
    ports: [Port] = [Port()], defaultPort: Int = 0, operations: [Operation] = [],
    workloads: [Int] = [], waypoint: Int? = nil, isDescribed: Bool = true
  ) {
    self.name = name
    self.namespace = namespace
    self.host = host
    self.kind = kind
    self.ports = ports
    self.defaultPort = defaultPort
    self.operations = operations
    self.workloads = workloads
    self.waypoint = waypoint
    self.isDescribed = isDescribed
  }
}

/// What a service can be asked for; each workload has its own steps for it.
public struct Operation: Sendable, Equatable {
  /// The name within the service: `POST /posts`.
  public var name: String
  /// The HTTP method that routes see.
  public var method: String
  /// The HTTP path that routes see.
  public var path: String

  /// An operation from its parts.
  public init(name: String, method: String, path: String) {
    self.name = name
    self.method = method
    self.path = path
  }
}
