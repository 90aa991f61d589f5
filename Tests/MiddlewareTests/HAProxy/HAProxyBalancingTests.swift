import Middleware
import Testing
import TimeAndChance

@Suite struct HAProxyBalancingTests {
  private func turns(_ rotation: inout HAProxyRoundRobin, _ count: Int) -> [Int] {
    (0..<count).compactMap { _ in rotation.next(avoiding: nil) { _ in false } }
  }

  @Test func `weights 3 to 2 to 1 give the recorded order`() {
    var rotation = HAProxyRoundRobin(weights: [3, 2, 1])
    #expect(turns(&rotation, 12) == [0, 1, 0, 2, 0, 1, 0, 1, 0, 2, 0, 1])
  }

  @Test func `shares follow the weights within one turn`() {
    for seed in UInt64(0)..<100 {
      var random = RandomStream(seed: seed, name: "fwrr")
      let weights = (0..<1 + Int(random.below(6))).map { _ in 1 + Int(random.below(20)) }
      var rotation = HAProxyRoundRobin(weights: weights)
      let total = weights.reduce(0, +)
      let order = turns(&rotation, total * 16)
      for (server, weight) in weights.enumerated() {
        let count = order.count { $0 == server }
        #expect(abs(count - weight * 16) <= 16, "seed \(seed): \(weights)")
      }
    }
  }

  @Test func `a server that is out, full or avoided is passed over`() {
    var rotation = HAProxyRoundRobin(weights: [1, 1, 1])
    #expect(rotation.next(avoiding: 0) { _ in false } == 1)
    #expect(rotation.next(avoiding: nil) { $0 != 2 } == 2)
    #expect(rotation.next(avoiding: nil) { _ in true } == nil)
    rotation.remove(0)
    #expect(!turns(&rotation, 50).contains(0))
    rotation.insert(0)
    let after = turns(&rotation, 60)
    #expect(abs(after.count { $0 == 0 } - 20) <= 2)
    rotation.remove(1)
    rotation.remove(2)
    // The only one left is used although it is to be avoided.
    #expect(rotation.next(avoiding: 0) { _ in false } == 0)
  }

  @Test func `a changed weight changes the shares`() {
    var rotation = HAProxyRoundRobin(weights: [1, 1])
    _ = turns(&rotation, 5)
    rotation.setWeight(3, of: 0)
    _ = turns(&rotation, 64)
    let order = turns(&rotation, 400)
    #expect(abs(order.count { $0 == 0 } - 300) <= 4)
    rotation.setWeight(0, of: 1)
    #expect(Set(turns(&rotation, 20)) == [0])
    rotation.setWeight(1, of: 1)
    #expect(Set(turns(&rotation, 20)) == [0, 1])
  }

  @Test func `leastconn takes turns among equals and prefers the idle`() {
    var rotation = HAProxyLeastConnections(weights: [1, 1, 1])
    rotation.update(0, inFlight: 1)
    #expect(rotation.next(avoiding: nil) { _ in false } == 1)
    rotation.update(1, inFlight: 1)
    rotation.update(1, inFlight: 0)
    #expect(rotation.next(avoiding: nil) { _ in false } == 2)
    #expect(rotation.next(avoiding: 2) { _ in false } == 1)
  }

  @Test func `static-rr keeps the map's shares`() {
    var map = HAProxyServerMap(weights: [4, 2, 2])
    let order = (0..<8).compactMap { _ in map.next(avoiding: nil) { _ in false } }
    #expect((0..<3).map { server in order.count { $0 == server } } == [4, 2, 2])
  }

  @Test func `the ring moves only the keys of a lost server`() {
    var ring = HAProxyHashRing(weights: [1, 1, 1])
    let keys = (0..<500).map { HAProxyHash.sdbm("key\($0)".utf8, avalanche: true) }
    let before = keys.map { ring.server(hash: $0) }
    ring.set(1, isUsable: false)
    for (key, old) in zip(keys, before) {
      let new = ring.server(hash: key)
      #expect(old == 1 ? new != 1 : new == old)
    }
    #expect(ring.count == 2)
  }
}
