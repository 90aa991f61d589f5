import Scenario
import TimeAndChance

extension ScenarioResolver {
  /// Nodes and the network between them.
  mutating func resolvePlaces() {
    var nodes = draft.nodes.map { named in
      Node(
        name: named.name, region: named.value.region, zone: named.value.zone,
        allocatableMillicores: named.value.cpu?.value)
    }
    warnOfProcessors()
    let stated = Dictionary(
      draft.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for manifest in manifests.nodes {
      if let own = stated[manifest.meta.name] {
        diagnostics.error(
          .saidTwice, at: own.span, path: own.path, "node \(own.name.quoted) has a manifest",
          help: "leave it out here",
          note: Diagnostic.Note(message: "the manifest stands", span: manifest.meta.span))
        continue
      }
      nodes.append(manifest.node)
    }
    if nodes.count > ReadingLimits.clusterNodes, let name = draft.name {
      diagnostics.error(
        .tooLong, at: draft.nodes.first?.span ?? manifests.nodes.first?.meta.span ?? name.span,
        "a scenario must have at most \(ReadingLimits.clusterNodes) nodes, has \(nodes.count)")
    } else if !nodes.isEmpty {
      scenario.nodes = nodes
    }
    allNodes = Array(scenario.nodes.indices)
    nodeIndex = Dictionary(
      scenario.nodes.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    hasLocalities = scenario.nodes.contains { !$0.zone.isEmpty || !$0.region.isEmpty }
    resolveNetwork()
  }

  /// Says, once, that nothing follows from the processors that nodes have.
  private mutating func warnOfProcessors() {
    guard let cpu = draft.nodes.lazy.compactMap(\.value.cpu).first else { return }
    diagnostics.warning(
      .unmodelledKey, at: cpu.span, path: cpu.path,
      "pods do not compete for the processors of a node: 'cpu' of nodes has no effect yet",
      help: "limit pods by their own 'cpu', or let a fault take some of it: stealCPU")
  }

  private mutating func resolveNetwork() {
    let written = draft.network
    var network = Network.instant
    if let value = written.sameNode { network.sameNode = value }
    if let value = written.sameZone { network.sameZone = value }
    if let value = written.betweenZones { network.betweenZones = value }
    if let value = written.betweenRegions { network.betweenRegions = value }
    if let value = written.outside { network.outside = value }
    if let value = written.proxyHop { network.proxyHop = value }
    let all = [
      written.sameNode, written.sameZone, written.betweenZones, written.betweenRegions,
      written.outside, written.proxyHop,
    ]
    if all.allSatisfy({ $0 == nil }), written.pairs.isEmpty {
      defaults.add("network", "latency", "no time at all", by: "Foreshock")
    }
    let zones = Set(scenario.nodes.map(\.zone))
    let names = Set(scenario.nodes.map(\.name))
    network.pairs = written.pairs.compactMap { pair($0, zones, names) }
    switch draft.mesh.endpointDelay {
    case .never: network.endpointDelay = nil
    case .after(let delay): network.endpointDelay = delay
    case nil:
      network.endpointDelay = try? Distribution(.constant(2))
      defaults.add("mesh", "endpointDelay", "2s", by: "Foreshock")
    }
    scenario.network = network
  }

  private mutating func pair(
    _ pair: Located<NetworkDraft.PairDraft>, _ zones: Set<String>, _ nodes: Set<String>
  ) -> Network.Pair? {
    guard let latency = pair.value.latency, pair.value.between.count >= 2 else { return nil }
    guard pair.value.between.count == 2 else {
      diagnostics.error(
        .outOfRange, at: pair.span, path: pair.path,
        "'between' must have two elements, has \(pair.value.between.count)")
      return nil
    }
    let names = pair.value.between
    for (level, known) in [(Network.Pair.Level.zone, zones), (Network.Pair.Level.node, nodes)]
    where names.allSatisfy({ known.contains($0.value) }) {
      return Network.Pair(
        level: level, first: names[0].value, second: names[1].value, latency: latency)
    }
    let known = zones.union(nodes)
    for name in names where !known.contains(name.value) { unknownPlace(name) }
    if names.allSatisfy({ known.contains($0.value) }) {
      diagnostics.error(
        .unknownNode, at: pair.span, path: pair.path,
        "'between' must name two zones or two nodes")
    }
    return nil
  }

  /// Says that a name is neither a node nor a zone.
  mutating func unknownPlace(_ name: Located<String>) {
    var seen: Set<String> = [""]
    diagnostics.error(
      .unknownNode, at: name.span, path: name.path,
      "\(name.value.quoted) is neither a node nor a zone",
      help: suggestion(
        for: name.value,
        among: scenario.nodes.flatMap { [$0.zone, $0.name] }.filter { seen.insert($0).inserted }))
  }

  /// The nodes that names of nodes and zones stand for, in their order.
  mutating func nodeIndices(_ names: [Located<String>]) -> [Int] {
    var result: [Int] = []
    var seen: Set<Int> = []
    for name in names {
      let found = scenario.nodes.indices.filter {
        scenario.nodes[$0].name == name.value || scenario.nodes[$0].zone == name.value
      }
      if found.isEmpty { unknownPlace(name) }
      result += found.filter { seen.insert($0).inserted }
    }
    return result
  }
}
