/// `parallel_availability`: replicas that are up independently, of which some are needed.
///
/// The states of the system are enumerated, replica by replica; those with as many replicas up are
/// one, since nothing else matters.
struct ParallelAvailability: QueueingModel {
  private let replicas: Int
  private let needed: Int
  private let availability: Double

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    replicas = try parameters.count("replicas", in: 1...10_000)
    needed = try parameters.count("needed", in: 0...Double(replicas))
    availability = try parameters.number("availability", in: 0...1)
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    /// The probability of each number of replicas up, of those that were looked at.
    var states = [1.0]
    for _ in 0..<replicas {
      var next = Array(repeating: 0.0, count: states.count + 1)
      for (up, probability) in states.enumerated() {
        next[up] += probability * (1 - availability)
        next[up + 1] += probability * availability
      }
      states = next
    }
    let enough = states[needed...].reduce(0, +)
    return metrics.map { $0.name == "availability" ? enough : nil }
  }
}
