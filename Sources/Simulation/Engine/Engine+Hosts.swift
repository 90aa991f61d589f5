import EventKernel
import TimeAndChance
import TrafficPolicy

/// What one proxy instance knows of one host beside its active requests and its outlier counters.
struct HostNote: BitwiseCopyable {
  /// What active health checks found.
  var check: ActiveHealthCheck
  /// The last entry of the ejection log, or -1.
  var lastEjection: Int32 = -1
}

/// What one proxy instance does about the health of a cluster's hosts.
struct ClusterHealth {
  /// Holds health changes back, one for each priority level.
  var windows: [UpdateMergeWindow]
  /// What the balancers of the cluster's workers may look like, shared by all instances.
  let views: HostSetViews
  /// The health that the balancers know.
  var applied: ContiguousArray<HostHealth>
  /// Levels whose hold-back timer runs, in order of start.
  var timers: [Int] = []
  var random: RandomStream
  /// Draws of back-offs.
  var jitter: RandomStream
  /// Requests that a limit refused of late.
  var overflow = RefusalSpell()
  /// Scratch for the detector's actions.
  var actions: [OutlierAction] = []
}

extension Engine {
  // MARK: First use

  /// Makes the state of a cluster in a proxy instance.
  @inline(never)
  mutating func makeCluster(
    _ slot: Int, proxy: UInt32, _ instance: UInt32
  ) -> UInt32 {
    let number = instance - proxies[proxy].firstInstance
    let cluster = UInt32(slot) - proxies[proxy].firstSlot - number * proxies[proxy].clusterCount
    let kindIndex = proxies[proxy].firstKind + cluster + number * proxies[proxy].kindStride
    let kind = clusterKinds[kindIndex]
    let state = UInt32(clusters.count)
    let configuration = model.proxies[Int(proxy)].configuration.clusters[Int(cluster)]
    let name = "\(model.proxies[Int(proxy)].name)/\(number)/\(configuration.name)"
    func stream(_ purpose: String) -> RandomStream {
      RandomStream(seed: seed, replication: replication, name: "\(purpose) \(name)")
    }
    var marks: UInt32 = 0
    if kind.opensConnections { marks |= ProxyCluster.opensConnections }
    clusters.append(
      ProxyCluster(
        kind: kindIndex, hostBase: UInt32(outlierHosts.count), poolBase: UInt32(pools.count),
        workers: kind.workers, firstBalancer: UInt32(balancers.count),
        balancing: stream("balancing"), toHost: kind.toHost, instance: instance, marks: marks))
    clusterOfInstance[slot] = state
    let check = ActiveHealthCheck(
      configuration.healthCheck ?? .none, startsHealthy: true)
    var applied: ContiguousArray<HostHealth> = []
    for host in 0..<Int(kind.endpointCount) {
      let isMember = memberships[Int(kind.firstEndpoint) + host]
      outlierHosts.append(isMember ? OutlierHost() : .absent)
      hostNotes.append(HostNote(check: check))
      applied.append(isMember ? .healthy : .absent)
      let pod = endpointPods[kind.firstEndpoint + UInt32(host)]
      for _ in 0..<kind.workers {
        pools.append(Pool(host: UInt32(host), pod: pod))
        poolBooks.append(PoolBooks(cluster: state))
      }
    }
    let homes = model.proxies[Int(proxy)].homeOfInstance
    let home = homes.isEmpty ? 0 : homes[Int(number)]
    let views = hostSetViews[Int(kindIndex)][home]
    makeBalancers(state, views, applied, slowStart: configuration.slowStart != nil)
    let members = applied.count { $0 != .absent }
    judges.append(
      OutlierDetector(
        configuration.outlierDetection ?? OutlierDetectionSettings(), hostCount: members))
    let window = UpdateMergeWindow(window: configuration.updateMergeWindow)
    let health = ClusterHealth(
      windows: Array(repeating: window, count: views.topology.levelCount), views: views,
      applied: applied, random: stream("outlier"), jitter: stream("retry.jitter"))
    detectors.append(health)
    heapBytesOfClusters += applied.count * MemoryLayout<HostHealth>.stride
    for worker in 0..<Int(kind.workers) {
      heapBytesOfClusters +=
        balancers[Int(clusters[state].firstBalancer) + worker].heapByteCount
    }
    // A few events may make thousands of these, each as large as its cluster.
    if isOverMemory { stop(for: .memoryLimit) }
    if let settings = configuration.outlierDetection {
      startSweeps(state, every: settings.interval, proxy: proxy)
    }
    if let check = configuration.healthCheck {
      let phase = detectors[state].random.unit() * check.interval.inSeconds
      schedule(.healthCheck, state, after: SimDuration(seconds: phase))
    }
    return state
  }

  /// Makes the balancers of a cluster as they have become since the proxy came up.
  ///
  /// The proxy knew the hosts of the run's start when it came up; whoever joined later was new then,
  /// which only slow start can tell.
  ///
  /// - Source: Envoy `load_balancer_impl.cc` (recalculateHostsInSlowStart, called when the balancer is
  ///   made and when members are added).
  private mutating func makeBalancers(
    _ state: UInt32, _ views: HostSetViews, _ applied: ContiguousArray<HostHealth>, slowStart: Bool
  ) {
    let kind = clusterKinds[clusters[state].kind]
    let loads = loads(clusters.base + Int(state))
    var known = applied
    var newcomers: [(host: Int, at: SimTime)] = []
    if slowStart {
      for join in joins {
        for host in applied.indices
        where applied[host] != .absent
          && endpointPods[kind.firstEndpoint + UInt32(host)] == join.pod
        {
          known[host] = .absent
          newcomers.removeAll { $0.host == host }
          newcomers.append((host, join.at))
        }
      }
    }
    for _ in 0..<kind.workers {
      balancers.append(
        ClusterBalancer(
          view: views.view(of: known), active: loads, at: SimTime.zero - upFor(kind.proxy),
          using: &clusters[state].balancing))
    }
    for newcomer in newcomers {
      known[newcomer.host] = applied[newcomer.host]
      for worker in 0..<kind.workers {
        balancers[clusters[state].firstBalancer + worker].apply(
          views.view(of: known), active: loads, at: newcomer.at, using: &clusters[state].balancing)
      }
    }
    notePlainHosts(state)
  }

  /// Makes the state of clusters with active health checks, which run without any request.
  mutating func makeCheckedClusters() {
    for p in 0..<UInt32(proxies.count) {
      let proxy = proxies[p]
      for (number, cluster) in model.proxies[Int(p)].configuration.clusters.enumerated()
      where cluster.healthCheck != nil {
        for instance in 0..<proxy.instanceCount {
          let slot = Int(proxy.firstSlot + instance * proxy.clusterCount) + number
          _ = makeCluster(slot, proxy: p, proxy.firstInstance + instance)
        }
      }
    }
  }

  func upFor(_ proxy: UInt32) -> SimDuration { model.proxies[Int(proxy)].upFor }

  /// The first sweep comes at the proxy's own phase.
  private mutating func startSweeps(
    _ state: UInt32, every interval: SimDuration, proxy: UInt32
  ) {
    let period = interval.nanoseconds
    let phase: Int64
    if let offset = model.proxies[Int(proxy)].sweepOffset {
      phase = offset.nanoseconds % period
    } else {
      let instance = proxies[proxy].phases[
        Int(clusters[state].instance - proxies[proxy].firstInstance)]
      phase = Int64(Double(period) * instance)
    }
    let passed = ((now.nanoseconds - phase) % period + period) % period
    schedule(.outlierSweep, state, after: .nanoseconds(period - passed))
  }

  // MARK: Picking

  /// What one worker has with a host; the first has the counts of all.
  @inline(__always)
  func pool(
    _ cluster: UnsafeMutablePointer<ProxyCluster>, _ host: UInt32, worker: UInt32 = 0
  ) -> UnsafeMutablePointer<Pool> {
    let number = cluster.pointee.poolBase &+ host &* cluster.pointee.workers &+ worker
    return pools.base + Int(number)
  }

  func pool(_ state: UInt32, _ host: UInt32) -> UnsafeMutablePointer<Pool> {
    pool(clusters.base + Int(state), host)
  }

  /// The active requests at the hosts of a cluster.
  @inline(__always)
  func loads(_ cluster: UnsafeMutablePointer<ProxyCluster>) -> HostLoads {
    HostLoads(
      first: pools.base + Int(cluster.pointee.poolBase),
      stride: Int(cluster.pointee.workers) &* MemoryLayout<Pool>.stride)
  }

  /// The host for a call's next try, if there is one.
  @inline(__always)
  mutating func pick(
    _ c: UInt32, _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) -> UnsafeMutablePointer<Pool>? {
    let count = cluster.pointee.plainHosts
    if count == 0 || cluster.pointee.marks & ProxyCluster.inPanic != 0 {
      return askBalancer(c, cluster)
    }
    let (one, other) = cluster.pointee.balancing.twoBelow(count)
    let first = pool(cluster, one)
    let second = pool(cluster, other)
    return second.pointee.active < first.pointee.active ? second : first
  }

  @inline(never)
  private mutating func askBalancer(
    _ c: UInt32, _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) -> UnsafeMutablePointer<Pool>? {
    let pick = balancer(c, cluster).pointee.pick(
      active: loads(cluster), at: queue.now, using: &cluster.pointee.balancing)
    return accept(pick, c, cluster)
  }

  /// A cluster's balancers have learnt something: whether they have to be asked.
  private mutating func notePlainHosts(_ state: UInt32) {
    clusters[state].plainHosts = balancers[clusters[state].firstBalancer].plainHostCount
  }

  @inline(__always) private func balancer(
    _ c: UInt32, _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) -> UnsafeMutablePointer<ClusterBalancer> {
    balancers.base
      + Int(cluster.pointee.firstBalancer &+ (calls.pointer(c).pointee.hostAndWorker >> 24))
  }

  /// Notes what a choice says of the cluster; the host, if there is one.
  private mutating func accept(
    _ pick: HostPick, _ c: UInt32, _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) -> UnsafeMutablePointer<Pool>? {
    if Features.hasPolicies, pick.panicPicks | cluster.pointee.marks & ProxyCluster.inPanic != 0 {
      notePanic(calls[c].cluster, picks: pick.panicPicks)
    }
    if pick.isNone {
      statistics[cluster.pointee.kind].upstreamCxNoneHealthy &+= 1
      return nil
    }
    return pool(cluster, pick.host)
  }

  /// Picks with a hash, or passing over what a retry has tried.
  @inline(never)
  mutating func pickWithExtra(
    _ c: UInt32, _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) -> UnsafeMutablePointer<Pool>? {
    accept(pickByExtra(c, cluster), c, cluster)
  }

  private mutating func pickByExtra(
    _ c: UInt32, _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) -> HostPick {
    let loads = loads(cluster)
    let balancer = balancer(c, cluster)
    let extra = extras.pointer(calls[c].extra)
    let hash = extra.pointee.hasHash ? extra.pointee.hash : nil
    let edge = edges.base + Int(calls[c].edge)
    let now = self.now
    guard calls[c].attempts > 1 else {
      return balancer.pointee.pick(
        hash: hash, active: loads, at: now, using: &cluster.pointee.balancing)
    }
    var priorities: PriorityLoads?
    if edge.pointee.previousPrioritiesFrequency > 0 {
      priorities = extra.pointee.priorities.loads(balancer.pointee.view.loads)
    }
    let count = Int(extra.pointee.triedCount)
    return withUnsafeBytes(of: &extra.pointee.tried) { bytes in
      let tried = UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt32.self).prefix(count))
      return balancer.pointee.pickForRetry(
        hash: hash, tried: tried, hostSelectionMaxAttempts: Int(edge.pointee.maxPicks) - 1,
        loads: priorities, active: loads, at: now, using: &cluster.pointee.balancing)
    }
  }

  @inline(never) private mutating func notePanic(_ state: UInt32, picks: UInt32) {
    statistics[clusters[state].kind].lbHealthyPanic &+= UInt64(picks)
    let wasInPanic = clusters[state].marks & ProxyCluster.inPanic != 0
    if wasInPanic != (picks != 0) {
      clusters[state].marks ^= ProxyCluster.inPanic
      logCause(wasInPanic ? .panicEnded : .panicBegan, cluster: state)
    }
  }

  // MARK: Outlier detection

  /// Tells the detector of good answers that have only been counted; the host's entry.
  ///
  /// While nothing but good answers comes, all that they change is how many there are. Whoever shows
  /// the detector something else of a host, or lets it look at one, calls this before.
  @inline(__always) @discardableResult
  private mutating func settleSuccesses(_ state: UInt32, _ host: UInt32) -> Int {
    let entry = Int(clusters[state].hostBase &+ host)
    let pool = pool(state, host)
    outlierHosts.base[entry].recordSuccesses(pool.pointee.successes)
    pool.pointee.successes = 0
    return entry
  }

  /// Tells the detector how a try ended.
  @inline(never)
  mutating func report(_ outcome: AttemptOutcome, _ state: UInt32, host: UInt32) {
    let entry = settleSuccesses(state, host)
    let trips = judges.base[Int(state)].record(outcome, on: &outlierHosts.base[entry])
    if !trips.isEmpty { tripped(trips, state, host: host) }
  }

  /// Tells the detector that a stream was had.
  @inline(never) mutating func reportStream(_ state: UInt32, host: UInt32) {
    let entry = settleSuccesses(state, host)
    judges.base[Int(state)].recordConnectSuccess(on: &outlierHosts.base[entry])
  }

  @inline(never)
  private mutating func tripped(_ trips: OutlierTrips, _ state: UInt32, host: UInt32) {
    let entry = Int(clusters[state].hostBase + host)
    let health = detectors.base + Int(state)
    let now = self.now
    health.pointee.actions.removeAll(keepingCapacity: true)
    _ = judges.base[Int(state)].act(
      on: trips, host: &outlierHosts.base[entry], index: host, at: now,
      using: &health.pointee.random, into: &health.pointee.actions)
    applyActions(state)
  }

  /// The sweep of a detector; the next comes an interval later.
  mutating func outlierSweep(_ state: UInt32) {
    let health = detectors.base + Int(state)
    let interval = judges[state].interval
    let now = self.now
    for host in 0..<clusterKinds[clusters[state].kind].endpointCount {
      settleSuccesses(state, host)
    }
    let hosts = UnsafeMutableBufferPointer(
      start: outlierHosts.base + Int(clusters[state].hostBase),
      count: Int(clusterKinds[clusters[state].kind].endpointCount))
    health.pointee.actions.removeAll(keepingCapacity: true)
    judges.base[Int(state)].sweep(
      hosts, at: now, using: &health.pointee.random, into: &health.pointee.actions)
    applyActions(state)
    queue.schedule(
      on: queue.delayLine(interval, isBusy: false), kind: EventKind.outlierSweep.rawValue,
      handle: state)
  }

  /// Logs what the detector did, and lets the balancers know in their time.
  private mutating func applyActions(_ state: UInt32) {
    let actions = detectors[state].actions
    guard !actions.isEmpty else { return }
    for action in actions {
      let entry = Int(clusters[state].hostBase + action.host)
      switch action.effect {
      case .ignored, .overflow: continue
      case .logged: logEjection(state, action, entry: entry, enforced: false)
      case .enforced:
        logEjection(state, action, entry: entry, enforced: true)
        healthChanged(state, host: action.host)
      case .released:
        noteRelease(state, host: action.host)
        healthChanged(state, host: action.host)
      }
    }
  }

  // MARK: What balancers know

  /// The health of a host in the proxy's books.
  func bookHealth(_ state: UInt32, _ host: Int) -> HostHealth {
    let kind = clusterKinds[clusters[state].kind]
    guard memberships[Int(kind.firstEndpoint) + host] else { return .absent }
    let entry = Int(clusters[state].hostBase) + host
    let isIn = !outlierHosts[entry].isEjected && hostNotes[entry].check.isHealthy
    return isIn ? .healthy : .unhealthy
  }

  /// A host's health has changed in the books.
  mutating func healthChanged(_ state: UInt32, host: UInt32) {
    let level = detectors[state].views.topology.hosts[Int(host)].priority
    switch detectors[state].windows[level].healthChanged(at: now) {
    case .applyNow: applyHealth(state, level: level)
    case .startTimer(let wait):
      detectors[state].timers.append(level)
      schedule(.mergeTimer, state, after: wait)
    case .alreadyPending: break
    }
  }

  /// Held-back changes of a level reach the balancers.
  mutating func mergeTimer(_ state: UInt32) {
    guard !detectors[state].timers.isEmpty else { return }
    let level = detectors[state].timers.removeFirst()
    if detectors[state].windows[level].timerFired(at: now) { applyHealth(state, level: level) }
  }

  /// The books of a level become what the balancers know.
  private mutating func applyHealth(_ state: UInt32, level: Int) {
    let topology = detectors[state].views.topology
    var applied = detectors[state].applied
    for host in applied.indices where topology.hosts[host].priority == level {
      applied[host] = bookHealth(state, host)
    }
    detectors[state].applied = applied
    let view = detectors[state].views.view(of: applied)
    let cluster = clusters.base + Int(state)
    let loads = loads(cluster)
    let now = self.now
    for worker in 0..<Int(clusterKinds[cluster.pointee.kind].workers) {
      balancers[Int(cluster.pointee.firstBalancer) + worker].apply(
        view, active: loads, at: now, using: &cluster.pointee.balancing)
    }
    notePlainHosts(state)
    logCause(.healthApplied, cluster: state)
  }

  /// A pod joined or left: every cluster that names it learns at once.
  mutating func membershipChanged(pod: UInt32, isMember: Bool) {
    if isMember { joins.append((pod, now)) }
    for state in 0..<UInt32(clusters.count) {
      let kind = clusterKinds[clusters[state].kind]
      // What stands in front of a pod knows it by its address, not from a list.
      if proxies[kind.proxy].kindStride != 0 { continue }
      for host in 0..<Int(kind.endpointCount)
      where endpointPods[kind.firstEndpoint + UInt32(host)] == pod {
        let entry = settleSuccesses(state, UInt32(host))
        var fresh = OutlierHost()
        if isMember {
          judges.base[Int(state)].join(&fresh)
        } else {
          judges.base[Int(state)].leave(&outlierHosts.base[entry])
          fresh = .absent
        }
        outlierHosts.base[entry] = fresh
        hostNotes.base[entry].check = ActiveHealthCheck(
          model.proxies[Int(kind.proxy)].configuration.clusters[Int(kind.index)].healthCheck
            ?? .none, startsHealthy: true)
        let level = detectors[state].views.topology.hosts[host].priority
        _ = detectors[state].windows[level].membershipChanged(at: now)
        applyHealth(state, level: level)
      }
    }
  }

  // MARK: Active health checks

  /// A round of active health checks of a cluster.
  mutating func healthCheck(_ state: UInt32) {
    let kind = clusterKinds[clusters[state].kind]
    guard
      let settings = model.proxies[Int(kind.proxy)].configuration.clusters[Int(kind.index)]
        .healthCheck
    else { return }
    for host in 0..<Int(kind.endpointCount) where memberships[Int(kind.firstEndpoint) + host] {
      let pod = pods[endpointPods[kind.firstEndpoint + UInt32(host)]]
      let isCutOff =
        pod.marks & Pod.hasNetworkFault != 0
        && isCutOff(state, pod: endpointPods[kind.firstEndpoint + UInt32(host)])
      let answersWell =
        pod.marks & (Pod.isDown | Pod.isBlackhole | Pod.isUnhealthy | Pod.hangs) == 0 && !isCutOff
      let entry = settleSuccesses(state, UInt32(host))
      // A status other than 200 is enough at once; silence and refusals count to the threshold.
      let isImmediate =
        pod.marks & (Pod.isDown | Pod.isBlackhole | Pod.hangs) == 0 && !isCutOff
      let transition =
        answersWell
        ? hostNotes.base[entry].check.passed()
        : hostNotes.base[entry].check.failed(immediate: isImmediate)
      let now = self.now
      if answersWell, kind.hasDetector,
        judges.base[Int(state)].healthCheckPassed(&outlierHosts.base[entry], at: now)
      {
        noteRelease(state, host: UInt32(host))
        healthChanged(state, host: UInt32(host))
      }
      if transition != .unchanged {
        if transition == .becameHealthy {
          for worker in 0..<Int(kind.workers) {
            balancers[Int(clusters[state].firstBalancer) + worker].healthCheckPassed(
              host: host, at: now)
          }
        }
        healthChanged(state, host: UInt32(host))
      }
    }
    queue.schedule(
      on: queue.delayLine(settings.interval, isBusy: false), kind: EventKind.healthCheck.rawValue,
      handle: state)
  }
}

extension HealthCheckSettings {
  /// Of a cluster that is not checked; never used.
  fileprivate static var none: HealthCheckSettings {
    HealthCheckSettings(
      interval: .seconds(1), timeout: .seconds(1), unhealthyThreshold: 1, healthyThreshold: 1)
  }
}
