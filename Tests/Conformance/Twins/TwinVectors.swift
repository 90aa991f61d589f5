import Simulation

/// End-to-end recordings of real Envoy meshes under faults: schema `foreshock/twin/1`.
///
/// - Source: `vectors/twins/README.md`.
enum TwinVectors: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    guard let root = try file.document(ofSchema: "foreshock/twin/1") else { return nil }
    let twin = try TwinDocument(root)
    let model = try TwinModel(twin)
    let judge = try TwinJudge(root)
    return [
      VectorCase(name: twin.phenomenon) { judge.mismatches(in: Self.runs(of: model, twin)) }
    ]
  }

  /// The seed of every run; replications differ by their number.
  static let seed: UInt64 = 1
  /// How many runs the means are taken over: far more than were recorded.
  static let replications = 100
  /// No recorded twin comes near this many events.
  static let limits = RunLimits(maxEvents: 100_000_000)

  private static func runs(of model: TwinModel, _ twin: TwinDocument) -> [TwinRun] {
    Workers.map(replications) { replication in
      let record = SimulationRun.run(
        model.simulation, seed: seed, replication: UInt64(replication), limits: limits)
      return TwinRun(TwinMeasurement(twin, model, record))
    }
  }
}
