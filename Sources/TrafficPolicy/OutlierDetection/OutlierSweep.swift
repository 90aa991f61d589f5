public import TimeAndChance

/// How the sweep judges success rates and failure percentages.
@frozen public struct OutlierRateLimits: Sendable, Hashable {
  @usableFromInline let successRateMinimumHosts: Int
  @usableFromInline let successRateRequestVolume: UInt32
  @usableFromInline let successRateStdevFactor: Double
  @usableFromInline let failurePercentageMinimumHosts: Int
  @usableFromInline let failurePercentageRequestVolume: UInt32
  @usableFromInline let failurePercentageThreshold: Double

  /// The limits of those settings.
  public init(_ settings: OutlierDetectionSettings) {
    successRateMinimumHosts = settings.successRateMinimumHosts
    successRateRequestVolume = UInt32(clamping: settings.successRateRequestVolume)
    successRateStdevFactor = Double(settings.successRateStdevFactor) / 1000
    failurePercentageMinimumHosts = settings.failurePercentageMinimumHosts
    failurePercentageRequestVolume = UInt32(clamping: settings.failurePercentageRequestVolume)
    failurePercentageThreshold = Double(settings.failurePercentageThreshold)
  }
}

extension OutlierDetector {
  /// The sweep at the end of an interval, in Envoy's order: releases, rates of the interval that
  /// just ended (external, then local origin), and one step back for multipliers of hosts that
  /// have been in service for an interval since their release.
  ///
  /// What happened is appended to `actions`, in order. Hosts are looked at in order of their slots
  /// (Envoy's order is that of a hash map). Draws as ``tryEject(_:_:at:using:)``.
  public mutating func sweep(
    _ hosts: UnsafeMutableBufferPointer<OutlierHost>, at now: SimTime,
    using random: inout RandomStream, into actions: inout [OutlierAction]
  ) {
    for index in hosts.indices where hosts[index].isEjected {
      if now - hosts[index].ejectedAt >= ejectionTime(of: hosts[index]) {
        release(&hosts[index], at: now)
        actions.append(
          OutlierAction(host: UInt32(index), type: .consecutive5xx, effect: .released))
      }
    }
    judgeRates(hosts, .external, at: now, using: &random, into: &actions)
    if splitsLocalOrigin {
      judgeRates(hosts, .localOrigin, at: now, using: &random, into: &actions)
    }
    for index in hosts.indices {
      hosts[index].startInterval()
      let host = hosts[index]
      if host.isMember, !host.isEjected, host.releasedAt != .never, host.ejectTimeBackoff > 0,
        now - host.releasedAt >= interval
      {
        hosts[index].ejectTimeBackoff -= 1
      }
    }
  }

  /// Which of a host's two success-rate monitors is judged.
  enum Monitor { case external, localOrigin }

  /// Success rate, then failure percentage, over hosts in service with enough requests.
  private mutating func judgeRates(
    _ hosts: UnsafeMutableBufferPointer<OutlierHost>, _ monitor: Monitor, at now: SimTime,
    using random: inout RandomStream, into actions: inout [OutlierAction]
  ) {
    let minimum = min(rates.successRateMinimumHosts, rates.failurePercentageMinimumHosts)
    guard Int(hostCount) >= minimum else { return }

    // Candidates of both detectors are collected before either ejects.
    var sum = 0.0
    var candidates = 0
    var failureCandidates = 0
    for index in hosts.indices {
      let host = hosts[index]
      let volume = host.total(monitor)
      let isRated = host.isMember && !host.isEjected && volume > 0
      hosts[index].isRated = isRated
      guard isRated else { continue }
      if volume >= rates.successRateRequestVolume {
        sum += host.successRate(monitor)
        candidates += 1
      }
      if volume >= rates.failurePercentageRequestVolume { failureCandidates += 1 }
    }

    if candidates > 0, candidates >= rates.successRateMinimumHosts {
      let volume = rates.successRateRequestVolume
      let mean = sum / Double(candidates)
      var variance = 0.0
      for host in hosts where host.isCandidate(monitor, volume) {
        let difference = host.successRate(monitor) - mean
        variance += difference * difference
      }
      variance /= Double(candidates)
      let threshold = mean - rates.successRateStdevFactor * variance.squareRoot()
      let type: OutlierEjectionType =
        monitor == .external ? .successRate : .successRateLocalOrigin
      for index in hosts.indices where hosts[index].isCandidate(monitor, volume) {
        guard hosts[index].successRate(monitor) < threshold else { continue }
        let effect = tryEject(type, &hosts[index], at: now, using: &random)
        if effect == .ignored { continue }
        actions.append(OutlierAction(host: UInt32(index), type: type, effect: effect))
      }
    }
    if failureCandidates > 0, failureCandidates >= rates.failurePercentageMinimumHosts {
      let volume = rates.failurePercentageRequestVolume
      let type: OutlierEjectionType =
        monitor == .external ? .failurePercentage : .failurePercentageLocalOrigin
      for index in hosts.indices where hosts[index].isCandidate(monitor, volume) {
        guard 100 - hosts[index].successRate(monitor) >= rates.failurePercentageThreshold
        else { continue }
        let effect = tryEject(type, &hosts[index], at: now, using: &random)
        if effect == .ignored { continue }
        actions.append(OutlierAction(host: UInt32(index), type: type, effect: effect))
      }
    }
  }
}

extension OutlierHost {
  /// Results of the interval that is judged.
  func total(_ monitor: OutlierDetector.Monitor) -> UInt32 {
    monitor == .external ? externalTotal : localTotal
  }

  /// Successes in percent of the interval that is judged; its total is above 0.
  func successRate(_ monitor: OutlierDetector.Monitor) -> Double {
    let successes = monitor == .external ? externalSuccesses : localSuccesses
    return Double(successes) * 100 / Double(total(monitor))
  }

  /// In service when the sweep began to judge, with at least `volume` results.
  func isCandidate(_ monitor: OutlierDetector.Monitor, _ volume: UInt32) -> Bool {
    isRated && total(monitor) >= volume
  }

  /// Empties the buckets for the next interval.
  mutating func startInterval() {
    externalTotal = 0
    externalSuccesses = 0
    localTotal = 0
    localSuccesses = 0
  }
}
