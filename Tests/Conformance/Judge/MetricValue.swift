/// What was measured: a tree of numbers and texts under names.
///
/// A recording and a simulated run have the same shape; the recording of several runs also holds
/// spans, and a simulated run holds whole samples where a recording has only their statistics.
indirect enum MetricValue: Sendable {
  /// A number.
  case number(Double)
  /// A text.
  case text(String)
  /// Values by position.
  case list([MetricValue])
  /// Values by name, in order.
  case mapping([MetricEntry])
  /// A sample, which reads like a mapping of its statistics.
  case sample(MetricSample)
  /// A number that differed between recorded runs.
  case span(min: Double, max: Double, mean: Double)
  /// A structure that differed between recorded runs.
  case perRun([MetricValue])

  /// A mapping of counts.
  static func counts(_ counts: [(String, Int)]) -> MetricValue {
    .mapping(counts.map { MetricEntry(key: $0.0, value: .number(Double($0.1))) })
  }

  /// The named values below this one; a list has its positions and its `count`.
  var children: [MetricEntry]? {
    switch self {
    case .number, .text, .span, .perRun: nil
    case .mapping(let entries): entries
    case .sample(let sample): sample.statistics
    case .list(let items):
      [MetricEntry(key: "count", value: .number(Double(items.count)))]
        + items.enumerated().map { MetricEntry(key: "\($0.offset)", value: $0.element) }
    }
  }

  /// The value of that name directly below this one.
  subscript(key: String) -> MetricValue? { children?.first { $0.key == key }?.value }

  /// The value in words, for messages.
  var description: String {
    switch self {
    case .number(let number): Self.written(number)
    case .text(let text): "'\(text)'"
    case .span(let min, let max, let mean):
      "\(Self.written(min))...\(Self.written(max)) (mean \(Self.written(mean)))"
    case .perRun(let runs): runs.map(\.description).joined(separator: " or ")
    case .list(let items): "[\(items.map(\.description).joined(separator: ", "))]"
    case .mapping, .sample:
      "{\((children ?? []).map { "\($0.key): \($0.value.description)" }.joined(separator: ", "))}"
    }
  }

  /// A number as short as its value allows, to six digits after the point.
  static func written(_ number: Double) -> String {
    let rounded = (number * 1e6).rounded() / 1e6
    return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
  }
}

/// A name and its value.
struct MetricEntry: Sendable {
  /// The name.
  let key: String
  /// The value.
  let value: MetricValue
}

extension MetricValue {
  /// The value that a document records.
  init(_ node: VectorNode) {
    switch node.content {
    case .scalar(let text, _):
      self = node.number.map { .number($0) } ?? .text(text)
    case .sequence(let items):
      self = .list(items.map { MetricValue($0) })
    case .mapping(let entries):
      if let span = Self.span(entries) {
        self = span
      } else if entries.count == 1, entries[0].key == "per_run",
        let runs = entries[0].value.items
      {
        self = .perRun(runs.map { MetricValue($0) })
      } else {
        self = .mapping(entries.map { MetricEntry(key: $0.key, value: MetricValue($0.value)) })
      }
    }
  }

  private static func span(_ entries: [VectorNode.Entry]) -> MetricValue? {
    guard entries.count == 3 else { return nil }
    func number(_ key: String) -> Double? { entries.first { $0.key == key }?.value.number }
    guard let min = number("min"), let max = number("max"), let mean = number("mean") else {
      return nil
    }
    return .span(min: min, max: max, mean: mean)
  }
}
