/// Why a law cannot be as it was stated.
public enum DistributionError: Error, Sendable, Hashable {
  /// The parameter is not a number, infinite, or outside its range.
  case outOfRange(parameter: String, value: Double, lowest: Double, highest: Double)
  /// A measured law without buckets, or without any weight in them.
  case noWeight
  /// More buckets than 65 536.
  case tooManyBuckets(Int)
  /// A bucket, counted from 0, that begins before the previous one ends.
  case bucketsOverlap(index: Int)
  /// The limits leave less than 1 % of the law.
  case truncationKeepsTooLittle(share: Double, min: Double?, max: Double?)

  /// Throws unless the value is a number in the range.
  static func check(
    _ parameter: String, _ value: Double, in range: ClosedRange<Double>
  ) throws(DistributionError) {
    guard range.contains(value) else {
      throw .outOfRange(
        parameter: parameter, value: value, lowest: range.lowerBound, highest: range.upperBound)
    }
  }
}

extension DistributionError: CustomStringConvertible {
  /// One line for a diagnostic: the fact, with the range.
  public var description: String {
    switch self {
    case .outOfRange(let parameter, let value, let lowest, let highest):
      "'\(parameter)' must be \(lowest)...\(highest), is \(value)"
    case .noWeight:
      "a measured law needs at least one bucket with a positive weight"
    case .tooManyBuckets(let count):
      "a measured law has at most \(ResolvedLaw.maxBuckets) buckets, this has \(count)"
    case .bucketsOverlap(let index):
      "bucket \(index) begins before the previous one ends"
    case .truncationKeepsTooLittle(let share, let min, let max):
      "the limits \(min ?? 0)...\(max ?? .infinity) leave \(share * 100) % of the law, "
        + "at least 1 % must remain"
    }
  }
}
