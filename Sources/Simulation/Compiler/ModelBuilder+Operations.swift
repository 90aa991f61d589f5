import Results
import Scenario
import TimeAndChance

extension ModelBuilder {
  /// Compiles what the pods do for every kind of request that can reach them.
  mutating func addOperations() throws(CompilationError) {
    while done < pending.count {
      let (kind, workload) = pending[done]
      done += 1
      try addOperation(kind: kind, workload: workload)
    }
    let entries = kinds.count * max(1, services.count)
    if entries > 20_000_000 {
      throw .tooMany("kinds of requests times workloads", count: entries, limit: 20_000_000)
    }
  }

  /// The operation index of a kind of request, which the workloads are to serve.
  mutating func serve(_ kind: RequestKind, on workloads: [Int]) -> Int {
    let index: Int
    if let known = kindIndex[kind] {
      index = known
    } else {
      index = kinds.count
      kinds.append(kind)
      kindIndex[kind] = index
    }
    for workload in workloads where operations[workload][index] == nil {
      operations[workload][index] = .unknown(kind.operation)  // until its steps are compiled
      pending.append((index, workload))
    }
    return index
  }

  private mutating func addOperation(kind: Int, workload: Int) throws(CompilationError) {
    let name = kinds[kind].operation
    let service = scenario.workloads[workload].service
    guard
      let number = operationNumbers[service][name],
      scenario.workloads[workload].steps.indices.contains(number)
    else { return }
    let steps = scenario.workloads[workload].steps[number]
    var context = StepContext(workload: workload, headers: kinds[kind].headers)
    let compiled = try compile(steps, &context)
    operations[workload][kind] = OperationModel(name: name, steps: compiled)
  }

  /// Where steps are compiled.
  private struct StepContext {
    var workload: Int
    var headers: [RequestKind.Header]
    var count = 0
  }

  private mutating func compile(
    _ steps: [Scenario::Step], _ context: inout StepContext
  ) throws(CompilationError) -> [StepModel] {
    var result: [StepModel] = []
    for step in steps {
      context.count += 1
      if context.count > Scenario::Step.most {
        throw .tooMany("steps in one operation", count: context.count, limit: Scenario::Step.most)
      }
      switch step {
      case .cpu(let law): result.append(.cpu(law))
      // A slow pod takes longer for everything that is not a call.
      case .wait(let law): result.append(.work(law))
      case .fail(let status, let share):
        result.append(.fail(probability: share, status: status))
      case .call(let call): result.append(try compile(call, context))
      case .parallel(let branches):
        var compiled: [[StepModel]] = []
        for branch in branches { compiled.append(try compile(branch, &context)) }
        result.append(.parallel(compiled))
      case .branch(let branches):
        var compiled: [(weight: Double, steps: [StepModel])] = []
        for branch in branches where branch.weight > 0 {
          compiled.append((branch.weight, try compile(branch.steps, &context)))
        }
        result.append(.branch(compiled))
      case .loop(.times(let times), let body):
        guard times > 0, !body.isEmpty else { continue }
        let before = context.count
        let compiled = try compile(body, &context)
        let each = context.count - before
        // The engine unrolls loops, so their passes count.
        let (all, overflows) = each.multipliedReportingOverflow(by: times)
        guard !overflows, before + all <= Scenario::Step.most else {
          throw .tooMany(
            "steps in one operation", count: overflows ? .max : before + all,
            limit: Scenario::Step.most)
        }
        context.count = before + all
        result.append(.loop(count: times, steps: compiled))
      case .loop(.again(let probability), let body):
        result += try compileLoop(body, again: probability, &context)
      }
    }
    return result
  }

  /// A loop of unknown length, unrolled until hardly any request goes on.
  private mutating func compileLoop(
    _ body: [Scenario::Step], again probability: Double, _ context: inout StepContext
  ) throws(CompilationError) -> [StepModel] {
    let before = context.count
    let pass = try compile(body, &context)
    guard probability > 0, !pass.isEmpty else { return pass }
    let each = context.count - before
    let passes = Scenario::Repetition.again(probability: probability).passes
    var reached = probability
    for _ in 1..<passes { reached *= probability }
    if reached > 1e-3 {
      note(
        "workload \(scenario.workloads[context.workload].name)",
        "a loop that goes on with such a probability ends after \(passes) passes at the latest")
    }
    context.count = before + each * passes
    if context.count > Scenario::Step.most {
      throw .tooMany("steps in one operation", count: context.count, limit: Scenario::Step.most)
    }
    var steps = pass
    for _ in 1..<max(2, passes) {
      steps = pass + [.branch([(probability, steps), (1 - probability, [])])]
    }
    return steps
  }

  private mutating func compile(
    _ call: Scenario::Call, _ context: StepContext
  ) throws(CompilationError) -> StepModel {
    var headers: [RequestKind.Header] = []
    for header in call.headers {
      switch header {
      case .fixed(let name, let value):
        headers.append(RequestKind.Header(name: name, value: value))
      case .forwarded(let name):
        if let passed = context.headers.first(where: { $0.name == name }) {
          headers.append(passed)
        }
      }
    }
    var status = 503
    if case .fails(let stated) = call.onFailure { status = stated }
    let edge = try addEdge(
      from: .workload(context.workload), to: call.target, headers: headers, client: call.client,
      statusOnFailure: status)
    return call.onFailure == .ignored ? .callIgnoringFailure(edge: edge) : .call(edge: edge)
  }
}
