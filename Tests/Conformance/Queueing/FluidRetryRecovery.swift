import Simulation
import TimeAndChance

/// `fluid_retry_recovery`: when the last call fails after an outage that held everything back.
///
/// One FIFO server; a call is tried once more when the timeout has passed without an answer, and
/// fails one timeout later; late work is done all the same.
struct FluidRetryRecovery: QueueingModel {
  /// What is simulated.
  private let model: SimulationModel
  /// The end of the outage.
  private let outageEnd: SimTime

  /// Seconds before the outage, in which the queue settles.
  private static let lead = 5.0
  /// How finely the time of the last failure is read from the time series.
  private static let resolution = SimDuration.milliseconds(100)

  /// The model of a row's parameters; its times are seconds.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let arrivals = try parameters.number("arrival_rate")
    let service = try parameters.number("service_rate")
    let timeout = try parameters.number("timeout")
    let outage = try parameters.number("outage")
    guard 2 * arrivals < service else {
      throw MalformedVector(line: row.line, reason: "with two tries the server never catches up")
    }
    // The fluid limit of the recovery; the run goes on four times as long.
    let fluid = timeout * (2 * arrivals * outage / timeout - service) / (service - 2 * arrivals)
    let end = Self.lead + outage
    let length = end + 4 * max(fluid, 0) + 20 * timeout
    var queue = EngineFamilies.direct(
      EngineFamilies.server(try parameters.exponential(1 / service)),
      unit: EngineQueue.Unit(rate: 1),
      client: ClientBehaviour(retries: 1, tryTimeout: SimDuration(seconds: timeout)))
    var sized = row
    sized.requests = Int((length * arrivals).rounded())
    sized.warmupFraction = 0
    queue = queue.openLoop(sized, rate: arrivals)
    queue.model.actions = [
      TimedAction(at: SimDuration(seconds: Self.lead), kind: .networkHold(toService: 0, true)),
      TimedAction(at: SimDuration(seconds: end), kind: .networkHold(toService: 0, false)),
    ]
    queue.model.linger = SimDuration(seconds: 3 * timeout)
    queue.model.recording.window = Self.resolution
    model = queue.model
    outageEnd = .zero + SimDuration(seconds: end)
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    let record = SimulationRun.run(
      model, seed: EngineQueue.seed, replication: replication, limits: RunLimits())
    let last = record.sources.first?.windows.lastIndex { window in
      window.unanswered > 0 || window.serverErrors > 0
    }
    return metrics.map { metric in
      guard metric.name == "last_failure", let last else { return nil }
      let middle = SimTime.zero + Self.resolution * Int64(last) + .milliseconds(50)
      return (middle - outageEnd).inSeconds
    }
  }
}
