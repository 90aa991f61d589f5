import Simulation
import TimeAndChance

extension EngineFamilies {
  /// `fan_out`: the answer is complete with the last leaf.
  static func fanOut(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let leaves = try parameters.count("leaves", in: 1...10_000)
    let mean = try parameters.number("mean_service")
    let unit = EngineQueue.Unit(rate: 1 / mean)
    let branches = Array(repeating: [StepModel.call(edge: 1)], count: leaves)
    var queue = direct(
      ServiceModel(
        name: "root", pods: [PodModel(name: "root-0")],
        operations: [OperationModel(name: "ask", steps: [.parallel(branches)])]), unit: unit)
    queue.model.services.append(server(named: "leaf", workers: nil, try parameters.exponential(1)))
    queue.model.edges.append(
      EdgeModel(name: "leaf", carrier: .direct(service: 1, latency: .zero)))
    return queue.oneByOne(row, gap: mean)
  }

  /// `retry_independent`: tries that fail independently, repeated at once.
  static func retryIndependent(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let failure = try parameters.number("failure_probability", in: 0...1)
    let retries = try parameters.count("retries", in: 0...1e6)
    let service = ServiceModel(
      name: "server", pods: [PodModel(name: "server-0")],
      operations: [
        OperationModel(name: "try", steps: [.fail(probability: failure, status: 503)])
      ])
    return direct(
      service, unit: EngineQueue.Unit(rate: 1), client: ClientBehaviour(retries: retries)
    ).oneByOne(row, gap: 1)
  }

  /// `retry_tree`: every layer tries the next one so many times, and the bottom always fails.
  static func retryTree(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let layers = try parameters.count("layers", in: 1...30)
    let tries = try parameters.count("tries", in: 1...100)
    var model = SimulationModel()
    for layer in 0..<layers {
      let isBottom = layer == layers - 1
      model.services.append(
        ServiceModel(
          name: "layer\(layer + 1)", pods: [PodModel(name: "layer\(layer + 1)-0")],
          operations: [
            OperationModel(
              name: "call",
              steps: isBottom
                ? [.fail(probability: 1, status: 503)] : [.call(edge: layer + 1)])
          ]))
      model.edges.append(
        EdgeModel(
          name: "to layer\(layer + 1)", carrier: .direct(service: layer, latency: .zero),
          client: ClientBehaviour(retries: tries - 1)))
    }
    var queue = EngineQueue(model, unit: EngineQueue.Unit(rate: 1)).oneByOne(row, gap: 1)
    queue.own["calls_at_bottom"] = { record, _ in
      record.services.last.map { Double($0.pods.reduce(UInt64(0)) { $0 + $1.arrivals }) }
    }
    return queue
  }
}
