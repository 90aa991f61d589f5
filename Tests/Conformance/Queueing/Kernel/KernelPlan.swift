import TimeAndChance

/// How long a replication on the event kernel is, in which unit of time, and with which streams.
///
/// Requests count that arrive between the end of the warm-up and the end of the counted time;
/// arrivals go on until the last of them has left, so that none is cut off and all have company.
struct KernelPlan: Sendable {
  /// The family, the first part of each stream's name.
  let family: String
  /// The row's unit of time.
  let unit: EngineQueue.Unit
  /// When requests begin to count.
  let begin: SimTime
  /// When they cease to.
  let end: SimTime

  /// Gaps of a second, but shorter ones in runs of more than ten million requests.
  private static let longest = 1e7

  /// The plan of a row whose requests arrive at that rate, all sorts together.
  init(_ row: QueueingRow, arrivalRate: Double) {
    family = row.family
    unit = EngineQueue.Unit(rate: arrivalRate * min(1, Self.longest / Double(row.requests)))
    let length = Double(row.requests) / arrivalRate
    begin = .zero + unit.duration(length * row.warmupFraction)
    end = .zero + unit.duration(length)
  }

  /// The stream of one purpose in a replication.
  func stream(_ purpose: String, _ replication: UInt64) -> RandomStream {
    RandomStream(
      seed: EngineQueue.seed, replication: replication, name: "\(family).\(purpose)")
  }

  /// The exponential law of that many events per unit of time.
  /// - Throws: ``MalformedVector`` when no such law exists.
  func exponential(
    rate: Double, _ parameters: QueueingParameters
  ) throws -> CompiledDistribution {
    var builder = SamplingTables.Builder()
    return builder.compile(try parameters.exponential(unit.seconds / rate))
  }

  /// So many units of time as a delay; what outlasts every run is cut.
  func delay(_ units: Double) -> SimDuration {
    SimDuration(nanoseconds: Int64(min(units * unit.seconds * 1e9, 0x1p54).rounded()))
  }

  /// A time in the row's unit.
  func units(_ nanoseconds: Double) -> Double { nanoseconds / (unit.seconds * 1e9) }
}
