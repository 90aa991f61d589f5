/// The consistent-hash table of a level, with its bound on load if there is one.
final class HashTable {
  enum Kind {
    case ring(RingHashTable)
    case maglev(MaglevTable)
  }
  let kind: Kind
  private let entries: [HashedHost]
  private let balanceFactor: Int

  /// The table of a view's level: healthy hosts, or all in panic.
  ///
  /// - Source: Envoy `source/extensions/load_balancing_policies/common/thread_aware_lb_impl.cc`
  ///   (normalizeWeights).
  init(_ view: HostSetView, level: Int) {
    let topology = view.topology
    let layout = view.layout
    let inPanic = view.loads.panic[level]
    let hosts = view.hosts(inPanic ? layout.all(level) : layout.healthy(level))
    var entries: [HashedHost] = []

    func append(_ members: some Sequence<UInt32>, share: Double) {
      let sum = members.reduce(0.0) { $0 + Double(topology.hosts[Int($1)].weight) }
      for host in members {
        let weight = Double(topology.hosts[Int(host)].weight) * share / sum
        entries.append(
          HashedHost(host: host, key: topology.hosts[Int(host)].hashKey, weight: weight))
      }
    }

    let total = topology.localityWeights.reduce(0.0) { $0 + Double($1) }
    if topology.localityWeighted, !topology.localityWeights.isEmpty {
      if total > 0 {
        for (locality, weight) in topology.localityWeights.enumerated() where weight > 0 {
          let members = hosts.filter { topology.localityOfHost[Int($0)] == locality }
          append(members, share: Double(weight) / total)
        }
      }
    } else {
      append(hosts, share: 1)
    }
    self.entries = entries
    balanceFactor = topology.hashBalanceFactor
    switch topology.policy {
    case .ringHash(let minimum, let maximum):
      kind = .ring(
        RingHashTable(entries, minimumRingSize: minimum, maximumRingSize: maximum))
    case .maglev(let size):
      kind = .maglev(MaglevTable(entries, size: size))
    case .roundRobin, .leastRequest, .random:
      preconditionFailure("\(topology.policy) has no hash table")
    }
  }

  /// The host of a key; with a balance factor, another one if that has too many active requests.
  func host(of hash: UInt64, attempt: Int, active: HostLoads) -> UInt32? {
    let chosen =
      switch kind {
      case .ring(let ring): ring.host(of: hash, attempt: attempt)
      case .maglev(let table): table.host(of: hash, attempt: attempt)
      }
    guard balanceFactor > 0, let chosen else { return chosen }
    return bounded(chosen, hash: hash, active: active)
  }

  /// Consistent hashing with bounded loads: the host itself if it has room, else hosts in an order
  /// that the hash seeds, else the least overloaded.
  ///
  /// - Source: Envoy `thread_aware_lb_impl.cc` (BoundedLoadHashingLoadBalancer::chooseHost).
  private func bounded(
    _ chosen: UInt32, hash: UInt64, active: HostLoads
  ) -> UInt32 {
    let overall = entries.reduce(UInt64(0)) { $0 + UInt64(active[$1.host]) }
    let slots = ((overall + 1) * UInt64(balanceFactor) + 99) / 100
    func overload(_ entry: HashedHost) -> Double {
      let own = max(1, (Double(slots) * entry.weight).rounded(.up))
      return Double(active[entry.host]) / own
    }
    guard let entry = entries.first(where: { $0.host == chosen }) else { return chosen }
    var least = overload(entry)
    if least <= 1 { return chosen }

    var best = chosen
    var order = Array(entries.indices)
    var twister = MersenneTwister(seed: UInt32(truncatingIfNeeded: hash))
    for index in order.indices {
      order.swapAt(index, index + Int(twister.below(UInt32(order.count - index))))
      let other = entries[order[index]]
      if other.host == chosen { continue }
      let factor = overload(other)
      if factor <= 1 { return other.host }
      if factor < least {
        least = factor
        best = other.host
      }
    }
    return best
  }
}

/// The 32-bit Mersenne Twister, which seeds the order of hosts for an overloaded key.
///
/// - Source: M. Matsumoto, T. Nishimura, MT19937 (`std::mt19937`).
struct MersenneTwister {
  private var state: [UInt32]
  private var index = 624

  init(seed: UInt32) {
    state = [seed]
    for i in 1..<624 {
      let previous = state[i - 1]
      state.append(1_812_433_253 &* (previous ^ (previous &>> 30)) &+ UInt32(i))
    }
  }

  mutating func next() -> UInt32 {
    if index == 624 {
      for i in 0..<624 {
        let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
        state[i] = state[(i + 397) % 624] ^ (y &>> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
      }
      index = 0
    }
    var y = state[index]
    index += 1
    y ^= y &>> 11
    y ^= (y &<< 7) & 0x9d2c_5680
    y ^= (y &<< 15) & 0xefc6_0000
    return y ^ (y &>> 18)
  }

  /// An even draw from `0 ..< bound`, as Envoy makes it.
  mutating func below(_ bound: UInt32) -> UInt32 {
    let divisor = (UInt64(UInt32.max) + 1) / UInt64(bound)
    while true {
      let drawn = UInt64(next()) / divisor
      if drawn < UInt64(bound) { return UInt32(drawn) }
    }
  }
}
