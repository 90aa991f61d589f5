import ArgumentParser

/// A number of bytes on the command line: `1000000`, `512Mi`, `2Gi`, `1G`.
enum ByteCount {
  private static let units: [(suffix: String, bytes: Int)] = [
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("k", 1_000),
    ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
  ]

  /// The number of bytes that a text says.
  static func parse(_ text: String) throws -> Int {
    let unit = units.first { text.hasSuffix($0.suffix) }
    let digits = text.dropLast(unit?.suffix.count ?? 0)
    guard let count = Int(digits), count > 0 else {
      throw ValidationError("\(text) is no number of bytes, such as 512Mi")
    }
    let (bytes, overflows) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
    guard !overflows else { throw ValidationError("\(text) is more than any machine has") }
    return bytes
  }
}
