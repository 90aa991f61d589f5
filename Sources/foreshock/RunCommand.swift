import ArgumentParser
import Reporting
import Results
import Scenario
import Simulation

/// `foreshock run`: runs a scenario and tells what came of it.
struct RunCommand: AsyncParsableCommand {
  /// What standard output carries.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
  }

  /// Whether the text has colours.
  enum Color: String, ExpressibleByArgument, CaseIterable {
    case auto
    case always
    case never
  }

  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a scenario and judge its expectations.")

  @OptionGroup var scenario: ScenarioArguments

  @Option(help: "How many replications to run, instead of as many as the verdicts need.")
  var replications: Int?

  @Option(help: "The seed of all chance, instead of the scenario's.")
  var seed: UInt64?

  @Option(help: "What standard output carries.")
  var format: Format = .text

  @Option(
    help: ArgumentHelp(
      "Where the run's folder goes, instead of results/runs/<scenario>.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Option(
    name: .customLong("max-events"),
    help: "End each replication after that many events, with a partial result.")
  var maxEvents: UInt64?

  @Option(
    name: .customLong("max-memory"),
    help: "End a replication beyond that many bytes of its own (512Mi, 2Gi), likewise.",
    transform: ByteCount.parse)
  var maxMemory: Int?

  @Option(help: "Replications at the same time, instead of one for each core.")
  var threads: Int?

  @Option(help: "Colours in the text.")
  var color: Color = .auto

  func validate() throws {
    if let replications, !(1...100_000).contains(replications) {
      throw ValidationError("'--replications' must be 1...100000, is \(replications)")
    }
    if let threads, !(1...1_024).contains(threads) {
      throw ValidationError("'--threads' must be 1...1024, is \(threads)")
    }
  }

  func run() async throws {
    var loaded = try scenario.load()
    if let seed { loaded.seed = seed }
    let runner = try prepare(loaded)
    for gap in runner.gaps {
      Console.complain("warning: not modelled as written: \(gap.subject): \(gap.text)")
    }
    let folder = RunFolder(output, scenario: loaded.name)
    try folder.create()
    Interruption.listen()
    let stopwatch = Stopwatch()
    let progress = ProgressLine(isShown: Console.showsProgress)
    let result = await runner.run { progress.show($0) }
    progress.clear()
    let files = ResultFiles(result, folder: folder)
    try files.write(timing: stopwatch.timing(of: result, threads: usedThreads))
    try Console.write(text(of: result, report: files.reportPath))
    if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
    if !result.isMet { throw ExitCode.expectationMissed }
  }

  private var usedThreads: Int { threads ?? Stopwatch.cores }

  private func prepare(_ scenario: Scenario) throws -> ScenarioRunner {
    do {
      return try ScenarioRunner(
        scenario,
        settings: ScenarioRunner.Settings(
          replications: replications.map { .exactly($0) }, maxEvents: maxEvents,
          maxMemory: maxMemory, threads: usedThreads, command: command,
          version: Foreshock.version, isInterrupted: { Interruption.isRequested }))
    } catch {
      Console.complain("error: \(error)")
      throw ExitCode.badScenario
    }
  }

  /// The words that ran it, without those that a repetition states itself.
  private var command: [String] {
    ["foreshock", "run"] + scenario.files + scenario.set.flatMap { ["--set", $0] }
  }

  private func text(of result: RunResult, report: String?) -> String {
    let usesColor: Bool
    switch color {
    case .always: usesColor = true
    case .never: usesColor = false
    case .auto:
      usesColor =
        Console.isTerminal && Console.environment("NO_COLOR") == nil
        && Console.environment("TERM") != "dumb"
    }
    return TerminalReport(
      result, style: TerminalStyle(usesColor: usesColor, columns: Console.columns),
      reportPath: report
    ).text
  }
}
