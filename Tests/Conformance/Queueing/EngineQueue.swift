import Simulation
import Statistics
import TimeAndChance

/// A row's model as a configured simulation, and where its metrics stand in the record.
struct EngineQueue: QueueingModel {
  /// A time in the row's unit, as simulated.
  ///
  /// The unit is free: one unit is as many seconds as make the shortest gap or service last about
  /// one second, so that whole nanoseconds are far finer than anything measured.
  struct Unit: Sendable {
    /// Seconds for one unit.
    let seconds: Double
    /// The unit in which `rate` events per unit happen once a second.
    init(rate: Double) { seconds = rate }
    /// So many units.
    func duration(_ units: Double) -> SimDuration { SimDuration(seconds: units * seconds) }
    /// A rate per unit as one per second.
    func perSecond(_ rate: Double) -> Double { rate / seconds }
  }

  /// What is simulated.
  var model: SimulationModel
  /// The row's unit of time.
  var unit: Unit
  /// The service whose queue is measured.
  var station = 0
  /// Metrics that only this family has, by name.
  var own: [String: @Sendable (RunRecord, QueueingRow.Metric) -> Double?] = [:]

  /// The seed of every run; replications differ by their number.
  static let seed: UInt64 = 1

  /// A model of those parts that has not been given a run length.
  init(_ model: SimulationModel, unit: Unit) {
    self.model = model
    self.unit = unit
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var model = model
    let waits = metrics.contains { $0.name.contains("wait") }
    model.recording.waits = model.recording.waits || waits
    for metric in metrics where metric.name == "servers_with_at_least" {
      model.recording.occupancyLevels = max(
        model.recording.occupancyLevels, Int(metric.at ?? 0) + 1)
    }
    let record = SimulationRun.run(
      model, seed: Self.seed, replication: replication, limits: RunLimits())
    return metrics.map { value(of: $0, in: record) }
  }

  /// The value of a metric of the row, in the row's unit of time.
  private func value(of metric: QueueingRow.Metric, in record: RunRecord) -> Double? {
    if let measure = own[metric.name] { return measure(record, metric) }
    guard record.services.indices.contains(station), let source = record.sources.first else {
      return nil
    }
    let service = record.services[station]
    let nanoseconds = unit.seconds * 1e9
    switch metric.name {
    case "utilisation":
      let workers = (model.services[station].workers ?? 1) * service.pods.count
      return sum(service, \.meanBusy) / Double(workers)
    case "mean_busy": return sum(service, \.meanBusy)
    case "mean_number": return sum(service, \.meanBusy) + sum(service, \.meanQueue)
    case "mean_wait": return service.wait?.mean.map { $0 / nanoseconds }
    case "wait_tail": return metric.at.flatMap { service.wait?.share(above: $0 * nanoseconds) }
    case "mean_sojourn": return source.successLatency.mean.map { $0 / nanoseconds }
    case "sojourn_tail":
      return metric.at.map { source.successLatency.share(above: $0 * nanoseconds) }
    case "sojourn_quantile":
      return metric.at.flatMap { source.successLatency.quantile($0) }.map { $0 / nanoseconds }
    case "probability_wait": return ratio(sum(service, \.delayed), sum(service, \.arrivals))
    case "rejected": return ratio(sum(service, \.refused), sum(service, \.arrivals))
    case "throughput", "goodput": return Double(succeeded(source)) / counted(record)
    case "success": return ratio(Double(succeeded(source)), Double(ended(source)))
    case "attempts":
      return record.edges.first.flatMap { ratio(Double($0.attempts), Double($0.calls)) }
    case "servers_with_at_least":
      return metric.at.flatMap { at in
        let level = Int(at)
        guard service.occupancy.indices.contains(level) else { return nil }
        return service.occupancy[level] / Double(service.pods.count)
      }
    default: return nil
    }
  }

  /// The time that is counted, in the row's unit.
  func counted(_ record: RunRecord) -> Double {
    (record.end - (SimTime.zero + model.warmup)).inSeconds / unit.seconds
  }

  private func succeeded(_ source: FlowRecord) -> UInt64 { source.byStatus[200] ?? 0 }

  private func ended(_ source: FlowRecord) -> UInt64 {
    source.byStatus.values.reduce(0, +)
  }

  private func ratio(_ part: Double, _ whole: Double) -> Double? {
    whole > 0 ? part / whole : nil
  }

  private func sum(_ service: ServiceRecord, _ number: (PodRecord) -> Double) -> Double {
    service.pods.reduce(0) { $0 + number($1) }
  }

  private func sum(_ service: ServiceRecord, _ count: (PodRecord) -> UInt64) -> Double {
    Double(service.pods.reduce(UInt64(0)) { $0 + count($1) })
  }
}

extension EngineQueue {
  /// The same model with Poisson or other open arrivals, as long as the row's requests take.
  func openLoop(
    _ row: QueueingRow, rate: Double, arrivals: SourceModel.Arrivals = .poisson, edge: Int = 0
  ) -> EngineQueue {
    var queue = self
    let length = Double(row.requests) / rate
    queue.model.sources = [
      SourceModel(
        name: "clients",
        pattern: .open(
          rate: [SourceModel.RatePoint(at: .zero, perSecond: unit.perSecond(rate))],
          arrivals: arrivals),
        mix: [(edge: edge, weight: 1)])
    ]
    queue.model.duration = unit.duration(length)
    queue.model.warmup = unit.duration(length * row.warmupFraction)
    return queue
  }

  /// The same model with a closed loop of users; `throughput` is a guess that sets the warm-up.
  func closedLoop(
    _ row: QueueingRow, users: Int, think: Distribution, throughput: Double, edge: Int = 0
  ) -> EngineQueue {
    var queue = self
    let length = Double(row.requests) / throughput
    queue.model.sources = [
      SourceModel(
        name: "users", pattern: .closed(users: users, think: think),
        mix: [(edge: edge, weight: 1)])
    ]
    queue.model.duration = unit.duration(length)
    queue.model.warmup = unit.duration(length * row.warmupFraction)
    return queue
  }

  /// The same model with one request after another, at even gaps in which nothing overlaps.
  func oneByOne(_ row: QueueingRow, gap: Double, edge: Int = 0) -> EngineQueue {
    var queue = openLoop(row, rate: 1 / gap, arrivals: .even, edge: edge)
    queue.model.sources[0].limit = row.requests
    queue.model.duration = nil
    return queue
  }
}
