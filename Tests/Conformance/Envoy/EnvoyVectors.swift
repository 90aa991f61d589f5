import Simulation
import TimeAndChance

/// Recorded behaviour of a real Envoy: schema `foreshock/envoy-vector/2`.
///
/// - Source: `vectors/envoy/README.md`.
enum EnvoyVectors: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    try documents(in: file)?.map { document in
      let replay = try EnvoyReplay(document)
      return VectorCase(name: document.name) { replay.mismatches() }
    }
  }

  static func recordings(in file: VectorFile) throws -> [VectorCase]? {
    try documents(in: file)?.map { document in
      let judge = Judge(recorded: document.observed, entries: document.checks)
      return VectorCase(name: "\(document.name)/recording") { judge.mismatchesOfTheRecording() }
    }
  }

  private static func documents(in file: VectorFile) throws -> [EnvoyCaseDocument]? {
    guard let root = try file.document(ofSchema: "foreshock/envoy-vector/2") else { return nil }
    return try EnvoyCaseDocument.all(in: root)
  }
}

/// Replays one case with all its replications.
struct EnvoyReplay: Sendable {
  /// What is simulated.
  let experiment: EnvoyExperiment
  /// What was recorded, and how it is judged.
  let document: EnvoyCaseDocument

  /// The seed of every replay; the replications of a case differ by their number.
  static let seed: UInt64 = 1
  /// No recorded experiment comes near this many events.
  static let limits = RunLimits(maxEvents: 100_000_000)

  /// The replay of a case.
  /// - Throws: ``MalformedVector``.
  init(_ document: EnvoyCaseDocument) throws {
    self.document = document
    let topology = try ExperimentTopology(document.topology)
    let policy = try ExperimentPolicy(
      document.policy, topology, workerThreads: document.workerThreads)
    experiment = try EnvoyExperiment(
      topology: topology, policy: policy, client: ExperimentClient(document.client),
      sweepOffset: document.sweepOffset, line: document.line)
  }

  /// What does not agree with the recording.
  func mismatches() -> [Mismatch] {
    var runs: [MetricValue] = []
    for replication in 0..<document.replications {
      let record = SimulationRun.run(
        experiment.model, seed: Self.seed, replication: UInt64(replication), limits: Self.limits)
      if let reason = record.stopped {
        return [Mismatch(metric: "run", expected: "an end", got: "stopped: \(reason)")]
      }
      let measurement = EnvoyMeasurement(
        experiment, record, recorded: document.observed, shareOf: document.shareOf)
      runs.append(measurement.metrics)
    }
    return Judge(recorded: document.observed, entries: document.checks).mismatches(in: runs)
  }
}
