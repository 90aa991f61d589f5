import Scenario
import TrafficPolicy

/// The routes of a proxy by host and path: the first that takes a request has it.
struct RouteIndex {
  /// Routes of one host, or of any.
  private struct Group {
    var paths = PathIndex()
    var routes: [Int] = []

    mutating func add(_ route: Int, _ match: RouteMatch) {
      if routes.last == route { return }
      paths.add([match.path])
      routes.append(route)
    }

    func candidates(for path: String) -> [Int] { paths.candidates(for: path).map { routes[$0] } }
  }

  private let routes: [Route]
  private var byHost: [String: Group] = [:]
  private var ofAnyHost = Group()

  init(_ routes: [Route]) {
    self.routes = routes
    for (index, route) in routes.enumerated() {
      let hosts = route.match.authorities
      if hosts.isEmpty || hosts.contains(where: { $0.contains("*") }) {
        ofAnyHost.add(index, route.match)
      } else {
        for host in hosts { byHost[host, default: Group()].add(index, route.match) }
      }
    }
  }

  /// The first route that takes a request of those attributes.
  func first(taking request: EdgeModel.Attributes) -> Int? {
    let own = byHost[request.authority]?.candidates(for: request.path) ?? []
    let others = ofAnyHost.candidates(for: request.path)
    func first(_ candidates: [Int]) -> Int? {
      candidates.first { routes[$0].match.takes(request) }
    }
    return [first(own), first(others)].compactMap { $0 }.min()
  }
}
