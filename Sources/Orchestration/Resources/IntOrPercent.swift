/// A number of pods, either counted or as a share of a total: `3` or `25%`.
///
/// - Source: Kubernetes `k8s.io/apimachinery/pkg/util/intstr/intstr.go`.
public enum IntOrPercent: Sendable, Hashable {
  /// That many pods.
  case int(Int)
  /// That many hundredths of a total.
  case percent(Int)

  /// A text that is neither.
  public struct InvalidValue: Error, Sendable, Equatable {
    /// What was written.
    public let text: String

    /// The error for that text.
    public init(text: String) { self.text = text }
  }

  /// Reads the text form, which must be a percentage: a number in quotes is an error in Kubernetes.
  ///
  /// - Throws: ``InvalidValue`` for anything that is not a whole number followed by `%`.
  public init(parsing text: String) throws(InvalidValue) {
    guard text.utf8.last == UInt8(ascii: "%"), let value = Int32(text.dropLast()) else {
      throw InvalidValue(text: text)
    }
    self = .percent(Int(value))
  }

  /// The number of pods, of a total; percentages are rounded as asked, numbers taken as they are.
  public func scaled(to total: Int, roundingUp: Bool) -> Int {
    switch self {
    case .int(let count): return count
    case .percent(let percent):
      let (product, overflow) = percent.multipliedReportingOverflow(by: total)
      guard !overflow else { return product < 0 ? .max : .min }
      let (quotient, remainder) = product.quotientAndRemainder(dividingBy: 100)
      if roundingUp, remainder > 0 { return quotient + 1 }
      if !roundingUp, remainder < 0 { return quotient - 1 }
      return quotient
    }
  }
}

extension IntOrPercent: CustomStringConvertible {
  /// As written in a manifest.
  public var description: String {
    switch self {
    case .int(let count): "\(count)"
    case .percent(let percent): "\(percent)%"
    }
  }
}
