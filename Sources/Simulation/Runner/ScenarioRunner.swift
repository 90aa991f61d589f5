public import Results
public import Scenario
import TimeAndChance

/// Runs a scenario: replications in parallel, in fixed batches, until the plan is satisfied.
///
/// The result is a function of the scenario and the settings alone. Which batch comes next is
/// decided by whole batches in the order of their numbers, so neither the number of threads nor
/// chance in their timing can change a byte of it.
public struct ScenarioRunner: Sendable {
  /// How to run.
  public struct Settings: Sendable {
    /// How many replications; nil leaves it to the scenario.
    public var replications: Replications?
    /// Events of one replication at most; nil is unlimited.
    public var maxEvents: UInt64?
    /// Bytes of requests under way, timers, pending events and proxies of one replication at most; nil is unlimited.
    public var maxMemory: Int?
    /// Replications at the same time at most; at least 1.
    public var threads: Int
    /// The words that ran it, without seed and replications, for the report.
    public var command: [String]
    /// The version of the program, for the report.
    public var version: String
    /// Asked now and then; true ends the run with what there is.
    public var isInterrupted: @Sendable () -> Bool

    /// Settings; without limits by default.
    public init(
      replications: Replications? = nil, maxEvents: UInt64? = nil, maxMemory: Int? = nil,
      threads: Int = 1, command: [String] = ["foreshock", "run"], version: String = "",
      isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) {
      self.replications = replications
      self.maxEvents = maxEvents
      self.maxMemory = maxMemory
      self.threads = max(1, threads)
      self.command = command
      self.version = version
      self.isInterrupted = isInterrupted
    }
  }

  /// How far a run is.
  public struct Progress: Sendable, Equatable {
    /// Replications that have ended.
    public var done: Int
    /// Replications of the batches that were begun.
    public var planned: Int
    /// Events simulated so far.
    public var events: UInt64
    /// The replication that has just ended.
    public var replication: Int
    /// How long it took; no result holds it.
    public var elapsed: Duration
  }

  /// The scenario as the engine is fed with it.
  public let compiled: CompiledScenario
  /// What is run.
  public let description: RunDescription
  private let plan: ReplicationPlan
  private let settings: Settings
  private let seed: UInt64

  /// A runner of a scenario.
  ///
  /// - Throws: ``CompilationError`` when the scenario is too large to be run.
  public init(
    _ scenario: Scenario, settings: Settings = Settings()
  ) throws(CompilationError) {
    compiled = try ScenarioCompiler.compile(scenario)
    description = RunDescription(
      scenario, version: settings.version, command: settings.command)
    plan = ReplicationPlan(settings.replications ?? scenario.replications)
    self.settings = settings
    seed = scenario.seed
  }

  /// What the run does not do as the scenario says.
  public var gaps: [ModelGap] { compiled.gaps }

  /// Runs batch after batch.
  ///
  /// - Parameter progress: told after each replication, from any thread.
  /// - Returns: the result; partial when the run was interrupted or met a limit.
  public func run(
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async -> RunResult {
    var results: [ReplicationResult] = []
    var verdicts: [Verdict] = []
    while true {
      let batch = plan.nextBatch(after: results.count, verdicts: verdicts)
      if batch.isEmpty { break }
      let before = results.reduce(0) { $0 + $1.simulatedEvents }
      let (more, wasInterrupted) = await run(batch, after: before, progress: progress)
      results += more
      if wasInterrupted {
        // Whole replications say more than torn ones; of none the torn ones are all there is.
        let whole = results.filter { $0.earlyEnd != .interrupted }
        return RunResult(description, whole.isEmpty ? results : whole, wasInterrupted: true)
      }
      if results.contains(where: { $0.earlyEnd != nil }) { break }
      verdicts = Verdict.judge(description, by: results)
    }
    return RunResult(description, results)
  }

  /// Runs the replications of a batch: the results in the order of their numbers, and whether the
  /// batch was interrupted.
  private func run(
    _ batch: Range<Int>, after eventsBefore: UInt64,
    progress: @escaping @Sendable (Progress) -> Void
  ) async -> (results: [ReplicationResult], wasInterrupted: Bool) {
    var results: [ReplicationResult] = []
    var events = eventsBefore
    var next = batch.lowerBound
    await withTaskGroup(of: (ReplicationResult, Duration).self) { group in
      while next < batch.upperBound, next - batch.lowerBound < settings.threads {
        let index = next
        group.addTask { timed(index) }
        next += 1
      }
      while let (result, elapsed) = await group.next() {
        results.append(result)
        events += result.simulatedEvents
        progress(
          Progress(
            done: batch.lowerBound + results.count, planned: batch.upperBound, events: events,
            replication: result.index, elapsed: elapsed))
        if next < batch.upperBound, !settings.isInterrupted() {
          let index = next
          group.addTask { timed(index) }
          next += 1
        }
      }
    }
    let isTorn = results.contains { $0.earlyEnd == .interrupted }
    return (results.sorted { $0.index < $1.index }, isTorn || next < batch.upperBound)
  }

  private func timed(_ index: Int) -> (ReplicationResult, Duration) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = replication(index)
    return (result, start.duration(to: clock.now))
  }

  /// One replication.
  public func replication(_ index: Int) -> ReplicationResult {
    let number = UInt64(index)
    let model = compiled.model(seed: seed, replication: number)
    let record = SimulationRun.run(
      model, seed: seed, replication: number,
      limits: RunLimits(
        maxEvents: settings.maxEvents, maxMemory: settings.maxMemory,
        isInterrupted: settings.isInterrupted))
    let reader = RecordReader(
      run: description, compiled: compiled,
      spells: compiled.spells(seed: seed, replication: number))
    return reader.result(of: record, index: index)
  }
}
