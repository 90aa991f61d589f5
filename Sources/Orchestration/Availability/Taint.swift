public import TimeAndChance

/// A mark on a node that keeps pods away, or drives them out.
///
/// - Source: Kubernetes `k8s.io/component-helpers/scheduling/corev1/helpers.go`.
public struct Taint: Sendable, Equatable {
  /// What it does to pods that do not tolerate it.
  public enum Effect: String, Sendable {
    /// They are not scheduled here.
    case noSchedule = "NoSchedule"
    /// They are scheduled here only if nowhere else fits better.
    case preferNoSchedule = "PreferNoSchedule"
    /// They are not scheduled here, and those that run are evicted.
    case noExecute = "NoExecute"
  }

  /// Its key.
  public var key: String
  /// Its value, often empty.
  public var value: String
  /// What it does.
  public var effect: Effect

  /// A taint.
  public init(key: String, value: String = "", effect: Effect) {
    self.key = key
    self.value = value
    self.effect = effect
  }

  /// The kubelet reports that the node is not ready.
  public static let notReady = Taint(key: "node.kubernetes.io/not-ready", effect: .noExecute)
  /// The kubelet does not report any more.
  public static let unreachable = Taint(key: "node.kubernetes.io/unreachable", effect: .noExecute)
  /// The node was cordoned.
  public static let unschedulable = Taint(
    key: "node.kubernetes.io/unschedulable", effect: .noSchedule)
  /// The node is short of memory.
  public static let memoryPressure = Taint(
    key: "node.kubernetes.io/memory-pressure", effect: .noSchedule)
  /// The node is short of disk.
  public static let diskPressure = Taint(
    key: "node.kubernetes.io/disk-pressure", effect: .noSchedule)
  /// An operator declares a dead node dead: its pods are deleted and volumes detached at once.
  public static let outOfService = Taint(
    key: "node.kubernetes.io/out-of-service", effect: .noExecute)
}

/// A pod's permission to be on a tainted node.
public struct Toleration: Sendable, Equatable {
  /// The taint's key; nil tolerates every key.
  public var key: String?
  /// The taint's value; nil tolerates every value (operator `Exists`).
  public var value: String?
  /// The taint's effect; nil tolerates every effect.
  public var effect: Taint.Effect?
  /// How long a `NoExecute` taint is tolerated; nil for ever.
  public var duration: SimDuration?

  /// A toleration; of everything, for ever, by default.
  public init(
    key: String? = nil, value: String? = nil, effect: Taint.Effect? = nil,
    duration: SimDuration? = nil
  ) {
    self.key = key
    self.value = value
    self.effect = effect
    self.duration = duration
  }

  /// Whether it is about that taint.
  public func tolerates(_ taint: Taint) -> Bool {
    (key.map { $0 == taint.key } ?? true) && (value.map { $0 == taint.value } ?? true)
      && (effect.map { $0 == taint.effect } ?? true)
  }

  /// What admission adds to pods that say nothing themselves: 300 s on a lost node.
  ///
  /// - Source: Kubernetes `plugin/pkg/admission/defaulttolerationseconds/admission.go`.
  public static func admissionDefaults(
    for own: [Toleration], duration: SimDuration = .seconds(300)
  ) -> [Toleration] {
    [Taint.notReady, .unreachable].compactMap { taint in
      own.contains { $0.tolerates(taint) }
        ? nil : Toleration(key: taint.key, effect: .noExecute, duration: duration)
    }
  }

  /// What DaemonSet pods get: they stay on lost, cordoned and pressed nodes.
  ///
  /// - Source: Kubernetes `AddOrUpdateDaemonPodTolerations` in `pkg/controller/daemon/util`.
  public static let daemonDefaults: [Toleration] = [
    Taint.notReady, .unreachable, .unschedulable, .memoryPressure, .diskPressure,
  ].map { Toleration(key: $0.key, effect: $0.effect) }

  /// When a running pod is evicted because of the taints on its node.
  ///
  /// Every `NoExecute` taint must be tolerated, or the pod goes at once; the shortest toleration
  /// decides. Removing the taints before that cancels the eviction.
  ///
  /// - Parameters:
  ///   - taints: the node's taints.
  ///   - tolerations: the pod's tolerations, defaults included.
  ///   - now: when the taints were noticed.
  /// - Returns: the instant of the eviction; nil when the pod stays.
  /// - Source: Kubernetes `processPodOnNode` in
  ///   `pkg/controller/tainteviction/taint_eviction.go`.
  public static func eviction(
    taints: [Taint], tolerations: [Toleration], noticedAt now: SimTime
  ) -> SimTime? {
    let driving = taints.filter { $0.effect == .noExecute }
    guard !driving.isEmpty else { return nil }
    var shortest: SimDuration?
    for taint in driving {
      let matching = tolerations.filter { $0.tolerates(taint) }
      if matching.isEmpty { return now }
      for duration in matching.compactMap(\.duration) {
        shortest = min(shortest ?? duration, max(.zero, duration))
      }
    }
    return shortest.map { now + $0 }
  }
}
