import Scenario
import TimeAndChance

extension ScenarioResolver {
  /// The operations of the services, and what each workload does for them.
  mutating func resolveSteps() {
    for index in scenario.services.indices {
      guard let draft = services[index].draft?.value else { continue }
      let parts = [draft.common] + draft.versions.map(\.value)
      for operation in parts.flatMap(\.operations) {
        addOperation(operation.name, to: index)
        checkStepCount(operation, of: index)
      }
    }
    // An alias answers by its owner's operations; calls to it are checked against them.
    for index in scenario.services.indices {
      if let owner = services[index].alias, services[owner].draft != nil {
        scenario.services[index].operations = scenario.services[owner].operations
        self.index.operations[index] = self.index.operations[owner]
        scenario.services[index].isDescribed = true
      }
    }
    for index in scenario.workloads.indices { resolveSteps(of: index) }
  }

  /// Finds an operation that unrolled loops make too long for a run, at the loop that does.
  private mutating func checkStepCount(_ operation: Named<[StepDraft]>, of service: Int) {
    var count = StepCount()
    count.add(operation.value)
    guard count.isTooMany else { return }
    diagnostics.error(
      .tooManySteps, at: count.loop?.span ?? operation.span,
      path: count.loop?.path ?? operation.path,
      "\(scenario.services[service].name) \(operation.name) does \(count.steps) steps",
      help: "at most \(Step.most), each pass of a loop counted")
  }

  private mutating func resolveSteps(of index: Int) {
    let service = scenario.workloads[index].service
    guard let draft = services[service].draft?.value else { return }
    let known = workloads[index]
    let written = (known.version?.operations ?? []) + draft.common.operations
    var byName: [String: Named<[StepDraft]>] = [:]
    for operation in written where byName[operation.name] == nil {
      byName[operation.name] = operation
    }
    scenario.workloads[index].steps = []
    for (number, operation) in scenario.services[service].operations.enumerated() {
      guard let steps = byName[operation.name] else {
        if let named = services[service].draft {
          diagnostics.error(
            .unknownOperation, at: named.span, path: named.path,
            "workload \(scenario.workloads[index].name.quoted) has no operation "
              + operation.name.quoted,
            help: "describe it under 'operations' of the service")
        }
        scenario.workloads[index].steps.append([])
        continue
      }
      let context = StepContext(
        workload: index, operation: number, forwards: draft.forwardHeaders, path: steps.path)
      let resolved = self.steps(steps.value, context)
      scenario.workloads[index].steps.append(resolved)
    }
  }

  private struct StepContext {
    var workload: Int
    var operation: Int
    var forwards: [String]
    var path: KeyPathText
  }

  private mutating func steps(_ drafts: [StepDraft], _ context: StepContext) -> [Step] {
    var result: [Step] = []
    for draft in drafts {
      switch draft {
      case .cpu(let law): result.append(.cpu(law))
      case .wait(let law): result.append(.wait(law))
      case .fail(let status, let share): result.append(.fail(status: status, share: share))
      case .parallel(let branches):
        result.append(.parallel(branches.map { steps($0, context) }))
      case .branch(let branches):
        let resolved = branches.map {
          WeightedBranch(weight: $0.weight, steps: steps($0.steps, context))
        }
        if resolved.allSatisfy({ $0.weight == 0 }) {
          diagnostics.error(
            .outOfRange, at: spanOfOperation(context), path: context.path,
            "the weights of a 'branch' must not all be 0")
        }
        result.append(.branch(resolved))
      case .loop(let loop):
        result.append(.loop(loop.repetition, steps(loop.steps, context)))
      case .call(let call):
        if let call = self.call(call, context) { result.append(.call(call)) }
      }
    }
    return result
  }

  private func spanOfOperation(_ context: StepContext) -> SourceSpan {
    let service = scenario.workloads[context.workload].service
    let draft = services[service].draft
    let name = scenario.services[service].operations[context.operation].name
    let operations = draft?.value.common.operations ?? []
    return operations.first { $0.name == name }?.span ?? draft?.span ?? SourceSpan(file: "")
  }

  private mutating func call(_ draft: CallDraft, _ context: StepContext) -> Call? {
    guard let to = draft.to, let target = target(to, port: draft.port) else { return nil }
    callSites.append(
      CallSite(
        workload: context.workload, operation: context.operation, target: target, span: to.span,
        path: to.path))
    let fixed = draft.headers.map {
      CallHeader.fixed(name: $0.name.lowercased(), value: $0.value)
    }
    let own = draft.headers.map { $0.name.lowercased() }
    let forwarded = context.forwards.filter { !own.contains($0) }
      .map { CallHeader.forwarded(name: $0) }
    return Call(
      target: target, headers: fixed + forwarded, client: draft.client, onFailure: draft.onFailure)
  }

  /// The receiver that `service operation` names, or a diagnostic.
  mutating func target(_ text: Located<String>, port: Located<Int>?) -> CallTarget? {
    let parts = text.value.split(separator: " ", maxSplits: 1)
    guard let first = parts.first else { return nil }
    let name = Located(value: String(first), span: text.span, path: text.path)
    guard let service = service(named: name) else { return nil }
    let operation: Int?
    if parts.count > 1 {
      operation = self.operation(String(parts[1]), of: service, at: text)
    } else {
      operation = onlyOperation(of: service, at: text)
    }
    guard let operation else { return nil }
    var portIndex = scenario.services[service].defaultPort
    if let port {
      let ports = scenario.services[service].ports
      guard let index = ports.firstIndex(where: { $0.number == port.value }) else {
        let list = ports.map { String($0.number) }
        diagnostics.error(
          .outOfRange, at: port.span, path: port.path,
          "service \(scenario.services[service].name.quoted) has no port \(port.value)",
          help: NameList.possession("port", list))
        return nil
      }
      portIndex = index
    }
    let known = scenario.services[service]
    let isUsual = portIndex == known.defaultPort
    return CallTarget(
      service: service, operation: operation, port: portIndex,
      authority: isUsual ? known.host : "\(known.host):\(known.ports[portIndex].number)")
  }

  private mutating func onlyOperation(of service: Int, at text: Located<String>) -> Int? {
    let operations = scenario.services[service].operations
    if operations.count == 1 { return 0 }
    let example = operations.first?.name ?? "GET /"
    diagnostics.error(
      .unknownOperation, at: text.span, path: text.path,
      "\(text.value.quoted) names no operation",
      help: "for instance '\(scenario.services[service].name) \(example)'")
    return nil
  }

  /// The operation of that name; services that nobody describes have every operation.
  private mutating func operation(
    _ name: String, of service: Int, at text: Located<String>
  ) -> Int? {
    if let known = index.operation(name, of: service) { return known }
    let isOpen =
      !scenario.services[service].isDescribed || scenario.services[service].kind == .routedOnly
    if isOpen { return addOperation(name, to: service) }
    diagnostics.error(
      .unknownOperation, at: text.span, path: text.path,
      "service \(scenario.services[service].name.quoted) has no operation \(name.quoted)",
      help: suggestion(for: name, among: scenario.services[service].operations.map(\.name)) {
        NameList.possession("operation", $0, isQuoted: true) ?? "describe it under 'operations'"
      })
    return nil
  }

  /// Adds an operation unless it is there, also to the service whose pods it shares.
  @discardableResult
  mutating func addOperation(_ name: String, to service: Int) -> Int {
    if let known = index.operation(name, of: service) { return known }
    if let owner = services[service].alias { addOperation(name, to: owner) }
    let parts = name.split(separator: " ", maxSplits: 1)
    let isRequest =
      parts.count == 2 && parts[1].hasPrefix("/") && parts[0].allSatisfy(\.isUppercase)
    let path = "/" + name.split(separator: " ").joined(separator: "-")
    scenario.services[service].operations.append(
      Operation(
        name: name, method: isRequest ? String(parts[0]) : "GET",
        path: isRequest ? String(parts[1]) : path))
    let place = scenario.services[service].operations.count - 1
    index.operations[service, default: [:]][name] = place
    return place
  }

  /// Gives the pods that nobody describes the stated default behaviour.
  mutating func fillUndescribedSteps() {
    guard let law = try? Distribution(.lognormal(p50: 0.005, p99: 0.025)) else { return }
    for index in scenario.workloads.indices {
      let service = scenario.workloads[index].service
      guard services[service].draft == nil else { continue }
      let operations = scenario.services[service].operations
      scenario.workloads[index].steps = operations.map { _ in [.wait(law)] }
      if !operations.isEmpty {
        defaults.add(
          "services.\(scenario.services[service].name)", "operations",
          "wait lognormal p50 5ms p99 25ms", by: "Foreshock")
      }
    }
  }
}
