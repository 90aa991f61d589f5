/// A level that changes at instants, averaged over time: queue length, busy workers, replicas.
///
/// Whole levels and whole nanoseconds, so the integral is exact. Instants are nanoseconds and must
/// not go backwards.
struct TimeWeightedAverage {
  /// The present level.
  var level: Int64 { present }
  /// The highest level since the start of the average.
  var highest: Int64 { peak }
  private var present: Int64
  private var peak: Int64
  private var start: Int64
  private var since: Int64
  private var area: Int128

  /// A level that holds from an instant on.
  init(level: Int64 = 0, at nanoseconds: Int64 = 0) {
    present = level
    peak = level
    start = nanoseconds
    since = nanoseconds
    area = 0
  }

  /// Changes the level.
  @inline(__always)
  mutating func set(_ newLevel: Int64, at nanoseconds: Int64) {
    let product = present.multipliedFullWidth(by: nanoseconds &- since)
    area &+= (Int128(product.high) &<< 64) | Int128(product.low)
    since = nanoseconds
    present = newLevel
    if newLevel > peak { peak = newLevel }
  }

  /// Raises the level, or lowers it by a negative number.
  @inline(__always)
  mutating func add(_ change: Int64, at nanoseconds: Int64) {
    set(present &+ change, at: nanoseconds)
  }

  /// Begins the average anew with the present level: the end of a warm-up.
  mutating func restart(at nanoseconds: Int64) {
    self = TimeWeightedAverage(level: level, at: nanoseconds)
  }

  /// The level summed over time, in level × nanoseconds, from the start to an instant.
  func integral(at nanoseconds: Int64) -> Int128 {
    area + Int128(present) * Int128(nanoseconds - since)
  }

  /// The average from the start to an instant; the present level if no time has passed.
  func average(at nanoseconds: Int64) -> Double {
    guard nanoseconds > start else { return Double(level) }
    return Double(integral(at: nanoseconds)) / Double(nanoseconds - start)
  }
}
