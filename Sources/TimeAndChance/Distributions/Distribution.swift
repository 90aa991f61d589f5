/// A law of a non-negative quantity as people state it: a service time, a gap, a size.
///
/// Times are in seconds, other quantities in their own unit. A value of this type is valid by
/// construction; nothing is ever clamped. Numbers lie between 10⁻¹⁸ and 10¹⁸, or are 0 where said.
public struct Distribution: Sendable, Hashable {
  /// The families of laws, with the parameters that people know.
  public enum Law: Sendable, Hashable {
    /// Always the same value, 0 allowed. Takes no draw.
    case constant(Double)
    /// No memory: gaps between independent arrivals.
    case exponential(mean: Double)
    /// The usual shape of service times, through median and 99th percentile (`p50 ≤ p99`).
    case lognormal(p50: Double, p99: Double)
    /// A lognormal law through mean and 99th percentile, `mean ≤ p99 ≤ 14.97 mean`.
    ///
    /// Of the two laws that fit, the narrower one is meant.
    case lognormalTail(mean: Double, p99: Double)
    /// A lognormal law of that mean and coefficient of variation (deviation / mean, `0...1000`).
    case lognormalSpread(mean: Double, cv: Double)
    /// A gamma law of that mean and coefficient of variation, 0 or `0.001...1000`; Erlang for 1/√k.
    case gamma(mean: Double, cv: Double)
    /// A power tail: P(X > x) = (min/x)^alpha, alpha `0.1...1000`. No mean at `alpha ≤ 1`.
    case pareto(min: Double, alpha: Double)
    /// Even between the two, `min ≤ max`; `min` may be 0.
    case uniform(min: Double, max: Double)
    /// As measured: even inside each bucket; buckets ascend without overlap, 65 536 at most.
    case empirical([Bucket])
  }

  /// One bucket of a measured histogram.
  public struct Bucket: Sendable, Hashable {
    /// The lower end; may be 0.
    public let from: Double
    /// The upper end, at least ``from``; equal ends make a single value.
    public let to: Double
    /// The count or share of the values in it, `0...10¹⁸`; only ratios matter.
    public let weight: Double

    /// A bucket from one end to the other with that count or share.
    public init(from: Double, to: Double, weight: Double) {
      self.from = from
      self.to = to
      self.weight = weight
    }
  }

  /// The law, before truncation.
  public let law: Law
  /// Only values from here on occur; nil for no limit.
  public let minimum: Double?
  /// Only values up to here occur; nil for no limit.
  public let maximum: Double?
  /// The law in the parameters that mathematics knows.
  let resolved: ResolvedLaw
  /// The share of the law that the truncation leaves.
  let kept: Double

  /// A law, truncated to `min...max` where asked.
  ///
  /// Truncation means the law given that the value lies between the limits, not values moved to
  /// them: draws outside are drawn again. At least 1 % of the law must remain. Quantiles and mean
  /// in the parameters are those before truncation.
  ///
  /// - Throws: ``DistributionError`` naming the first parameter that is wrong, and its range.
  public init(
    _ law: Law, min: Double? = nil, max: Double? = nil
  ) throws(DistributionError) {
    let whole = try ResolvedLaw(law)
    if let min { try DistributionError.check("min", min, in: 0...1e18) }
    if let max { try DistributionError.check("max", max, in: (min ?? 0)...1e18) }
    self.law = law
    minimum = min
    maximum = max
    let limits = Limits(low: min ?? 0, high: max ?? .infinity)
    kept = whole.share(within: limits)
    guard kept >= 0.01 else {
      throw .truncationKeepsTooLittle(share: kept, min: min, max: max)
    }
    resolved = whole.narrowed(to: limits)
  }

  /// The limits of the truncation, 0 and ∞ where none is asked.
  var limits: Limits { Limits(low: minimum ?? 0, high: maximum ?? .infinity) }

  /// Whether draws outside the limits occur and must be turned down.
  var needsRejection: Bool { (minimum != nil || maximum != nil) && kept < 1 && resolved.isSmooth }

  /// The exact mean; nil where it does not exist (a Pareto tail with `alpha ≤ 1`).
  public var mean: Double? {
    needsRejection ? truncatedMoment(1) : resolved.mean
  }

  /// The exact variance; nil where it does not exist or exceeds every `Double`.
  public var variance: Double? {
    guard needsRejection else { return resolved.variance }
    guard let first = truncatedMoment(1), let second = truncatedMoment(2) else { return nil }
    return max(0, second - first * first)
  }

  private func truncatedMoment(_ order: Int) -> Double? {
    guard let upper = resolved.partialMoment(order, upTo: limits.high) else { return nil }
    let lower = resolved.partialMoment(order, upTo: limits.low) ?? 0
    return (upper - lower) / kept
  }

  /// The probability of a value up to `x`, after truncation.
  public func probability(atMost x: Double) -> Double {
    guard needsRejection else { return resolved.probability(atMost: x) }
    if x < limits.low { return 0 }
    if x >= limits.high { return 1 }
    return resolved.share(within: Limits(low: limits.low, high: x)) / kept
  }

  public static func == (left: Distribution, right: Distribution) -> Bool {
    left.law == right.law && left.minimum == right.minimum && left.maximum == right.maximum
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(law)
    hasher.combine(minimum)
    hasher.combine(maximum)
  }
}

/// The closed interval that a truncated law is confined to.
struct Limits: Sendable {
  var low: Double
  var high: Double
}
