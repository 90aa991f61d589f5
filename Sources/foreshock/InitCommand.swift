import ArgumentParser
import Glibc
import ScenarioFiles

/// `foreshock init DIR`: writes a first scenario for the manifests in a folder.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a first scenario for the manifests in a folder.",
    discussion: """
      The scenario is written also where manifests have mistakes that keep it from being run; they are \
      told, and the exit code is 65.
      """)

  @Argument(help: "The folder with the manifests.", completion: .directory)
  var directory: String

  @Flag(help: "Replace a scenario that is there.")
  var force = false

  func run() throws {
    let separator = directory.hasSuffix("/") ? "" : "/"
    let path = directory + separator + ScenarioSketch.fileName
    guard access(directory, F_OK) == 0 else {
      Console.complain("foreshock: there is no folder \(directory)")
      throw ExitCode.unreadable
    }
    var status = stat()
    guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      Console.complain("foreshock: \(directory) is not a folder")
      throw ExitCode.unreadable
    }
    if !force, access(path, F_OK) == 0 {
      Console.complain("foreshock: \(path) is there already; --force replaces it")
      throw ExitCode.unreadable
    }
    let result = ScenarioSketch.write(folder: directory)
    Console.mention(result.diagnostics.text)
    guard let text = result.text else { throw ExitCode.badScenario }
    try WholeFile.write(text, to: path)
    let problems = result.diagnostics.count { $0.severity == .error }
    guard problems == 0 else {
      let count = problems == 1 ? "1 problem" : "\(problems) problems"
      try Console.write("\(path)\n\(count) to mend first; then: foreshock run \(path)\n")
      throw ExitCode.badScenario
    }
    try Console.write("\(path)\nnext: foreshock run \(path)\n")
  }
}
