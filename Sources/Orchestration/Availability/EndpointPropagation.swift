public import TimeAndChance

/// Who has to learn that an endpoint came or went, and how long that takes.
///
/// There is no guarantee; the ranges are what clusters customarily show, from the median to the
/// 99th percentile. The published objective for in-cluster programming is 30 s at that percentile.
/// Open connections are not cut by any of them, except that Envoy drains removed hosts.
///
/// - Source: Kubernetes sig-scalability `slos/network_programming_latency.md` for the objective; the
///   ranges are customary values, to be replaced by measured ones.
public enum EndpointConsumer: Sendable, CaseIterable {
  /// The kubelet's report of the pod's readiness, before anyone else can know.
  case kubeletStatus
  /// The endpoint controller's update of the slices.
  case endpointSlice
  /// kube-proxy or Cilium, on every node.
  case nodeProxy
  /// Envoys fed by istiod.
  case meshProxy
  /// An ingress or API gateway such as Kong.
  case gateway
  /// The DNS records of a headless Service.
  case headlessDNS

  /// The customary delay of this hop: lower bound the median, upper bound the 99th percentile.
  ///
  /// - Parameter isBusy: a large or busy cluster.
  /// - Returns: the range to draw from; what is drawn is the caller's choice.
  public func typicalDelay(isBusy: Bool) -> ClosedRange<SimDuration> {
    switch (self, isBusy) {
    case (.kubeletStatus, false): .milliseconds(100)...(.seconds(1))
    case (.kubeletStatus, true): .seconds(1)...(.seconds(5))
    case (.endpointSlice, false): .milliseconds(50)...(.milliseconds(500))
    case (.endpointSlice, true): .seconds(1)...(.seconds(5))
    case (.nodeProxy, false): .milliseconds(100)...(.seconds(1))
    case (.nodeProxy, true): .seconds(1)...(.seconds(10))
    case (.meshProxy, false): .milliseconds(200)...(.seconds(1))
    case (.meshProxy, true): .seconds(1)...(.seconds(10))
    case (.gateway, false): .milliseconds(500)...(.seconds(5))
    case (.gateway, true): .seconds(1)...(.seconds(30))
    case (.headlessDNS, _): .seconds(5)...(.seconds(30))
    }
  }
}

/// Collects changes until things are quiet, but not for ever: istiod before it pushes.
///
/// - Source: Istio `PILOT_DEBOUNCE_AFTER` 100 ms, `PILOT_DEBOUNCE_MAX` 10 s.
@frozen public struct ChangeDebounce: Sendable, Equatable {
  /// Quiet time after which a change is passed on; 100 ms by default.
  public let quiet: SimDuration
  /// The longest a change is held back; 10 s by default.
  public let maximum: SimDuration
  private var first: SimTime?
  private var last: SimTime = .zero

  /// A debounce that holds nothing back.
  public init(quiet: SimDuration = .milliseconds(100), maximum: SimDuration = .seconds(10)) {
    self.quiet = quiet
    self.maximum = maximum
  }

  /// A change arrives; returns when to look with ``flush(at:)``.
  public mutating func change(at now: SimTime) -> SimTime {
    if first == nil { first = now }
    last = now
    return dueAt
  }

  /// When what is held back is passed on, if nothing more arrives.
  public var dueAt: SimTime {
    guard let first else { return .never }
    return min(last + quiet, first + maximum)
  }

  /// Passes the changes on if their time has come; returns whether it did.
  public mutating func flush(at now: SimTime) -> Bool {
    guard first != nil, dueAt <= now else { return false }
    first = nil
    return true
  }
}

/// Runs on changes, with a pause between runs: kube-proxy writing its rules.
///
/// - Source: Kubernetes `pkg/util/async/bounded_frequency_runner.go`; `minSyncPeriod` 1 s,
///   `syncPeriod` 30 s.
@frozen public struct BoundedFrequency: Sendable, Equatable {
  /// The pause between runs; 1 s by default.
  public let minInterval: SimDuration
  /// The longest time without a run; 30 s by default.
  public let maxInterval: SimDuration
  private var lastRun: SimTime
  private var isPending = false

  /// A runner that has just run.
  public init(
    minInterval: SimDuration = .seconds(1), maxInterval: SimDuration = .seconds(30),
    ranAt now: SimTime
  ) {
    self.minInterval = minInterval
    self.maxInterval = maxInterval
    lastRun = now
  }

  /// A change arrives; returns when the run that takes it in begins.
  public mutating func change(at now: SimTime) -> SimTime {
    isPending = true
    return max(now, lastRun + minInterval)
  }

  /// When the next run is due, with or without a change.
  public func nextRun(at now: SimTime) -> SimTime {
    max(now, lastRun + (isPending ? minInterval : maxInterval))
  }

  /// A run begins.
  public mutating func run(at now: SimTime) {
    lastRun = now
    isPending = false
  }
}
