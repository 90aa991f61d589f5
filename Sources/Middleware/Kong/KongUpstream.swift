public import TimeAndChance

/// What one request remembers between its tries.
public struct KongSelection: Sendable, Equatable {
  /// The bytes to hash with consistent hashing; the other algorithms do not look at them.
  public let key: [UInt8]
  /// The target of the present try.
  public internal(set) var target: Int?
  var failed: [Int] = []

  /// A request before its first try.
  public init(key: [UInt8] = []) { self.key = key }
}

/// A Kong upstream on one node: its targets' health and the balancer.
///
/// Health is common to the workers of a node, not between nodes; the wheel's pointer and the
/// connection counts belong to a worker. Use one value per worker, or one per node when one worker
/// is meant. The upstream as a whole is available while more than `threshold` percent of the weight
/// is; otherwise, and when no target is left, the answer is 503.
///
/// - Source: Kong `kong/runloop/balancer/*.lua` and `kong/init.lua`.
public struct KongUpstream: Sendable, Equatable {
  /// The answer when no target can be chosen.
  public static let noPeer = 503

  /// The upstream as configured.
  public let settings: KongUpstreamSettings
  /// The targets' health.
  public private(set) var healths: [KongTargetHealth]
  private var connections: [Int]
  private var wheel: KongRoundRobinWheel
  private let ring: KongHashRing?
  private var latency: KongLatency
  private let totalWeight: Int
  private var unavailableWeight = 0

  /// All targets healthy and idle; shuffles the wheel with `random`.
  public init(settings: KongUpstreamSettings, at now: SimTime, using random: inout RandomStream) {
    self.settings = settings
    healths = settings.targets.map { _ in KongTargetHealth() }
    connections = settings.targets.map { _ in 0 }
    let weights = settings.targets.map(\.weight)
    wheel = KongRoundRobinWheel(
      weights: settings.algorithm == .roundRobin ? weights : [], using: &random)
    ring =
      settings.algorithm == .consistentHashing
      ? KongHashRing(targets: settings.targets, slots: settings.slots) : nil
    latency = KongLatency(targets: settings.targets.count, at: now)
    totalWeight = weights.reduce(0, +)
  }

  /// Whether enough of the weight is available.
  public var isHealthy: Bool {
    let available = Double(totalWeight - unavailableWeight)
    return totalWeight > 0
      && available / Double(totalWeight) * 100 > settings.healthchecks.threshold
  }

  /// Requests in progress on a target.
  public func connections(on target: Int) -> Int { connections[target] }

  /// Chooses a target for the request's next try; ends the previous try's connection count.
  ///
  /// - Returns: nil when no target can be chosen (503).
  public mutating func choose(for request: inout KongSelection, at now: SimTime) -> Int? {
    if let previous = request.target {
      connections[previous] -= 1
      request.failed.append(previous)
      request.target = nil
    }
    guard isHealthy else { return nil }
    let target: Int?
    switch settings.algorithm {
    case .roundRobin:
      let healths = healths
      target = wheel.next { healths[$0].isAvailable }
    case .consistentHashing:
      target = ring?.target(of: request.key) { healths[$0].isAvailable }
    case .leastConnections:
      target = leastLoaded(&request)
    case .latency:
      target = quickest(request, at: now)
    }
    if let target {
      connections[target] += 1
      request.target = target
    }
    return target
  }

  /// Ends the last try, which took so long; its time feeds the `latency` algorithm.
  public mutating func finish(
    _ request: inout KongSelection, responseTime: SimDuration, at now: SimTime
  ) {
    guard let target = request.target else { return }
    connections[target] -= 1
    request.target = nil
    if settings.algorithm == .latency {
      latency.note(responseTime, of: target, at: now)
    }
  }

  /// Reports a try that was retried: a timeout when it ended in 504, else a TCP failure.
  public mutating func reportRetried(_ target: Int, isTimeout: Bool, at now: SimTime) {
    note(isTimeout ? .timeout : .tcpFailure, of: target, settings.healthchecks.passive, at: now)
  }

  /// Reports the last try in the log phase: by its **status**, also when it was refused (502).
  public mutating func reportLast(_ target: Int, status: Int, at now: SimTime) {
    note(
      status == 504 ? .timeout : .status(status), of: target, settings.healthchecks.passive,
      at: now)
  }

  /// Reports the end of an active probe.
  public mutating func reportProbe(_ target: Int, _ report: KongHealthReport, at now: SimTime) {
    note(report, of: target, settings.healthchecks.active, at: now)
  }

  /// Sets a target's health by hand, as the admin endpoint does.
  public mutating func set(_ target: Int, isHealthy: Bool, at now: SimTime) {
    let before = healths[target].isAvailable
    healths[target].set(isHealthy: isHealthy)
    if before != isHealthy { availabilityChanged(of: target, at: now) }
  }

  private mutating func note(
    _ report: KongHealthReport, of target: Int, _ limits: KongHealthLimits, at now: SimTime
  ) {
    if healths[target].note(report, limits: limits) {
      availabilityChanged(of: target, at: now)
    }
  }

  private mutating func availabilityChanged(of target: Int, at now: SimTime) {
    let weight = settings.targets[target].weight
    unavailableWeight += healths[target].isAvailable ? -weight : weight
    latency.set(target, isAvailable: healths[target].isAvailable, at: now)
  }

  private func isUsable(_ target: Int) -> Bool {
    settings.targets[target].weight > 0 && healths[target].isAvailable
  }

  /// The lowest (connections + 1) / weight among targets this request has not failed on.
  ///
  /// When it failed on all, they are all allowed again. Kong's heap leaves ties open; here the first wins.
  private func leastLoaded(_ request: inout KongSelection) -> Int? {
    let usable = settings.targets.indices.filter(isUsable)
    let fresh = usable.filter { !request.failed.contains($0) }
    if fresh.isEmpty { request.failed = [] }
    return (fresh.isEmpty ? usable : fresh).min {
      (connections[$0] + 1) * settings.targets[$1].weight
        < (connections[$1] + 1) * settings.targets[$0].weight
    }
  }

  /// The lowest decayed mean / weight among **all** targets this request has not failed on.
  private func quickest(_ request: KongSelection, at now: SimTime) -> Int? {
    settings.targets.indices.filter { isUsable($0) && !request.failed.contains($0) }
      .map { target in
        (target, latency.mean(of: target, at: now) / Double(settings.targets[target].weight))
      }
      .min { $0.1 < $1.1 }?.0
  }
}

/// The means of Kong's `latency` algorithm: `old * e^(-dt/10) + rtt * (1 - e^(-dt/10))`, seconds.
///
/// A target that becomes available starts with the mean of those that are.
///
/// - Source: Kong `kong/runloop/balancer/latency.lua`.
struct KongLatency: Sendable, Equatable {
  private static let decaySeconds = 10.0
  private var means: [Double?]
  private var touched: [SimTime]

  init(targets: Int, at now: SimTime) {
    means = [Double?](repeating: 0, count: targets)
    touched = [SimTime](repeating: now, count: targets)
  }

  func mean(of target: Int, at now: SimTime) -> Double {
    decayed(target, towards: 0, at: now)
  }

  mutating func note(_ time: SimDuration, of target: Int, at now: SimTime) {
    means[target] = decayed(target, towards: time.inSeconds, at: now)
    touched[target] = now
  }

  mutating func set(_ target: Int, isAvailable: Bool, at now: SimTime) {
    if !isAvailable {
      means[target] = nil
      return
    }
    // The newcomer counts among the available with a mean of 0, as in `calculate_slow_start_ewma`.
    let known = means.compactMap(\.self)
    means[target] = known.reduce(0, +) / Double(known.count + 1)
    touched[target] = now
  }

  private func decayed(_ target: Int, towards value: Double, at now: SimTime) -> Double {
    let passed = max(0, (now - touched[target]).inSeconds)
    let weight = RealMath.exp(-passed / Self.decaySeconds)
    return (means[target] ?? 0) * weight + value * (1 - weight)
  }
}
