import Foundation
import Simulation
import Statistics
import TimeAndChance
import TrafficPolicy

/// What a run computed, name by name: the product's and a peer's must be equal to the digit.
struct RunStatistics: Equatable, CustomStringConvertible {
  var entries: [Entry] = []

  struct Entry: Equatable {
    var name: String
    var value: String
  }

  init() {}

  /// The lines `name value` that a peer prints; the CPU time is no statistic.
  init(lines: String) {
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] != "cpu" else { continue }
      entries.append(Entry(name: String(words[0]), value: String(words[1])))
    }
  }

  mutating func add(_ name: String, _ value: String) {
    entries.append(Entry(name: name, value: value))
  }

  /// The latency of a source, in the order in which peers print it.
  mutating func add(_ latency: LatencyHistogram) {
    add("latencySum", "\(latency.sum)")
    add("p50", String(format: "%.3f", latency.quantile(0.5) ?? 0))
    add("p99", String(format: "%.3f", latency.quantile(0.99) ?? 0))
    add("latencyMax", "\(latency.maximum ?? 0)")
  }

  /// A run of mesh3.
  init(mesh record: RunRecord) {
    let source = record.sources[0]
    let pods = record.services.flatMap(\.pods)
    add("requests", "\(source.latency.count)")
    add("failed", "\(source.byStatus.filter { $0.key >= 500 }.values.reduce(0, +))")
    add("attempts", "\(record.edges.map(\.attempts).reduce(0, +))")
    add("retries", "\(record.edges.map(\.retries).reduce(0, +))")
    add(
      "timeouts",
      "\(record.proxies.flatMap(\.clusters).map(\.upstreamRqPerTryTimeout).reduce(0, +))")
    add("refused", "\(pods.map(\.refused).reduce(0, +))")
    add("events", "\(record.eventCount)")
    add("end", "\(record.end.nanoseconds)")
    add(source.latency)
  }

  /// A run of M/M/1.
  init(mm1 record: RunRecord) {
    add("requests", "\(record.sources[0].latency.count)")
    add("events", "\(record.eventCount)")
    add("end", "\(record.end.nanoseconds)")
    add(record.sources[0].latency)
  }

  subscript(name: String) -> Double? {
    entries.first { $0.name == name }.flatMap { Double($0.value) }
  }

  var description: String { entries.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }

  func differences(from other: RunStatistics) -> String {
    var parts: [String] = []
    for entry in entries {
      let theirs = other.entries.first { $0.name == entry.name }?.value ?? "nothing"
      if theirs != entry.value { parts.append("\(entry.name) \(entry.value) / \(theirs)") }
    }
    if parts.isEmpty { parts = ["theirs has more: \(other)"] }
    return parts.joined(separator: ", ")
  }

  /// A number of everything, for a quick look whether results changed.
  static func checksum(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
