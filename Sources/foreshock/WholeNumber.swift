import ArgumentParser

/// A whole number on the command line: `7`, `100000`.
enum WholeNumber {
  /// The number that a text says; the mistake names the range.
  static func parse(_ text: String) throws -> UInt64 {
    guard let number = UInt64(text) else {
      throw ValidationError("it must be a whole number of 0...\(UInt64.max)")
    }
    return number
  }
}
