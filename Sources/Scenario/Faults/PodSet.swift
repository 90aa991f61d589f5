/// Some of the pods.
public struct PodSet: Sendable, Equatable {
  /// Pods of one workload.
  public struct Members: Sendable, Equatable {
    /// The index in ``Scenario/workloads``.
    public var workload: Int
    /// Which of its pods; nil: all, also those that come later.
    public var ordinals: [Int]?
    /// Those pods of a workload.
    public init(workload: Int, ordinals: [Int]? = nil) {
      self.workload = workload
      self.ordinals = ordinals
    }
  }
  /// The pods by workload, in order of the workloads' indices, each workload once.
  public var members: [Members]
  /// Pods of those workloads.
  public init(members: [Members]) { self.members = members }
}

/// A side of a network fault: pods and senders from outside.
public struct PlaceSet: Sendable, Equatable {
  /// The pods.
  public var pods: PodSet
  /// The traffic sources, as indices in ``Scenario/traffic``: those outside and those behind a
  /// gateway.
  public var sources: [Int]
  /// The proxies that are not beside a pod (gateways, waypoints), as indices in
  /// ``Scenario/proxies``.
  public var proxies: [Int]
  /// A side from its parts.
  public init(pods: PodSet = PodSet(members: []), sources: [Int] = [], proxies: [Int] = []) {
    self.pods = pods
    self.sources = sources
    self.proxies = proxies
  }
}
