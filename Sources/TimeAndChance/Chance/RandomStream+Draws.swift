extension RandomStream {
  /// An exactly even draw from `0 ..< bound`; 0 when `bound` is 0.
  ///
  /// One draw; a second one with probability `bound`/2⁶⁴ at most. Integers only. A literal bound
  /// picks the 32-bit form, which always takes one draw.
  ///
  /// - Source: D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.
  @_disfavoredOverload
  @inlinable @inline(__always) public mutating func below(_ bound: UInt64) -> UInt64 {
    let product = next().multipliedFullWidth(by: bound)
    if product.low >= bound { return product.high }
    return belowAgain(bound, high: product.high, low: product.low)
  }

  /// Turns down the draws that would make some results likelier than others.
  @usableFromInline @inline(never)
  mutating func belowAgain(_ bound: UInt64, high: UInt64, low: UInt64) -> UInt64 {
    if bound == 0 { return 0 }
    let surplus = (0 &- bound) % bound
    var (high, low) = (high, low)
    while low < surplus { (high, low) = next().multipliedFullWidth(by: bound) }
    return high
  }

  /// Whether an event of probability `p` happens; never for `p ≤ 0`, always for `p ≥ 1`.
  ///
  /// Always one draw, whatever `p` is, so that a changed probability does not shift later draws.
  @inlinable @inline(__always) public mutating func chance(_ p: Double) -> Bool { unit() < p }

  /// The stream number `index` of a family that this stream stands for.
  ///
  /// For thousands of streams of one purpose, one per host or per request: name the family once,
  /// and take children of the fresh stream. The result depends on this stream's state, so do not
  /// draw from the parent before or between taking children. Two hashes, no strings.
  @inlinable public func child(_ index: UInt64) -> RandomStream {
    RandomStream(state: Self.mix(Self.mix(state ^ 0x6A09_E667_F3BC_C909) &+ index))
  }

  /// The stream of that name and index in that replication of a run with that seed.
  public init(seed: UInt64, replication: UInt64 = 0, name: String, index: UInt64) {
    self = RandomStream(seed: seed, replication: replication, name: name).child(index)
  }
}
