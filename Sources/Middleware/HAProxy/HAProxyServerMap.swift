/// The map behind `static-rr` and `hash-type map-based`: usable servers laid out by weight.
///
/// The map has one place per unit of weight after division by the common divisor and is rebuilt
/// when a server goes up or down, which moves most hash keys.
///
/// - Source: HAProxy `src/lb_map.c`, `recalc_server_map`.
public struct HAProxyServerMap: Sendable, Equatable {
  private let weights: [Int]
  private var isIn: [Bool]
  private var places: [Int] = []
  private var turn = 0

  /// Servers with these weights (0 to 256), all usable.
  public init(weights: [Int]) {
    let divisor = weights.reduce(0, Self.commonDivisor)
    self.weights = weights.map { divisor > 0 ? $0 / divisor : 0 }
    isIn = weights.map { $0 > 0 }
    rebuild()
  }

  /// The number of usable servers.
  public var count: Int { isIn.count { $0 } }

  /// Takes a server out or puts it back.
  public mutating func set(_ server: Int, isUsable: Bool) {
    isIn[server] = isUsable && weights[server] > 0
    rebuild()
  }

  /// The server of a hash; nil when none is usable.
  public func server(hash: UInt32) -> Int? {
    places.isEmpty ? nil : places[Int(hash) % places.count]
  }

  /// The server whose turn it is by `static-rr`; the avoided one only when there is no other.
  public mutating func next(avoiding avoided: Int?, isFull: (Int) -> Bool) -> Int? {
    var fallback: (server: Int, turn: Int)?
    for step in 0..<places.count {
      let place = (turn + step) % places.count
      let server = places[place]
      if isFull(server) { continue }
      if server != avoided {
        turn = (place + 1) % places.count
        return server
      }
      if fallback == nil { fallback = (server, (place + 1) % places.count) }
    }
    if let fallback { turn = fallback.turn }
    return fallback?.server
  }

  private mutating func rebuild() {
    let total = weights.indices.reduce(0) { $0 + (isIn[$1] ? weights[$1] : 0) }
    var scores = [Int](repeating: 0, count: weights.count)
    places = []
    turn = 0
    for _ in 0..<total {
      var best = -1
      var highest = 0
      for server in weights.indices where isIn[server] {
        scores[server] += weights[server]
        let value = (scores[server] + total) / total
        if best < 0 || value > highest {
          highest = value
          best = server
        }
      }
      places.append(best)
      scores[best] -= total
    }
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : commonDivisor(b, a % b)
  }
}

/// The ring of `hash-type consistent`: 16 points per unit of weight; a key goes to the nearest
/// point on either side, the one before it on a tie.
///
/// - Source: HAProxy `src/lb_chash.c`. A point's place is the avalanche of
///   `server number * 4096 + point`, servers numbered from 1 in the order written.
public struct HAProxyHashRing: Sendable, Equatable {
  private struct Point: Sendable, Equatable {
    let place: UInt32
    let server: Int
  }

  private let points: [Point]
  private var isIn: [Bool]

  /// Servers with these weights (0 to 256), all usable.
  public init(weights: [Int]) {
    isIn = weights.map { $0 > 0 }
    let all = weights.indices.flatMap { server in
      (0..<weights[server] * 16).map { point in
        let seed = UInt32(truncatingIfNeeded: (server + 1) * 4096 + point)
        return Point(place: HAProxyHash.avalanche(seed), server: server)
      }
    }
    let order = all.indices.sorted { (all[$0].place, $0) < (all[$1].place, $1) }
    points = order.map { all[$0] }
  }

  /// The number of usable servers.
  public var count: Int { isIn.count { $0 } }

  /// Takes a server out or puts it back.
  public mutating func set(_ server: Int, isUsable: Bool) {
    isIn[server] = isUsable
  }

  /// The server of a hash; nil when none is usable.
  public func server(hash: UInt32) -> Int? {
    guard points.contains(where: { isIn[$0.server] }) else { return nil }
    var start = 0
    var end = points.count
    while start < end {
      let middle = (start + end) / 2
      if points[middle].place < hash { start = middle + 1 } else { end = middle }
    }
    var after = start % points.count
    while !isIn[points[after].server] { after = (after + 1) % points.count }
    var before = (start + points.count - 1) % points.count
    while !isIn[points[before].server] { before = (before + points.count - 1) % points.count }
    let (next, previous) = (points[after], points[before])
    return hash &- previous.place <= next.place &- hash ? previous.server : next.server
  }
}
