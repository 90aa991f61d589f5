extension Scenario {
  /// The services that the steps of each service's pods call, each once, in order of mention; by the
  /// service's index.
  public var calledServices: [[Int]] {
    let targets = workloads.map { workload in
      Self.distinct(workload.steps.flatMap { Self.targets(of: $0) })
    }
    // Services that select the same pods call the same.
    var calledBy: [[Int]: [Int]] = [:]
    return services.map { service in
      let called =
        calledBy[service.workloads] ?? Self.distinct(service.workloads.flatMap { targets[$0] })
      if service.workloads.count > 1 { calledBy[service.workloads] = called }
      return called
    }
  }

  /// Some numbers, each once.
  private static func distinct(_ numbers: [Int]) -> [Int] {
    var known: Set<Int> = []
    return numbers.filter { known.insert($0).inserted }
  }

  /// The services that steps call, in order of mention.
  private static func targets(of steps: [Step]) -> [Int] {
    steps.flatMap { step -> [Int] in
      switch step {
      case .call(let call): [call.target.service]
      case .parallel(let branches): branches.flatMap { targets(of: $0) }
      case .branch(let branches): branches.flatMap { targets(of: $0.steps) }
      case .loop(_, let steps): targets(of: steps)
      case .cpu, .wait, .fail: []
      }
    }
  }
}
