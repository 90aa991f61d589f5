public import TimeAndChance

/// Kong's round-robin wheel: weight / divisor places per target, shuffled once, with a pointer per
/// worker process.
///
/// Over a full turn shares are exact; the order is neither smooth nor equal between workers, and a
/// retry takes the next place, which may be the same target.
///
/// - Source: Kong `kong/runloop/balancer/round_robin.lua`.
public struct KongRoundRobinWheel: Sendable, Equatable {
  /// The targets' indices, place by place.
  public let places: [Int]
  private var pointer = 0

  /// A wheel of these weights; draws one random number a place but the first.
  public init(weights: [Int], using random: inout RandomStream) {
    let divisor = weights.reduce(0, Self.commonDivisor)
    var wheel: [Int] = []
    for (target, weight) in weights.enumerated() where weight > 0 {
      wheel.append(contentsOf: repeatElement(target, count: weight / divisor))
    }
    var place = wheel.count - 1
    while place > 0 {
      wheel.swapAt(place, Int(random.below(UInt32(place + 1))))
      place -= 1
    }
    places = wheel
  }

  /// The next available target; nil when none is.
  public mutating func next(isAvailable: (Int) -> Bool) -> Int? {
    for _ in places.indices {
      pointer = (pointer + 1) % places.count
      if isAvailable(places[pointer]) { return places[pointer] }
    }
    return nil
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : commonDivisor(b, a % b)
  }
}

/// Kong's consistent-hashing ring of `slots` points.
///
/// A target gets `floor(weight / total * targets * 160)` points (at least one), placed by the
/// 32-bit xxHash of its address and the point's number; a taken point moves on to the next number.
/// A key goes to its own point and from there counter-clockwise to the first available target. **A
/// retry uses the same key and so the same target** unless it became unavailable meanwhile.
///
/// - Source: Kong `kong/runloop/balancer/consistent_hashing.lua`, with its doubled colon between
///   address and port and the targets sorted by name, then port.
public struct KongHashRing: Sendable, Equatable {
  private var points: [Int?]

  /// A ring of at least 1 000 points; targets with weight 0 get none.
  public init(targets: [KongTarget], slots: Int) {
    points = [Int?](repeating: nil, count: max(slots, 1000))
    let total = targets.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return }
    let names = targets.map { Self.hostAndPort($0.address) }
    let order = targets.indices.sorted {
      (names[$0].host, names[$0].port) < (names[$1].host, names[$1].port)
    }
    for target in order where targets[target].weight > 0 {
      let share = Double(targets[target].weight) / Double(total)
      var entries = max(1, Int(share * Double(targets.count) * 160))
      var number = 1
      while number <= entries {
        let name = "\(names[target].host)::\(names[target].port) \(number)"
        let point = Self.point(of: Array(name.utf8), among: points.count)
        if points[point] == nil { points[point] = target } else { entries += 1 }
        number += 1
        // More numbers than points: Kong gives up on the whole ring ("requires more entries").
        if number > points.count {
          points = [Int?](repeating: nil, count: points.count)
          return
        }
      }
    }
  }

  /// The target of a key; nil when none is available.
  public func target(of key: [UInt8], isAvailable: (Int) -> Bool) -> Int? {
    var point = Self.point(of: key, among: points.count)
    for _ in points.indices {
      if let target = points[point], isAvailable(target) { return target }
      point = point == 0 ? points.count - 1 : point - 1
    }
    return nil
  }

  private static func point(of key: [UInt8], among count: Int) -> Int {
    Int(XXHash32.hash(key)) % count
  }

  private static func hostAndPort(_ address: String) -> (host: String, port: Int) {
    guard let colon = address.lastIndex(of: ":"),
      let port = Int(address[address.index(after: colon)...])
    else { return (address, 80) }
    return (String(address[..<colon]), port)
  }
}
