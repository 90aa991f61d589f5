/// A node as the scheduler sees it: what it can give and who is on it.
public struct SchedulingNode: Sendable, Equatable {
  /// Its labels; `kubernetes.io/hostname` and `topology.kubernetes.io/zone` are the usual places.
  public var labels: [String: String]
  /// Its taints.
  public var taints: [Taint]
  /// Cordoned.
  public var isUnschedulable: Bool
  /// Capacity less what is reserved for the kubelet, the system and hard eviction thresholds.
  public var allocatable: ResourceList
  /// The most pods it takes; 110 by default.
  public var maxPods: Int
  /// The pods on it, terminating ones included.
  public var pods: [SchedulingPod]
  /// The images it holds.
  public var images: [String]

  /// A node without pods.
  public init(
    labels: [String: String] = [:], taints: [Taint] = [], allocatable: ResourceList,
    maxPods: Int = 110
  ) {
    self.labels = labels
    self.taints = taints
    isUnschedulable = false
    self.allocatable = allocatable
    self.maxPods = maxPods
    pods = []
    images = []
  }

  /// What its pods ask for.
  public var requested: ResourceList {
    var sum = ResourceList()
    for pod in pods { sum.add(pod.requests) }
    return sum
  }

  /// What a node can give of what it has.
  ///
  /// - Source: docs: tasks/administer-cluster/reserve-compute-resources.
  public static func allocatable(
    capacity: ResourceList, kubeReserved: ResourceList = [:], systemReserved: ResourceList = [:],
    evictionThreshold: ResourceList = [.memory: .bytes(100 << 20)]
  ) -> ResourceList {
    var left = capacity
    for reserved in [kubeReserved, systemReserved, evictionThreshold] {
      for entry in reserved.entries where left[entry.name] != nil {
        left[entry.name] = max(.zero, left.amount(entry.name) - entry.quantity)
      }
    }
    return left
  }
}
