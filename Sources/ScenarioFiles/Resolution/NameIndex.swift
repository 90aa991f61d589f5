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
  private var routes = HostTable()
  private var rules = HostTable()

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
    for (index, service) in all.enumerated() {
      if services[service.name] == nil { services[service.name] = index }
      if hosts[service.host] == nil { hosts[service.host] = index }
      for name in known[index].names { serviceNames[name, default: []].append(index) }
    }
  }

  /// Reads the routes and rules.
  mutating func read(_ manifests: ManifestSet) {
    for (index, item) in manifests.virtualServices.enumerated() {
      for host in item.hosts { routes.add(host.name, index) }
    }
    for (index, item) in manifests.destinationRules.enumerated() {
      rules.add(item.host.name, index)
    }
  }

  /// The operation of a service by its name.
  func operation(_ name: String, of service: Int) -> Int? { operations[service]?[name] }

  /// The VirtualServices that may be for a host, as indices in order.
  func virtualServices(for host: String) -> [Int] { routes[host] }

  /// The DestinationRules that may be for a host, as indices in order.
  func destinationRules(for host: String) -> [Int] { rules[host] }
}
