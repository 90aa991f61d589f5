public import TimeAndChance

/// `kubectl drain`: cordon the node, ask for the eviction of all its pods at once, ask again.
///
/// A refused eviction (429) is tried again after 5 s, by default for ever: a budget that never
/// allows a disruption (one replica with `minAvailable: 1`, a replacement that can not be
/// scheduled, a crash-looping replica) holds the drain up endlessly.
///
/// - Source: Kubernetes `k8s.io/kubectl/pkg/drain/drain.go`.
public struct NodeDrain: Sendable, Equatable {
  /// Where a pod of the node is.
  public enum PodState: Sendable, Equatable {
    /// Its eviction is asked for (again) at that instant.
    case asking(SimTime)
    /// Its eviction was granted; it is waited for.
    case terminating
    /// It is gone.
    case gone
    /// The answer was an error that is not worth trying again: the drain fails for it.
    case failed
  }

  /// How a drain stands.
  public enum Progress: Sendable, Equatable {
    /// Pods are left.
    case draining
    /// All pods that can go are gone.
    case drained
    /// The timeout passed with pods left.
    case timedOut
    /// Some pods met an error; all others are gone.
    case failed
  }

  /// The wait after a refusal; 5 s.
  public let retryInterval: SimDuration
  /// The end of patience; nil for ever, the default.
  public let deadline: SimTime?
  /// The pods to evict, by identity, and where they are.
  public private(set) var pods: [(id: Int, state: PodState)]

  /// Begins to drain a node.
  ///
  /// - Parameters:
  ///   - pods: its pods, without those of DaemonSets and without mirror pods, which stay.
  ///   - now: the beginning.
  ///   - timeout: how long to try; nil for ever.
  ///   - retryInterval: the wait after a refusal.
  public init(
    pods: [Int], at now: SimTime, timeout: SimDuration? = nil,
    retryInterval: SimDuration = .seconds(5)
  ) {
    self.retryInterval = retryInterval
    deadline = timeout.map { now + $0 }
    self.pods = pods.map { ($0, .asking(now)) }
  }

  /// The pods whose eviction is to be asked for now.
  public func due(at now: SimTime) -> [Int] {
    guard deadline.map({ now < $0 }) ?? true else { return [] }
    return pods.compactMap { pod in
      if case .asking(let at) = pod.state, at <= now { return pod.id }
      return nil
    }
  }

  /// The next instant at which something is to be asked; nil when only waiting is left.
  public var nextRequest: SimTime? {
    pods.compactMap { pod in
      if case .asking(let at) = pod.state { return at }
      return nil
    }.min()
  }

  /// Takes in the answer to a request.
  public mutating func answered(_ answer: EvictionRequest.Answer, pod: Int, at now: SimTime) {
    guard let index = pods.firstIndex(where: { $0.id == pod }) else { return }
    switch answer {
    case .evicted, .evictedBudgetSkipped: pods[index].state = .terminating
    case .tooManyRequests: pods[index].state = .asking(now + retryInterval)
    case .forbidden, .multipleBudgets: pods[index].state = .failed
    }
  }

  /// A pod is gone, by this drain or otherwise.
  public mutating func podGone(_ pod: Int) {
    for index in pods.indices where pods[index].id == pod { pods[index].state = .gone }
  }

  /// How the drain stands.
  public func progress(at now: SimTime) -> Progress {
    let hasFailures = pods.contains { $0.state == .failed }
    if pods.allSatisfy({ $0.state == .gone || $0.state == .failed }) {
      return hasFailures ? .failed : .drained
    }
    return deadline.map { now >= $0 } ?? false ? .timedOut : .draining
  }

  public static func == (left: NodeDrain, right: NodeDrain) -> Bool {
    left.retryInterval == right.retryInterval && left.deadline == right.deadline
      && left.pods.elementsEqual(right.pods) { $0.id == $1.id && $0.state == $1.state }
  }
}
