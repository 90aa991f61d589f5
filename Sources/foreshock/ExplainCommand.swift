import ArgumentParser
import ScenarioFiles

/// `foreshock explain CODE`: prints the page of a diagnostic.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Explain a diagnostic by its code, such as FS104.")

  @Argument(
    help: "The code; without one all are listed.",
    completion: .list(DiagnosticCode.allCases.map(\.rawValue)))
  var code: String?

  func run() throws {
    guard let code else {
      let lines = DiagnosticCode.allCases.map { "\($0.rawValue)  \($0.title)" }
      return try Console.write(lines.joined(separator: "\n") + "\n")
    }
    // FS104, fs104 and 104 are the same.
    guard let page = DiagnosticCode.explain(code) ?? DiagnosticCode.explain("FS" + code) else {
      throw ValidationError("there is no diagnostic '\(code)'; 'foreshock explain' lists them")
    }
    try Console.write(page)
  }
}
