/// HAProxy's `roundrobin`: weighted, smooth, and steady while weights and states change.
///
/// Each server holds the position of its next turn (`npos`), a step of total weight / own weight
/// apart. Three sets hold the servers: `current` ordered by position, `initial` (not yet seen in
/// this round, heaviest first) and `next` (done for this round). The current server whose turn has
/// come goes first, else the next initial one; when both sets are used up the rounds switch. It is
/// not nginx's rule: weights 3:2:1 give A B A C A B.
///
/// - Source: HAProxy `src/lb_fwrr.c`. Weights are scaled by 16 as there (`BE_WEIGHT_SCALE`).
public struct HAProxyRoundRobin: Sendable, Equatable {
  private enum Place: Sendable, Equatable { case out, initial, current, next }

  private struct Turn: Sendable, Equatable {
    var weight = 0
    var place = Place.out
    var key = 0
    /// Order of insertion: equal keys leave in the order they came.
    var order = 0
    var npos = 0
    var lpos = 0
    var rweight = 0
  }

  private static let weightScale = 16
  private static let weightRange = 256
  private static var weightMaximum: Int { weightRange * weightScale }

  private var turns: [Turn]
  private var orders = 0
  private var currentWeight = 0
  private var nextWeight = 0
  private var position = 0

  /// Servers with these weights (0 to 256), all usable; a weight of 0 stays out.
  public init(weights: [Int]) {
    turns = weights.map { Turn(weight: $0 * Self.weightScale) }
    nextWeight = turns.reduce(0) { $0 + $1.weight }
    currentWeight = nextWeight
    position = nextWeight
    for server in turns.indices where turns[server].weight > 0 {
      queueByWeight(server, in: .initial)
    }
  }

  /// Whether a server is in the rotation.
  public func contains(_ server: Int) -> Bool { turns[server].place != .out }

  /// The number of servers in the rotation.
  public var count: Int { turns.count { $0.place != .out } }

  /// Takes a server out of the rotation.
  public mutating func remove(_ server: Int) {
    if turns[server].place == .out { return }
    nextWeight -= turns[server].weight
    turns[server].place = .out
  }

  /// Puts a server back; its turn comes one step from now.
  public mutating func insert(_ server: Int) {
    if turns[server].place != .out || turns[server].weight == 0 { return }
    nextWeight += turns[server].weight
    turns[server].npos =
      position + (nextWeight + currentWeight - position) / turns[server].weight
    queue(server)
  }

  /// Changes a weight, 0 to 256; 0 takes the server out.
  public mutating func setWeight(_ weight: Int, of server: Int) {
    let scaled = weight * Self.weightScale
    let old = turns[server].weight
    if scaled == old { return }
    if turns[server].place == .out {
      turns[server].weight = scaled
      if old == 0 { insert(server) }
      return
    }
    if scaled == 0 {
      remove(server)
      turns[server].weight = 0
      return
    }
    nextWeight += scaled - old
    turns[server].weight = scaled
    if turns[server].place == .initial {
      queueByWeight(server, in: .initial)
      return
    }
    if turns[server].place == .next { turns[server].npos += currentWeight }
    let before = turns[server].npos
    let step = nextWeight / scaled
    turns[server].rweight = 0
    turns[server].npos = min(before, turns[server].lpos + step)
    if turns[server].npos < position + 2 { turns[server].npos = position + step }
    queue(server)
  }

  /// The server whose turn it is.
  ///
  /// - Parameters:
  ///   - avoided: a server to skip when any other can be had (a failed try's).
  ///   - isFull: whether a server has no free slot; full ones are skipped and keep their place.
  /// - Returns: nil when all are out or full.
  public mutating func next(avoiding avoided: Int?, isFull: (Int) -> Bool) -> Int? {
    var hasSwitched = false
    var skipped: [Int] = []
    var fallback: Int?
    var chosen: Int?
    while chosen == nil {
      if currentWeight == 0 {
        currentWeight = nextWeight
        position = nextWeight
      }
      guard let server = front() else {
        if hasSwitched {
          chosen = fallback
          break
        }
        hasSwitched = true
        switchRounds()
        continue
      }
      advance(server)
      turns[server].place = .out
      position += 1
      if !isFull(server) {
        if server != avoided || fallback != nil {
          chosen = server
          break
        }
        fallback = server
      }
      skipped.append(server)
    }
    if let chosen { queue(chosen) }
    for server in skipped.reversed() where server != chosen {
      if hasSwitched { queueByWeight(server, in: .initial) } else { queue(server) }
    }
    return chosen
  }

  private mutating func front() -> Int? {
    let due = first(in: .current)
    if let due, turns[due].npos <= position { return due }
    guard let fresh = first(in: .initial) else { return due }
    turns[fresh].npos = 0
    turns[fresh].rweight = 0
    return fresh
  }

  private func first(in place: Place) -> Int? {
    var best: Int?
    for server in turns.indices where turns[server].place == place {
      guard let leader = best else {
        best = server
        continue
      }
      if (turns[server].key, turns[server].order) < (turns[leader].key, turns[leader].order) {
        best = server
      }
    }
    return best
  }

  private mutating func advance(_ server: Int) {
    let weight = turns[server].weight
    if turns[server].npos == 0 { turns[server].npos = position }
    turns[server].lpos = turns[server].npos
    turns[server].npos += nextWeight / weight
    turns[server].rweight += nextWeight % weight
    if turns[server].rweight >= weight {
      turns[server].rweight -= weight
      turns[server].npos += 1
    }
  }

  private mutating func queue(_ server: Int) {
    let npos = turns[server].npos
    if npos >= 2 * currentWeight || npos >= currentWeight + nextWeight {
      turns[server].npos -= currentWeight
      queueByWeight(server, in: .next)
      return
    }
    let fraction = (Self.weightMaximum + turns[server].rweight - turns[server].weight)
    put(server, in: .current, key: Self.weightRange * npos + fraction / Self.weightScale)
  }

  private mutating func queueByWeight(_ server: Int, in place: Place) {
    put(server, in: place, key: Self.weightMaximum - turns[server].weight)
  }

  private mutating func put(_ server: Int, in place: Place, key: Int) {
    turns[server].place = place
    turns[server].key = key
    turns[server].order = orders
    orders += 1
  }

  private mutating func switchRounds() {
    for server in turns.indices {
      switch turns[server].place {
      case .initial: turns[server].place = .next
      case .next: turns[server].place = .initial
      case .out, .current: break
      }
    }
    currentWeight = nextWeight
    position = nextWeight
  }
}
