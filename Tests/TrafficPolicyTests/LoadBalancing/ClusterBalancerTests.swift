import Testing
import TimeAndChance
import TrafficPolicy

/// A balancer with the counts of active requests that it looks at.
struct BalancerBench {
  let views: HostSetViews
  var health: ContiguousArray<HostHealth>
  var active: [UInt32]
  var random: RandomStream
  var balancer: ClusterBalancer
  var now = SimTime.zero

  init(
    _ hosts: [HostTopology.Host], seed: UInt64 = 1, healthy: [Bool]? = nil,
    _ change: (inout Cluster) -> Void
  ) {
    var cluster = Cluster(name: "svc")
    change(&cluster)
    views = HostSetViews(HostTopology(cluster, hosts: hosts))
    health = ContiguousArray(hosts.indices.map { healthy?[$0] ?? true ? .healthy : .unhealthy })
    let counts = [UInt32](repeating: 0, count: hosts.count)
    let view = views.view(of: health)
    var draws = RandomStream(seed: seed, name: "balancer")
    balancer = counts.withUnsafeBufferPointer {
      ClusterBalancer(view: view, active: HostLoads($0), at: .zero, using: &draws)
    }
    active = counts
    random = draws
  }

  mutating func set(_ host: Int, _ state: HostHealth) {
    health[host] = state
    let active = active
    active.withUnsafeBufferPointer {
      balancer.apply(views.view(of: health), active: HostLoads($0), at: now, using: &random)
    }
  }

  mutating func pick(hash: UInt64? = nil) -> HostPick {
    let active = active
    return active.withUnsafeBufferPointer {
      balancer.pick(hash: hash, active: HostLoads($0), at: now, using: &random)
    }
  }

  mutating func pickForRetry(
    hash: UInt64? = nil, tried: [UInt32], hostSelectionMaxAttempts: Int
  ) -> HostPick {
    let active = active
    return active.withUnsafeBufferPointer { active in
      tried.withUnsafeBufferPointer { tried in
        balancer.pickForRetry(
          hash: hash, tried: tried, hostSelectionMaxAttempts: hostSelectionMaxAttempts,
          active: HostLoads(active), at: now, using: &random)
      }
    }
  }

  /// How often each host is picked.
  mutating func counts(_ picks: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: active.count)
    for _ in 0..<picks {
      let pick = pick()
      if !pick.isNone { counts[Int(pick.host)] += 1 }
    }
    return counts
  }
}

func plainHosts(_ count: Int) -> [HostTopology.Host] {
  (0..<count).map { HostTopology.Host(hashKey: "10.0.0.\($0):80") }
}

/// True when `count` of `total` draws is within 4.5 standard deviations of their probability.
func isNear(_ count: Int, of total: Int, _ probability: Double) -> Bool {
  let n = Double(total)
  let spread = 4.5 * (n * probability * (1 - probability)).squareRoot()
  return abs(Double(count) - n * probability) < spread
}

@Suite struct ClusterBalancerTests {
  @Test func `round robin takes turns from a random start and goes on after a change`() {
    var starts: Set<UInt32> = []
    for seed in UInt64(0)..<50 {
      var bench = BalancerBench(plainHosts(5), seed: seed) { $0.loadBalancer = .roundRobin }
      let picks = (0..<10).map { _ in bench.pick().host }
      starts.insert(picks[0])
      for (turn, host) in picks.enumerated() {
        #expect(host == (picks[0] + UInt32(turn)) % 5)
      }
      bench.set(2, .unhealthy)
      #expect(bench.counts(40) == [10, 10, 0, 10, 10])
      bench.set(2, .healthy)
      #expect(bench.counts(40) == [8, 8, 8, 8, 8])
    }
    #expect(starts.count == 5)
  }

  /// Vector `round-robin-weighted`: weights 5, 3, 1, from every start.
  ///
  /// Deadlines are sums of fractions, so at a tie two hosts may change places.
  @Test func `weighted turns follow the weights over whole cycles`() {
    for seed in UInt64(0)..<100 {
      let hosts = [5, 3, 1].map { HostTopology.Host(weight: $0) }
      var bench = BalancerBench(hosts, seed: seed) { $0.loadBalancer = .roundRobin }
      for (count, share) in zip(bench.counts(900), [500, 300, 100]) {
        #expect(abs(count - share) <= 1, "seed \(seed)")
      }
    }
  }

  @Test func `a schedule with prepicks goes on as one that was really picked`() {
    let weights = [7.0, 2.0, 2.5, 1.0]
    let items: [UInt32] = [0, 1, 2, 3]
    for picks in [0, 1, 5, 24, 25, 26, 1_000] as [UInt32] {
      var quick = items.withUnsafeBufferPointer {
        EDFScheduler(items: $0, picks: picks) { weights[Int($0)] }
      }
      var counts = [Int](repeating: 0, count: 4)
      for _ in 0..<2_500 {
        let item = quick.pick()
        counts[Int(item)] += 1
        quick.putBack(weight: weights[Int(item)])
      }
      for (count, weight) in zip(counts, weights) {
        #expect(abs(Double(count) - 2_500 * weight / 12.5) <= 1, "\(picks) picks")
      }
    }
  }

  @Test func `ties of deadlines go in order of insertion`() {
    let items: [UInt32] = [4, 2, 9]
    var schedule = items.withUnsafeBufferPointer { EDFScheduler(items: $0, picks: 0) { _ in 1 } }
    let picked = (0..<6).map { _ in
      let item = schedule.pick()
      schedule.putBack(weight: 1)
      return item
    }
    #expect(picked == [4, 2, 9, 4, 2, 9])
  }

  @Test func `least request keeps the less active of two drawn with replacement`() {
    var bench = BalancerBench(plainHosts(4)) { $0.loadBalancer = .leastRequest() }
    bench.active = [5, 0, 0, 5]
    let counts = bench.counts(16_000)
    // A busy host is taken only when both draws are busy: 4 of 16 pairs, evenly shared.
    for (host, probability) in [0.125, 0.375, 0.375, 0.125].enumerated() {
      #expect(isNear(counts[host], of: 16_000, probability))
    }
  }

  @Test func `more choices and a full scan avoid the busy host more`() {
    var three = BalancerBench(plainHosts(3)) { $0.loadBalancer = .leastRequest(choiceCount: 3) }
    three.active = [0, 0, 1]
    let picked = three.counts(27_000)[2]
    #expect(isNear(picked, of: 27_000, 1.0 / 27))

    var scan = BalancerBench(plainHosts(3)) {
      $0.loadBalancer = .leastRequest(choiceCount: 2, fullScan: true)
    }
    scan.active = [1, 0, 0]
    let counts = scan.counts(10_000)
    #expect(counts[0] == 0)
    #expect(isNear(counts[1], of: 10_000, 0.5))
  }

  /// Vector `least-request-slow-host`, weights 1, 1, 2: a closed loop of 12 users.
  @Test func `weighted least request reproduces the measured shares of a slow host`() {
    let hosts = [1, 1, 2].map { HostTopology.Host(weight: $0) }
    let latency: [Int64] = [11_500, 11_500, 101_500]  // microseconds, with transport
    var shares = [0.0, 0.0, 0.0]
    for seed in UInt64(0)..<10 {
      var bench = BalancerBench(hosts, seed: seed) { $0.loadBalancer = .leastRequest() }
      var due: [(time: Int64, user: Int, host: Int)] = []
      var counts = [0, 0, 0]
      var now: Int64 = 0
      func start(_ user: Int) {
        let host = Int(bench.pick().host)
        counts[host] += 1
        bench.active[host] += 1
        due.append((now + latency[host], user, host))
      }
      for user in 0..<12 { start(user) }
      while counts.reduce(0, +) < 2_400 {
        guard let next = due.indices.min(by: { due[$0].time < due[$1].time }) else { break }
        let done = due.remove(at: next)
        now = done.time
        bench.active[done.host] -= 1
        start(done.user)
      }
      for host in 0..<3 { shares[host] += Double(counts[host]) / 24 }
    }
    #expect(abs(shares[0] - 40.7 * 10) < 15)
    #expect(abs(shares[2] - 18.8 * 10) < 15)
  }

  @Test func `random is even and ignores weights`() {
    let hosts = [9, 1, 1].map { HostTopology.Host(weight: $0) }
    var bench = BalancerBench(hosts) { $0.loadBalancer = .random }
    for count in bench.counts(30_000) {
      #expect(isNear(count, of: 30_000, 1.0 / 3))
    }
  }

  @Test func `in panic all hosts are used and counted as panic picks`() {
    var bench = BalancerBench(plainHosts(4), healthy: [true, false, false, false]) {
      $0.loadBalancer = .roundRobin
    }
    var panics: UInt32 = 0
    for _ in 0..<120 { panics += bench.pick().panicPicks }
    #expect(panics == 120)
    #expect(bench.counts(120) == [30, 30, 30, 30])
  }

  @Test func `without panic nothing healthy means no host`() {
    var bench = BalancerBench(plainHosts(3), healthy: [false, false, false]) {
      $0.panicThreshold = 0
    }
    let pick = bench.pick()
    #expect(pick.isNone)
    #expect(pick.panicPicks == 0)
    var failing = BalancerBench(plainHosts(3), healthy: [false, false, false]) {
      $0.failTrafficOnPanic = true
    }
    let refused = failing.pick()
    #expect(refused == HostPick(host: .max, panicPicks: 1))
    var empty = BalancerBench([]) { $0.loadBalancer = .leastRequest() }
    let nothing = empty.pick()
    #expect(nothing.isNone)
  }

  /// Vector `priority-failover`: 2 of 4 healthy keep 70 percent.
  @Test(arguments: [LoadBalancerPolicy.roundRobin, .leastRequest(), .random])
  func `levels share by their loads`(policy: LoadBalancerPolicy) {
    let hosts = (0..<8).map { HostTopology.Host(priority: $0 / 4) }
    var bench = BalancerBench(
      hosts, healthy: [false, false, true, true, true, true, true, true]
    ) { $0.loadBalancer = policy }
    let counts = bench.counts(30_000)
    #expect(counts[0] + counts[1] == 0)
    #expect(isNear(counts[0...3].reduce(0, +), of: 30_000, 0.7))
  }

  /// Vector `locality-weighted`: weights 80 and 20, healthy of 4 in the first zone, its share.
  @Test(arguments: [(4, 80.0), (2, 73.7), (1, 58.3)])
  func `localities share by weight and availability`(healthy: Int, share: Double) {
    let hosts = (0..<8).map { HostTopology.Host(locality: $0 < 4 ? "z1" : "z2") }
    let health = (0..<8).map { $0 >= 4 || $0 >= 4 - healthy }
    var bench = BalancerBench(hosts, healthy: health) {
      $0.localityWeighted = true
      $0.localityWeights = [
        Cluster.LocalityWeight(locality: "z1", weight: 80),
        Cluster.LocalityWeight(locality: "z2", weight: 20),
      ]
    }
    let counts = bench.counts(3_000)
    #expect(abs(Double(counts[0...3].reduce(0, +)) / 30 - share) < 0.3)
  }

  /// Vectors `slow-start-round-robin` and `slow-start-aggression-2`: a new host among three.
  @Test(arguments: [1.0, 2.0])
  func `a new host's share grows with its time in service`(aggression: Double) {
    var bench = BalancerBench(plainHosts(4)) {
      $0.slowStart = SlowStartSettings(window: .seconds(10), aggression: aggression)
    }
    bench.set(3, .absent)
    bench.now = .zero + .seconds(20)
    _ = bench.counts(100)
    bench.set(3, .healthy)
    let joined = bench.now
    for second in Int64(0)..<14 {
      var picks = 0
      for request in Int64(0)..<150 {
        bench.now = joined + .milliseconds(second * 1_000 + request * 1_000 / 150)
        if bench.pick().host == 3 { picks += 1 }
      }
      guard second > 0 else { continue }
      let time = min(1, (Double(second) + 0.5) / 10)
      let factor = aggression == 1 ? time : time.squareRoot()
      let share = 100 * factor / (3 + factor)
      #expect(abs(Double(picks) / 1.5 - share) < 3, "second \(second)")
    }
  }

  @Test func `release from ejection starts no slow start, a passed first check does`() {
    var bench = BalancerBench(plainHosts(3)) {
      $0.slowStart = SlowStartSettings(window: .seconds(6))
    }
    bench.now = .zero + .seconds(10)
    bench.set(0, .unhealthy)
    bench.set(0, .healthy)
    #expect(bench.counts(300) == [100, 100, 100])
    bench.set(0, .unhealthy)
    bench.now = bench.now + .seconds(1)
    bench.balancer.healthCheckPassed(host: 0, at: bench.now)
    bench.set(0, .healthy)
    #expect(bench.counts(300)[0] < 25)
  }

  @Test func `a retry's picks avoid hosts already tried`() {
    var bench = BalancerBench(plainHosts(2)) { $0.loadBalancer = .random }
    for attempts in 0...3 {
      var same = 0
      for _ in 0..<8_000 {
        let pick = bench.pickForRetry(tried: [1], hostSelectionMaxAttempts: attempts)
        if pick.host == 1 { same += 1 }
      }
      let probability = 1 / Double(1 << (attempts + 1))
      #expect(isNear(same, of: 8_000, probability), "\(attempts) attempts")
    }
  }

  @Test(arguments: [LoadBalancerPolicy.ringHash(), .maglev(tableSize: 1009)])
  func `a key stays with its host, and a retry finds others`(policy: LoadBalancerPolicy) {
    var bench = BalancerBench(plainHosts(5)) { $0.loadBalancer = policy }
    let key = XXHash64.hash("user-17")
    let host = bench.pick(hash: key).host
    for _ in 0..<20 { #expect(bench.pick(hash: key).host == host) }
    let retry = bench.pickForRetry(hash: key, tried: [host], hostSelectionMaxAttempts: 20)
    #expect(retry.host != host)
    bench.set(Int(host), .unhealthy)
    #expect(bench.pick(hash: key).host != host)
    bench.set(Int(host), .healthy)
    #expect(bench.pick(hash: key).host == host)
    #expect(Set((0..<200).map { _ in bench.pick().host }).count == 5)
  }

  @Test func `a bound on load moves keys off a busy host, always to the same one`() {
    var bench = BalancerBench(plainHosts(5)) {
      $0.loadBalancer = .ringHash()
      $0.hashBalanceFactor = 125
    }
    let key = XXHash64.hash("user-17")
    let host = bench.pick(hash: key).host
    bench.active[Int(host)] = 50
    let other = bench.pick(hash: key).host
    #expect(other != host)
    for _ in 0..<10 { #expect(bench.pick(hash: key).host == other) }
  }

  @Test func `zone aware routing keeps what the own zone can carry`() {
    let hosts = (0..<10).map { HostTopology.Host(locality: $0 < 2 ? "a" : $0 < 7 ? "b" : "c") }
    var bench = BalancerBench(hosts) {
      $0.loadBalancer = .random
      $0.zoneAware = ZoneAwareSettings(
        localLocality: "a",
        localCluster: [
          ZoneAwareSettings.LocalHosts(locality: "a", hosts: 4),
          ZoneAwareSettings.LocalHosts(locality: "b", hosts: 4),
          ZoneAwareSettings.LocalHosts(locality: "c", hosts: 2),
        ])
    }
    // Upstream 20, 50, 30 percent; clients 40, 40, 20: half stays, the rest goes 10 to 10.
    let counts = bench.counts(40_000)
    let zones = [counts[0..<2].reduce(0, +), counts[2..<7].reduce(0, +), counts[7...].reduce(0, +)]
    for (zone, share) in [0.5, 0.25, 0.25].enumerated() {
      #expect(isNear(zones[zone], of: 40_000, share))
    }
  }

  @Test func `a zone with enough hosts keeps all, a small cluster looks at no zones`() {
    func bench(_ count: Int) -> BalancerBench {
      let hosts = (0..<count).map { HostTopology.Host(locality: $0 % 2 == 0 ? "a" : "b") }
      return BalancerBench(hosts) {
        $0.loadBalancer = .roundRobin
        $0.zoneAware = ZoneAwareSettings(
          localLocality: "a",
          localCluster: [
            ZoneAwareSettings.LocalHosts(locality: "a", hosts: 1),
            ZoneAwareSettings.LocalHosts(locality: "b", hosts: 1),
          ])
      }
    }
    var large = bench(6)
    #expect(large.counts(300) == [100, 0, 100, 0, 100, 0])
    var small = bench(4)
    #expect(small.counts(300) == [75, 75, 75, 75])
  }

  @Test func `views are shared by health and drop nothing of it`() {
    let bench = BalancerBench(plainHosts(3)) { _ in }
    let again = bench.views.view(of: bench.health)
    #expect(again === bench.balancer.view)
    var other = bench.health
    other[1] = .degraded
    #expect(bench.views.view(of: other) !== again)
  }

  @Test func `only eligible hosts are ever picked`() {
    let policies: [LoadBalancerPolicy] = [
      .roundRobin, .leastRequest(), .leastRequest(choiceCount: 3), .leastRequest(fullScan: true),
      .random, .ringHash(minimumRingSize: 64), .maglev(tableSize: 101),
    ]
    for seed in UInt64(0)..<120 {
      var random = RandomStream(seed: seed, name: "health")
      let hosts = (0..<9).map { index in
        HostTopology.Host(
          weight: random.below(3) == 0 ? 2 : 1, priority: Int(random.below(2)),
          locality: random.below(2) == 0 ? "a" : "b", hashKey: "h\(index)")
      }
      var bench = BalancerBench(hosts, seed: seed) {
        $0.loadBalancer = policies[Int(seed) % policies.count]
        $0.panicThreshold = 0
        $0.localityWeighted = seed % 3 == 0
        $0.localityWeights = [
          Cluster.LocalityWeight(locality: "a", weight: 1),
          Cluster.LocalityWeight(locality: "b", weight: 3),
        ]
        $0.slowStart = seed % 5 == 0 ? SlowStartSettings(window: .seconds(3)) : nil
      }
      for step in 0..<40 {
        bench.now = bench.now + .milliseconds(200)
        let states: [HostHealth] = [.absent, .healthy, .healthy, .degraded, .unhealthy]
        bench.set(Int(random.below(9)), states[Int(random.below(5))])
        for _ in 0..<20 {
          let pick = bench.pick()
          if pick.isNone { continue }
          let state = bench.health[Int(pick.host)]
          #expect(state == .healthy || state == .degraded, "seed \(seed) step \(step)")
          bench.active[Int(pick.host)] += random.below(2)
        }
      }
    }
  }
}
