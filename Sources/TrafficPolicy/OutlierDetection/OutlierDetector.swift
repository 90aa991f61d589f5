public import TimeAndChance

/// One proxy's judge of a cluster's hosts: compiled settings, the number of hosts out, counters.
///
/// Reports come in one at a time and only move counters; a report that makes a counter *equal* to
/// its threshold returns a trip, and ``act(on:host:index:at:using:into:)`` turns trips into ejections.
/// Decisions about rates are made by the sweep. Trivial, one per (proxy, cluster), shared by the
/// proxy's workers.
///
/// - Source: Envoy `source/common/upstream/outlier_detection_impl.cc`.
@frozen public struct OutlierDetector: Sendable {
  /// Counter thresholds; 0 never trips, as a counter is at least 1 when compared.
  @usableFromInline var threshold5xx: UInt32
  @usableFromInline var thresholdGateway: UInt32
  @usableFromInline var thresholdLocalOrigin: UInt32
  /// True with `split_external_local_origin_errors`.
  public let splitsLocalOrigin: Bool
  /// True with `successful_active_health_check_uneject_host`.
  public let healthCheckUnejects: Bool
  @usableFromInline let alwaysEjectOneHost: Bool
  @usableFromInline let maxEjectionPercent: Double
  @usableFromInline let baseEjectionNanoseconds: Int64
  @usableFromInline let maxEjectionNanoseconds: Int64
  @usableFromInline let maxJitterMilliseconds: UInt32
  /// Percent of detections that eject; the index is the type's raw value.
  @usableFromInline var enforcing: InlineArray<7, UInt8>
  /// How the sweep judges rates.
  @usableFromInline let rates: OutlierRateLimits
  /// The time between sweeps.
  public let interval: SimDuration
  /// Members of the cluster, over all priorities, ejected or not; the engine keeps it.
  public var hostCount: UInt32
  /// The counters; `ejectionsActive` is the number of hosts out.
  public var statistics: OutlierStatistics

  /// A detector of those settings over `hostCount` members.
  public init(_ settings: OutlierDetectionSettings, hostCount: Int) {
    threshold5xx = UInt32(clamping: settings.consecutive5xx)
    thresholdGateway = UInt32(clamping: settings.consecutiveGatewayFailure)
    thresholdLocalOrigin = UInt32(clamping: settings.consecutiveLocalOriginFailure)
    splitsLocalOrigin = settings.splitExternalLocalOriginErrors
    healthCheckUnejects = settings.successfulHealthCheckUnejects
    alwaysEjectOneHost = settings.alwaysEjectOneHost
    maxEjectionPercent = Double(min(100, max(0, settings.maxEjectionPercent)))
    baseEjectionNanoseconds = settings.baseEjectionTime.nanoseconds
    maxEjectionNanoseconds = max(
      settings.maxEjectionTime.nanoseconds, settings.baseEjectionTime.nanoseconds)
    maxJitterMilliseconds = UInt32(clamping: settings.maxEjectionTimeJitter.nanoseconds / 1_000_000)
    enforcing = InlineArray(repeating: 0)
    rates = OutlierRateLimits(settings)
    interval = settings.interval
    self.hostCount = UInt32(clamping: hostCount)
    statistics = OutlierStatistics()
    for type in OutlierEjectionType.allCases {
      enforcing[Int(type.rawValue)] = UInt8(clamping: settings.enforcingPercent(of: type))
    }
  }

  // MARK: Reports

  /// Reports an HTTP code: of an answer, or the code that stands for a failure without the split.
  @inlinable @inline(__always)
  public func record(status: UInt16, on host: inout OutlierHost) -> OutlierTrips {
    if status < 500 || status > 599 {
      host.recordSuccesses()
      return []
    }
    host.externalTotal &+= 1
    return record5xx(status, on: &host)
  }

  @inlinable @inline(never)
  func record5xx(_ status: UInt16, on host: inout OutlierHost) -> OutlierTrips {
    var trips: OutlierTrips = []
    if status >= 502 && status <= 504 {
      host.consecutiveGatewayFailure &+= 1
      if host.consecutiveGatewayFailure == thresholdGateway {
        trips.insert(.consecutiveGatewayFailure)
      }
    } else {
      host.consecutiveGatewayFailure = 0
    }
    host.consecutive5xx &+= 1
    if host.consecutive5xx == threshold5xx { trips.insert(.consecutive5xx) }
    return trips
  }

  /// Reports that a connection, or a stream on one, was had: a local-origin success.
  ///
  /// Without the split it means nothing.
  @inlinable @inline(__always)
  public func recordConnectSuccess(on host: inout OutlierHost) {
    guard splitsLocalOrigin else { return }
    host.localTotal &+= 1
    host.localSuccesses &+= 1
    host.consecutiveLocalOriginFailure = 0
  }

  /// Reports a failure that is not an answer: a local-origin failure with the split, else `status`
  /// (503 for connection failures and resets, 504 for timeouts).
  @inlinable @inline(never)
  public func recordLocalOriginFailure(
    status: UInt16, on host: inout OutlierHost
  ) -> OutlierTrips {
    guard splitsLocalOrigin else { return record(status: status, on: &host) }
    host.localTotal &+= 1
    host.consecutiveLocalOriginFailure &+= 1
    return host.consecutiveLocalOriginFailure == thresholdLocalOrigin
      ? .consecutiveLocalOriginFailure : []
  }

  /// Reports how a try ended; outcomes that are not the host's doing are passed over.
  @inlinable @inline(__always)
  public func record(_ outcome: AttemptOutcome, on host: inout OutlierHost) -> OutlierTrips {
    if outcome.kind == .response {
      let code =
        outcome.grpcStatus < 0
        ? outcome.status : GRPCStatus.httpStatus(of: outcome.grpcStatus)
      return record(status: code, on: &host)
    }
    guard outcome.kind.feedsOutlierDetector else { return [] }
    let status: UInt16 = outcome.kind.isTimeout ? 504 : 503
    return recordLocalOriginFailure(status: status, on: &host)
  }

  // MARK: Ejection

  /// Acts on one tripped detector: detects, tries to eject, and sets its counter back.
  ///
  /// A host that is ejected already is passed over and its counter stays, so it cannot trip again
  /// until it is released. Else the counter returns to 0 even if the ejection is refused. Draws as
  /// ``tryEject(_:_:at:using:)``.
  @inlinable @inline(never)
  public mutating func act(
    on trip: OutlierEjectionType, host: inout OutlierHost, at now: SimTime,
    using random: inout RandomStream
  ) -> OutlierAction.Effect {
    if host.isEjected || !host.isMember { return .ignored }
    let effect = tryEject(trip, &host, at: now, using: &random)
    switch trip {
    case .consecutive5xx: host.consecutive5xx = 0
    case .consecutiveGatewayFailure: host.consecutiveGatewayFailure = 0
    case .consecutiveLocalOriginFailure: host.consecutiveLocalOriginFailure = 0
    case .successRate, .successRateLocalOrigin, .failurePercentage, .failurePercentageLocalOrigin:
      break
    }
    return effect
  }

  /// Acts on every detector that one report tripped, gateway failures first.
  ///
  /// What changed is appended to `actions`; true when the host was ejected.
  @inlinable @inline(never)
  public mutating func act(
    on trips: OutlierTrips, host: inout OutlierHost, index: UInt32, at now: SimTime,
    using random: inout RandomStream, into actions: inout [OutlierAction]
  ) -> Bool {
    let wasEjected = host.isEjected
    if trips.contains(.consecutiveGatewayFailure) {
      append(.consecutiveGatewayFailure, &host, index, now, &random, &actions)
    }
    if trips.contains(.consecutive5xx) {
      append(.consecutive5xx, &host, index, now, &random, &actions)
    }
    if trips.contains(.consecutiveLocalOriginFailure) {
      append(.consecutiveLocalOriginFailure, &host, index, now, &random, &actions)
    }
    return host.isEjected && !wasEjected
  }

  @inlinable
  mutating func append(
    _ type: OutlierEjectionType, _ host: inout OutlierHost, _ index: UInt32, _ now: SimTime,
    _ random: inout RandomStream, _ actions: inout [OutlierAction]
  ) {
    let effect = act(on: type, host: &host, at: now, using: &random)
    if effect != .ignored {
      actions.append(OutlierAction(host: index, type: type, effect: effect))
    }
  }

  /// Counts a detection and ejects the host if the share of hosts out and the enforcing percentage
  /// allow it.
  ///
  /// A host that the sweep's first rate detector has just ejected is counted again by the second,
  /// but not ejected twice (Envoy would count it as two hosts out and never lose the second).
  ///
  /// Draws: one for enforcement, only when its percentage is neither 0 nor 100; one for the jitter,
  /// only when an ejection has one.
  @inlinable @inline(never)
  public mutating func tryEject(
    _ type: OutlierEjectionType, _ host: inout OutlierHost, at now: SimTime,
    using random: inout RandomStream
  ) -> OutlierAction.Effect {
    statistics.detected[Int(type.rawValue)] &+= 1
    let active = statistics.ejectionsActive
    let share = 100.0 * Double(active + 1) / Double(max(1, hostCount))
    guard share <= maxEjectionPercent || (alwaysEjectOneHost && active == 0) else {
      statistics.ejectionsOverflow &+= 1
      return .overflow
    }
    let percent = UInt32(enforcing[Int(type.rawValue)])
    if percent < 100 {
      if percent == 0 || random.below(100) >= percent { return .logged }
    }
    if host.isEjected { return .ignored }
    statistics.ejectionsActive &+= 1
    statistics.ejectionsEnforcedTotal &+= 1
    statistics.enforced[Int(type.rawValue)] &+= 1
    host.isEjected = true
    host.ejectedAt = now
    host.numEjections &+= 1
    host.jitterMilliseconds =
      maxJitterMilliseconds == 0 ? 0 : random.below(maxJitterMilliseconds &+ 1)
    if Double(host.ejectTimeBackoff) * Double(baseEjectionNanoseconds)
      < Double(maxEjectionNanoseconds) + Double(baseEjectionNanoseconds)
    {
      host.ejectTimeBackoff &+= 1
    }
    return .enforced
  }

  /// How long the host's running ejection lasts at least; it ends with the first sweep after.
  @inlinable public func ejectionTime(of host: OutlierHost) -> SimDuration {
    let scaled = Double(host.ejectTimeBackoff) * Double(baseEjectionNanoseconds)
    let bounded =
      scaled < Double(maxEjectionNanoseconds) ? Int64(scaled) : maxEjectionNanoseconds
    return SimDuration(nanoseconds: bounded + Int64(host.jitterMilliseconds) * 1_000_000)
  }

  /// Releases an ejected host; its consecutive counters start anew.
  @inlinable public mutating func release(_ host: inout OutlierHost, at now: SimTime) {
    guard host.isEjected else { return }
    statistics.ejectionsActive &-= 1
    host.isEjected = false
    host.consecutive5xx = 0
    host.consecutiveGatewayFailure = 0
    host.consecutiveLocalOriginFailure = 0
    host.releasedAt = now
  }

  /// An active health check passed: true when that released the host.
  @inlinable public mutating func healthCheckPassed(
    _ host: inout OutlierHost, at now: SimTime
  ) -> Bool {
    guard healthCheckUnejects, host.isEjected else { return false }
    release(&host, at: now)
    return true
  }

  // MARK: Membership

  /// A host joins (or joins again): it is a new host.
  @inlinable public mutating func join(_ host: inout OutlierHost) {
    if host.isMember { leave(&host) }
    host = OutlierHost()
    hostCount &+= 1
  }

  /// A host leaves; if it was ejected it no longer counts as such.
  @inlinable public mutating func leave(_ host: inout OutlierHost) {
    guard host.isMember else { return }
    if host.isEjected { statistics.ejectionsActive &-= 1 }
    host = .absent
    hostCount &-= 1
  }
}

extension OutlierDetectionSettings {
  /// Percent of detections of that type that eject.
  func enforcingPercent(of type: OutlierEjectionType) -> Int {
    switch type {
    case .consecutive5xx: enforcingConsecutive5xx
    case .consecutiveGatewayFailure: enforcingConsecutiveGatewayFailure
    case .successRate: enforcingSuccessRate
    case .consecutiveLocalOriginFailure: enforcingConsecutiveLocalOriginFailure
    case .successRateLocalOrigin: enforcingLocalOriginSuccessRate
    case .failurePercentage: enforcingFailurePercentage
    case .failurePercentageLocalOrigin: enforcingFailurePercentageLocalOrigin
    }
  }
}

extension AttemptOutcome.Kind {
  /// True for timers that end a try.
  @inlinable var isTimeout: Bool {
    self == .perTryTimeout || self == .perTryIdleTimeout || self == .routeTimeout
  }
}
