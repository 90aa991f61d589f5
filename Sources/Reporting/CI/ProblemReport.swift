public import Scenario

/// Something that keeps a scenario from being run, or is worth knowing, as reports for programs tell it.
public struct Problem: Sendable {
  /// Whether nothing can be run; else it is a warning.
  public var isError: Bool
  /// The stable name of the rule: `FS104`.
  public var code: String
  /// The fact.
  public var message: String
  /// Where it is; line 0 is the file as a whole.
  public var place: SourceLocation
  /// The keys that lead there; may be empty.
  public var path: String
  /// What to do about it; nil when the message says it.
  public var help: String?
  /// A second place and what is there; nil when there is none.
  public var note: (message: String, place: SourceLocation)?

  /// A problem from its parts.
  public init(
    isError: Bool, code: String, message: String, place: SourceLocation, path: String = "",
    help: String? = nil, note: (message: String, place: SourceLocation)? = nil
  ) {
    self.isError = isError
    self.code = code
    self.message = message
    self.place = place
    self.path = path
    self.help = help
    self.note = note
  }

  /// The fact and what else is known, a line each.
  fileprivate var lines: [String] {
    var lines = [message]
    if !path.isEmpty { lines.append("at: \(path)") }
    if let help { lines.append("help: \(help)") }
    if let note {
      let place = note.place
      lines.append("note: \(note.message) at \(place.file):\(place.line):\(place.column)")
    }
    return lines
  }
}

/// What is wrong with a scenario that is not run, in the formats in which a run has results.
public struct ProblemReport: Sendable {
  /// The version of the JSON format; a change of meaning or a removal raises it.
  public static let formatVersion = 1

  private let problems: [Problem]
  private let scenario: String
  private let version: String

  /// The problems of a scenario, named by its file, as a version of the program sees them.
  public init(_ problems: [Problem], scenario: String, version: String) {
    self.problems = problems
    self.scenario = scenario
    self.version = version
  }

  private var errors: [Problem] { problems.filter(\.isError) }
  private var warnings: [Problem] { problems.filter { !$0.isError } }

  // MARK: GitHub

  /// Workflow commands for standard output, one a line, errors first; empty without problems.
  public var annotations: String {
    let lines = annotations("error", errors) + annotations("warning", warnings)
    return lines.map { $0 + "\n" }.joined()
  }

  private func annotations(_ kind: String, _ problems: [Problem]) -> [String] {
    let most = GitHubAnnotations.mostErrors
    var lines = problems.prefix(most).map { problem in
      GitHubAnnotations.command(
        kind, file: problem.place.file, line: problem.place.line, column: problem.place.column,
        title: problem.code, problem.lines.joined(separator: "\n"))
    }
    if problems.count > most {
      lines.append("::\(kind)::and \(problems.count - most) more, see the log")
    }
    return lines
  }

  // MARK: JUnit

  /// A suite for the scenario with a case, and an `<error>` in it, for each error.
  public var junit: String {
    let name = HTMLText.escaped(scenario)
    let counts =
      "tests=\"\(errors.count)\" failures=\"0\" errors=\"\(errors.count)\" skipped=\"0\" time=\"0\""
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="foreshock" \(counts)>
        <testsuite name="\(name)" \(counts)>

      """
    for (index, problem) in errors.enumerated() {
      let place = problem.place
      // Case names must be unique: readers drop doubles.
      let earlier = errors[..<index].count { $0.name == problem.name }
      let title = problem.name + (earlier > 0 ? " (\(earlier + 1))" : "")
      let line = place.line > 0 ? " line=\"\(place.line)\"" : ""
      text +=
        "    <testcase classname=\"foreshock.\(name)\" name=\"\(HTMLText.escaped(title))\" "
        + "file=\"\(HTMLText.escaped(place.file))\"\(line) time=\"0\">\n"
        + "      <error type=\"\(HTMLText.escaped(problem.code))\" "
        + "message=\"\(HTMLText.escaped(problem.message))\">"
        + problem.lines.map(HTMLText.escaped).joined(separator: "\n")
        + "</error>\n    </testcase>\n"
    }
    if !warnings.isEmpty {
      text += "    <system-out>"
      text += warnings.map { problem in
        "warning \(HTMLText.escaped(problem.name)): "
          + problem.lines.map(HTMLText.escaped).joined(separator: "\n")
      }.joined(separator: "\n")
      text += "</system-out>\n"
    }
    return text + "  </testsuite>\n</testsuites>\n"
  }

  // MARK: JSON

  /// An object with the errors and warnings; keys are sorted.
  public var json: String {
    JSONValue.object([
      "formatVersion": .count(Self.formatVersion), "version": .string(version),
      "errors": .array(errors.map(\.json)), "warnings": .array(warnings.map(\.json)),
    ]).pretty
  }
}

extension Problem {
  /// The code and the place, as a case's name.
  fileprivate var name: String {
    "\(code) \(place.file)" + (place.line > 0 ? ":\(place.line):\(place.column)" : "")
  }

  fileprivate var json: JSONValue {
    var members = Self.members(place)
    members["code"] = .string(code)
    members["message"] = .string(message)
    members["path"] = .string(path)
    members["help"] = help.map(JSONValue.string) ?? .null
    if let note {
      members["note"] = .object(
        Self.members(note.place).merging(["message": .string(note.message)]) { $1 })
    }
    return .object(members)
  }

  /// A place; a file as a whole has no line.
  private static func members(_ place: SourceLocation) -> [String: JSONValue] {
    let isLine = place.line > 0
    return [
      "file": .string(place.file), "line": isLine ? .count(place.line) : .null,
      "column": isLine ? .count(place.column) : .null,
    ]
  }
}
