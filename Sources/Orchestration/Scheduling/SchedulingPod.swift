public import TimeAndChance

/// Pods that must, or should, be near or far from this one.
public struct PodAffinityTerm: Sendable, Equatable {
  /// Which pods.
  public var selector: LabelSelector
  /// Their namespaces; empty means the pod's own.
  public var namespaces: [String]
  /// The node label whose equal values make two nodes the same place.
  public var topologyKey: String

  /// A term about pods of the pod's own namespace, by default per node.
  public init(
    selector: LabelSelector, namespaces: [String] = [],
    topologyKey: String = "kubernetes.io/hostname"
  ) {
    self.selector = selector
    self.namespaces = namespaces
    self.topologyKey = topologyKey
  }

  func matches(_ pod: SchedulingPod, owner: SchedulingPod) -> Bool {
    let isMeant =
      namespaces.isEmpty ? pod.namespace == owner.namespace : namespaces.contains(pod.namespace)
    return isMeant && selector.matches(pod.labels)
  }
}

/// How evenly pods should lie over places.
public struct TopologySpreadConstraint: Sendable, Equatable {
  /// The largest allowed difference to the emptiest place; at least 1.
  public var maxSkew: Int
  /// The node label whose equal values make two nodes the same place.
  public var topologyKey: String
  /// `DoNotSchedule` filters nodes, `ScheduleAnyway` only prefers.
  public var isRequired: Bool
  /// Which pods are counted, in the pod's own namespace; old revisions of it as well, unless the
  /// selector holds the template hash (`matchLabelKeys`).
  public var selector: LabelSelector
  /// With fewer places than this, the emptiest counts as holding none; 1 by default.
  public var minDomains: Int

  /// A constraint, required by default.
  public init(
    maxSkew: Int, topologyKey: String, isRequired: Bool = true, selector: LabelSelector,
    minDomains: Int = 1
  ) {
    self.maxSkew = maxSkew
    self.topologyKey = topologyKey
    self.isRequired = isRequired
    self.selector = selector
    self.minDomains = minDomains
  }

  /// What pods without constraints get: a preference for different nodes (3) and zones (5).
  public static func clusterDefaults(selector: LabelSelector) -> [TopologySpreadConstraint] {
    [
      TopologySpreadConstraint(
        maxSkew: 3, topologyKey: "kubernetes.io/hostname", isRequired: false, selector: selector),
      TopologySpreadConstraint(
        maxSkew: 5, topologyKey: "topology.kubernetes.io/zone", isRequired: false,
        selector: selector),
    ]
  }
}

/// A preference with a weight, 1 to 100.
public struct Weighted<Term: Sendable & Equatable>: Sendable, Equatable {
  /// How much it counts.
  public var weight: Int
  /// What is preferred.
  public var term: Term

  /// A preference.
  public init(weight: Int, term: Term) {
    self.weight = weight
    self.term = term
  }
}

/// What the scheduler needs to know about a pod, placed or not.
public struct SchedulingPod: Sendable, Equatable {
  /// Identifies the pod.
  public var id: Int
  /// Its namespace.
  public var namespace: String
  /// Its labels.
  public var labels: [String: String]
  /// What it asks for, see ``PodRequirements/effectiveRequests``.
  ///
  /// Real use plays no part.
  public var requests: ResourceList
  /// Its priority; 0 by default.
  public var priority: Int32
  /// `preemptionPolicy: Never`: it waits its turn but displaces nobody.
  public var neverPreempts: Bool
  /// The taints it tolerates, defaults included.
  public var tolerations: [Toleration]
  /// Node labels it demands: any one of these terms; nil demands nothing.
  public var nodeAffinity: [LabelSelector]?
  /// Node labels it prefers.
  public var preferredNodes: [Weighted<LabelSelector>]
  /// Pods it must be near.
  public var affinity: [PodAffinityTerm]
  /// Pods it must be far from.
  ///
  /// Counts in both directions.
  public var antiAffinity: [PodAffinityTerm]
  /// Pods it would like to be near; far from with a negative weight.
  public var preferredPods: [Weighted<PodAffinityTerm>]
  /// How it should be spread.
  public var spread: [TopologySpreadConstraint]
  /// Ports of the node it occupies.
  public var hostPorts: [Int]
  /// Its images and their sizes in bytes.
  public var images: [(name: String, sizeBytes: Int64)]
  /// When it began to run; decides who is displaced among equals.
  public var startedAt: SimTime
  /// It has a deletion timestamp; it still holds its node's resources.
  public var isTerminating: Bool

  /// A pod that demands nothing but its requests.
  public init(
    id: Int, namespace: String = "default", labels: [String: String] = [:],
    requests: ResourceList = [:], priority: Int32 = 0
  ) {
    self.id = id
    self.namespace = namespace
    self.labels = labels
    self.requests = requests
    self.priority = priority
    neverPreempts = false
    tolerations = []
    nodeAffinity = nil
    preferredNodes = []
    affinity = []
    antiAffinity = []
    preferredPods = []
    spread = []
    hostPorts = []
    images = []
    startedAt = .zero
    isTerminating = false
  }

  public static func == (left: SchedulingPod, right: SchedulingPod) -> Bool {
    left.id == right.id && left.namespace == right.namespace && left.labels == right.labels
      && left.requests == right.requests && left.priority == right.priority
      && left.neverPreempts == right.neverPreempts && left.tolerations == right.tolerations
      && left.nodeAffinity == right.nodeAffinity && left.preferredNodes == right.preferredNodes
      && left.affinity == right.affinity && left.antiAffinity == right.antiAffinity
      && left.preferredPods == right.preferredPods && left.spread == right.spread
      && left.hostPorts == right.hostPorts && left.startedAt == right.startedAt
      && left.isTerminating == right.isTerminating
      && left.images.elementsEqual(right.images) {
        $0.name == $1.name && $0.sizeBytes == $1.sizeBytes
      }
  }
}
