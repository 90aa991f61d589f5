/// Queueing models with known answers: schema `foreshock/queueing/1`.
///
/// - Source: `vectors/queueing/README.md`.
enum QueueingRows: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    guard let root = try file.document(ofSchema: "foreshock/queueing/1") else { return nil }
    let confidence = try VectorBlock.confidence(root)
    let rows = try QueueingRow.all(in: root)
    return try rows.map { row in
      let model = try QueueingFamilies.model(of: row)
      return VectorCase(name: "\(row.id) \(row.family)") {
        guard let model else {
          throw SkippedCase(reason: "family '\(row.family)' is not modelled (\(row.needs))")
        }
        return QueueingVerdict(row: row, confidence: confidence).mismatches(of: model)
      }
    }
  }
}

extension VectorBlock {
  /// The file's `confidence`, for all its rows.
  fileprivate static func confidence(_ root: VectorNode) throws -> Double {
    guard let node = root["confidence"] else { return 0.9999 }
    guard let number = node.number, number > 0, number < 1 else {
      throw MalformedVector(line: node.line, reason: "'confidence' must lie between 0 and 1")
    }
    return number
  }
}
