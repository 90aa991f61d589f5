import Orchestration
import Testing

@Suite struct AuthorizationPolicyTests {
  private let gateway = "cluster.local/ns/kong/sa/kong-gateway"
  private let web = "cluster.local/ns/demo/sa/frontend"

  private func allows(
    _ policies: [AuthorizationPolicy], from principal: String?, method: String? = "GET",
    path: String? = "/api/x"
  ) -> Bool {
    AuthorizationPolicy.allows(
      .init(principal: principal, method: method, path: path, port: 8080), policies: policies)
  }

  @Test func `without the gateway's account the gateway is refused`() {
    let policy = AuthorizationPolicy(rules: [.init(from: [.init(principals: .init([web]))])])
    #expect(allows([policy], from: web))
    #expect(!allows([policy], from: gateway))
    #expect(!allows([policy], from: nil))
    #expect(allows([], from: nil))
  }

  @Test func `deny comes before allow, and an empty allow refuses everything`() {
    let all = AuthorizationPolicy(rules: [.init()])
    let noAdmin = AuthorizationPolicy(
      action: .deny, rules: [.init(to: [.init(paths: .init(["/admin*"]))])])
    #expect(allows([all, noAdmin], from: web))
    #expect(!allows([all, noAdmin], from: web, path: "/admin/users"))
    #expect(allows([noAdmin], from: nil))
    #expect(!allows([AuthorizationPolicy(rules: [])], from: web))
  }

  @Test func `namespaces, methods and negations are told apart`() {
    let policy = AuthorizationPolicy(rules: [
      .init(
        from: [.init(namespaces: .init(["demo"]))],
        to: [.init(methods: .init(["GET"]), paths: .init(nil, not: ["/api/secret"]))])
    ])
    #expect(allows([policy], from: web))
    #expect(!allows([policy], from: gateway))
    #expect(!allows([policy], from: web, method: "POST"))
    #expect(!allows([policy], from: web, path: "/api/secret"))
    #expect(!allows([policy], from: web, method: nil))
    let identified = AuthorizationPolicy(rules: [.init(from: [.init(principals: .init(["*"]))])])
    #expect(allows([identified], from: gateway))
    #expect(!allows([identified], from: nil))
    let suffix = AuthorizationPolicy(rules: [
      .init(from: [.init(principals: .init(["*/sa/frontend"]))])
    ])
    #expect(allows([suffix], from: web))
    #expect(!allows([suffix], from: gateway))
  }
}
