import EventKernel
import Statistics
import TimeAndChance
import TrafficPolicy

extension Engine {
  /// An engine at time zero, ready to run a model.
  init(_ model: SimulationModel, seed: UInt64, replication: UInt64, limits: RunLimits) {
    var compiler = ModelCompiler(model, seed: seed, replication: replication)
    compiler.compileServices()
    compiler.compileNetwork()
    compiler.compileProxies()
    compiler.compileEdges()
    compiler.compileSources()
    self.init(compiler, limits: limits)
  }

  private init(_ compiled: consuming ModelCompiler, limits: RunLimits) {
    let tables = SamplingTables(compiled.laws)
    samplingTables = tables
    sampler = tables.sampler
    model = compiled.model
    seed = compiled.seed
    replication = compiled.replication
    self.limits = limits
    edges = Table(compiled.edges)
    classifiers = Table(compiled.classifiers)
    backOffs = Table(compiled.backOffs)
    clientCounts = Table(count: edges.count) { _ in ClientCount() }
    weights = Table(compiled.weights)
    mirrors = Table(compiled.mirrors)
    clusterKinds = Table(compiled.clusterKinds)
    endpointPods = Table(compiled.endpointPods)
    services = Table(compiled.services)
    pods = Table(compiled.pods)
    podBooks = Table(count: pods.count) { _ in PodBooks() }
    processors = Table(compiled.processors)
    entries = Table(compiled.entries)
    steps = Table(compiled.steps)
    laws = Table(compiled.stepLaws)
    branches = Table(compiled.branches)
    choices = Table(compiled.choices)
    replies = Table(compiled.replies)
    sources = Table(compiled.sources)
    segments = Table(compiled.segments)
    mixes = Table(compiled.mixes)
    proxies = Table(compiled.proxies)
    retryPolicies = compiled.retryPolicies
    clientSettings = compiled.clientSettings
    clientStates = Table(compiled.clientStates)
    scripts = compiled.scripts
    memberships = compiled.memberships
    hostSetViews = compiled.hostSetViews
    let slots = compiled.proxies.reduce(0) { $0 + Int($1.instanceCount * $1.clusterCount) }
    clusterOfInstance = Table(count: slots) { _ in none }
    let instances = compiled.proxies.reduce(0) { $0 + Int($1.instanceCount) }
    plainRateLimits = Table(count: instances) { _ in (0, 0) }
    filters = Table(count: instances) { _ in FilterChain(random: RandomStream(state: 0)) }
    statistics = Table(count: compiled.clusterKinds.count) { _ in EnvoyClusterStatistics() }
    hostErrors = Table(count: compiled.endpointPods.count) { _ in 0 }
    recorders = Recorders(compiled)
    slotOfStep = Table(compiled.slotOfStep)
    operationSlots = compiled.operationSlots
    network = compiled.network
    replies.append(SpecialReply(.connectionTermination))
    replies.append(SpecialReply(.connectFailure))
    let levels = compiled.model.recording.occupancyLevels
    occupancy = Table(count: levels * pods.count) { _ in 0 }
    for p in 0..<pods.count where levels > 0 {
      pods[p].occupancy = occupancy.base + p * levels
      pods[p].occupancyTop = Int32(levels - 1)
      pods[p].marks |= Pod.isWatched
    }
    log.isOn = compiled.model.recording.requests
    log.hasCauses = compiled.model.recording.causes
    queue = compiled.queue
  }

  /// Sets the run's own events and starts the sources.
  mutating func begin() {
    for index in model.actions.indices {
      schedule(.action, UInt32(index), after: model.actions[index].at)
    }
    if model.warmup > .zero { scheduleFirst(.warmupOver, after: model.warmup) }
    scheduleWindowEnd()
    if let duration = model.duration { schedule(.sourcesEnd, 0, after: duration) }
    makeFilters()
    makeCheckedClusters()
    openSources = sources.count
    clients = Array(repeating: nil, count: sources.count)
    populations = Array(repeating: UserPopulation(), count: sources.count)
    for s in 0..<UInt32(sources.count) {
      switch sources[s].pattern {
      case .open: scheduleNext(s)
      case .users:
        if case .users(let loop) = model.sources[Int(s)].pattern { beginUsers(s, loop) }
      case .phases:
        if case .phases(let phases) = model.sources[Int(s)].pattern {
          clients[Int(s)] = ScriptedClient(phases: phases)
        }
        schedule(.clientStep, s, after: .zero)
      }
    }
    if sources.count == 0, model.duration == nil { schedule(.runEnd, 0, after: model.linger) }
  }
}
