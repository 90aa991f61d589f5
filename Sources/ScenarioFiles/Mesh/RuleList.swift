import Scenario
import TrafficPolicy

/// Rules in order, of which the first that takes a request has it; found by path.
struct RuleList {
  private let rules: [HTTPRule]
  private var paths = PathIndex()

  init(_ rules: [HTTPRule]) {
    self.rules = rules
    for rule in rules { paths.add(rule.matches.map(\.path)) }
  }

  /// The rules that requests for an operation may reach: up to the first that takes all of them.
  ///
  /// `gateways` are those whose routes apply, `port` is that of the request.
  func reachable(by operation: Operation, gateways: [String], port: Int) -> [HTTPRule] {
    var result: [HTTPRule] = []
    for number in paths.candidates(for: operation.path) {
      let rule = rules[number]
      if rule.matches.isEmpty {
        result.append(rule)
        return result
      }
      let matches = rule.matches.filter { match in
        (match.gateways.isEmpty || match.gateways.contains { gateways.contains($0) })
          && (match.port ?? port) == port
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
  /// A rule, and the manifest that it is from.
  typealias Entry = (rule: HTTPRule, source: VirtualServiceManifest)

  let virtualServices: [VirtualServiceManifest]
  let entries: [Entry]
  let rules: RuleList

  /// Joins the routes of manifests for the same host.
  ///
  /// Rules of several HTTPRoutes are ordered as if they were of one, the manifests by name; those of
  /// several VirtualServices stay in order, but what takes every request comes last.
  ///
  /// - Source: Istio `pilot/pkg/config/kube/gateway/conversion.go` (`sortHTTPRoutes`),
  ///   `pilot/pkg/networking/core/route/route.go` (`SortVHostRoutes`, `IsCatchAllRoute`).
  init(_ virtualServices: [VirtualServiceManifest]) {
    self.virtualServices = virtualServices
    if virtualServices.count < 2 {
      entries = virtualServices.flatMap { source in source.rules.map { ($0, source) } }
    } else if virtualServices[0].isHTTPRoute {
      let sources = virtualServices.sorted {
        ($0.meta.namespace, $0.meta.name) < ($1.meta.namespace, $1.meta.name)
      }
      entries = VirtualServiceManifest.ordered(
        sources.flatMap { source in source.rules.map { ($0, source) } }, by: \.rule)
    } else {
      let all = virtualServices.flatMap { source in
        source.rules.flatMap(\.byMatch).map { (rule: $0, source: source) }
      }
      entries = all.filter { !$0.rule.takesAll } + all.filter(\.rule.takesAll)
    }
    rules = RuleList(entries.map(\.rule))
  }
}

extension HTTPRule {
  /// The rule as rules of one match each.
  fileprivate var byMatch: [HTTPRule] {
    if matches.count < 2 { return [self] }
    return matches.map { match in
      var rule = self
      rule.matches = [match]
      return rule
    }
  }

  /// Whether a rule of at most one match takes every request where it applies.
  fileprivate var takesAll: Bool {
    guard let match = matches.first else { return true }
    guard match.method == nil, match.authority == nil, match.headers.isEmpty else { return false }
    return match.path == nil || match.path == .prefix("/") || match.path == .regex(".*")
  }
}
