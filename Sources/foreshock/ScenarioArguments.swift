import ArgumentParser
import Reporting
import Scenario
import ScenarioFiles
import Simulation

/// The files of a scenario, as every command that reads one takes them.
struct ScenarioArguments: ParsableArguments {
  @Argument(
    help: "Scenario files and manifests; '-' is standard input.",
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Replace a value of the scenario, such as services.shop.workers=50 or traffic[0].rate=9/s.",
      valueName: "path=value"))
  var set: [String] = []

  func validate() throws {
    if files.isEmpty { throw ValidationError("name a scenario file, or '-'") }
  }

  /// The scenario, or the end of the program with everything that is wrong with it.
  ///
  /// Quietly, only errors are said; `tell` hears of all that was found, before the end if there is
  /// one.
  func load(
    quiet: Bool = false, tell: (_ found: [Problem]) throws -> Void = { _ in }
  ) throws -> Scenario {
    let result = ScenarioLoader.load(paths: files, overrides: set)
    if !quiet || result.scenario == nil { Console.mention(result.diagnostics.text) }
    try tell(result.diagnostics.map(Problem.init))
    guard let scenario = result.scenario else {
      let isUnreadable = result.diagnostics.contains { $0.code == .unreadableFile }
      throw isUnreadable ? ExitCode.unreadable : ExitCode.badScenario
    }
    return scenario
  }
}

extension Problem {
  /// A diagnostic as reports for programs tell it.
  init(_ diagnostic: Diagnostic) {
    self.init(
      isError: diagnostic.severity == .error, code: diagnostic.code.rawValue,
      message: diagnostic.message, place: SourceLocation(diagnostic.span), path: diagnostic.keyPath,
      help: diagnostic.help, note: diagnostic.note.map { ($0.message, SourceLocation($0.span)) })
  }
}

extension SourceLocation {
  fileprivate init(_ span: SourceSpan) {
    self.init(file: span.file, line: span.line, column: span.column)
  }
}

extension CompilationError {
  /// The error as other mistakes in a scenario are shown: `foreshock explain` knows its code.
  var text: String { "error[\(DiagnosticCode.tooLargeToRun.rawValue)]: \(self)" }
}
