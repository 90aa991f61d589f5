import Scenario

extension ScenarioResolver {
  /// The namespace of services that no manifest names: that of the manifests when they share one.
  private static func usualNamespace(_ services: [ServiceManifest]) -> String {
    let first = services.first?.meta.namespace
    return first.flatMap { first in
      services.allSatisfy { $0.meta.namespace == first } ? first : nil
    } ?? "default"
  }

  /// The services of the scenario, then those that only manifests name.
  mutating func resolveServices() {
    var used: Set<Int> = []
    var byName: [String: [Int]] = [:]
    for (index, service) in manifests.services.enumerated() {
      for name in Self.names(of: service) { byName[name, default: []].append(index) }
    }
    var hostsSeen: Set<String> = []
    let namespace = Self.usualNamespace(manifests.services)
    usualNamespace = namespace
    index.read(manifests.serviceEntries)
    for named in draft.services {
      let found = byName[named.name] ?? []
      if found.count > 1 {
        let choices = found.map {
          "\(manifests.services[$0].meta.name).\(manifests.services[$0].meta.namespace)"
        }
        diagnostics.error(
          .ambiguousService, at: named.span, path: named.path,
          "\(named.name.quoted) is in \(found.count) namespaces",
          help: "write \(choices.joined(separator: " or "))")
      }
      if let index = found.first {
        if !used.insert(index).inserted {
          diagnostics.error(
            .nameTwice, at: named.span, path: named.path,
            "service \(named.name.quoted) is described twice")
          continue
        }
        add(manifests.services[index], draft: named)
      } else {
        addWithoutManifest(named, namespace, &hostsSeen)
      }
    }
    for index in manifests.services.indices where !used.contains(index) {
      add(manifests.services[index], draft: nil)
    }
    var hosts = Set(scenario.services.map(\.host))
    for entry in manifests.serviceEntries { add(entry, &hosts) }
    shortenNames()
    index.read(scenario.services, services)
    index.read(manifests)
  }

  /// The names by which a Service can be meant.
  private static func names(of service: ServiceManifest) -> [String] {
    let meta = service.meta
    return [meta.name, "\(meta.name).\(meta.namespace)", service.host]
  }

  private mutating func add(_ manifest: ServiceManifest, draft: Named<ServiceDraft>?) {
    let ports = manifest.ports.isEmpty ? [Service.Port()] : manifest.ports
    var service = Service(
      name: draft?.name ?? "\(manifest.meta.name).\(manifest.meta.namespace)",
      namespace: manifest.meta.namespace, host: manifest.host, ports: ports,
      defaultPort: ports.firstIndex(where: \.isHTTP) ?? 0, isDescribed: draft != nil)
    if let port = draft?.value.port {
      if let index = ports.firstIndex(where: { $0.number == port.value }) {
        service.defaultPort = index
      } else {
        let list = ports.map { String($0.number) }
        diagnostics.error(
          .outOfRange, at: port.span, path: port.path,
          "\(manifest.meta.title) has no port \(port.value)",
          help: NameList.possession("port", list))
      }
    }
    scenario.services.append(service)
    services.append(
      ServiceKnowledge(
        draft: draft, manifest: manifest,
        names: Self.names(of: manifest)))
  }

  private mutating func addWithoutManifest(
    _ named: Named<ServiceDraft>, _ usualNamespace: String, _ hostsSeen: inout Set<String>
  ) {
    let name = named.name
    let isOutside = name.contains(".")
    let entry = index.serviceEntry(of: name).map { manifests.serviceEntries[$0] }
    let host = isOutside ? name.lowercased() : "\(name).\(usualNamespace).svc.cluster.local"
    var ports = entry?.ports ?? []
    if ports.isEmpty { ports = [Service.Port(number: named.value.port?.value ?? 80)] }
    if !hostsSeen.insert(host).inserted {
      diagnostics.error(
        .nameTwice, at: named.span, path: named.path,
        "service \(name.quoted) is described twice")
      return
    }
    scenario.services.append(
      Service(
        name: name, namespace: isOutside ? "" : usualNamespace, host: host,
        kind: isOutside ? .external : .pods, ports: ports,
        defaultPort: ports.firstIndex(where: \.isHTTP) ?? 0))
    services.append(ServiceKnowledge(draft: named, manifest: nil, names: [name, host]))
  }

  private mutating func add(_ entry: ServiceEntryManifest, _ hosts: inout Set<String>) {
    for host in entry.hosts where !hosts.contains(host) {
      let ports = entry.ports.isEmpty ? [Service.Port()] : entry.ports
      scenario.services.append(
        Service(
          name: host, namespace: "", host: host.lowercased(), kind: .external, ports: ports,
          defaultPort: ports.firstIndex(where: \.isHTTP) ?? 0, isDescribed: false))
      services.append(ServiceKnowledge(draft: nil, manifest: nil, names: [host]))
      hosts.insert(host.lowercased())
    }
  }

  /// Services that only manifests name go by their short name where that is clear.
  private mutating func shortenNames() {
    var counts: [String: Int] = [:]
    for service in services { for name in service.names { counts[name, default: 0] += 1 } }
    for index in scenario.services.indices {
      guard let manifest = services[index].manifest, services[index].draft == nil else { continue }
      let short = manifest.meta.name
      if counts[short] == 1 {
        scenario.services[index].name = short
      }
    }
  }

  /// The service of that name; nil without diagnostic when there is none.
  func serviceIndex(named name: String) -> Int? {
    if let exact = index.services[name] { return exact }
    let found = index.serviceNames[name] ?? []
    return found.count == 1 ? found[0] : nil
  }

  /// The service of that host; nil when there is none.
  func serviceIndex(host: String) -> Int? {
    index.hosts[host]
  }

  /// The service of that name, or a diagnostic.
  mutating func service(named name: Located<String>) -> Int? {
    if let known = serviceIndex(named: name.value) { return known }
    let found = index.serviceNames[name.value] ?? []
    if found.count > 1 {
      let choices = found.compactMap { services[$0].names.dropFirst().first }
      diagnostics.error(
        .ambiguousService, at: name.span, path: name.path,
        "\(name.value.quoted) is in \(found.count) namespaces",
        help: "write \(choices.joined(separator: " or "))")
      return nil
    }
    if let routed = addRoutedService(name.value) { return routed }
    diagnostics.error(
      .unknownService, at: name.span, path: name.path,
      "there is no service \(name.value.quoted)",
      help: helpForJoined(name.value)
        ?? suggestion(for: name.value, among: scenario.services.map(\.name)) {
          NameList.known($0) ?? "describe it under 'services'"
        })
    return nil
  }

  /// What to write for a service and an operation that are joined by a dot, a slash or the like.
  func helpForJoined(_ written: String) -> String? {
    guard !diagnostics.isFull else { return nil }
    for place in written.indices where "./:#".contains(written[place]) {
      let operation = String(written[written.index(after: place)...])
      guard let service = serviceIndex(named: String(written[..<place])),
        index.operation(operation, of: service) != nil
      else { continue }
      return "write '\(scenario.services[service].name) \(operation)'"
    }
    return nil
  }

  /// A host that only routes know, as a service of its own; nil when no route knows it.
  private mutating func addRoutedService(_ name: String) -> Int? {
    let full = name.contains(".") ? name : "\(name).\(usualNamespace).svc.cluster.local"
    guard let host = index.routedHost(written: name, full: full), !host.name.hasPrefix("*") else {
      return nil
    }
    scenario.services.append(
      Service(name: name, namespace: usualNamespace, host: host.name, kind: .routedOnly))
    let known = ServiceKnowledge(draft: nil, manifest: nil, names: [name, host.name])
    services.append(known)
    let place = services.count - 1
    if hasRoutedServices {
      index.add(scenario.services[place], known, place)
    } else {
      // Workloads may have moved services to other hosts since the index was read.
      index.read(scenario.services, services)
      hasRoutedServices = true
    }
    return place
  }
}
