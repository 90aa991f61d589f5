import Scenario

extension ScenarioResolver {
  /// Finds calls that come back to where they began, and operations that make too many.
  mutating func checkCalls() {
    var edges: [Place: [(to: Place, site: CallSite)]] = [:]
    for site in callSites.all {
      let from = Place(
        service: scenario.workloads[site.workload].service, operation: site.operation)
      guard let to = place(of: site.target) else { continue }
      edges[from, default: []].append((to, site))
    }
    var finished: Set<Place> = []
    // Callees stand before their callers.
    var order: [Place] = []
    var hasCycle = false
    for site in callSites.all {
      let root = Place(
        service: scenario.workloads[site.workload].service, operation: site.operation)
      guard !finished.contains(root) else { continue }
      var stack: [(place: Place, next: Int)] = [(root, 0)]
      var onPath: Set<Place> = [root]
      while let top = stack.last {
        let outgoing = edges[top.place] ?? []
        guard top.next < outgoing.count else {
          finished.insert(top.place)
          order.append(top.place)
          onPath.remove(top.place)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let edge = outgoing[top.next]
        if onPath.contains(edge.to) {
          hasCycle = true
          let start = stack.firstIndex { $0.place == edge.to } ?? 0
          let names = (stack[start...].map(\.place) + [edge.to]).map { place in
            let service = scenario.services[place.service]
            return "\(service.name) \(service.operations[place.operation].name)"
          }
          diagnostics.error(
            .cyclicCalls, at: edge.site.span, path: edge.site.path,
            "this call never ends: \(names.joined(separator: " → ").shortened(to: 400))")
        } else if !finished.contains(edge.to) {
          onPath.insert(edge.to)
          stack.append((edge.to, 0))
        }
      }
    }
    if !hasCycle { checkCallCounts(order, edges.compactMapValues { $0.first?.site }) }
  }

  /// Where the calls to a target are answered; nil when it is not known.
  private func place(of target: CallTarget) -> Place? {
    let name = scenario.services[target.service].operations[target.operation].name
    let owner = services[target.service].alias ?? target.service
    return index.operation(name, of: owner).map { Place(service: owner, operation: $0) }
  }

  /// Finds operations of which one request leads to more calls than a run could end: calls of calls
  /// multiply.
  private mutating func checkCallCounts(_ order: [Place], _ sites: [Place: CallSite]) {
    var workloads: [Int: [Int]] = [:]
    for index in scenario.workloads.indices {
      workloads[scenario.workloads[index].service, default: []].append(index)
    }
    var counts: [Place: Double] = [:]
    for place in order {
      var most = 0.0
      for workload in workloads[place.service] ?? []
      where scenario.workloads[workload].steps.indices.contains(place.operation) {
        let steps = scenario.workloads[workload].steps[place.operation]
        let count = callCount(steps, counts)
        if count > Self.mostCalls, count < .infinity, most <= Self.mostCalls {
          let service = scenario.services[place.service]
          guard let site = sites[place] else { continue }
          diagnostics.error(
            .tooManyCalls, at: site.span, path: site.path,
            "one request of \(service.name) \(service.operations[place.operation].name) leads to "
              + "\(Self.inWords(count)) calls",
            help: "at most \(Self.inWords(Self.mostCalls)), without retries")
        }
        most = max(most, count)
      }
      // Callers of what has been reported are not reported as well.
      counts[place] = most > Self.mostCalls ? .infinity : most
    }
  }

  private static var mostCalls: Double { 100_000 }

  private static func inWords(_ count: Double) -> String {
    count < 1e15 ? "\(Int(count))" : "more than 10^15"
  }

  /// The most calls that steps lead to, directly or through others.
  private func callCount(_ steps: [Step], _ counts: [Place: Double]) -> Double {
    steps.reduce(0) { sum, step in
      switch step {
      case .cpu, .wait, .fail: sum
      case .call(let call): sum + 1 + (place(of: call.target).flatMap { counts[$0] } ?? 0)
      case .parallel(let branches):
        branches.reduce(sum) { $0 + callCount($1, counts) }
      case .branch(let branches):
        sum + (branches.map { callCount($0.steps, counts) }.max() ?? 0)
      case .loop(.times(let times), let steps):
        times == 0 ? sum : sum + Double(times) * callCount(steps, counts)
      case .loop(.again(let probability), let steps):
        sum + callCount(steps, counts) / max(1e-3, 1 - probability)
      }
    }
  }
}

/// An operation of a service.
private struct Place: Hashable {
  var service: Int
  var operation: Int
}
