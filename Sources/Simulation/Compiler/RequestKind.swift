import Scenario

/// What a service is asked for, as far as it matters what comes after: the operation, and those
/// headers of the request that some call passes on.
struct RequestKind: Hashable {
  /// A header that is passed on.
  struct Header: Hashable {
    var name: String
    var value: String
  }
  /// The operation's name: a service to which a request is led serves it by that name.
  var operation: String
  /// The headers, sorted by name.
  var headers: [Header]
}

/// Who makes a call.
enum ModelCaller: Hashable {
  /// A traffic source.
  case source(Int)
  /// The pods of a workload.
  case workload(Int)
}
