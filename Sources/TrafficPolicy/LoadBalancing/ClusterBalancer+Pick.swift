public import TimeAndChance

extension ClusterBalancer {
  /// A host for a try.
  ///
  /// `hash` is the request's key for the consistent-hash policies, nil when it has none; `active`
  /// the proxy's own active requests per host index. Draws in the common case: one for least
  /// request and random, none for round robin.
  @inlinable @inline(__always)
  public mutating func pick(
    hash: UInt64? = nil, active: HostLoads, at now: SimTime,
    using random: inout RandomStream
  ) -> HostPick {
    let count = UInt32(truncatingIfNeeded: fast.hosts.count)
    switch fast.mode {
    case .twoChoices:
      let (first, second) = random.twoBelow(count)
      let one = fast.hosts[Int(first)]
      let other = fast.hosts[Int(second)]
      return HostPick(
        host: active[other] < active[one] ? other : one, panicPicks: UInt32(fast.panicPicks))
    case .roundRobin:
      let host = fast.hosts[Int(fast.position)]
      let next = fast.position &+ 1
      fast.position = next == count ? 0 : next
      fast.turns &+= 1
      return HostPick(host: host, panicPicks: UInt32(fast.panicPicks))
    case .random:
      let host = fast.hosts[Int(random.below(count))]
      return HostPick(host: host, panicPicks: UInt32(fast.panicPicks))
    case .general:
      return pickGenerally(hash: hash, active: active, at: now, using: &random)
    }
  }

  /// A host for a retry: a few picks, until one is not among the hosts already tried.
  ///
  /// At most `1 + hostSelectionMaxAttempts` picks are made and the last stands, whatever it is.
  /// Without the predicate `previous_hosts`, `tried` is empty and the first pick stands. `loads`
  /// replaces the levels' loads (``PreviousPriorities``); the consistent-hash policies ignore it.
  ///
  /// - Source: Envoy `load_balancer_impl.cc`, `thread_aware_lb_impl.cc` (chooseHost).
  @inline(never)
  public mutating func pickForRetry(
    hash: UInt64? = nil, tried: UnsafeBufferPointer<UInt32>, hostSelectionMaxAttempts: Int,
    loads: PriorityLoads? = nil, active: HostLoads, at now: SimTime,
    using random: inout RandomStream
  ) -> HostPick {
    let attempts = 1 + max(0, hostSelectionMaxAttempts)
    if view.topology.isConsistentHash {
      let key = hash ?? random.next()
      let (level, panicPicks) = hashLevel(key)
      let table = view.hashTable(level: level)
      var pick = HostPick(host: .max, panicPicks: panicPicks)
      for attempt in 0..<attempts {
        guard let host = table.host(of: key, attempt: attempt, active: active) else {
          return HostPick(host: .max, panicPicks: panicPicks)
        }
        pick.host = host
        if !tried.contains(host) { break }
      }
      return pick
    }
    var panicPicks: UInt32 = 0
    var last = HostPick(host: .max)
    for _ in 0..<attempts {
      if let loads, loads != view.loads {
        let draw = random.next()
        last = pick(at: loads.level(of: draw), draw, active, now, &random)
      } else {
        last = pick(hash: hash, active: active, at: now, using: &random)
      }
      panicPicks += last.panicPicks
      if last.isNone || !tried.contains(last.host) { break }
    }
    return HostPick(host: last.host, panicPicks: panicPicks)
  }

  /// A pick outside of the common case.
  @inline(never) @usableFromInline
  mutating func pickGenerally(
    hash: UInt64?, active: HostLoads, at now: SimTime, using random: inout RandomStream
  ) -> HostPick {
    guard view.topology.isConsistentHash else {
      let draw = random.next()
      return pick(at: view.level(of: draw), draw, active, now, &random)
    }
    let key = hash ?? random.next()
    let (level, panicPicks) = hashLevel(key)
    let host = view.hashTable(level: level).host(of: key, attempt: 0, active: active)
    return HostPick(host: host ?? .max, panicPicks: panicPicks)
  }

  /// The level of a key, and 1 if it is in panic.
  private func hashLevel(_ key: UInt64) -> (level: Int, panicPicks: UInt32) {
    let level = view.level(of: key).level
    return (level, view.loads.panic[level] ? 1 : 0)
  }

  /// Panic, locality, host at a level that `draw` decided.
  private mutating func pick(
    at choice: (level: Int, availability: PriorityLoads.Availability), _ draw: UInt64,
    _ active: HostLoads, _ now: SimTime, _ random: inout RandomStream
  ) -> HostPick {
    let (level, availability) = choice
    let layout = view.layout
    if view.loads.panic[level] {
      if view.topology.failTrafficOnPanic { return HostPick(host: .max, panicPicks: 1) }
      let host = pick(layout.all(level), draw, active, now, &random)
      return HostPick(host: host, panicPicks: 1)
    }
    let degraded = availability == .degraded
    var source = degraded ? layout.degraded(level) : layout.healthy(level)
    if view.topology.localityWeighted {
      let schedule = 2 * level + (degraded ? 1 : 0)
      if !localitySchedules.isEmpty, localitySchedules[schedule] != nil {
        let locality = nextLocality(schedule)
        source = layout.locality(level, locality, degraded: degraded)
      }
    } else if level == 0, let routing = view.zoneRouting {
      if routing.routingEnabled >= 100 || random.below(100) < routing.routingEnabled {
        if !routing.localClusterPanics {
          let zone = routing.zone(using: &random)
          source = layout.locality(level, zone, degraded: degraded)
        } else if view.topology.failTrafficOnPanic {
          return HostPick(host: .max)
        }
      }
    }
    return HostPick(host: pick(source, draw, active, now, &random))
  }

  /// The locality whose turn it is.
  private mutating func nextLocality(_ schedule: Int) -> Int {
    guard let locality = localitySchedules[schedule]?.pick() else { return 0 }
    let weight = localityWeights[schedule * view.layout.localityCount + Int(locality)]
    localitySchedules[schedule]?.putBack(weight: weight)
    return Int(locality)
  }

  /// A host of a source; `UInt32.max` when it is empty.
  private mutating func pick(
    _ source: Int, _ draw: UInt64, _ active: HostLoads, _ now: SimTime,
    _ random: inout RandomStream
  ) -> UInt32 {
    if !schedules.isEmpty, let host = schedules[source]?.pick() {
      let weight = weight(of: host, active: active, at: now)
      schedules[source]?.putBack(weight: weight)
      return host
    }
    let hosts = view.hosts(source)
    guard !hosts.isEmpty else { return .max }
    switch view.topology.policy {
    case .roundRobin:
      return hosts[turn(of: source, count: hosts.count)]
    case .random:
      return hosts[Int(draw % UInt64(hosts.count))]  // Envoy uses the level's draw again
    case .leastRequest(let choices, let fullScan, _):
      return fullScan
        ? Self.leastActive(of: hosts, active, &random)
        : Self.leastActive(ofDrawn: choices, hosts, active, &random)
    case .ringHash, .maglev:
      return .max
    }
  }

  /// The least active of `choices` hosts drawn with replacement, ties to the earlier draw.
  private static func leastActive(
    ofDrawn choices: Int, _ hosts: UnsafeBufferPointer<UInt32>, _ active: HostLoads,
    _ random: inout RandomStream
  ) -> UInt32 {
    var best = hosts[Int(random.below(UInt32(hosts.count)))]
    for _ in 1..<max(2, choices) {
      let other = hosts[Int(random.below(UInt32(hosts.count)))]
      if active[other] < active[best] { best = other }
    }
    return best
  }

  /// The least active of all hosts, ties evenly at random: one draw for each tie met.
  private static func leastActive(
    of hosts: UnsafeBufferPointer<UInt32>, _ active: HostLoads,
    _ random: inout RandomStream
  ) -> UInt32 {
    var best = hosts[0]
    var ties: UInt32 = 1
    for host in hosts.dropFirst() {
      if active[host] < active[best] {
        best = host
        ties = 1
      } else if active[host] == active[best] {
        ties += 1
        if random.below(ties) == 0 { best = host }
      }
    }
    return best
  }
}
