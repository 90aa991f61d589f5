import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct RouteIndexTests {
  private func pick(_ count: Int, _ random: inout RandomStream) -> Int {
    Int(random.below(UInt32(count)))
  }

  @Test func `the first route that takes a request is found, as by looking at all`() {
    let hosts = [
      [], ["a.example.com"], ["b.example.com", "a.example.com"], ["*.example.com"], ["*"],
    ]
    let paths: [RouteMatch.TextMatch?] = [
      nil, .exact("/x"), .prefix("/x"), .regex("/x.*"), .exact("/y"), .prefix("/x/"),
    ]
    let headers: [[RouteMatch.HeaderMatch]] = [[], [.init(name: "user", value: .exact("jason"))]]
    let requests = ["a.example.com", "b.example.com", "c.example.com", "other"].flatMap { host in
      ["/x", "/x/z", "/y", "/z"].flatMap { path in
        [[], [HostScript.Header(name: "user", value: "jason")]].map { headers in
          EdgeModel.Attributes(path: path, method: "GET", authority: host, headers: headers)
        }
      }
    }
    for seed in UInt64(0)..<300 {
      var random = RandomStream(seed: seed, replication: 0, name: "routes")
      let routes = (0..<12).map { _ in
        Route(
          match: RouteMatch(
            path: paths[pick(paths.count, &random)],
            authorities: hosts[pick(hosts.count, &random)],
            headers: headers[pick(headers.count, &random)]),
          action: .unknownCluster)
      }
      let index = RouteIndex(routes)
      for request in requests {
        let expected = routes.firstIndex { $0.match.takes(request) }
        #expect(index.first(taking: request) == expected, "seed \(seed)")
      }
    }
  }

  @Test func `gaps of the same kind are told together, in the order of finding`() {
    let gaps =
      ["a", "b", "c", "d", "e"].map { ModelGap(subject: $0, text: "same") }
      + [ModelGap(subject: "x", text: "other")]
    #expect(gaps.lines == ["a, b, c and 2 more: same", "x: other"])
  }
}
