/// Mean and variance of a sequence, one value at a time, without cancellation.
///
/// Sums of `Double`s depend on their order: add in a fixed order, and merge in the order of the
/// replications, and the bits are the same on any number of threads.
///
/// - Source: B. P. Welford, Technometrics 4(3), 1962; merging by T. F. Chan, G. H. Golub,
///   R. J. LeVeque, "Updating formulae and a pairwise algorithm", 1979.
@frozen public struct Welford: Sendable, Equatable {
  /// How many values were added.
  public private(set) var count: Int = 0
  /// The mean; 0 of no values.
  public private(set) var mean: Double = 0
  /// The sum of the squared distances from the mean.
  public private(set) var squares: Double = 0

  /// No values yet.
  public init() {}

  /// The mean and variance of some values, added in their order.
  public init(_ values: some Sequence<Double>) {
    for value in values { add(value) }
  }

  /// Adds a value.
  public mutating func add(_ value: Double) {
    count += 1
    let offset = value - mean
    mean += offset / Double(count)
    squares += offset * (value - mean)
  }

  /// Adds the values that another has seen, as if they came after these.
  public mutating func merge(_ later: Welford) {
    guard later.count > 0 else { return }
    guard count > 0 else {
      self = later
      return
    }
    let total = Double(count + later.count)
    let offset = later.mean - mean
    mean += offset * (Double(later.count) / total)
    squares += later.squares + offset * offset * (Double(count) * Double(later.count) / total)
    count += later.count
  }

  /// The unbiased variance; nil of fewer than two values.
  public var variance: Double? { count < 2 ? nil : squares / Double(count - 1) }

  /// The standard deviation; nil of fewer than two values.
  public var standardDeviation: Double? { variance?.squareRoot() }
}
