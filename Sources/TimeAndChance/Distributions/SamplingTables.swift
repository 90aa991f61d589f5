/// The tables of a run's measured laws; owns the memory that its ``sampler`` and laws refer to.
///
/// ```swift
/// var builder = SamplingTables.Builder()
/// let service = builder.compile(try Distribution(.lognormal(p50: 0.006, p99: 0.040)))
/// let tables = SamplingTables(builder)
/// let sampler = tables.sampler  // while `tables` lives
/// let time = service.sampleNanoseconds(using: &stream, sampler)
/// ```
public final class SamplingTables: Sendable {
  /// Collects laws and makes them ready for drawing.
  public struct Builder: Sendable {
    var pieces: [AliasPiece] = []

    /// An empty collection.
    public init() {}
  }

  /// What the laws of this collection are drawn with; valid while this object lives.
  public let sampler: Sampler
  // Freed with the object, and only read until then.
  private nonisolated(unsafe) let pieces: UnsafeMutablePointer<AliasPiece>

  /// Fixes the tables of all laws that the builder has compiled.
  public init(_ builder: Builder) {
    pieces = .allocate(capacity: builder.pieces.count)
    pieces.initialize(from: builder.pieces, count: builder.pieces.count)
    sampler = Sampler(pieces: pieces)
  }

  deinit { pieces.deallocate() }

  /// The tables of a sampler without measured laws.
  private static let empty = SamplingTables(Builder())

  /// A place for the pointer of a sampler without measured laws.
  static var none: UnsafePointer<AliasPiece> { UnsafePointer(empty.pieces) }
}

extension SamplingTables.Builder {
  /// Makes a law ready for drawing with the sampler of the tables made from this builder.
  public mutating func compile(_ distribution: Distribution) -> CompiledDistribution {
    let limits = distribution.needsRejection ? distribution.limits : nil
    switch distribution.resolved {
    case .constant(let value):
      return CompiledDistribution(.constant, value, within: nil)
    case .exponential(let mean):
      return CompiledDistribution(.exponential, mean, within: limits)
    case .lognormal(let location, let spread):
      return CompiledDistribution(.lognormal, location, spread, within: limits)
    case .gamma(let shape, let scale):
      let raised = shape < 1 ? shape + 1 : shape
      let boost = shape < 1 ? 1 / shape : 0
      return CompiledDistribution(.gamma, raised - 1.0 / 3, scale, boost, within: limits)
    case .pareto(let min, let alpha):
      return CompiledDistribution(.pareto, min, 1 / alpha, within: limits)
    case .uniform(let low, let high):
      return CompiledDistribution(.uniform, low, high - low, within: nil)
    case .empirical(let buckets):
      let first = pieces.count / 2
      appendSlots(of: buckets)
      return CompiledDistribution(
        .empirical, Double(bitPattern: UInt64(first)),
        Double(bitPattern: UInt64(buckets.count)), within: nil)
    }
  }

  /// Pairs each bucket that is rarer than a slot with a commoner one that fills it up.
  ///
  /// - Source: M. D. Vose, "A linear algorithm for generating random numbers with a given
  ///   distribution", IEEE Transactions on Software Engineering 17(9), 1991.
  private mutating func appendSlots(of buckets: [Distribution.Bucket]) {
    var shares = buckets.map { $0.weight * Double(buckets.count) }
    var partners = Array(buckets.indices)
    var rare = shares.indices.filter { shares[$0] < 1 }
    var common = shares.indices.filter { shares[$0] >= 1 }
    while let small = rare.last, let large = common.last {
      rare.removeLast()
      partners[small] = large
      shares[large] -= 1 - shares[small]
      if shares[large] < 1 {
        common.removeLast()
        rare.append(large)
      }
    }
    // What is left differs from a full slot by rounding only.
    for index in rare + common { shares[index] = 1 }
    for (index, own) in buckets.enumerated() {
      let other = buckets[partners[index]]
      let share = shares[index]
      let (ownWidth, otherWidth) = (own.to - own.from, other.to - other.from)
      pieces.append(
        AliasPiece(start: 0, low: own.from, slope: share > 0 ? ownWidth / share : 0))
      pieces.append(
        AliasPiece(
          start: share, low: other.from, slope: share < 1 ? otherWidth / (1 - share) : 0))
    }
  }
}
