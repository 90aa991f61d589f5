import TimeAndChance

/// A cached value that is good until a fixed time after it was fetched.
struct TimeToLiveEntry {
  /// How long it is good.
  let timeToLive: SimDuration
  private var freshUntil: SimTime?

  /// An entry without a value.
  init(timeToLive: SimDuration) { self.timeToLive = timeToLive }

  /// A read; true when the value was there, else it is fetched.
  ///
  /// Hits do not renew it.
  mutating func read(at now: SimTime) -> Bool {
    if let freshUntil, now < freshUntil { return true }
    freshUntil = now + timeToLive
    return false
  }
}

/// `ttl_cache`: Poisson reads of one key.
struct TimeToLiveModel: QueueingModel {
  private let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let timeToLive: SimDuration

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("arrival_rate")
    plan = KernelPlan(row, arrivalRate: rate)
    gaps = try plan.exponential(rate: rate, parameters)
    timeToLive = plan.delay(try parameters.number("ttl"))
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var arrivals = plan.stream("arrivals", replication)
    var entry = TimeToLiveEntry(timeToLive: timeToLive)
    var now = SimTime.zero
    var reads = 0
    var hits = 0
    while true {
      let gap = min(gaps.sampleNanoseconds(using: &arrivals, .standard), 1 << 54)
      now = now + SimDuration(nanoseconds: gap)
      guard now < plan.end else { break }
      let isHit = entry.read(at: now)
      guard now >= plan.begin else { continue }
      reads += 1
      if isHit { hits += 1 }
    }
    let counted = plan.units(Double((plan.end - plan.begin).nanoseconds))
    return metrics.map { metric in
      switch metric.name {
      case "hit_ratio": reads > 0 ? Double(hits) / Double(reads) : nil
      case "origin_rate": Double(reads - hits) / counted
      default: nil
      }
    }
  }
}
