import Scenario

extension ScenarioResolver {
  /// Finds routes that lead nowhere, whether or not a request takes them.
  mutating func checkRoutes() {
    let gateways = manifests.gateways.map(\.reference)
    let gatewayNames = Set(gateways)
    var subsets = SubsetIndex()
    let delegates = Set(manifests.virtualServices.flatMap(\.rules).compactMap(\.delegate))
    for virtualService in manifests.virtualServices {
      let meta = virtualService.meta
      if virtualService.hosts.isEmpty, !delegates.contains("\(meta.namespace)/\(meta.name)") {
        diagnostics.error(
          .missingField, at: meta.span, "\(meta.title) has no 'spec.hosts'",
          help: "only one to which another delegates has none")
      }
      for rule in virtualService.rules { check(rule, &subsets) }
      checkReachable(virtualService)
      checkHosts(virtualService, gateways, gatewayNames)
    }
    checkHostsOnce()
    for rule in manifests.destinationRules { check(rule) }
  }

  private mutating func check(_ rule: HTTPRule, _ subsets: inout SubsetIndex) {
    let total = rule.destinations.reduce(0) { $0 + ($1.weight ?? 0) }
    if rule.destinations.count > 1, total == 0 {
      diagnostics.error(
        .badField, at: rule.span, "the weights of this route sum to 0")
    }
    for weighted in rule.destinations {
      let carriesTraffic = rule.destinations.count == 1 || weighted.weight ?? 0 > 0
      check(weighted.destination, carriesTraffic: carriesTraffic, &subsets)
    }
    for mirror in rule.mirrors { check(mirror.destination, carriesTraffic: true, &subsets) }
  }

  private mutating func check(
    _ destination: DestinationReference, carriesTraffic: Bool, _ subsets: inout SubsetIndex
  ) {
    let host = destination.host
    guard let service = serviceIndex(host: host.name) else {
      diagnostics.error(
        .danglingHost, at: host.span, path: host.path,
        "there is no service \(host.written.quoted) in the manifests or the scenario",
        help: helpForHost(host))
      return
    }
    let ports = scenario.services[service].ports
    if let port = destination.port, !ports.contains(where: { $0.number == port }) {
      let list = ports.map { String($0.number) }
      diagnostics.error(
        .danglingHost, at: host.span, path: host.path,
        "service \(host.written.quoted) has no port \(port)",
        help: NameList.possession("port", list))
    }
    guard !destination.subset.isEmpty else {
      if carriesTraffic, scenario.services[service].kind == .pods,
        scenario.services[service].workloads.isEmpty
      {
        diagnostics.warning(
          .noPods, at: host.span, path: host.path, "service \(host.written.quoted) has no pods")
      }
      return
    }
    let named = subsets.subsets(of: host.name) {
      index.destinationRules(for: host.name).flatMap { manifests.destinationRules[$0].subsets }
    }
    guard let subset = named.byName[destination.subset] else {
      diagnostics.error(
        .unknownSubset, at: destination.subsetSpan, path: host.path,
        "no DestinationRule of \(host.written.quoted) has a subset \(destination.subset.quoted)",
        help: suggestion(for: destination.subset, among: named.names))
      return
    }
    guard carriesTraffic, scenario.services[service].kind == .pods,
      members(of: subset, among: scenario.services[service].workloads).isEmpty
    else { return }
    diagnostics.error(
      .subsetWithoutPods, at: destination.subsetSpan, path: host.path,
      "subset \(subset.name.quoted) of \(host.written.quoted) selects no pods, "
        + "but gets traffic",
      help: labelHelp(subset, service),
      note: Diagnostic.Note(message: "the subset stands", span: subset.span))
  }

  private func labelHelp(
    _ subset: DestinationRuleManifest.Subset, _ service: Int
  ) -> String? {
    if diagnostics.isFull { return nil }
    let wanted = subset.labels.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
    let versions = scenario.services[service].workloads
      .map { scenario.workloads[$0].version }.filter { !$0.isEmpty }
    if versions.isEmpty { return "no pods of the service have \(wanted)" }
    let have = versions.count == 1 ? "its pods have version" : "its pods have versions"
    return "\(have) \(NameList.joined(versions, by: "and")); the subset wants \(wanted)"
  }

  private func helpForHost(_ host: HostReference) -> String? {
    if diagnostics.isFull { return nil }
    if host.written.contains("{{") { return HelmTemplate.help }
    let parts = host.written.split(separator: ".")
    if parts.count == 2,
      let service = services.firstIndex(where: { $0.names.contains(host.written) })
    {
      return "Istio does not complete \(host.written.quoted); "
        + "write \(scenario.services[service].host)"
    }
    let short = host.name.split(separator: ".").first.map(String.init) ?? host.name
    let elsewhere = scenario.services.first {
      $0.name == short || $0.host.hasPrefix("\(short).")
    }
    if let elsewhere, elsewhere.host != host.name {
      return "there is \(elsewhere.host)"
    }
    return Spelling.help(
      for: short, among: scenario.services.map(\.name),
      otherwise: "add its Service to 'manifests', or describe it under 'services'")
  }

  private mutating func checkReachable(_ virtualService: VirtualServiceManifest) {
    guard
      let index = virtualService.rules.firstIndex(where: { rule in
        rule.matches.isEmpty || rule.matches.contains(where: \.isEverything)
      }), index + 1 < virtualService.rules.count
    else { return }
    let rule = virtualService.rules[index + 1]
    diagnostics.warning(
      .unreachableRoute, at: rule.span,
      "this route of \(virtualService.meta.title) is never reached: the first match wins",
      note: Diagnostic.Note(
        message: "a route before it takes every request", span: virtualService.rules[index].span))
  }

  private mutating func checkHosts(
    _ virtualService: VirtualServiceManifest, _ known: [String], _ names: Set<String>
  ) {
    for gateway in virtualService.gateways where gateway != "mesh" && !names.contains(gateway) {
      diagnostics.warning(
        .unknownGateway, at: virtualService.meta.span,
        "\(virtualService.meta.title) is for gateway \(gateway.quoted), which is not there",
        help: suggestion(for: gateway, among: known, otherwise: { _ in nil }))
    }
  }

  /// In the mesh a host has one VirtualService; later ones are not used.
  private mutating func checkHostsOnce() {
    var first: [String: VirtualServiceManifest] = [:]
    for virtualService in manifests.virtualServices
    where virtualService.gateways.contains("mesh") && virtualService.exportTo.contains("*") {
      for host in virtualService.hosts {
        // All HTTPRoutes of a Service act together.
        if virtualService.isHTTPRoute, first[host.name]?.isHTTPRoute == true { continue }
        guard let earlier = first[host.name] else {
          first[host.name] = virtualService
          continue
        }
        diagnostics.warning(
          .policyTwice, at: host.span, path: host.path,
          "\(earlier.meta.title) already routes \(host.written.quoted): this one is not used",
          help: "join the two",
          note: Diagnostic.Note(message: "the other stands", span: earlier.meta.span))
      }
    }
  }

  private mutating func check(_ rule: DestinationRuleManifest) {
    let matched =
      rule.host.name.hasPrefix("*")
      ? scenario.services.indices.filter { rule.host.matches(scenario.services[$0].host) }
      : serviceIndex(host: rule.host.name).map { [$0] } ?? []
    if matched.isEmpty, !rule.host.name.hasPrefix("*") {
      diagnostics.warning(
        .danglingHost, at: rule.host.span, path: rule.host.path,
        "\(rule.meta.title) is for \(rule.host.written.quoted), which is no known service",
        help: helpForHost(rule.host))
    }
    guard matched.count == 1, scenario.services[matched[0]].kind == .pods else { return }
    for subset in rule.subsets {
      let members = scenario.services[matched[0]].workloads
      if self.members(of: subset, among: members).isEmpty {
        diagnostics.warning(
          .subsetWithoutPods, at: subset.span, path: subset.path,
          "subset \(subset.name.quoted) of \(rule.host.written.quoted) selects no pods",
          help: labelHelp(subset, matched[0]))
      }
    }
  }

  /// Makes sure that every service to which a request may be led can answer it.
  mutating func checkDestinations(
    of request: MeshRequest, _ routes: HostRoutes, _ way: RequestWay
  ) {
    let target = request.target
    let operation = scenario.services[target.service].operations[target.operation]
    let found = routes.virtualServices
    let reachable = routes.rules.reachable(
      by: operation, gateways: way.gateways, port: way.port)
    if !found.isEmpty, reachable.isEmpty, let site = request.site {
      diagnostics.error(
        .noRoute, at: site.span, path: site.path,
        "no route of \(found[0].meta.title) takes \(operation.method) \(operation.path)",
        help: "every such request would be answered 404",
        note: Diagnostic.Note(message: "the routes stand", span: found[0].meta.span))
    }
    for rule in reachable {
      let carrying = rule.destinations.filter { rule.destinations.count == 1 || $0.weight ?? 0 > 0 }
      for destination in carrying.map(\.destination) + rule.mirrors.map(\.destination) {
        guard let service = serviceIndex(host: destination.host.name), service != target.service
        else { continue }
        lead(operation, to: service, request, destination.host)
      }
    }
  }

  private mutating func lead(
    _ operation: Operation, to service: Int, _ request: MeshRequest, _ host: HostReference
  ) {
    let owner = services[service].alias ?? service
    if services[owner].draft == nil {
      addOperation(operation.name, to: service)
    } else if index.operation(operation.name, of: owner) == nil {
      diagnostics.error(
        .unknownOperation, at: host.span, path: host.path,
        "a route leads \(operation.name.quoted) to \(scenario.services[service].name.quoted), "
          + "which has no such operation",
        help: "describe it under 'operations' of that service")
      return
    }
    guard var site = request.site,
      let index = index.operation(operation.name, of: service)
    else { return }
    site.target.service = service
    site.target.operation = index
    callSites.add(site)
  }
}

/// The subsets of hosts by name, once they are asked for.
private struct SubsetIndex {
  struct Subsets {
    /// In the order of the DestinationRules.
    var names: [String]
    /// The first of a name stands.
    var byName: [String: DestinationRuleManifest.Subset]
  }

  private var known: [String: Subsets] = [:]

  /// The subsets of a host, of which `all` are all.
  mutating func subsets(
    of host: String, _ all: () -> [DestinationRuleManifest.Subset]
  ) -> Subsets {
    if let found = known[host] { return found }
    let list = all()
    let found = Subsets(
      names: list.map(\.name),
      byName: Dictionary(list.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
    known[host] = found
    return found
  }
}

extension ScenarioResolver.CallSite: Hashable {
  static func == (left: Self, right: Self) -> Bool {
    left.workload == right.workload && left.operation == right.operation
      && left.target == right.target && left.span == right.span
  }
  /// By what is compared.
  func hash(into hasher: inout Hasher) {
    hasher.combine(workload)
    hasher.combine(operation)
    hasher.combine(target.service)
    hasher.combine(target.operation)
    hasher.combine(span)
  }
}
