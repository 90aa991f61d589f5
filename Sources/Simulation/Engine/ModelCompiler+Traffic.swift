import EventKernel
import Scenario
import TimeAndChance
import TrafficPolicy

// Sources and clients.
extension ModelCompiler {
  // MARK: Clients

  mutating func compileClient(of index: Int) {
    let edge = model.edges[index]
    let first = UInt32(clientStates.count)
    var seesConnections = edge.client?.seesConnections ?? false
    if case .direct = edge.carrier { seesConnections = true }
    clientSettings.append(
      ClientSetting(
        behaviour: edge.client, tryTimeout: fixed(edge.client?.tryTimeout),
        deadline: fixed(edge.client?.deadline), firstState: first,
        seesConnections: seesConnections))
    if let client = edge.client {
      addClientStates(of: index, tokens: client.retryBucket?.initial ?? 0)
    }
  }

  /// As many guards as any caller of an edge has instances.
  private mutating func addClientStates(of edge: Int, tokens: Double) {
    for _ in 0..<callerInstances[edge] { clientStates.append(ClientGuard(tokens: tokens)) }
  }

  /// Marks the pods that are told deadlines by their callers, and these pods' own calls.
  ///
  /// A model without such callers is left as it is.
  mutating func compileDeadlines() {
    var seeing = Set<Int>()
    for (index, edge) in model.edges.enumerated() where edge.client?.propagatesDeadline ?? false {
      let proxy = proxyModels[Int(edges[index].proxy)]
      guard edges[index].route >= 0,
        case .forward(let forward) =
          proxy.configuration.routes[Int(edges[index].route)].action
      else { continue }
      for endpoint in forward.destinations.flatMap({ proxy.endpoints[$0.cluster] }) {
        seeing.insert(endpoint.pod.service)
      }
    }
    guard !seeing.isEmpty else { return }
    for index in edges.indices { edges[index].callMarks = Call.needsMarks }
    for s in seeing.sorted() {
      services[s].seesDeadlines = true
      services[s].checksBeforeStart = true
      let first = Int(services[s].firstPod)
      for p in first..<(first + Int(services[s].podCount)) { pods[p].marks |= Pod.seesDeadlines }
      for operation in model.services[s].operations {
        for edge in operation.steps.flatMap(\.calledEdges) { mindCaller(edge) }
      }
    }
  }

  /// Calls along an edge end by the deadline that their caller was told.
  private mutating func mindCaller(_ edge: Int) {
    guard !clientSettings[edge].mindsCaller else { return }
    clientSettings[edge].mindsCaller = true
    if !edges[edge].hasClient {
      edges[edge].hasClient = true
      clientSettings[edge].firstState = UInt32(clientStates.count)
      addClientStates(of: edge, tokens: 0)
    }
  }

  // MARK: Sources

  mutating func compileSources() {
    for source in model.sources {
      var compiled = Source(
        pattern: .phases, gaps: stream("arrivals \(source.name)"),
        mixing: stream("mix \(source.name)"), thinking: stream("think \(source.name)"))
      compiled.limit = source.limit.map { UInt64(clamping: $0) } ?? .max
      compiled.instances = UInt32(max(1, source.instances))
      compiled.isLogged = model.recording.requests
      compiled.isSpecial =
        compiled.isLogged || source.mix.count > 1
        || source.mix.contains { edges[$0.edge].hasClient }
      compiled.edge = UInt32(source.mix.first?.edge ?? 0)
      compiled.firstMix = UInt32(mixes.count)
      compiled.mixCount = UInt32(source.mix.count)
      let total = source.mix.reduce(0) { $0 + $1.weight }
      var below = 0.0
      for (index, entry) in source.mix.enumerated() {
        below += entry.weight / total
        mixes.append((index == source.mix.count - 1 ? 2 : below, UInt32(entry.edge)))
      }
      switch source.pattern {
      case .phases: break
      case .users(let loop):
        compiled.pattern = .users
        compiled.think = laws.compile(loop.think)
      case .open(let rate, let arrivals, let maxInFlight):
        compiled.pattern = .open
        compiled.gap = gapLaw(arrivals)
        if case .batches(let size) = arrivals { compiled.batch = UInt32(clamping: max(1, size)) }
        compiled.maxInFlight = UInt32(clamping: max(0, maxInFlight ?? .max))
        if case .evenly(let first) = arrivals {
          compiled.due = first
          compiled.marks |= Source.even
        }
        if compiled.batch > 1 || compiled.maxInFlight < .max { compiled.marks |= Source.special }
        compiled.firstSegment = UInt32(segments.count)
        compileRate(rate)
        compiled.segment = compiled.firstSegment
        compiled.segmentCount = UInt32(segments.count) - compiled.firstSegment
      }
      sources.append(compiled)
    }
  }

  private mutating func gapLaw(_ arrivals: SourceModel.Arrivals) -> CompiledDistribution {
    let law: Distribution.Law
    switch arrivals {
    case .evenly: return .constant(1)
    case .poisson: law = .exponential(mean: 1)
    case .bursty(let cv): law = .gamma(mean: 1, cv: cv)
    case .batches(let size): law = .exponential(mean: Double(max(1, size)))
    }
    guard let distribution = try? Distribution(law) else { return .constant(1) }
    return laws.compile(distribution)
  }

  /// The segments of a rate curve, of which there is at least one, from the start of the run.
  mutating func compileRate(_ points: [SourceModel.RatePoint]) {
    let end = SimTime(nanoseconds: 1 << 54)
    let lead = points.first.map { SimTime.zero + $0.at } ?? end
    if lead > .zero { segments.append(RateSegment(start: .zero, end: lead, rate: 0, slope: 0)) }
    for (index, point) in points.enumerated() {
      let next = index + 1 < points.count ? points[index + 1] : nil
      let start = SimTime.zero + point.at
      let finish = next.map { SimTime.zero + $0.at } ?? end
      let length = Double((finish - start).nanoseconds)
      guard length > 0 else { continue }
      let rate = point.perSecond / 1e9
      var slope = 0.0
      if !point.holds, let next { slope = (next.perSecond / 1e9 - rate) / length }
      segments.append(RateSegment(start: start, end: finish, rate: rate, slope: slope))
    }
  }
}

extension StepModel {
  /// The edges that a step calls along.
  fileprivate var calledEdges: [Int] {
    switch self {
    case .call(let edge), .callIgnoringFailure(let edge), .forward(let edge): [edge]
    case .parallel(let arms): arms.joined().flatMap(\.calledEdges)
    case .branch(let arms): arms.flatMap { $0.steps.flatMap(\.calledEdges) }
    case .loop(_, let steps): steps.flatMap(\.calledEdges)
    case .work, .cpu, .wait, .fail: []
    }
  }
}
