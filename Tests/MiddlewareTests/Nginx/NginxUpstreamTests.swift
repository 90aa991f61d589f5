import Middleware
import Testing
import TimeAndChance

@Suite struct NginxUpstreamTests {
  private var random = RandomStream(seed: 1, name: "nginx")

  private func at(_ ms: Int64) -> SimTime { .zero + .milliseconds(ms) }

  private func servers(_ weights: [Int], maxFails: Int = 1, failTimeout: Int = 10)
    -> [NginxServerSettings]
  {
    weights.enumerated().map { index, weight in
      NginxServerSettings(
        address: "10.0.0.\(index + 1):80", weight: weight, maxFails: maxFails,
        failTimeoutSeconds: failTimeout)
    }
  }

  /// One request with one try that ends at once.
  private mutating func request(
    _ upstream: inout NginxUpstream, at now: SimTime, key: String = "",
    _ report: NginxPeerReport = .good
  ) -> Int? {
    var selection = upstream.selection(key: Array(key.utf8))
    let server = upstream.choose(for: &selection, at: now, using: &random)
    if let server { upstream.release(server, report, at: now) }
    return server
  }

  @Test func `smooth round robin gives 5 to 1 to 1 as in its description`() {
    var test = self
    var upstream = NginxUpstream(settings: NginxUpstreamSettings(servers: servers([5, 1, 1])))
    let order = (0..<7).map { test.request(&upstream, at: at($0)) }
    #expect(order == [0, 0, 1, 0, 2, 0, 0])
  }

  @Test func `shares are exact over every cycle`() {
    var test = self
    for seed in UInt64(0)..<100 {
      var draw = RandomStream(seed: seed, name: "weights")
      let weights = (0..<1 + Int(draw.below(6))).map { _ in 1 + Int(draw.below(9)) }
      var upstream = NginxUpstream(settings: NginxUpstreamSettings(servers: servers(weights)))
      for cycle in 0..<3 as Range<Int64> {
        var counts = weights.map { _ in 0 }
        for _ in 0..<weights.reduce(0, +) {
          if let server = test.request(&upstream, at: at(cycle)) { counts[server] += 1 }
        }
        #expect(counts == weights, "seed \(seed)")
      }
    }
  }

  @Test func `a failed server stays out for fail_timeout in whole seconds`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(
        servers: servers([1, 1], failTimeout: 2), wallClockPhase: .milliseconds(900)))
    #expect(test.request(&upstream, at: at(50), .failed) == 0)
    // Failed in second 0; second 2 is 2 s later and still within, second 3 begins at 2 100 ms.
    #expect(!upstream.isEligible(0, at: at(2_099)))
    #expect(upstream.isEligible(0, at: at(2_100)))
  }

  @Test func `after the ban one request looks, and hides the server from the others`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([1, 1], failTimeout: 1)))
    #expect(test.request(&upstream, at: at(0), .failed) == 0)
    var looks: [NginxSelection] = []
    var chosen: [Int?] = []
    for _ in 0..<6 {
      var selection = upstream.selection()
      chosen.append(upstream.choose(for: &selection, at: at(3_000), using: &test.random))
      looks.append(selection)
    }
    #expect(chosen.count { $0 == 0 } == 1)
    upstream.release(0, .good, at: at(3_001))
    #expect(upstream.fails(of: 0) == 0)
  }

  @Test func `failures nine seconds apart add up to max_fails 3 within 10 s`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([1, 1], maxFails: 3)))
    for second in [0, 9, 18] as [Int64] {
      while test.request(&upstream, at: at(second * 1000), .passedOn) != 1 {}
      #expect(test.request(&upstream, at: at(second * 1000), .failed) == 0)
    }
    #expect(!upstream.isEligible(0, at: at(18_500)))
  }

  @Test func `a lone server is never taken out`() {
    var test = self
    var upstream = NginxUpstream(settings: NginxUpstreamSettings(servers: servers([1])))
    for _ in 0..<5 { #expect(test.request(&upstream, at: at(0), .failed) == 0) }
  }

  @Test func `backups serve only while every primary is out`() {
    var test = self
    var lines = servers([1, 1, 1], failTimeout: 1)
    lines[2].isBackup = true
    var upstream = NginxUpstream(settings: NginxUpstreamSettings(servers: lines))
    #expect(test.request(&upstream, at: at(0), .failed) == 0)
    #expect(test.request(&upstream, at: at(0), .failed) == 1)
    #expect(test.request(&upstream, at: at(0)) == 2)
    #expect(test.request(&upstream, at: at(2_000)) != 2)
  }

  @Test func `max_conns skips a full server`() {
    var test = self
    var lines = servers([1, 1])
    lines[0].maxConns = 1
    lines[1].maxConns = 1
    var upstream = NginxUpstream(settings: NginxUpstreamSettings(servers: lines))
    let chosen = (0..<3).map { _ in
      var selection = upstream.selection()
      return upstream.choose(for: &selection, at: at(0), using: &test.random)
    }
    #expect(chosen == [0, 1, nil])
  }

  @Test func `least_conn prefers the fewest requests per weight`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([3, 1]), balancing: .leastConnections))
    for _ in 0..<8 {
      var selection = upstream.selection()
      _ = upstream.choose(for: &selection, at: at(0), using: &test.random)
    }
    #expect(upstream.connections(on: 0) == 6)
    #expect(upstream.connections(on: 1) == 2)
  }

  @Test(arguments: [NginxBalancing.hash, .consistentHash])
  func `a hash keeps its server, and only keys of a lost server move`(
    balancing: NginxBalancing
  ) {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([1, 2, 1]), balancing: balancing))
    let keys = (0..<300).map { "key\($0)" }
    let before = keys.map { test.request(&upstream, at: at(0), key: $0) }
    #expect(Set(before).count == 3)
    #expect(keys.map { test.request(&upstream, at: at(0), key: $0) } == before)
    let lost = keys[before.firstIndex(of: 1) ?? 0]
    _ = test.request(&upstream, at: at(0), key: lost, .failed)
    let after = keys.map { test.request(&upstream, at: at(0), key: $0) }
    for (old, new) in zip(before, after) { #expect(old == 1 ? new != 1 : new == old) }
  }

  @Test func `the plain hash is crc32 shifted, modulo the weights`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([1, 2, 1]), balancing: .hash))
    for key in ["a", "key7", "user-42"] {
      let place = Int((CRC32(of: key.utf8).value >> 16) & 0x7fff) % 4
      #expect(test.request(&upstream, at: at(0), key: key) == [0, 1, 1, 2][place])
    }
  }

  @Test func `ip_hash sends one address to one server`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([1, 1, 1]), balancing: .ipHash))
    var seen: Set<Int> = []
    for last in 0..<60 as Range<UInt8> {
      var first = upstream.selection(key: [10, 0, last])
      var second = upstream.selection(key: [10, 0, last])
      let one = upstream.choose(for: &first, at: at(0), using: &test.random)
      let two = upstream.choose(for: &second, at: at(0), using: &test.random)
      #expect(one == two)
      if let one { seen.insert(one) }
    }
    #expect(seen.count == 3)
  }

  @Test func `random two avoids the loaded server`() {
    var test = self
    var upstream = NginxUpstream(
      settings: NginxUpstreamSettings(servers: servers([1, 1]), balancing: .randomTwo))
    for _ in 0..<40 {
      var selection = upstream.selection()
      _ = upstream.choose(for: &selection, at: at(0), using: &test.random)
      #expect(abs(upstream.connections(on: 0) - upstream.connections(on: 1)) <= 1)
    }
  }

  @Test(arguments: [
    NginxBalancing.roundRobin, .leastConnections, .hash, .consistentHash, .random, .randomTwo,
  ])
  func `requests in progress are conserved and none is tried twice`(balancing: NginxBalancing) {
    for seed in UInt64(0)..<20 {
      var draw = RandomStream(seed: seed, name: "conserve")
      var upstream = NginxUpstream(
        settings: NginxUpstreamSettings(
          servers: servers([2, 1, 3, 1], failTimeout: 1), balancing: balancing))
      var running: [Int] = []
      var now: Int64 = 0
      for step in 0..<200 {
        now += Int64(draw.below(300))
        if draw.below(3) > 0 || running.isEmpty {
          var selection = upstream.selection(key: Array("k\(step)".utf8))
          var tried: [Int] = []
          for _ in 0..<4 {
            guard let server = upstream.choose(for: &selection, at: at(now), using: &draw) else {
              break
            }
            #expect(!tried.contains(server), "seed \(seed)")
            tried.append(server)
            if draw.below(4) > 0 {
              running.append(server)
              break
            }
            upstream.release(server, .failed, at: at(now))
          }
        } else {
          let index = Int(draw.below(UInt32(running.count)))
          upstream.release(running.remove(at: index), .good, at: at(now))
        }
        let counted = (0..<4).map { upstream.connections(on: $0) }
        let expected = (0..<4).map { server in running.count { $0 == server } }
        #expect(counted == expected, "seed \(seed)")
      }
    }
  }
}
