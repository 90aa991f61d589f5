import Foundation

extension VectorFile {
  /// Checks that a file which no format knows at least parses, so that a broken file is not
  /// passed over as one of another schema.
  /// - Throws: ``MalformedVector`` with the line of the first mistake.
  func checkSyntax() throws {
    if path.hasSuffix(".jsonl") {
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      where !line.allSatisfy(\.isWhitespace) {
        try Self.checkJSON(String(line), firstLine: index + 1)
      }
    } else if path.hasSuffix(".json") {
      try Self.checkJSON(text, firstLine: 1)
    } else {
      _ = try VectorNode(parsing: text)
    }
  }

  private static func checkJSON(_ text: String, firstLine: Int) throws {
    do {
      _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    } catch {
      let said = (error as NSError).userInfo["NSDebugDescription"] as? String ?? "\(error)"
      let around = said.firstMatch(of: #/around line (\d+)/#).flatMap { Int($0.1) } ?? 1
      throw MalformedVector(line: firstLine + around - 1, reason: "not JSON: \(said)")
    }
  }

  /// The document when its top-level `schema` is `name`; nil for every other file.
  ///
  /// A file that holds the name and does not parse counts as one of that schema.
  /// - Throws: ``MalformedVector``.
  func document(ofSchema name: String) throws -> VectorNode? {
    guard text.contains(name) else { return nil }
    let document = try VectorNode(parsing: text)
    return document["schema"]?.text == name ? document : nil
  }
}
