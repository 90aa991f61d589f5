/// HAProxy's `leastconn`: the lowest (requests in progress and waiting + 1) / weight; idle servers
/// all count 0, and among equals the one that waited longest in its place goes first.
///
/// - Source: HAProxy `src/lb_fwlc.c`.
public struct HAProxyLeastConnections: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    let weight: Int
    var isIn: Bool
    var key = 0
    var order: Int
  }

  private static let weightMaximum = 256 * 16
  private var entries: [Entry]
  private var orders: Int

  /// Servers with these weights (0 to 256), all usable and idle; a weight of 0 stays out.
  public init(weights: [Int]) {
    entries = weights.enumerated().map { index, weight in
      Entry(weight: weight * 16, isIn: weight > 0, order: index)
    }
    orders = weights.count
  }

  /// The number of servers in the rotation.
  public var count: Int { entries.count { $0.isIn } }

  /// Takes a server out.
  public mutating func remove(_ server: Int) { entries[server].isIn = false }

  /// Puts a server back with so many requests in progress and waiting.
  public mutating func insert(_ server: Int, inFlight: Int) {
    if entries[server].isIn || entries[server].weight == 0 { return }
    entries[server].isIn = true
    place(server, key: key(of: server, inFlight))
  }

  /// Tells how many requests a server now has in progress and waiting.
  public mutating func update(_ server: Int, inFlight: Int) {
    if !entries[server].isIn { return }
    let key = key(of: server, inFlight)
    if key != entries[server].key { place(server, key: key) }
  }

  /// The least loaded server that is not full; the avoided one only when there is no other.
  public func next(avoiding avoided: Int?, isFull: (Int) -> Bool) -> Int? {
    var best: Int?
    for server in entries.indices where entries[server].isIn && !isFull(server) {
      guard let leader = best else {
        best = server
        continue
      }
      if rank(server, avoided) < rank(leader, avoided) { best = server }
    }
    return best
  }

  private func rank(_ server: Int, _ avoided: Int?) -> (Int, Int, Int) {
    (server == avoided ? 1 : 0, entries[server].key, entries[server].order)
  }

  private func key(of server: Int, _ inFlight: Int) -> Int {
    inFlight == 0 ? 0 : (inFlight + 1) * Self.weightMaximum / entries[server].weight
  }

  private mutating func place(_ server: Int, key: Int) {
    entries[server].key = key
    entries[server].order = orders
    orders += 1
  }
}
