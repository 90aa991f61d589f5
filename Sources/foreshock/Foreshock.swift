import ArgumentParser
import Glibc
import ScenarioFiles

/// The command line: each command in a file of its own.
@main
struct Foreshock: AsyncParsableCommand {
  /// The version of the program.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "foreshock",
    abstract: "Tells what users will see when manifests, traffic and a fault meet.",
    discussion: """
      Exit codes:
        0    all expectations hold
        1    the answer is no, or a limit left it open
        64   usage
        65   bad scenario or manifest
        70   internal error: a mistake of Foreshock
        74   cannot read or write
        130  interrupted by Ctrl-C: results so far are written and marked partial
        143  the same by SIGTERM

      Completions for your shell: foreshock --generate-completion-script bash|zsh|fish
      A manual page: make manual writes .build/foreshock.1
      """,
    version: version,
    subcommands: [
      RunCommand.self, ValidateCommand.self, InitCommand.self, SchemaCommand.self,
      ExplainCommand.self,
    ])

  static func main() async {
    InternalError.listen()
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let first = arguments.first, let help = helpForUnknownCommand(first) {
      let word = String(first.map { $0.isASCII && $0 < " " ? "?" : $0 })
      Console.complain("Error: there is no command '\(word)'\n  \(help)")
      Glibc.exit(ExitCode.validationFailure.rawValue)
    }
    do {
      var command = try await asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error)
    }
  }

  /// Ends the program with the message and the exit code of an error.
  ///
  /// The help, the version and the completions are such errors, too, without fault: the argument
  /// parser prints them without a look whether they arrived.
  private static func end(with error: any Error) -> Never {
    let text = fullMessage(for: error)
    let code = exitCode(for: error)
    if !code.isSuccess {
      if !text.isEmpty { Console.complain(text) }
    } else if !text.isEmpty, (try? Console.write(text + "\n")) == nil {
      Glibc.exit(ExitCode.unreadable.rawValue)
    }
    Glibc.exit(code.rawValue)
  }

  /// What to say when the first word is no command; nil when it is one, or an option.
  private static func helpForUnknownCommand(_ word: String) -> String? {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName }
    guard !word.hasPrefix("-"), word != "help", !names.contains(word) else { return nil }
    if access(word, F_OK) == 0 { return "To run the scenario: foreshock run \(word)" }
    if let near = Spelling.nearest(to: word, among: names) {
      return "Did you mean 'foreshock \(near)'?"
    }
    return "The commands are \(names.joined(separator: ", ")); see 'foreshock --help'."
  }
}

extension ExitCode {
  /// An expectation does not hold.
  static let expectationMissed = ExitCode(1)
  /// A scenario or manifest is wrong (`EX_DATAERR`).
  static let badScenario = ExitCode(65)
  /// Something cannot be read or written (`EX_IOERR`).
  static let unreadable = ExitCode(74)
}
