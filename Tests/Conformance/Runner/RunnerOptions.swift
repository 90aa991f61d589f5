import Foundation

/// What the command line asks of the runner.
struct RunnerOptions: Sendable, Equatable {
  /// The folder below which vector files are looked for.
  var folder = "Tests/Conformance/Vectors"
  /// Only cases whose name matches; see ``GlobPattern``.
  var caseGlob: String?
  /// Where a JUnit file is written.
  var junit: String?
  /// Cases that are replayed at once, at least 1.
  var jobs = ProcessInfo.processInfo.activeProcessorCount
  /// Judges the recordings by their own checks in place of replaying them.
  var selfCheck = false
  /// Prints every disagreement of a case, not only the first.
  var verbose = false

  /// The text of `--help`.
  static let usage = """
    usage: Conformance [FOLDER] [--case GLOB] [--junit FILE] [--jobs N] [--self-check] [--verbose]

    Replays every vector file below FOLDER (default Tests/Conformance/Vectors) through the
    simulator and judges it by its own checks. Exits 1 when a case failed.

      --case GLOB    only cases whose FILE/CASE, file name or case name matches (* and ?)
      --junit FILE   writes the results as JUnit XML
      --jobs N       cases replayed at once (default: all cores)
      --self-check   judges the recordings themselves by their checks, without the simulator
      --verbose      prints every disagreement of a failed case
    """

  /// A command line that cannot be followed.
  struct UsageError: Error {
    /// What is wrong, in words.
    let reason: String
  }

  /// The options of a command line, its first element (the program) left out.
  /// - Throws: ``UsageError``.
  init(arguments: [String]) throws {
    var rest = arguments[...]
    var folders: [String] = []
    while let argument = rest.popFirst() {
      switch argument {
      case "--case": caseGlob = try Self.value(of: argument, &rest)
      case "--junit": junit = try Self.value(of: argument, &rest)
      case "--jobs":
        let text = try Self.value(of: argument, &rest)
        guard let count = Int(text), (1...1024).contains(count) else {
          throw UsageError(reason: "--jobs takes a whole number 1...1024, not '\(text)'")
        }
        jobs = count
      case "--self-check": selfCheck = true
      case "--verbose": verbose = true
      case _ where argument.hasPrefix("-"):
        throw UsageError(reason: "unknown option '\(argument)'")
      default: folders.append(argument)
      }
    }
    guard folders.count <= 1 else {
      throw UsageError(reason: "one folder expected, not \(folders.count)")
    }
    if let given = folders.first { folder = given }
  }

  private static func value(of option: String, _ rest: inout ArraySlice<String>) throws -> String {
    guard let value = rest.popFirst() else {
      throw UsageError(reason: "\(option) needs a value")
    }
    return value
  }
}
