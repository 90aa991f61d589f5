public import TimeAndChance

/// One worker's balancer of one cluster: told of health, asked for hosts.
///
/// The common case (all traffic to one level, equal weights, no slow start, no localities) costs a
/// few nanoseconds and counts no references; everything else goes the general way. The balancer
/// knows only the health that was *applied* to it, which may lag behind the detector's.
///
/// - Source: Envoy `source/extensions/load_balancing_policies/common/load_balancer_impl.cc`.
public struct ClusterBalancer {
  @usableFromInline var fast: FastPick
  /// The health that the balancer knows, and what follows from it.
  public private(set) var view: HostSetView
  /// The random start of turns and schedules, drawn once.
  let seed: UInt64
  /// Turns taken per source; only for round robin.
  var turns: ContiguousArray<UInt64>
  /// The source that ``fast`` takes its turns from.
  var fastSource = 0
  /// The schedules of sources whose hosts differ in weight, by source; empty when none do.
  var schedules: ContiguousArray<EDFScheduler?> = []
  /// The schedules of localities: per level those of healthy, then of degraded hosts.
  var localitySchedules: ContiguousArray<EDFScheduler?> = []
  /// Their weights: per schedule one for each locality.
  var localityWeights: ContiguousArray<Double> = []
  /// Since when each host has been healthy, for slow start; empty without.
  private var healthySince: ContiguousArray<SimTime> = []
  /// The latest of those that began while the balancer watched.
  private var latestHostAdded: SimTime

  /// Bytes that it holds alone, beside its own size; views are shared.
  package var heapByteCount: Int {
    let schedules = (schedules + localitySchedules).reduce(0) { $0 + ($1?.byteCount ?? 0) }
    return schedules + (turns.count + localityWeights.count + healthySince.count) * 8
  }

  /// A balancer that knows `view` at `now`.
  ///
  /// `active` holds the proxy's own active requests per host index. Draws one number, and one more
  /// for each level of a cluster with locality weights.
  public init(
    view: HostSetView, active: HostLoads, at now: SimTime,
    using random: inout RandomStream
  ) {
    self.view = view
    seed = random.next()
    turns = []
    latestHostAdded = now
    fast = .general
    if view.topology.slowStart != nil {
      healthySince = ContiguousArray(repeating: .never, count: view.health.count)
    }
    if case .roundRobin = view.topology.policy {
      turns = ContiguousArray(repeating: seed, count: view.sources.count)
    }
    rebuild(active: active, at: now, using: &random)
  }

  /// Applies another state of health, or of membership.
  ///
  /// Turns go on where they were; schedules are made anew. Draws one number for each level of a
  /// cluster with locality weights.
  public mutating func apply(
    _ view: HostSetView, active: HostLoads, at now: SimTime,
    using random: inout RandomStream
  ) {
    keepTurns()
    if view.topology !== self.view.topology {
      if !turns.isEmpty, view.layout != self.view.layout {
        turns = ContiguousArray(repeating: seed, count: view.sources.count)
      }
      if !healthySince.isEmpty {
        let grown = view.health.count - healthySince.count
        healthySince.append(contentsOf: repeatElement(.never, count: max(0, grown)))
      }
    }
    self.view = view
    rebuild(active: active, at: now, using: &random)
  }

  /// An active health check made the host healthy: its slow start begins.
  ///
  /// To be told before the health is applied.
  public mutating func healthCheckPassed(host: Int, at now: SimTime) {
    guard healthySince.indices.contains(host) else { return }
    healthySince[host] = now
  }

  // MARK: Making the lists

  private mutating func keepTurns() {
    if fast.mode == .roundRobin { turns[fastSource] &+= fast.turns }
  }

  private mutating func rebuild(
    active: HostLoads, at now: SimTime, using random: inout RandomStream
  ) {
    noteSlowStarts(at: now)
    makeLocalitySchedules(using: &random)
    makeSchedules(active: active, at: now)
    makeFastPick()
  }

  /// Hosts that are new here start their window now.
  ///
  /// - Source: Envoy `load_balancer_impl.cc` (recalculateHostsInSlowStart).
  private mutating func noteSlowStarts(at now: SimTime) {
    guard let slowStart = view.topology.slowStart else { return }
    for (host, health) in view.health.enumerated() {
      if health == .absent { healthySince[host] = .never }
      guard health == .healthy else { continue }
      if healthySince[host] == .never { healthySince[host] = now }
      let since = healthySince[host]
      if since > latestHostAdded, now - since <= slowStart.window { latestHostAdded = since }
    }
  }

  /// True while a host may be in its slow start window.
  func mayBeInSlowStart(at now: SimTime) -> Bool {
    guard let slowStart = view.topology.slowStart else { return false }
    let elapsed = (now - latestHostAdded).nanoseconds / 1_000_000
    return elapsed <= slowStart.window.nanoseconds / 1_000_000
  }

  /// The weight with which a schedule puts a host back.
  ///
  /// - Source: Envoy `round_robin_lb.h`, `least_request_lb.cc` (hostWeight).
  func weight(of host: UInt32, active: HostLoads, at now: SimTime) -> Double {
    var weight = Double(view.topology.hosts[Int(host)].weight)
    if case .leastRequest(_, _, let bias) = view.topology.policy, bias != 0 {
      let load = Double(active[host]) + 1
      weight /= bias == 1 ? load : RealMath.pow(load, bias)
    }
    guard let slowStart = view.topology.slowStart, mayBeInSlowStart(at: now),
      view.health[Int(host)] == .healthy
    else { return weight }
    let since = healthySince[Int(host)]
    return since == .never ? weight : weight * slowStart.factor(age: now - since)
  }

  /// Schedules for every list that a pick may come from and whose hosts differ.
  ///
  /// A schedule made while a host is in slow start stays until the next change, as Envoy's does.
  private mutating func makeSchedules(active: HostLoads, at now: SimTime) {
    schedules.removeAll(keepingCapacity: true)
    switch view.topology.policy {
    case .random, .ringHash, .maglev: return
    case .roundRobin, .leastRequest: break
    }
    let slow = mayBeInSlowStart(at: now)
    let layout = view.layout
    for level in 0..<layout.levelCount {
      if view.loads.panic[level] {
        makeSchedule(layout.all(level), slow, active, now)
        continue
      }
      makeSchedule(layout.healthy(level), slow, active, now)
      makeSchedule(layout.degraded(level), slow, active, now)
      for locality in 0..<layout.localityCount {
        makeSchedule(layout.locality(level, locality, degraded: false), slow, active, now)
        makeSchedule(layout.locality(level, locality, degraded: true), slow, active, now)
      }
    }
  }

  private mutating func makeSchedule(
    _ source: Int, _ slow: Bool, _ active: HostLoads, _ now: SimTime
  ) {
    let list = view.sources[source]
    guard list.count > 1, slow || !list.weightsAreEqual else { return }
    if schedules.isEmpty {
      schedules = ContiguousArray(repeating: nil, count: view.sources.count)
    }
    schedules[source] = EDFScheduler(
      items: view.hosts(source), picks: UInt32(truncatingIfNeeded: seed)
    ) { weight(of: $0, active: active, at: now) }
  }

  /// Schedules of localities by weight × availability.
  ///
  /// - Source: Envoy `common/locality_wrr.cc` (rebuildLocalityScheduler, effectiveLocalityWeight).
  private mutating func makeLocalitySchedules(using random: inout RandomStream) {
    localitySchedules.removeAll(keepingCapacity: true)
    localityWeights.removeAll(keepingCapacity: true)
    let topology = view.topology
    guard topology.localityWeighted, !topology.localityWeights.isEmpty else { return }
    let layout = view.layout
    for level in 0..<layout.levelCount {
      let picks = UInt32(truncatingIfNeeded: random.next())
      for degraded in [false, true] {
        var weights = [Double](repeating: 0, count: layout.localityCount)
        for locality in weights.indices {
          let members = view.memberCount(level: level, locality: locality)
          guard members > 0 else { continue }
          let eligible = view.sources[layout.locality(level, locality, degraded: degraded)].count
          let ratio = Double(eligible) / Double(members)
          let availability = min(1, Double(topology.overprovisioningFactor) / 100 * ratio)
          weights[locality] = Double(topology.localityWeights[locality]) * availability
        }
        localityWeights.append(contentsOf: weights)
        let items = weights.indices.filter { weights[$0] > 0 }.map { UInt32($0) }
        if items.isEmpty {
          localitySchedules.append(nil)
        } else {
          let schedule = items.withUnsafeBufferPointer { items in
            EDFScheduler(items: items, picks: picks) { weights[Int($0)] }
          }
          localitySchedules.append(schedule)
        }
      }
    }
  }

  /// The common case, if this is it.
  private mutating func makeFastPick() {
    fast = .general
    let level = view.soleLevel
    guard level >= 0 else { return }
    let layout = view.layout
    let inPanic = view.loads.panic[level]
    if inPanic {
      guard !view.topology.failTrafficOnPanic else { return }
    } else {
      guard localitySchedules.isEmpty || localitySchedules[2 * level] == nil,
        level != 0 || view.zoneRouting == nil
      else { return }
    }
    let source = inPanic ? layout.all(level) : layout.healthy(level)
    let hosts = view.hosts(source)
    guard !hosts.isEmpty, schedules.isEmpty || schedules[source] == nil else { return }

    let mode: FastPick.Mode
    switch view.topology.policy {
    case .roundRobin: mode = .roundRobin
    case .random: mode = .random
    case .leastRequest(let choices, let fullScan, _):
      guard choices == 2, !fullScan else { return }
      mode = .twoChoices
    case .ringHash, .maglev: return
    }
    fastSource = source
    let position = mode == .roundRobin ? turns[source] % UInt64(hosts.count) : 0
    fast = FastPick(
      mode: mode, panicPicks: inPanic ? 1 : 0, position: UInt32(position), turns: 0, hosts: hosts)
  }

  /// How many hosts there are, if every pick is of any two of them, else 0.
  ///
  /// True of a cluster under least request without weights whose hosts are all healthy. Then the whole
  /// of ``pick(hash:active:at:using:)`` is the less loaded of two hosts that one draw names, the first
  /// if they are even, see `RandomStream.twoBelow(_:)`.
  public var plainHostCount: UInt32 {
    let isPlain =
      fast.mode == .twoChoices && fast.panicPicks == 0
      && fast.hosts.enumerated().allSatisfy { $0 == Int($1) }
    return isPlain ? UInt32(fast.hosts.count) : 0
  }

  /// The next turn's position in a source's list, when the pick goes the general way.
  mutating func turn(of source: Int, count: Int) -> Int {
    if fast.mode == .roundRobin, source == fastSource {
      let position = fast.position
      fast.position = Int(position) + 1 == fast.hosts.count ? 0 : position + 1
      fast.turns &+= 1
      return Int(position)
    }
    let position = turns[source] % UInt64(count)
    turns[source] &+= 1
    return Int(position)
  }
}
