/// A vector file as found on disk.
struct VectorFile: Sendable {
  /// The path as shown to people, relative to the folder that was asked for.
  let path: String
  /// The whole text.
  let text: String

  /// The path without its extension: the first part of a case's name.
  var name: String {
    guard let dot = path.lastIndex(of: "."), dot > (path.lastIndex(of: "/") ?? path.startIndex)
    else { return path }
    return String(path[..<dot])
  }
}

/// One judged case of a vector file.
struct VectorCase: Sendable {
  /// The case's own name inside its file.
  let name: String
  /// Replays the case and returns what did not agree; empty when all agreed.
  let replay: @Sendable () throws -> [Mismatch]
}

/// One metric that did not agree with the recording.
struct Mismatch: Sendable {
  /// What was compared, for instance `responses.503 UO` or `row 17: state`.
  let metric: String
  /// What the recording demands, in words.
  let expected: String
  /// What our model gave.
  let got: String
}

/// A file that does not follow its documented format.
struct MalformedVector: Error {
  /// The line in the file, counted from 1.
  let line: Int
  /// What is wrong, and what was expected.
  let reason: String
}

/// Thrown by the replay of a case that asks for a mechanism which is not modelled: counted as
/// skipped, never as passed.
struct SkippedCase: Error {
  /// What is missing, in words.
  let reason: String
}

/// A documented format of vector files: knows its own files and turns them into cases.
protocol VectorFormat: Sendable {
  /// The cases of a file, or nil when the file is of another format.
  ///
  /// A file is recognised by its own fields (its schema, kind or keys), never by its name.
  /// - Throws: ``MalformedVector`` when the file is of this format and does not follow it.
  static func cases(in file: VectorFile) throws -> [VectorCase]?

  /// The recorded runs of a file, each to be judged by the file's own checks without a simulator.
  ///
  /// This tests the judge: every recording must satisfy its checks. Nil when the file is of
  /// another format; formats without such checks have no recordings to judge.
  /// - Throws: ``MalformedVector`` when the file is of this format and does not follow it.
  static func recordings(in file: VectorFile) throws -> [VectorCase]?
}

extension VectorFormat {
  static func recordings(in file: VectorFile) throws -> [VectorCase]? { nil }
}
