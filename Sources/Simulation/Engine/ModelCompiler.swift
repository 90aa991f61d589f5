import EventKernel
import Orchestration
import Statistics
import TimeAndChance
import TrafficPolicy

/// Turns a model into the tables of an engine.
struct ModelCompiler: ~Copyable {
  let model: SimulationModel
  let seed: UInt64
  let replication: UInt64
  var queue = EventQueue(timersDueKind: EventKind.timersDue.rawValue)
  var laws = SamplingTables.Builder()
  var edges: [Edge] = []
  var weights: [(cluster: UInt32, weight: UInt32)] = []
  var mirrors: [Mirror] = []
  var clusterKinds: [ClusterKind] = []
  var endpointPods: [UInt32] = []
  var memberships: [Bool] = []
  var hostSetViews: [[HostSetViews]] = []
  var network = NetworkTables()
  /// Who calls through each proxy, each once.
  var callersOfProxy: [[EdgeModel.Caller]] = []
  /// From which places requests for the hosts of the proxy start that is compiled.
  var clientPlaces: [UInt32] = []
  var services: [Service] = []
  var pods: [Pod] = []
  /// As long as ``pods`` when any service has one, else empty.
  var processors: [CFSBandwidth] = []
  var scripts: [HostScript?] = []
  var entries: [UInt32] = []
  var steps: [Step] = [Step(code: .end), Step(code: .gone)]
  var stepLaws: [CompiledDistribution] = []
  /// By step: the operation slot.
  var slotOfStep: [UInt32] = [0, 0]
  var operationSlots: [OperationSlot] = []
  /// Whether the service whose steps are compiled has ``ServiceModel/cpu``.
  private var hasProcessor = false
  var branches: [UInt32] = []
  var choices: [(below: Double, step: UInt32)] = []
  var replies: [SpecialReply] = []
  var sources: [Source] = []
  var segments: [RateSegment] = []
  var mixes: [(below: Double, edge: UInt32)] = []
  var proxies: [Proxy] = []
  var classifiers: [RetryClassifier] = []
  var backOffs: [RetryBackOff] = []
  var retryPolicies: [RetryPolicy?] = []
  var clientSettings: [ClientSetting] = []
  var clientStates: [ClientGuard] = []
  /// The proxies of the model, and one more for each service that is called directly.
  var proxyModels: [ProxyModel]
  /// The stand-in proxy of a direct edge, by edge.
  var directProxies: [Int: Int]
  /// What the streams of edges are named after.
  var edgeNames: [String] = []
  /// The first of those stand-ins.
  let standInStart: Int
  /// The model's edges that requests of sources take.
  private let entryEdges: Set<Int>
  /// Whether any source goes through phases; its requests carry ``CallExtra``.
  private let hasScriptedClient: Bool
  /// By edge of the model: the most instances that any of its callers has.
  var callerInstances: [Int]
  /// How many pods the service has whose steps are compiled.
  private var callingPods = 0
  /// How many of the model's edges go through each proxy.
  private var edgeCounts: [Int]
  /// The routes of proxies that many edges go through.
  private var routeIndices: [Int: RouteIndex] = [:]

  init(_ model: SimulationModel, seed: UInt64, replication: UInt64) {
    self.seed = seed
    self.replication = replication
    var proxyModels = model.proxies
    var directProxies: [Int: Int] = [:]
    var whole = model
    standInStart = model.proxies.count
    // A call without a proxy is a call through one that does nothing but pick a pod at random.
    for (index, edge) in model.edges.enumerated() {
      guard case .direct(let service, let latency) = edge.carrier else { continue }
      let same = proxyModels.indices.dropFirst(model.proxies.count).first {
        proxyModels[$0].endpoints[0].first?.pod.service == service
          && proxyModels[$0].toHost == latency
      }
      if same == nil {
        proxyModels.append(.direct(service: service, model.services[service], latency: latency))
      }
      directProxies[index] = same ?? proxyModels.count - 1
    }
    whole.proxies = proxyModels
    self.model = whole
    self.proxyModels = proxyModels
    self.directProxies = directProxies
    entryEdges = Set(model.sources.flatMap { $0.mix.map(\.edge) })
    hasScriptedClient = model.sources.contains {
      if case .phases = $0.pattern { true } else { false }
    }
    callerInstances = model.edges.map { _ in 1 }
    for source in model.sources {
      for entry in source.mix {
        callerInstances[entry.edge] = max(callerInstances[entry.edge], source.instances)
      }
    }
    edgeCounts = proxyModels.map { _ in 0 }
    for edge in model.edges {
      if case .proxy(let proxy) = edge.carrier { edgeCounts[proxy] += 1 }
    }
    // What every call takes comes before handshakes that may be as long.
    for proxy in proxyModels {
      _ = fixed(proxy.toHost)
      _ = fixed(proxy.fromCaller)
    }
  }

  func stream(_ name: String) -> RandomStream {
    RandomStream(seed: seed, replication: replication, name: name)
  }

  mutating func fixed(_ delay: SimDuration, isBusy: Bool = true) -> FixedDelay {
    // Parts of a way may each be as long as a file may state, and a handshake takes two ways.
    let delay = min(delay, FixedDelay.longest)
    return FixedDelay(
      line: queue.delayLine(delay, isBusy: isBusy && delay != .zero), isZero: delay == .zero)
  }

  mutating func fixed(_ timeout: SimDuration?) -> FixedTimeout {
    FixedTimeout(line: queue.timerLine(timeout ?? .zero), isOn: timeout != nil)
  }

  // MARK: Services

  mutating func compileServices() {
    let hasProcessors = model.services.contains { $0.cpu != nil }
    for service in model.services {
      services.append(
        Service(
          firstPod: UInt32(pods.count), podCount: UInt32(service.pods.count),
          firstEntry: UInt32(entries.count),
          holdsWorkerWhileCalling: service.holdsWorkerWhileCalling,
          abandonedWork: service.abandonedWork,
          hearsOfAbandonment: service.abandonedWork == .leavesQueue
            || service.abandonedWork == .droppedAtOnce,
          order: service.queueOrder,
          isLIFO: service.queueOrder == .lifo || service.queueOrder == .lifoDropOldest,
          checksBeforeStart: service.abandonedWork == .droppedAtStart,
          refusal: service.refusal.reply, firstSlot: UInt32(operationSlots.count)))
      for pod in service.pods {
        var marks: UInt16 = 0
        if pod.reachability == .down { marks |= Pod.isDown }
        if pod.reachability == .blackhole { marks |= Pod.isBlackhole }
        if pod.script != nil { marks |= Pod.isScripted }
        pods.append(
          Pod(
            marks: marks, service: UInt32(services.count - 1),
            workers: Int32(clamping: service.workers ?? .max),
            firstEntry: services[services.count - 1].firstEntry,
            random: stream("pod \(service.name)/\(pod.name)"),
            queueLimit: Int32(clamping: service.queueLimit ?? .max)))
        scripts.append(pod.script)
        if hasProcessors {
          // Every container's periods begin at a time of their own.
          var phase = stream("cpu \(service.name)/\(pod.name)")
          processors.append(
            CFSBandwidth(
              limitMilli: service.cpu?.limitMillicores.map { Int64(max(1, $0)) },
              phase: .zero + .nanoseconds(Int64(phase.below(100_000_000)))))
        }
      }
      hasProcessor = service.cpu != nil
      callingPods = service.pods.count
      compileOperations(of: service)
    }
  }

  private mutating func compileOperations(of service: ServiceModel) {
    let number = services.count - 1
    let firstSlot = operationSlots.count
    var unknownEntry: UInt32?
    for operation in service.operations {
      if operation.isUnknown, let unknownEntry {
        entries.append(unknownEntry)
        continue
      }
      let entry = UInt32(steps.count)
      if operation.isUnknown { unknownEntry = entry }
      entries.append(entry)
      compile(operation.steps)
      steps.append(Step(code: .end))
      let name = operation.isUnknown ? "" : operation.name
      let known = operationSlots[firstSlot...].firstIndex { $0.name == name }
      if known == nil {
        operationSlots.append(
          OperationSlot(service: number, name: name, end: UInt32(steps.count - 1)))
      }
      let slot = UInt32(known ?? operationSlots.count - 1)
      while slotOfStep.count < steps.count { slotOfStep.append(slot) }
    }
    services[number].slotCount = UInt32(operationSlots.count - firstSlot)
  }

  private mutating func compile(_ list: [StepModel]) {
    for step in list { compile(step) }
  }

  private mutating func compile(_ step: StepModel) {
    switch step {
    case .work(let law): append(.work, law)
    case .cpu(let law): append(hasProcessor ? .cpu : .work, law)
    case .wait(let law): append(.wait, law)
    case .call(let edge): append(.call, edge)
    case .callIgnoringFailure(let edge): append(.callIgnoringFailure, edge)
    case .forward(let edge): append(.forward, edge)
    case .fail(let probability, let status):
      steps.append(Step(code: .fail, a: UInt32(status), p: probability))
    case .loop(let count, let body):
      for _ in 0..<count { compile(body) }
    case .parallel(let arms): compileParallel(arms)
    case .branch(let arms): compileBranch(arms)
    }
  }

  private mutating func append(_ code: Step.Code, _ law: Distribution) {
    steps.append(Step(code: code, a: UInt32(stepLaws.count)))
    stepLaws.append(laws.compile(law))
  }

  private mutating func append(_ code: Step.Code, _ edge: Int) {
    noteCaller(of: edge)
    steps.append(Step(code: code, a: UInt32(edge)))
  }

  private mutating func noteCaller(of edge: Int) {
    callerInstances[edge] = max(callerInstances[edge], callingPods)
  }

  private mutating func compileParallel(_ arms: [[StepModel]]) {
    let at = steps.count
    steps.append(Step(code: .parallel))
    let calls = callEntries(arms)
    // Only steps of the arms, which stand in between, have to be jumped over.
    let isPlain = calls.allSatisfy { $0 != nil }
    let jump = steps.count
    if !isPlain { steps.append(Step(code: .jump)) }
    var table: [UInt32] = []
    for (arm, call) in zip(arms, calls) {
      if let call {
        noteCaller(of: Int(call & ~Step.callFlag))
        table.append(call)
      } else {
        table.append(UInt32(steps.count))
        compile(arm)
        steps.append(Step(code: .endBranch))
      }
    }
    steps[at].a = UInt32(branches.count)
    steps[at].b = UInt32(table.count)
    branches += table
    if !isPlain { steps[jump].a = UInt32(steps.count) }
  }

  /// The entries of arms that are a call each; nil for arms that need steps of their own.
  ///
  /// A failed call tells its edge and no more. So an edge stands for one arm, or for arms that
  /// follow one another and fail alike; further calls along it get steps, which tell them apart.
  private func callEntries(_ arms: [[StepModel]]) -> [UInt32?] {
    var entries: [UInt32?] = []
    var known = Set<UInt32>()
    for arm in arms {
      guard arm.count == 1, case .call(let edge) = arm[0] else {
        entries.append(nil)
        continue
      }
      let entry = UInt32(edge) | Step.callFlag
      let isNew = known.insert(entry).inserted
      entries.append(isNew || entries.last == entry ? entry : nil)
    }
    return entries
  }

  private mutating func compileBranch(_ arms: [(weight: Double, steps: [StepModel])]) {
    let at = steps.count
    steps.append(Step(code: .choose))
    let total = arms.reduce(0) { $0 + $1.weight }
    var below = 0.0
    var table: [(below: Double, step: UInt32)] = []
    var jumps: [Int] = []
    for (index, arm) in arms.enumerated() {
      below += arm.weight / total
      table.append((index == arms.count - 1 ? 2 : below, UInt32(steps.count)))
      compile(arm.steps)
      jumps.append(steps.count)
      steps.append(Step(code: .jump))
    }
    for jump in jumps { steps[jump].a = UInt32(steps.count) }
    steps[at].a = UInt32(choices.count)
    steps[at].b = UInt32(table.count)
    choices += table
  }

  // MARK: Proxies

  mutating func compileProxies() {
    var instances: UInt32 = 0
    var slots: UInt32 = 0
    for (index, proxy) in proxyModels.enumerated() {
      let count = instanceCount(proxy.placement)
      let clusters = UInt32(proxy.configuration.clusters.count)
      let isDoor = proxy.placement.isInFront
      var phase = stream("sweep phases \(proxy.name)")
      proxies.append(
        Proxy(
          firstInstance: instances, instanceCount: count,
          workers: UInt32(max(1, proxy.configuration.workerThreads)),
          clusterCount: clusters, kindStride: isDoor ? clusters : 0, firstSlot: slots,
          firstKind: UInt32(clusterKinds.count), phases: (0..<count).map { _ in phase.unit() }))
      compileSite(of: index, instances: count)
      if proxy.ways != nil { clientPlaces = placesOfClients(of: index) }
      if case .inFrontOfEachPod(let service) = proxy.placement {
        for pod in 0..<Int(count) {
          let own = ProxyModel.Endpoint(pod: PodReference(service: service, pod: pod))
          for (number, cluster) in proxy.configuration.clusters.enumerated() {
            compile(cluster, of: index, number: number, endpoints: [own])
          }
        }
      } else {
        for (number, cluster) in proxy.configuration.clusters.enumerated() {
          compile(cluster, of: index, number: number, endpoints: proxy.endpoints[number])
        }
      }
      instances += count
      slots += count * clusters
    }
  }

  private func instanceCount(_ placement: ProxyModel.Placement) -> UInt32 {
    switch placement {
    case .shared(let instances): UInt32(max(1, instances))
    case .besideEachCaller(let service): UInt32(max(1, model.services[service].pods.count))
    case .inFrontOfEachPod(let service): UInt32(model.services[service].pods.count)
    }
  }

  private mutating func compile(
    _ cluster: Cluster, of proxy: Int, number: Int, endpoints: [ProxyModel.Endpoint]
  ) {
    let proxyModel = proxyModels[proxy]
    let time = timeToHosts(of: proxy, endpoints)
    network.toHost.append(time)
    let oneWay = SimDuration(seconds: time ?? 0)
    let handshake = proxyModel.ways == nil ? proxyModel.connect ?? .zero : oneWay * 2
    let isHTTP2 = cluster.upstreamProtocol == .http2
    let countsStreams = cluster.outlierDetection?.splitExternalLocalOriginErrors ?? false
    let kind = ClusterKind(
      firstEndpoint: UInt32(endpointPods.count), opensConnections: proxyModel.connect != nil,
      isHTTP2: isHTTP2, hasDetector: cluster.outlierDetection != nil,
      looksAtStreams: countsStreams || cluster.preconnectRatio > 1,
      toHost: fixed(oneWay), maxRequests: UInt32(clamping: cluster.thresholds.maxRequests),
      streamsPerConnection: isHTTP2 ? UInt32(clamping: max(1, cluster.maxConcurrentStreams)) : 1,
      requestsPerConnection: UInt32(clamping: cluster.maxRequestsPerConnection ?? .max),
      workers: UInt32(max(1, proxyModel.configuration.workerThreads)),
      proxy: UInt32(proxy), index: UInt32(number), endpointCount: UInt32(endpoints.count),
      maxConnections: UInt32(clamping: cluster.thresholds.maxConnections),
      maxPending: UInt32(clamping: cluster.thresholds.maxPendingRequests),
      connectRTT: fixed(handshake, isBusy: false),
      connectTimeout: fixed(Optional(cluster.connectTimeout)),
      idleTimeout: fixed(cluster.idleTimeout),
      retryAdmission: RetryAdmission(cluster.thresholds),
      countsStreams: countsStreams, preconnects: cluster.preconnectRatio > 1)
    clusterKinds.append(kind)
    for endpoint in endpoints {
      let pod = services[endpoint.pod.service].firstPod + UInt32(endpoint.pod.pod)
      endpointPods.append(pod)
      if time == nil { pods[Int(pod)].marks |= Pod.hasWays }
      memberships.append(endpoint.isMember)
    }
    let hosts = endpoints.map {
      HostTopology.Host(
        weight: $0.weight, priority: $0.priority, locality: $0.locality, hashKey: $0.hashKey)
    }
    guard !proxyModel.homes.isEmpty else {
      hostSetViews.append([HostSetViews(HostTopology(cluster, hosts: hosts))])
      return
    }
    hostSetViews.append(
      proxyModel.homes.map { home in
        var own = cluster
        own.localityWeighted = cluster.localityWeighted && home.localityWeights[number] != nil
        own.localityWeights = home.localityWeights[number] ?? []
        let seen = zip(hosts, home.priorities[number]).map { host, priority in
          HostTopology.Host(
            weight: Int(host.weight), priority: priority, locality: host.locality,
            hashKey: host.hashKey)
        }
        return HostSetViews(HostTopology(own, hosts: seen))
      })
  }

  // MARK: Edges

  mutating func compileEdges() {
    edgeNames = Self.distinct(model.edges.map(\.name))
    for (index, edge) in model.edges.enumerated() {
      let proxy: Int
      switch edge.carrier {
      case .proxy(let number): proxy = number
      case .direct: proxy = directProxies[index] ?? 0
      }
      compileEdge(
        edge, proxy: proxy, route: route(of: edge, proxy), model: index)
      compileClient(of: index)
    }
    // Mirrors are edges of their own, behind those of the model.
    for index in model.edges.indices { compileMirrors(of: index) }
    compileDoors()
    compileDeadlines()
    precondition(edges.count <= 1 << 16, "more than 65536 edges and mirrors: \(edges.count)")
  }

  /// Names of streams that stay as they are whatever else is in the model: of equal names, all but
  /// the first get a number.
  static func distinct(_ names: [String]) -> [String] {
    var taken = Set(names)
    var met: Set<String> = []
    return names.map { name in
      if met.insert(name).inserted { return name }
      var number = 2
      while !taken.insert("\(name) #\(number)").inserted { number += 1 }
      return "\(name) #\(number)"
    }
  }

  /// The first route of a proxy that takes an edge's requests.
  private mutating func route(of edge: EdgeModel, _ proxy: Int) -> Int? {
    // An index is worth its making when several edges ask it.
    guard edgeCounts[proxy] > 4 else {
      return proxyModels[proxy].configuration.routes.firstIndex { $0.match.takes(edge.attributes) }
    }
    let index = routeIndices[proxy] ?? RouteIndex(proxyModels[proxy].configuration.routes)
    routeIndices[proxy] = index
    return index.first(taking: edge.attributes)
  }

  /// An edge for each kind of proxy in front of pods, behind all others.
  private mutating func compileDoors() {
    for (proxy, proxyModel) in proxyModels.enumerated() {
      guard case .inFrontOfEachPod(let service) = proxyModel.placement else { continue }
      let edge = EdgeModel(name: "inside \(proxyModel.name)", carrier: .proxy(proxy))
      services[service].door = UInt32(edges.count)
      services[service].hearsOfAbandonment = true
      compileEdge(
        edge, proxy: proxy, route: route(of: edge, proxy),
        model: model.edges.count + proxy)
      edges[edges.count - 1].operation = Edge.isInside
      edges[edges.count - 1].hasEntryWork = true
      edges[edges.count - 1].isUnusual = true
      let first = Int(services[service].firstPod)
      for pod in first..<(first + Int(services[service].podCount)) {
        pods[pod].marks |= Pod.hasDoor
      }
    }
  }

  private mutating func compileEdge(
    _ edge: EdgeModel, proxy: Int, route: Int?, mirrored: ForwardAction? = nil,
    mirror: Int? = nil, model index: Int
  ) {
    let isMirror = mirror != nil
    let proxyModel = proxyModels[proxy]
    let copy = mirror.map { " mirror \($0 + 1)" } ?? ""
    let time = timeFromCaller(edge, proxy: proxy)
    network.fromCaller.append(time)
    let name = index < edgeNames.count ? edgeNames[index] : edge.name
    var compiled = Edge(
      fromCaller: fixed(SimDuration(seconds: time ?? 0)), routeTimeout: fixed(SimDuration?.none),
      tryTimeout: fixed(SimDuration?.none), random: stream("edge \(name)\(copy)"),
      streamIdle: fixed(SimDuration?.none),
      maxStreamDuration: fixed(SimDuration?.none))
    compiled.fromCallerTime = SimDuration(seconds: time ?? 0).nanoseconds
    compiled.proxy = UInt32(proxy)
    compiled.model = UInt32(index)
    if !isMirror, let flow = edge.flow { compiled.flow = UInt32(flow) }
    compiled.firstInstance = proxies[proxy].firstInstance
    compiled.instanceCount = proxies[proxy].instanceCount
    compiled.route = Int32(route ?? -1)
    if time == nil {
      compiled.callerMarks |= Edge.hasWays
      compiled.fromCaller.isZero = false
    }
    compiled.fromCallerIsZero = compiled.fromCaller.isZero
    place(&compiled, edge, proxyModel.placement, index)
    compiled.operation = UInt32(edge.operation)
    compiled.failureReply = UInt16(clamping: edge.statusOnFailure)
    compiled.isMirror = isMirror
    let carriesExtras =
      (model.recording.requests || hasScriptedClient) && entryEdges.contains(index)
    compiled.hasEntryWork =
      !isMirror
      && (carriesExtras || compiled.placement == .drawn || !proxyModel.configuration.filters.isEmpty
        || proxyModel.routeRateLimits.contains { $0 != nil })
    compiled.hasClient = !isMirror && edge.client != nil
    var policy: RetryPolicy?
    var action = route.map { proxyModel.configuration.routes[$0].action }
    if let mirrored { action = .forward(mirrored) }
    switch action {
    case nil: compiled.action = .noRoute
    case .unknownCluster: compiled.action = .unknownCluster
    case .directResponse(let status):
      compiled.action = .directResponse
      compiled.directReply = UInt16(clamping: status)
    case .forward(let forward):
      policy = isMirror ? nil : forward.retryPolicy
      apply(forward, policy, proxyModel.configuration, to: &compiled)
    }
    compiled.isUnusual = compiled.hasEntryWork || compiled.hasRareWork
    let classifier = RetryClassifier(policy)
    compiled.retriesSuccess = classifier.retriesSuccess
    edges.append(compiled)
    classifiers.append(classifier)
    backOffs.append(policy?.backOff ?? RetryBackOff())
    retryPolicies.append(policy)
  }

  /// Which instance of its proxy takes an edge's calls, and which pods make them.
  private func place(
    _ compiled: inout Edge, _ edge: EdgeModel, _ placement: ProxyModel.Placement, _ index: Int
  ) {
    if case .pods(let service) = edge.caller {
      compiled.firstCaller = services[service].firstPod
      compiled.callerCount = services[service].podCount
    }
    switch placement {
    case .besideEachCaller(let service):
      compiled.placement = .besideCaller
      compiled.firstCaller = services[service].firstPod
      compiled.callerCount = services[service].podCount
    case .inFrontOfEachPod: compiled.placement = .single
    case .shared(let instances):
      compiled.placement = instances > 1 ? .random : .single
      // Where a request of a source begins matters when there are several places, or trouble.
      guard compiled.callerCount > 0, entryEdges.contains(index),
        !network.rules.isEmpty || Set(places(of: edge.caller)).count > 1
      else { return }
      compiled.placement = .drawn
    }
  }

  private mutating func apply(
    _ forward: ForwardAction, _ policy: RetryPolicy?, _ configuration: EnvoyConfiguration,
    to compiled: inout Edge
  ) {
    let timeouts = RequestTimeouts(forward, listenerStreamIdle: configuration.streamIdleTimeout)
    compiled.routeTimeout = fixed(timeouts.route)
    var tryLimit = policy == nil ? nil : timeouts.perTry
    if policy != nil, let idle = timeouts.perTryIdle, tryLimit.map({ idle < $0 }) ?? true {
      tryLimit = idle
      compiled.rareMarks |= Edge.endsIdleTries
    }
    compiled.tryTimeout = fixed(tryLimit)
    let wait = compiled.isMirror ? .zero : configuration.longestFilterWait
    if wait > .zero { compiled.rareMarks |= Edge.waitsInFilters }
    // An idle limit that the route's own timeout always comes before needs no timer; the route's
    // begins behind the filters.
    if let idle = timeouts.streamIdle, timeouts.route.map({ idle < wait + $0 }) ?? true {
      compiled.streamIdle = fixed(Optional(idle))
    }
    compiled.maxStreamDuration = fixed(timeouts.maxStreamDuration)
    compiled.numRetries = UInt32(clamping: min(policy?.numRetries ?? 0, 250))
    compiled.hedges = forward.hedgeOnPerTryTimeout && policy != nil
    compiled.avoidsPreviousHosts = policy?.avoidsPreviousHosts ?? false
    compiled.maxPicks =
      compiled.avoidsPreviousHosts
      ? UInt32(clamping: 1 + (policy?.hostSelectionMaxAttempts ?? 0)) : 1
    compiled.previousPrioritiesFrequency = UInt32(
      clamping: policy?.previousPrioritiesUpdateFrequency ?? 0)
    compiled.mirrorCount = compiled.isMirror ? 0 : UInt32(forward.mirrors.count)
    compiled.hasRareWork =
      compiled.streamIdle.isOn || compiled.maxStreamDuration.isOn || compiled.hedges
      || compiled.mirrorCount > 0 || configuration.workerThreads > 1
    if let route = timeouts.route, let tryLimit, tryLimit < route {
      compiled.routeTimeout.isLate = !compiled.hasRareWork
    }
    let destinations = forward.destinations.filter { $0.weight > 0 }
    if destinations.count == 1 {
      compiled.action = .forward
      compiled.cluster = UInt32(destinations[0].cluster)
      let proxy = proxies[Int(compiled.proxy)]
      compiled.slotStride = Int32(proxy.clusterCount)
      compiled.slotBase =
        Int32(proxy.firstSlot + compiled.cluster)
        - Int32(proxy.firstInstance) * compiled.slotStride
    } else if destinations.isEmpty {
      compiled.action = .unknownCluster
    } else {
      compiled.action = .forwardByWeight
      compiled.cluster = UInt32(weights.count)
      compiled.weightTotal = UInt32(clamping: destinations.reduce(0) { $0 + $1.weight })
      for destination in destinations {
        weights.append((UInt32(destination.cluster), UInt32(clamping: destination.weight)))
      }
    }
  }

  private mutating func compileMirrors(of index: Int) {
    let proxy = Int(edges[index].proxy)
    guard edges[index].route >= 0,
      case .forward(let forward) =
        proxyModels[proxy].configuration.routes[Int(edges[index].route)].action
    else { return }
    edges[index].firstMirror = UInt32(mirrors.count)
    for (number, mirror) in forward.mirrors.enumerated() {
      mirrors.append(
        Mirror(edge: UInt32(edges.count), probability: mirror.fraction.probability))
      var copy = forward
      copy.destinations = [ForwardAction.Destination(cluster: mirror.cluster)]
      copy.mirrors = []
      copy.hedgeOnPerTryTimeout = false
      compileEdge(
        model.edges[index], proxy: proxy, route: Int(edges[index].route), mirrored: copy,
        mirror: number, model: index)
    }
  }
}

extension EnvoyConfiguration {
  /// How long the filters in front of the router may hold a request back.
  fileprivate var longestFilterWait: SimDuration {
    filters.reduce(.zero) { total, filter in
      switch filter {
      case .fault(let settings): total + (settings.delay ?? .zero)
      case .globalRateLimit(let settings):
        switch GlobalRateLimitFilter(settings).plan {
        case .pass: total
        case .ask(let wait), .fail(let wait): total + wait
        }
      case .localRateLimit, .admissionControl, .adaptiveConcurrency: total
      }
    }
  }
}

extension ServiceModel.Refusal {
  /// The reply of a full queue; 0 is silence.
  var reply: UInt16 {
    switch self {
    case .status(let status): UInt16(clamping: status)
    case .silence: 0
    }
  }
}

extension ProxyModel.Placement {
  /// Whether instances stand in front of pods.
  var isInFront: Bool {
    if case .inFrontOfEachPod = self { true } else { false }
  }
}

extension ProxyModel {
  /// A stand-in for callers that call a service without a proxy.
  static func direct(service: Int, _ model: ServiceModel, latency: SimDuration) -> ProxyModel {
    let cluster = Cluster(
      name: model.name, thresholds: .none, loadBalancer: .random, panicThreshold: 0)
    let route = Route(
      action: .forward(ForwardAction(destinations: [.init(cluster: 0)], timeout: nil)))
    let endpoints = model.pods.indices.map {
      Endpoint(pod: PodReference(service: service, pod: $0))
    }
    return ProxyModel(
      name: "direct to \(model.name)",
      configuration: EnvoyConfiguration(
        streamIdleTimeout: nil, routes: [route], clusters: [cluster]),
      endpoints: [endpoints], placement: .shared(instances: 1), toHost: latency)
  }
}
