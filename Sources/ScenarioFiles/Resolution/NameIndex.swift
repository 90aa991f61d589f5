import Scenario

/// Finds services, routes and rules by name without going through all of them.
struct NameIndex {
  /// Services by the name that reports use.
  private(set) var services: [String: Int] = [:]
  /// Services by all their names.
  private(set) var serviceNames: [String: [Int]] = [:]
  /// Services by host; the first has it.
  var hosts: [String: Int] = [:]
  /// Operations by service and name; the resolver keeps it beside the services' lists.
  var operations: [Int: [String: Int]] = [:]
  /// Traffic sources, workloads and faults by name; the first has it.
  var traffic: [String: Int] = [:]
  var workloads: [String: Int] = [:]
  var faults: [String: Int] = [:]
  /// The rules of each VirtualService.
  private(set) var rules: [RuleList] = []
  private var routes = HostTable()
  private var destinations = HostTable()
  /// VirtualServices by the hosts to which they lead, and by their own.
  private var mentions: [String: [Int]] = [:]
  /// VirtualServices' hosts by what is written, and by their full names; the first has it.
  private var writtenHosts: [String: Int] = [:]
  private var fullHosts: [String: Int] = [:]
  private var allRoutedHosts: [HostReference] = []
  /// ServiceEntries by host, wildcards among them.
  private var entries = HostTable()

  /// What stands under a host name, or under a wildcard.
  private struct HostTable {
    private var exact: [String: [Int]] = [:]
    private var wildcards: [(pattern: String, index: Int)] = []

    mutating func add(_ host: String, _ index: Int) {
      if host.hasPrefix("*") {
        wildcards.append((host, index))
      } else {
        exact[host, default: []].append(index)
      }
    }

    /// The indices for a concrete host, in order.
    subscript(_ host: String) -> [Int] {
      let wide = wildcards.filter { HostPattern.matches($0.pattern, host) }.map(\.index)
      let own = exact[host] ?? []
      return wide.isEmpty ? own : Array(Set(own + wide)).sorted()
    }
  }

  /// Reads the services anew.
  mutating func read(_ all: [Service], _ known: [ScenarioResolver.ServiceKnowledge]) {
    services = [:]
    serviceNames = [:]
    hosts = [:]
    for (index, service) in all.enumerated() { add(service, known[index], index) }
  }

  /// Reads the routes and rules.
  mutating func read(_ manifests: ManifestSet) {
    rules = manifests.virtualServices.map { RuleList($0.rules) }
    for (index, item) in manifests.virtualServices.enumerated() {
      for host in item.hosts {
        routes.add(host.name, index)
        mention(host.name, by: index)
      }
      for rule in item.rules {
        for weighted in rule.destinations { mention(weighted.destination.host.name, by: index) }
      }
    }
    allRoutedHosts = manifests.virtualServices.flatMap(\.hosts)
    for (index, host) in allRoutedHosts.enumerated() {
      if writtenHosts[host.written] == nil { writtenHosts[host.written] = index }
      if fullHosts[host.name] == nil { fullHosts[host.name] = index }
    }
    for (index, item) in manifests.destinationRules.enumerated() {
      destinations.add(item.host.name, index)
    }
  }

  /// Reads the ServiceEntries.
  mutating func read(_ all: [ServiceEntryManifest]) {
    for (index, entry) in all.enumerated() {
      for host in entry.hosts { entries.add(host.lowercased(), index) }
    }
  }

  /// Adds a service behind all others.
  mutating func add(_ service: Service, _ known: ScenarioResolver.ServiceKnowledge, _ index: Int) {
    if services[service.name] == nil { services[service.name] = index }
    if hosts[service.host] == nil { hosts[service.host] = index }
    for name in known.names { serviceNames[name, default: []].append(index) }
  }

  private mutating func mention(_ host: String, by index: Int) {
    if mentions[host]?.last != index { mentions[host, default: []].append(index) }
  }

  /// The first host of a VirtualService that is written so, or has that full name.
  func routedHost(written: String, full: String) -> HostReference? {
    [writtenHosts[written], fullHosts[full]].compactMap { $0 }.min().map { allRoutedHosts[$0] }
  }

  /// The first ServiceEntry of a host, by its index.
  func serviceEntry(of host: String) -> Int? { entries[host.lowercased()].first }

  /// The operation of a service by its name.
  func operation(_ name: String, of service: Int) -> Int? { operations[service]?[name] }

  /// The VirtualServices that may be for a host, as indices in order.
  func virtualServices(for host: String) -> [Int] { routes[host] }

  /// The DestinationRules that may be for a host, as indices in order.
  func destinationRules(for host: String) -> [Int] { destinations[host] }

  /// The VirtualServices that may lead to a host, as indices in order; of those that are for a
  /// certain name, where one is wanted.
  func virtualServices(leadingTo host: String, under name: String?) -> [Int] {
    let leading = mentions[host] ?? []
    guard let name else { return leading }
    return routes[name].filter { leading.contains(sorted: $0) }
  }
}
