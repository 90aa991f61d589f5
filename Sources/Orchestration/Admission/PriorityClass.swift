/// The priority classes of a cluster: names for numbers.
///
/// - Source: Kubernetes `plugin/pkg/admission/priority/admission.go`.
public struct PriorityClasses: Sendable, Equatable {
  /// One class.
  public struct Class: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its priority: at most 1 000 000 000 for classes that are not the system's.
    public var value: Int32
    /// Pods without a class get this one.
    public var isGlobalDefault: Bool
    /// Its pods displace nobody.
    public var neverPreempts: Bool

    /// A class that is not the default and preempts.
    public init(
      name: String, value: Int32, isGlobalDefault: Bool = false, neverPreempts: Bool = false
    ) {
      self.name = name
      self.value = value
      self.isGlobalDefault = isGlobalDefault
      self.neverPreempts = neverPreempts
    }
  }

  /// The two classes every cluster has.
  public static let system = [
    Class(name: "system-cluster-critical", value: 2_000_000_000),
    Class(name: "system-node-critical", value: 2_000_001_000),
  ]

  /// The cluster's own classes.
  public var classes: [Class]

  /// The system's classes and these.
  public init(_ classes: [Class] = []) { self.classes = classes }

  /// The class of a pod.
  ///
  /// - Parameter name: what the pod names; nil takes the default class, or priority 0.
  /// - Returns: the class; nil when there is none of that name, which refuses the pod.
  public func resolve(_ name: String?) -> Class? {
    if let name { return (Self.system + classes).first { $0.name == name } }
    // Of several defaults the lowest counts.
    let defaults = classes.filter(\.isGlobalDefault)
    return defaults.min { $0.value < $1.value } ?? Class(name: "", value: 0)
  }
}
