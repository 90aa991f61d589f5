import Scenario

/// Rules in order, of which the first that takes a request has it; found by path.
struct RuleList {
  private let rules: [HTTPRule]
  private var paths = PathIndex()

  init(_ rules: [HTTPRule]) {
    self.rules = rules
    for rule in rules { paths.add(rule.matches.map(\.path)) }
  }

  /// The rules that requests for an operation may reach: up to the first that takes all of them.
  func reachable(by operation: Operation, gateways: [String]) -> [HTTPRule] {
    var result: [HTTPRule] = []
    for number in paths.candidates(for: operation.path) {
      let rule = rules[number]
      if rule.matches.isEmpty {
        result.append(rule)
        return result
      }
      let matches = rule.matches.filter { match in
        match.gateways.isEmpty || match.gateways.contains { gateways.contains($0) }
      }
      guard matches.contains(where: { $0.mayTake(operation) }) else { continue }
      result.append(rule)
      if matches.contains(where: { $0.mayTake(operation) && $0.isDecidedByOperation }) {
        return result
      }
    }
    return result
  }
}

/// What a proxy knows of a host: the VirtualServices that have it, and their rules joined.
struct HostRoutes {
  let virtualServices: [VirtualServiceManifest]
  let rules: RuleList

  init(_ virtualServices: [VirtualServiceManifest]) {
    self.virtualServices = virtualServices
    rules = RuleList(virtualServices.flatMap(\.rules))
  }
}
