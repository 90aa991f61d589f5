import Testing
import TimeAndChance

@testable import Simulation

@Suite struct BranchTests {
  /// A step that passes so many milliseconds and then fails.
  private static func fail(_ status: Int, after milliseconds: Double) -> [StepModel] {
    guard let time = try? Small.constant(milliseconds / 1000) else { return [] }
    return [.work(time), .fail(probability: 1, status: status)]
  }

  /// Calls that fail after 3 ms with 504 or 502, at once with 505, or not; and one that fails with
  /// 507 while another along the same edge is under way.
  private static let slow504 = StepModel.call(edge: 1)
  private static let slow502 = StepModel.call(edge: 2)
  private static let fast505 = StepModel.call(edge: 3)
  private static let fine = StepModel.call(edge: 4)
  private static let one507 = StepModel.call(edge: 5)

  private static func status(_ steps: [StepModel]) throws -> [Int: UInt64] {
    let back = ServiceModel(
      name: "back", pods: [PodModel(name: "back-0")],
      operations: [
        OperationModel(name: "slow", steps: fail(500, after: 3)),
        OperationModel(name: "fast", steps: [.fail(probability: 1, status: 500)]),
        OperationModel(name: "fine", steps: [.work(try Small.constant(0.001))]),
      ])
    var busy = try Small.server("busy", seconds: 0.001, workers: 1)
    busy.queueLimit = 0
    let front = ServiceModel(
      name: "front", pods: [PodModel(name: "front-0")],
      operations: [OperationModel(name: "op", steps: steps)])
    func edge(_ service: Int, _ operation: Int, _ failure: Int, _ number: Int) -> EdgeModel {
      EdgeModel(
        name: "e\(number)", carrier: .direct(service: service, latency: .zero),
        operation: operation, statusOnFailure: failure)
    }
    let model = SimulationModel(
      services: [front, back, busy],
      edges: [
        edge(0, 0, 503, 0), edge(1, 0, 504, 1), edge(1, 0, 502, 2), edge(1, 1, 505, 3),
        edge(1, 2, 503, 4), edge(2, 0, 507, 5),
      ], sources: [Small.even(10, limit: 10)])
    let record = SimulationRun.run(model, seed: 1)
    return record.sources[0].byStatus
  }

  /// Branches, and the status that they make together.
  private static let cases: [(branches: [[StepModel]], status: Int)] = [
    ([[slow504], fail(418, after: 2)], 504),
    ([fail(418, after: 2), [slow504]], 418),
    ([[slow504], [slow502]], 504),
    ([[slow502], [slow504]], 502),
    ([[slow502], [fast505]], 502),
    ([[fine], [slow502], fail(418, after: 0)], 502),
    ([[fine], [fast505], fail(418, after: 2)], 505),
    ([[fine], fail(500, after: 9), fail(418, after: 2)], 500),
    ([[fine, slow504], fail(418, after: 9), [fast505]], 504),
    ([[.parallel([fail(410, after: 5), fail(411, after: 1)])], fail(412, after: 1)], 410),
    // The same call more than once: which of them failed decides.
    ([[one507], fail(418, after: 2), [one507]], 418),
    ([[one507], [one507], fail(418, after: 2)], 507),
    ([[one507], [fine], [one507], fail(418, after: 0)], 507),
    ([[fine], [fine]], 200),
  ]

  @Test(arguments: cases.indices)
  func `a parallel step fails with the first failure in the order of its branches`(
    index: Int
  ) throws {
    let (branches, status) = Self.cases[index]
    #expect(try Self.status([.parallel(branches)]) == [status: 10])
  }

  @Test func `a step after a parallel one fails by itself`() throws {
    #expect(try Self.status([.parallel([[Self.fine], [Self.fine]]), Self.fast505]) == [505: 10])
    #expect(
      try Self.status([
        .parallel([[Self.fine], [.callIgnoringFailure(edge: 1)]]), Self.slow502, Self.fast505,
      ]) == [502: 10])
  }
}
