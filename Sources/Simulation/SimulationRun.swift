/// How far a run may go.
public struct RunLimits: Sendable {
  /// Events at most; nil is unlimited.
  public var maxEvents: UInt64?
  /// Bytes of requests under way, timers, pending events and proxies at most; nil is unlimited.
  public var maxMemory: Int?
  /// Records of one kind at most, such as requests under way: below the 2^24 - 1 that a handle can
  /// name by room for what a block of events makes.
  var mostRecords = 16_000_000
  /// Asked now and then; true ends the run early.
  public var isInterrupted: @Sendable () -> Bool

  /// Limits.
  public init(
    maxEvents: UInt64? = nil, maxMemory: Int? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.maxEvents = maxEvents
    self.maxMemory = maxMemory
    self.isInterrupted = isInterrupted
  }
}

/// Runs a model once.
public enum SimulationRun {
  /// One replication of a model: the same model, seed and replication give the same record, on any
  /// machine and beside any number of other runs.
  public static func run(
    _ model: SimulationModel, seed: UInt64, replication: UInt64 = 0,
    limits: RunLimits = RunLimits()
  ) -> RunRecord {
    var engine = Engine<EveryPolicy>(
      model, seed: seed, replication: replication, limits: limits)
    engine.run()
    return engine.record()
  }

  /// The same with the code of all policies off the common path left out, for measuring what their
  /// presence costs; the model must not use them.
  public static func runWithoutPolicies(
    _ model: SimulationModel, seed: UInt64, replication: UInt64 = 0
  ) -> RunRecord {
    var engine = Engine<NoPolicies>(
      model, seed: seed, replication: replication, limits: RunLimits())
    engine.run()
    return engine.record()
  }
}
