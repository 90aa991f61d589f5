/// The state of whichever `balance` algorithm a group of servers uses.
enum HAProxyBalancer: Sendable, Equatable {
  case roundrobin(HAProxyRoundRobin)
  case leastconn(HAProxyLeastConnections)
  case map(HAProxyServerMap, isHash: Bool)
  case ring(HAProxyHashRing)

  init(_ balancing: HAProxyBalancing, weights: [Int]) {
    switch balancing {
    case .roundrobin: self = .roundrobin(HAProxyRoundRobin(weights: weights))
    case .leastconn: self = .leastconn(HAProxyLeastConnections(weights: weights))
    case .staticRR: self = .map(HAProxyServerMap(weights: weights), isHash: false)
    case .hashMap: self = .map(HAProxyServerMap(weights: weights), isHash: true)
    case .hashConsistent: self = .ring(HAProxyHashRing(weights: weights))
    }
  }

  /// Servers in the rotation.
  var count: Int {
    switch self {
    case .roundrobin(let state): state.count
    case .leastconn(let state): state.count
    case .map(let state, _): state.count
    case .ring(let state): state.count
    }
  }

  /// The next server; a hash keeps its server even when it is full.
  mutating func next(avoiding avoided: Int?, hash: UInt32, isFull: (Int) -> Bool) -> Int? {
    switch self {
    case .roundrobin(var state):
      let server = state.next(avoiding: avoided, isFull: isFull)
      self = .roundrobin(state)
      return server
    case .leastconn(let state):
      return state.next(avoiding: avoided, isFull: isFull)
    case .map(let state, isHash: true):
      return state.server(hash: hash)
    case .map(var state, isHash: false):
      let server = state.next(avoiding: avoided, isFull: isFull)
      self = .map(state, isHash: false)
      return server
    case .ring(let state):
      return state.server(hash: hash)
    }
  }

  mutating func update(_ server: Int, inFlight: Int) {
    guard case .leastconn(var state) = self else { return }
    state.update(server, inFlight: inFlight)
    self = .leastconn(state)
  }

  mutating func set(_ server: Int, isUsable: Bool, inFlight: Int) {
    switch self {
    case .roundrobin(var state):
      if isUsable { state.insert(server) } else { state.remove(server) }
      self = .roundrobin(state)
    case .leastconn(var state):
      if isUsable { state.insert(server, inFlight: inFlight) } else { state.remove(server) }
      self = .leastconn(state)
    case .map(var state, let isHash):
      state.set(server, isUsable: isUsable)
      self = .map(state, isHash: isHash)
    case .ring(var state):
      state.set(server, isUsable: isUsable)
      self = .ring(state)
    }
  }
}
