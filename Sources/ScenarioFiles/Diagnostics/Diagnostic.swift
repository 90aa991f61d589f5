/// Something wrong, or worth knowing, in a file that a user wrote.
public struct Diagnostic: Sendable, Equatable {
  /// How much it matters.
  public enum Severity: String, Sendable, Comparable {
    /// Nothing can be run.
    case error
    /// It can be run, but may not mean what was meant.
    case warning

    public static func < (left: Severity, right: Severity) -> Bool {
      left == .error && right == .warning
    }
  }

  /// A second place that explains the first.
  public struct Note: Sendable, Equatable {
    /// What is there.
    public var message: String
    /// Where it is.
    public var span: SourceSpan
  }

  /// Which rule it breaks; see ``DiagnosticCode/explanation``.
  public var code: DiagnosticCode
  /// How much it matters.
  public var severity: Severity
  /// Where it is.
  public var span: SourceSpan
  /// The keys that lead there: `services.content.workers`; may be empty.
  public var keyPath: String
  /// The fact, quoting what was written; lower case, without full stop.
  public var message: String
  /// What to do about it; nil when the message says it.
  public var help: String?
  /// A second place; nil when there is none.
  public var note: Note?
  /// The line of the file that holds the place, shortened when very long; empty when there is none.
  public var sourceLine: String
}

/// A stretch of a file.
public struct SourceSpan: Sendable, Hashable {
  /// The file as it was named; `<stdin>` for standard input, `--set` for an override.
  public var file: String
  /// The line, from 1; 0 for the file as a whole.
  public var line: Int
  /// The column in characters, from 1.
  public var column: Int
  /// How many characters it is long, at least 1.
  public var length: Int

  /// A stretch of a file.
  public init(file: String, line: Int = 0, column: Int = 1, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }
}
