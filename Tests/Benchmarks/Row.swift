import Foundation

/// One line of the table.
struct Row {
  /// Whether the must value is met.
  enum Verdict: String {
    case ok
    case miss = "MISS"
    /// Only in slices that had the core to themselves, see ``SliceTimes``; whole runs miss it.
    case alone = "alone"
    /// There is nothing to meet, or it could not be measured.
    case none = "-"
  }

  var id: String
  /// What is measured.
  var name: String
  /// What the product needs.
  var ours: String
  /// What it stands beside.
  var reference = "-"
  /// What it must reach.
  var must = "-"
  var verdict = Verdict.none
  /// Ours divided by the reference; for a speed-up, the other way round.
  var ratio: Double?
  /// What both computed, and remarks.
  var notes: [String] = []
  /// The product and its reference computed different things.
  var isMismatch = false

  init(_ id: String, _ name: String, ours: String) {
    self.id = id
    self.name = name
    self.ours = ours
  }

  /// Judges a value that must not be above a limit.
  mutating func judge(_ value: Double, atMost limit: Double, _ unit: String) {
    must = "<= \(number(limit)) \(unit)"
    verdict = value <= limit ? .ok : .miss
  }

  /// Judges a value that must not be below a limit.
  mutating func judge(_ value: Double, atLeast limit: Double, _ unit: String) {
    must = ">= \(number(limit)) \(unit)"
    verdict = value >= limit ? .ok : .miss
  }

  /// Judges by slices that had the core to themselves, and by whole runs.
  mutating func judge(_ alone: Double, wholeRuns: Double, atMost limit: Double, _ unit: String) {
    judge(alone, atMost: limit, unit)
    if verdict == .ok, wholeRuns > limit { verdict = .alone }
  }

  /// Judges by slices that had the core to themselves, and by whole runs.
  mutating func judge(_ alone: Double, wholeRuns: Double, atLeast limit: Double, _ unit: String) {
    judge(alone, atLeast: limit, unit)
    if verdict == .ok, wholeRuns < limit { verdict = .alone }
  }

  /// Notes what both sides computed, or where they differ.
  mutating func compare(_ ours: RunStatistics, _ theirs: RunStatistics, with peer: String) {
    if ours == theirs {
      notes.append("same as \(peer): \(ours)")
    } else {
      isMismatch = true
      notes.append("MISMATCH with \(peer): \(ours.differences(from: theirs))")
    }
  }

  static let header =
    "row  " + "what".padded(34) + "ours".leftPadded(18) + "  " + "beside".padded(26)
    + "must".padded(16) + "  " + "".padded(5) + "ratio".leftPadded(10)

  /// The line; its last number is the ratio.
  var line: String {
    let ratio = ratio.map { String(format: "%.3f", $0) } ?? "-"
    return id.padded(5) + name.padded(34) + ours.leftPadded(18) + "  " + reference.padded(26)
      + must.padded(16) + "  " + verdict.rawValue.padded(5) + ratio.leftPadded(10)
  }
}

/// A number with as many digits as help.
func number(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e6 { return String(format: "%.0f", value) }
  if abs(value) >= 100 { return String(format: "%.0f", value) }
  return String(format: abs(value) >= 10 ? "%.1f" : abs(value) >= 1 ? "%.2f" : "%.3f", value)
}

extension String {
  func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(count < width ? 0 : 1, width - count))
  }
  func leftPadded(_ width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }
}
