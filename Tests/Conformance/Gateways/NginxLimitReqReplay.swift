import Middleware
import TimeAndChance

/// Replays a `limit_req` trace row by row.
///
/// Verdict and status must be exact. A delay may be read up to 6 ms late by the recorder, and its
/// clock may be a millisecond or two off. Rows marked `edge` are not judged, but what was recorded
/// is applied, because a shift of the clock by up to 3 ms would turn their verdict.
struct NginxLimitReqReplay: Sendable {
  private struct Row: Sendable {
    let line: Int
    let now: SimTime
    let keys: [UInt64?]
    let verdict: String
    let status: Int64
    let heldMs: Int64
    let isEdge: Bool
  }

  /// How much shorter or longer than computed a recorded delay may be.
  private static let heldTolerance: ClosedRange<Int64> = -4...15

  private let limiter: NginxLimitReq
  private var rows: [Row] = []

  init(_ trace: TraceFile) throws {
    var zones: [NginxLimitReqZone] = []
    var names: [String] = []
    var isPerRequest: [Bool] = []
    for zone in try trace.field("zones", as: [[String: Any]].self) {
      guard let name = zone["name"] as? String, let key = zone["key"] as? String,
        let rate = zone["rate"] as? String, let parsed = Self.zone(rate: rate)
      else { throw trace.malformed("a zone needs name, key and rate (10r/s), one is \(zone)") }
      names.append(name)
      isPerRequest.append(key.contains("header"))
      zones.append(parsed)
    }
    var rules: [NginxLimitReqRule] = []
    for rule in try trace.field("rules", as: [[String: Any]].self) {
      guard let name = rule["zone"] as? String, let zone = names.firstIndex(of: name),
        let options = rule["options"] as? String,
        let parsed = Self.rule(zone: zone, options: options)
      else { throw trace.malformed("a rule needs a known zone and options, one is \(rule)") }
      rules.append(parsed)
    }
    let refuse = try TraceFile.wholeNumber(
      try trace.field("refuse_status", as: Any.self), line: trace.headerLine, what: "refuse_status")
    limiter = NginxLimitReq(zones: zones, rules: rules, refuseStatus: Int(refuse))
    var ids: [String: UInt64] = [:]
    for row in try trace.rows() {
      let key: String = try row.field(1, "the key")
      let id: UInt64? = key.isEmpty ? nil : ids[key] ?? UInt64(ids.count + 1)
      if !key.isEmpty { ids[key] = id }
      let verdict: String = try row.field(2, "the verdict")
      let known = ["PASSED", "DELAYED", "REJECTED", "-", ""]
      guard known.contains(verdict.replacing("_DRY_RUN", with: "")) else {
        throw row.malformed("'\(verdict)' is no verdict")
      }
      rows.append(
        Row(
          line: row.line, now: .zero + .milliseconds(try row.number(0, "t_ms")),
          keys: rules.map { isPerRequest[$0.zone] ? id : 0 }, verdict: verdict,
          status: try row.number(3, "the status"), heldMs: try row.number(4, "held_ms"),
          isEdge: try row.number(5, "edge") != 0))
    }
  }

  func mismatches() -> [Mismatch] {
    var limiter = limiter
    var result: [Mismatch] = []
    for row in rows {
      if row.isEdge {
        if row.verdict == "PASSED" || row.verdict == "DELAYED" {
          limiter.charge(keys: row.keys, at: row.now)
        }
        continue
      }
      let verdict = limiter.admit(keys: row.keys, at: row.now)
      let isDryRun = row.verdict.hasSuffix("_DRY_RUN")
      let recorded = row.verdict.replacing("_DRY_RUN", with: "")
      let (name, status, heldMs) = describe(verdict)
      if name != (recorded.isEmpty ? "-" : recorded) {
        result.append(
          Mismatch(metric: "line \(row.line): verdict", expected: row.verdict, got: name))
      } else if row.status != (isDryRun ? 200 : status) {
        result.append(
          Mismatch(metric: "line \(row.line): status", expected: "\(row.status)", got: "\(status)"))
      } else if !isDryRun, name == "DELAYED", !Self.heldTolerance.contains(row.heldMs - heldMs) {
        result.append(
          Mismatch(metric: "line \(row.line): held_ms", expected: "\(row.heldMs)", got: "\(heldMs)")
        )
      }
    }
    return result
  }

  private func describe(_ verdict: NginxLimitReqVerdict) -> (String, Int64, Int64) {
    switch verdict {
    case .notLimited: ("-", 200, 0)
    case .passed: ("PASSED", 200, 0)
    case .delayed(let wait): ("DELAYED", 200, wait.nanoseconds / 1_000_000)
    case .rejected: ("REJECTED", Int64(limiter.refuseStatus), 0)
    }
  }

  private static func zone(rate: String) -> NginxLimitReqZone? {
    guard let count = Int(rate.dropLast(3)), (1...1_000_000_000).contains(count) else { return nil }
    switch rate.suffix(3) {
    case "r/s": return NginxLimitReqZone(requestsPerSecond: count)
    case "r/m": return NginxLimitReqZone(requestsPerMinute: count)
    default: return nil
    }
  }

  private static func rule(zone: Int, options: String) -> NginxLimitReqRule? {
    var burst = 0
    var delay = 0
    var isNodelay = false
    let limits = 0...1_000_000_000
    for option in options.split(separator: " ") {
      let value = option.firstIndex(of: "=").map { option[option.index(after: $0)...] }
      if option == "nodelay" {
        isNodelay = true
      } else if option.hasPrefix("burst="), let count = value.flatMap({ Int($0) }),
        limits.contains(count)
      {
        burst = count
      } else if option.hasPrefix("delay="), let count = value.flatMap({ Int($0) }),
        limits.contains(count)
      {
        delay = count
      } else {
        return nil
      }
    }
    return isNodelay
      ? .nodelay(zone: zone, burst: burst)
      : NginxLimitReqRule(zone: zone, burst: burst, delay: delay)
  }
}
