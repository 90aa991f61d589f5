/// Draws from the basic laws; two pointers to shared tables, made to be copied to a local.
///
/// Each draw takes random numbers from the stream that it is given: one in 99 of 100 cases, more
/// when the draw falls on the edge of a layer. The tables of the laws themselves live as long as
/// the process; those of measured laws belong to a ``SamplingTables``, which must outlive the
/// samplers that it hands out.
@frozen public struct Sampler: Sendable {
  // Written before they are published, never changed: any thread may read them.
  @usableFromInline nonisolated(unsafe) let tables: UnsafePointer<Double>
  @usableFromInline nonisolated(unsafe) let pieces: UnsafePointer<AliasPiece>

  /// A sampler for every law that needs no table of its own.
  public static let standard = Sampler(pieces: SamplingTables.none)

  init(pieces: UnsafePointer<AliasPiece>) {
    tables = Self.lawTables.start
    self.pieces = pieces
  }

  /// The table that the exponential function starts from.
  @inlinable @inline(__always) public var powers: FractionalPowers {
    FractionalPowers(entries: tables)
  }

  /// A draw from the exponential law of mean 1.
  @inlinable @inline(__always)
  public func exponential(using random: inout RandomStream) -> Double {
    let bits = random.next()
    let edge = tables + (Layout.exponentialEdges &+ Int(truncatingIfNeeded: bits & 255))
    let x = Double(bits &>> 11) * 0x1p-53 * edge[0]
    if x < edge[1] { return x }
    return exponentialAtTheEdge(x, layer: Int(truncatingIfNeeded: bits & 255), &random)
  }

  /// A draw from the normal law of mean 0 and standard deviation 1.
  @inlinable @inline(__always)
  public func normal(using random: inout RandomStream) -> Double {
    let bits = random.next()
    let edge = tables + (Layout.normalEdges &+ Int(truncatingIfNeeded: bits & 255))
    let x = Double(bits &>> 11) * 0x1p-53 * edge[0]
    let sign = (bits & 0x100) &<< 55
    if x < edge[1] { return Double(bitPattern: x.bitPattern | sign) }
    let far = normalAtTheEdge(x, layer: Int(truncatingIfNeeded: bits & 255), &random)
    return Double(bitPattern: far.bitPattern | sign)
  }

  /// A draw from the exponential law that fell outside its layer's rectangle.
  @usableFromInline @inline(never)
  func exponentialAtTheEdge(_ x: Double, layer: Int, _ random: inout RandomStream) -> Double {
    var x = x
    var layer = layer
    var offset = 0.0
    while true {
      if layer == 0 {
        // The law has no memory: beyond the tail's start it begins anew.
        offset += Ziggurat.exponentialTail
      } else if wedgeHolds(
        RealMath.exp(-x, powers: powers), Layout.exponentialDensities + layer, &random)
      {
        return offset + x
      }
      let bits = random.next()
      layer = Int(truncatingIfNeeded: bits & 255)
      let edge = tables + (Layout.exponentialEdges + layer)
      x = Double(bits &>> 11) * 0x1p-53 * edge[0]
      if x < edge[1] { return offset + x }
    }
  }

  /// The magnitude of a draw from the normal law that fell outside its layer's rectangle.
  @usableFromInline @inline(never)
  func normalAtTheEdge(_ x: Double, layer: Int, _ random: inout RandomStream) -> Double {
    var x = x
    var layer = layer
    while true {
      if layer == 0 { return normalTail(&random) }
      if wedgeHolds(
        RealMath.exp(-0.5 * x * x, powers: powers), Layout.normalDensities + layer, &random)
      {
        return x
      }
      let bits = random.next()
      layer = Int(truncatingIfNeeded: bits & 255)
      let edge = tables + (Layout.normalEdges + layer)
      x = Double(bits &>> 11) * 0x1p-53 * edge[0]
      if x < edge[1] { return x }
    }
  }

  /// A draw beyond the start of the normal law's tail.
  ///
  /// - Source: G. Marsaglia, "Generating a variable from the tail of the normal distribution",
  ///   Technometrics 6 (1964).
  private func normalTail(_ random: inout RandomStream) -> Double {
    while true {
      let beyond = exponential(using: &random) / Ziggurat.normalTail
      if 2 * exponential(using: &random) > beyond * beyond { return Ziggurat.normalTail + beyond }
    }
  }

  /// Whether an even draw between the densities at a layer's two edges is below the density.
  private func wedgeHolds(
    _ density: Double, _ offset: Int, _ random: inout RandomStream
  ) -> Bool {
    let low = tables[offset]
    let high = tables[offset + 1]
    return low + (high - low) * random.unit() < density
  }
}

extension Sampler {
  /// Where each table begins in the block, in numbers; the powers are at 0.
  @usableFromInline enum Layout {
    @inlinable @inline(__always) static var exponentialEdges: Int { 128 }
    @inlinable @inline(__always) static var normalEdges: Int { 385 }
    @inlinable @inline(__always) static var exponentialDensities: Int { 642 }
    @inlinable @inline(__always) static var normalDensities: Int { 899 }
    static var size: Int { 1156 }
  }

  /// The block of tables, 9 KB, of which draws mostly touch the first 5.
  private struct LawTables: Sendable {
    nonisolated(unsafe) let start: UnsafePointer<Double>
  }

  private static let lawTables: LawTables = {
    let block = UnsafeMutablePointer<Double>.allocate(capacity: Layout.size)
    block.initialize(repeating: 0, count: Layout.size)
    func copy(_ numbers: [Double], to offset: Int) {
      for (index, number) in numbers.enumerated() { block[offset + index] = number }
    }
    for index in 0..<FractionalPowers.size {
      block[index] = FractionalPowers.shared.entries[index]
    }
    let exponential = Ziggurat.exponential()
    let normal = Ziggurat.normal()
    copy(exponential.edges, to: Layout.exponentialEdges)
    copy(normal.edges, to: Layout.normalEdges)
    copy(exponential.densities, to: Layout.exponentialDensities)
    copy(normal.densities, to: Layout.normalDensities)
    return LawTables(start: UnsafePointer(block))
  }()
}
