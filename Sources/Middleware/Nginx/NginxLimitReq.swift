public import TimeAndChance

/// nginx's `limit_req`: the rules of one place, in the order written, over their zones.
///
/// A zone counts in thousandths of a request. For a request at millisecond *t* with the key's
/// excess *e* and last time *last*, the new excess is
/// `max(0, e - rate * (t - last) / 1000 + 1000)` with integer division; above `burst` the request
/// is refused and nothing changes, up to `delay` it passes at once, in between it waits for
/// `(excess - delay) * 1000 / rate` milliseconds. Rules are checked in order; the first refusal
/// ends the request **and the rules passed before it are not charged**. When all pass, each is
/// charged and the longest delay is used.
///
/// - Source: nginx `src/http/modules/ngx_http_limit_req_module.c`, recorded on 1.22.1.
public struct NginxLimitReq: Sendable, Equatable {
  /// `limit_req_status`; 503 by default.
  public let refuseStatus: Int
  /// `limit_req_dry_run`: judged, charged and logged, but everything goes through; off by default.
  public let isDryRun: Bool
  /// The rules in the order written.
  public let rules: [NginxLimitReqRule]
  /// The zones that the rules name by index.
  public private(set) var zones: [NginxLimitReqZone]

  /// Empty zones under these rules.
  public init(
    zones: [NginxLimitReqZone], rules: [NginxLimitReqRule], refuseStatus: Int = 503,
    isDryRun: Bool = false
  ) {
    for rule in rules {
      precondition(zones.indices.contains(rule.zone), "rule names zone \(rule.zone)")
    }
    self.zones = zones
    self.rules = rules
    self.refuseStatus = refuseStatus
    self.isDryRun = isDryRun
  }

  /// What the rules say about a request now; changes nothing.
  ///
  /// - Parameters:
  ///   - keys: one key a rule; nil is the empty key, which is neither limited nor counted.
  ///   - now: the request's arrival.
  /// - Returns: the verdict of the deciding rule.
  public func verdict(keys: [UInt64?], at now: SimTime) -> NginxLimitReqVerdict {
    var result = NginxLimitReqVerdict.notLimited
    let millisecond = now.nanoseconds / 1_000_000
    for (rule, key) in zip(rules, keys) {
      guard let key else { continue }
      let zone = zones[rule.zone]
      let excess = zone.excess(of: key, at: millisecond)
      if excess > rule.burst { return .rejected }
      let wait =
        excess > rule.delay
        ? SimDuration.milliseconds((excess - rule.delay) * 1000 / zone.rate) : .zero
      switch result {
      case .delayed(let longest) where longest >= wait: continue
      default: result = wait > .zero ? .delayed(wait) : result == .notLimited ? .passed : result
      }
    }
    return result
  }

  /// Charges every rule for a request that goes through.
  public mutating func charge(keys: [UInt64?], at now: SimTime) {
    let millisecond = now.nanoseconds / 1_000_000
    for (rule, key) in zip(rules, keys) {
      guard let key else { continue }
      zones[rule.zone].charge(key, at: millisecond, upTo: rule.burst)
    }
  }

  /// Judges a request and charges it when it goes through.
  ///
  /// In a dry run the caller lets the request through at once whatever the verdict.
  public mutating func admit(keys: [UInt64?], at now: SimTime) -> NginxLimitReqVerdict {
    let verdict = verdict(keys: keys, at: now)
    switch verdict {
    case .passed, .delayed: charge(keys: keys, at: now)
    case .rejected: touch(keys: keys, at: now)
    case .notLimited: break
    }
    return verdict
  }

  /// A refused request still looked its keys up, which keeps them in a full zone.
  private mutating func touch(keys: [UInt64?], at now: SimTime) {
    let millisecond = now.nanoseconds / 1_000_000
    for (rule, key) in zip(rules, keys) {
      guard let key else { continue }
      let isOver = zones[rule.zone].excess(of: key, at: millisecond) > rule.burst
      zones[rule.zone].touch(key, at: millisecond)
      if isOver { return }
    }
  }
}

/// The verdict of `limit_req` on one request; the names are those of `$limit_req_status`.
public enum NginxLimitReqVerdict: Sendable, Equatable {
  /// No rule applied (all keys empty).
  case notLimited
  /// PASSED.
  case passed
  /// DELAYED by this time.
  case delayed(SimDuration)
  /// REJECTED, answered with ``NginxLimitReq/refuseStatus``.
  case rejected
}

/// One `limit_req` line.
public struct NginxLimitReqRule: Sendable, Equatable {
  /// The index of its zone.
  public let zone: Int
  /// `burst` in thousandths of a request; 0 by default.
  public let burst: Int64
  /// `delay` in thousandths of a request: the excess that passes at once.
  ///
  /// 0 by default, everything with `nodelay`.
  public let delay: Int64

  /// `limit_req zone burst=… delay=…`; both counts in requests.
  public init(zone: Int, burst: Int = 0, delay: Int = 0) {
    self.zone = zone
    self.burst = Int64(burst) * 1000
    self.delay = Int64(delay) * 1000
  }

  /// `limit_req zone burst=… nodelay`.
  public static func nodelay(zone: Int, burst: Int = 0) -> NginxLimitReqRule {
    // nginx: NGX_MAX_INT_T_VALUE / 1000 requests, more than any excess.
    NginxLimitReqRule(zone: zone, burst: burst, delay: Int(Int64.max / 1_000_000))
  }
}
