/// What a probe's results mean: the published state changes only after enough of them in a row.
///
/// Readiness starts as failed, liveness as healthy, startup as unknown. A liveness or startup
/// failure that reaches its threshold has the container killed, and the probe rests until the new
/// container appears. As in the kubelet, the run of equal results is carried over to a container
/// that was replaced for another reason: two failed liveness probes, a crash, and one more failure
/// restart it again.
///
/// - Source: Kubernetes `newWorker`, `doProbe` in `pkg/kubelet/prober/worker.go`.
@frozen public struct ProbeState: Sendable, Equatable {
  /// What the probe decides about.
  @frozen public enum Kind: UInt8, Sendable {
    /// Whether the pod gets traffic.
    case readiness
    /// Whether the container is restarted.
    case liveness
    /// Whether the other two may begin; ends with its first success.
    case startup
  }

  /// One probe's result; a probe that could not run has none and changes nothing.
  ///
  /// A timeout is a failure.
  @frozen public enum Result: UInt8, Sendable {
    /// The endpoint answered well in time.
    case success
    /// It answered badly, not in time, or not at all.
    case failure
  }

  /// What the rest of the kubelet sees.
  @frozen public enum Published: UInt8, Sendable {
    /// A startup probe has not decided yet.
    case unknown
    /// Ready, healthy, or started.
    case success
    /// Not ready, or to be restarted.
    case failure
  }

  /// Which probe it is.
  public let kind: Kind
  /// Successes in a row until it counts; 1 by default, and always 1 for liveness and startup.
  public let successThreshold: Int
  /// Failures in a row until it counts; 3 by default.
  public let failureThreshold: Int
  /// The state as published.
  public private(set) var published: Published
  /// The container is being killed because of this probe; results are ignored meanwhile.
  public private(set) var isOnHold = false
  private var lastResult: Result?
  private var run = 0

  /// A probe whose container has just started.
  public init(kind: Kind, successThreshold: Int = 1, failureThreshold: Int = 3) {
    self.kind = kind
    self.successThreshold = successThreshold
    self.failureThreshold = failureThreshold
    published = Self.initial(kind)
  }

  private static func initial(_ kind: Kind) -> Published {
    switch kind {
    case .readiness: .failure
    case .liveness: .success
    case .startup: .unknown
    }
  }

  /// Whether the container has to be killed and started again.
  public var demandsRestart: Bool { isOnHold }

  /// Takes in one result and returns the state as published afterwards.
  public mutating func record(_ result: Result) -> Published {
    if isOnHold || (kind == .startup && published == .success) { return published }
    run = lastResult == result ? run + 1 : 1
    lastResult = result
    guard run >= (result == .success ? successThreshold : failureThreshold) else {
      return published
    }
    published = result == .success ? .success : .failure
    if result == .failure && kind != .readiness {
      isOnHold = true
      run = 0
    }
    return published
  }

  /// A new container has taken the old one's place.
  public mutating func containerReplaced() {
    published = Self.initial(kind)
    isOnHold = false
  }

  /// The container runs no more; a probe of it publishes a failure until it is replaced.
  public mutating func containerExited() { published = .failure }

  /// The pod is being deleted: liveness and startup end as successes, readiness goes on.
  public mutating func podTerminates() {
    if kind != .readiness {
      published = .success
      isOnHold = false
    }
  }
}
