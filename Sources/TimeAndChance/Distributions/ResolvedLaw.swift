/// A checked law in the parameters that mathematics knows, and its exact properties.
enum ResolvedLaw: Sendable {
  case constant(Double)
  case exponential(mean: Double)
  /// The exponential of a normal law of mean `location` and standard deviation `spread`.
  case lognormal(location: Double, spread: Double)
  case gamma(shape: Double, scale: Double)
  case pareto(min: Double, alpha: Double)
  case uniform(low: Double, high: Double)
  /// Buckets with a positive weight, the weights summing to 1.
  case empirical([Distribution.Bucket])

  /// The most buckets of a measured law.
  static var maxBuckets: Int { 65_536 }
  /// How many standard deviations the 99th percentile of the normal law is above its mean.
  static var normalP99: Double { 2.3263478740408408 }
  /// What a positive parameter may be.
  private static var positive: ClosedRange<Double> { 1e-18...1e18 }

  init(_ law: Distribution.Law) throws(DistributionError) {
    switch law {
    case .constant(let value):
      try DistributionError.check("constant", value, in: 0...1e18)
      self = .constant(value)
    case .exponential(let mean):
      try DistributionError.check("mean", mean, in: Self.positive)
      self = .exponential(mean: mean)
    case .lognormal(let p50, let p99):
      try DistributionError.check("p50", p50, in: Self.positive)
      try DistributionError.check("p99", p99, in: p50...1e18)
      let spread = (RealMath.log(p99) - RealMath.log(p50)) / Self.normalP99
      self = Self.lognormal(location: RealMath.log(p50), spread: spread, ifEven: p50)
    case .lognormalTail(let mean, let p99):
      try DistributionError.check("mean", mean, in: Self.positive)
      // Beyond this ratio no lognormal law has so small a mean.
      let z = Self.normalP99
      try DistributionError.check("p99", p99, in: mean...(mean * RealMath.exp(0.5 * z * z)))
      // log p99 = log mean - s²/2 + z·s, solved for the smaller s without cancellation.
      let ratio = 2 * (RealMath.log(p99) - RealMath.log(mean))
      let spread = ratio / (z + max(0, z * z - ratio).squareRoot())
      let location = RealMath.log(mean) - 0.5 * spread * spread
      self = Self.lognormal(location: location, spread: spread, ifEven: mean)
    case .lognormalSpread(let mean, let cv):
      try DistributionError.check("mean", mean, in: Self.positive)
      try DistributionError.check("cv", cv, in: 0...1000)
      let square = RealMath.log(1 + cv * cv)
      self = Self.lognormal(
        location: RealMath.log(mean) - 0.5 * square, spread: square.squareRoot(), ifEven: mean)
    case .gamma(let mean, let cv):
      try DistributionError.check("mean", mean, in: Self.positive)
      if cv == 0 {
        self = .constant(mean)
      } else {
        try DistributionError.check("cv", cv, in: 0.001...1000)
        self = .gamma(shape: 1 / (cv * cv), scale: mean * cv * cv)
      }
    case .pareto(let min, let alpha):
      try DistributionError.check("min", min, in: Self.positive)
      try DistributionError.check("alpha", alpha, in: 0.1...1000)
      self = .pareto(min: min, alpha: alpha)
    case .uniform(let min, let max):
      try DistributionError.check("min", min, in: 0...1e18)
      try DistributionError.check("max", max, in: min...1e18)
      self = min == max ? .constant(min) : .uniform(low: min, high: max)
    case .empirical(let buckets):
      self = .empirical(try Self.normalised(buckets))
    }
  }

  /// A lognormal law, or the one value that it shrinks to.
  private static func lognormal(
    location: Double, spread: Double, ifEven value: Double
  ) -> ResolvedLaw {
    spread > 0 ? .lognormal(location: location, spread: spread) : .constant(value)
  }

  private static func normalised(
    _ buckets: [Distribution.Bucket]
  ) throws(DistributionError) -> [Distribution.Bucket] {
    guard buckets.count <= maxBuckets else { throw .tooManyBuckets(buckets.count) }
    var end = 0.0
    var total = 0.0
    for (index, bucket) in buckets.enumerated() {
      try DistributionError.check("from", bucket.from, in: 0...1e18)
      try DistributionError.check("to", bucket.to, in: bucket.from...1e18)
      try DistributionError.check("weight", bucket.weight, in: 0...1e18)
      guard bucket.from >= end else { throw .bucketsOverlap(index: index) }
      end = bucket.to
      total += bucket.weight
    }
    guard total > 0 else { throw .noWeight }
    return buckets.compactMap {
      let share = $0.weight / total
      return share > 0 ? Distribution.Bucket(from: $0.from, to: $0.to, weight: share) : nil
    }
  }

  /// Whether truncation must turn draws down; the other laws become narrower ones of their kind.
  var isSmooth: Bool {
    switch self {
    case .constant, .uniform, .empirical: false
    case .exponential, .lognormal, .gamma, .pareto: true
    }
  }

  /// The law inside the limits, where that is a law of the same kind; otherwise the law itself.
  func narrowed(to limits: Limits) -> ResolvedLaw {
    switch self {
    case .constant, .exponential, .lognormal, .gamma, .pareto:
      return self
    case .uniform(let low, let high):
      let (newLow, newHigh) = (max(low, limits.low), min(high, limits.high))
      return newLow < newHigh ? .uniform(low: newLow, high: newHigh) : .constant(newLow)
    case .empirical(let buckets):
      var clipped = buckets.compactMap { $0.clipped(to: limits) }
      let total = clipped.reduce(0) { $0 + $1.weight }
      clipped = clipped.map { .init(from: $0.from, to: $0.to, weight: $0.weight / total) }
      return .empirical(clipped)
    }
  }
}

extension Distribution.Bucket {
  /// The part inside the limits with its part of the weight; nil if there is none.
  func clipped(to limits: Limits) -> Distribution.Bucket? {
    if from >= limits.low && to <= limits.high { return self }
    let (low, high) = (max(from, limits.low), min(to, limits.high))
    guard low < high else { return nil }
    return .init(from: low, to: high, weight: weight * ((high - low) / (to - from)))
  }
}
