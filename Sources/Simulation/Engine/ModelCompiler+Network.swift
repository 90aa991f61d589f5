import EventKernel
import TimeAndChance

extension ModelCompiler {
  /// The places of pods, the ways between places, and the rules; after the services.
  mutating func compileNetwork() {
    let model = self.model.network
    network.placeCount = max(1, model.placeCount)
    network.outside = UInt32(model.outside)
    for law in model.laws { network.ways.append(way([law])) }
    network.between = model.between.map { UInt32($0) }
    for service in self.model.services {
      network.podPlaces += service.pods.map { UInt32($0.place) }
      network.hops.append((way(service.hop.there), way(service.hop.back)))
    }
    network.rules = model.rules.enumerated().map { rule($1, name: "network rule \($0)") }
    compileCallers()
    network.holds = services.map { _ in -1 }
    for service in heldServices() {
      network.holds[service] = network.rules.count
      let pods = self.model.services[service].pods.indices.map {
        PodReference(service: service, pod: $0)
      }
      let everybody = NetworkRule.Side(isEverybody: true)
      let relation = NetworkRule.Relation(clients: everybody, servers: .init(pods: pods))
      network.rules.append(
        rule(
          NetworkRule(relations: [relation], effect: .heldBack), name: "network hold \(service)"))
    }
  }

  /// The services whose messages an action of the model holds back.
  private func heldServices() -> [Int] {
    var result: [Int] = []
    func note(_ kind: ActionKind) {
      if case .networkHold(let service, _) = kind, !result.contains(service) {
        result.append(service)
      }
    }
    for action in model.actions { note(action.kind) }
    for source in model.sources {
      guard case .phases(let phases) = source.pattern else { continue }
      for phase in phases {
        switch phase {
        case .act(let kind), .actDuring(let kind, _): note(kind)
        default: break
        }
      }
    }
    return result
  }

  private mutating func rule(_ rule: NetworkRule, name: String) -> Rule {
    let effect: Rule.Effect
    switch rule.effect {
    case .delay(let law): effect = .delay(laws.compile(law))
    case .loss(let share): effect = .loss(share)
    case .partition: effect = .partition
    case .heldBack: effect = .heldBack
    }
    return Rule(
      relations: rule.relations.map {
        Rule.Relation(
          clients: side($0.clients), servers: side($0.servers), requests: $0.requests,
          answers: $0.answers)
      }, effect: effect, random: stream(name))
  }

  private func side(_ side: NetworkRule.Side) -> Rule.Side {
    var result = Rule.Side(
      pods: pods.map { _ in false }, sources: model.sources.map { _ in false },
      proxies: proxyModels.map { _ in false }, isEverybody: side.isEverybody)
    for pod in side.pods { result.pods[Int(services[pod.service].firstPod) + pod.pod] = true }
    for source in side.sources { result.sources[source] = true }
    for proxy in side.proxies { result.proxies[proxy] = true }
    return result
  }

  // MARK: Ways

  /// The way that takes the sum of some laws.
  mutating func way(_ list: [Distribution]) -> Way {
    var way = Way(firstLaw: UInt32(network.laws.count))
    for law in list {
      if case .constant(let seconds) = law.law {
        way.seconds += seconds
      } else {
        network.laws.append(laws.compile(law))
        way.lawCount += 1
      }
    }
    return way
  }

  /// Notes where a proxy's instances stand; in the order of the proxies.
  mutating func compileSite(of proxy: Int, instances: UInt32) {
    let model = proxyModels[proxy]
    var ways = ProxyWays(site: .itself, random: stream("network \(model.name)"))
    var places = Array(repeating: network.outside, count: Int(instances))
    switch model.placement {
    case .besideEachCaller(let service), .inFrontOfEachPod(let service):
      ways.site = .pods
      ways.firstPod = services[service].firstPod
      for (number, pod) in self.model.services[service].pods.enumerated() {
        places[number] = UInt32(pod.place)
      }
    case .shared:
      switch model.ways?.site {
      case .places(let own):
        for (number, place) in own.prefix(places.count).enumerated() {
          places[number] = UInt32(place)
        }
      case .caller: ways.site = .caller
      case nil: if proxy >= standInStart { ways.site = .caller }
      }
    }
    if let stated = model.ways {
      ways.callerThere = way(stated.hop.there)
      ways.callerBack = way(stated.hop.back)
      ways.hostThere = way(stated.hostHop.there)
      ways.hostBack = way(stated.hostHop.back)
    }
    network.instancePlaces += places
    network.proxies.append(ways)
  }

  /// Notes who calls through each proxy.
  private mutating func compileCallers() {
    callersOfProxy = proxyModels.map { _ in [] }
    var known = Set<CallerOfProxy>()
    for edge in model.edges {
      guard case .proxy(let proxy) = edge.carrier,
        known.insert(CallerOfProxy(proxy: proxy, caller: edge.caller)).inserted
      else { continue }
      callersOfProxy[proxy].append(edge.caller)
    }
  }

  /// The places from which requests for a proxy's hosts start.
  func placesOfClients(of proxy: Int) -> [UInt32] {
    var places: Set<UInt32> = []
    if network.proxies[proxy].site == .caller {
      for caller in callersOfProxy[proxy] { places.formUnion(self.places(of: caller)) }
    } else {
      let first = Int(proxies[proxy].firstInstance)
      places.formUnion(
        network.instancePlaces[first..<(first + Int(proxies[proxy].instanceCount))])
    }
    return places.sorted()
  }

  /// Where some callers stand.
  func places(of caller: EdgeModel.Caller) -> [UInt32] {
    switch caller {
    case .outside: [network.outside]
    case .pods(let service): model.services[service].pods.map { UInt32($0.place) }
    }
  }

  /// The time one way between a proxy's instances and some hosts, in seconds; nil when it is not
  /// the same for all of them and always.
  func timeToHosts(of proxy: Int, _ endpoints: [ProxyModel.Endpoint]) -> Double? {
    struct Target: Hashable {
      var place: UInt32
      var service: Int
    }
    guard proxyModels[proxy].ways != nil else { return proxyModels[proxy].toHost.inSeconds }
    var targets: [Target] = []
    var seen: Set<Target> = []
    for endpoint in endpoints {
      let pod = services[endpoint.pod.service].firstPod + UInt32(endpoint.pod.pod)
      let target = Target(
        place: network.podPlaces[Int(pod)], service: endpoint.pod.service)
      if seen.insert(target).inserted { targets.append(target) }
    }
    let ways = network.proxies[proxy]
    var time: Double?
    for client in clientPlaces {
      for target in targets {
        let hop = network.hops[target.service]
        let parts = [
          network.way(from: client, to: target.place), hop.there, ways.hostThere,
          network.way(from: target.place, to: client), hop.back, ways.hostBack,
        ]
        guard parts.allSatisfy({ $0.lawCount == 0 }) else { return nil }
        let there = parts[0].seconds + parts[1].seconds + parts[2].seconds
        let back = parts[3].seconds + parts[4].seconds + parts[5].seconds
        guard there == back, time ?? there == there else { return nil }
        time = there
      }
    }
    return time ?? 0
  }

  /// The same between an edge's callers and the instances of its proxy.
  func timeFromCaller(_ edge: EdgeModel, proxy: Int) -> Double? {
    guard proxyModels[proxy].ways != nil else { return proxyModels[proxy].fromCaller.inSeconds }
    let ways = network.proxies[proxy]
    guard ways.callerThere.lawCount == 0, ways.callerBack.lawCount == 0,
      ways.callerThere.seconds == ways.callerBack.seconds
    else { return nil }
    guard ways.site == .itself else { return ways.callerThere.seconds }
    var time: Double?
    let first = Int(proxies[proxy].firstInstance)
    let places = Set(
      network.instancePlaces[first..<(first + Int(proxies[proxy].instanceCount))]
    ).sorted()
    for caller in Set(self.places(of: edge.caller)).sorted() {
      for place in places {
        let (there, back) = (
          network.way(from: caller, to: place), network.way(from: place, to: caller)
        )
        guard there.lawCount == 0, back.lawCount == 0, there.seconds == back.seconds,
          time ?? there.seconds == there.seconds
        else { return nil }
        time = there.seconds
      }
    }
    return (time ?? 0) + ways.callerThere.seconds
  }
}

/// Somebody who calls through a proxy.
private struct CallerOfProxy: Hashable {
  var proxy: Int
  /// The service; nil is outside.
  var service: Int?

  init(proxy: Int, caller: EdgeModel.Caller) {
    self.proxy = proxy
    if case .pods(let service) = caller { self.service = service }
  }
}

extension NetworkTables {
  /// The way between two places; without a matrix it takes no time.
  func way(from a: UInt32, to b: UInt32) -> Way {
    between.isEmpty ? Way() : ways[Int(between[Int(a) * placeCount + Int(b)])]
  }
}
