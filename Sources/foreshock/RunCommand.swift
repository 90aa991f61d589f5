import ArgumentParser
import Glibc
import Reporting
import Results
import Scenario
import ScenarioFiles
import Simulation

/// `foreshock run`: runs a scenario and tells what came of it.
struct RunCommand: AsyncParsableCommand {
  /// What standard output carries.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case github
    case junit
  }

  /// Whether the text has colours.
  enum Color: String, ExpressibleByArgument, CaseIterable {
    case auto
    case always
    case never
  }

  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a scenario and judge its expectations.",
    usage: "foreshock run <files> ... [<options>]",
    discussion: """
      The run's folder holds summary.json, timeseries.csv, events.ndjson, report.html and \
      timing.json. Ctrl-C ends the run with what there is, marked partial; a second one ends it at \
      once, but leaves no file half-written. A run that meets a limit is partial, too, and ends with exit code 1: what holds so far \
      may not hold to the end.
      """)

  @OptionGroup var scenario: ScenarioArguments

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many replications to run, instead of as many as the verdicts need.", valueName: "n"))
  var replications: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The seed of all chance, instead of the scenario's.", valueName: "n"),
    transform: WholeNumber.parse)
  var seed: UInt64?

  @Option(help: "What standard output carries; in GitHub Actions text and github by default.")
  var format: Format?

  @Option(
    help: ArgumentHelp(
      "Where the run's folder goes, instead of results/runs/<scenario>.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Option(
    name: .customLong("max-events"), parsing: .unconditional,
    help: ArgumentHelp(
      "End each replication after that many events, with a partial result.", valueName: "n"),
    transform: WholeNumber.parse)
  var maxEvents: UInt64?

  @Option(
    name: .customLong("max-memory"), parsing: .unconditional,
    help: ArgumentHelp(
      "End a replication when its requests, timers and proxies take more bytes (512Mi, 2Gi), likewise.",
      valueName: "bytes"),
    transform: ByteCount.parse)
  var maxMemory: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Replications at the same time, instead of one for each core.", valueName: "n"))
  var threads: Int?

  @Option(help: "Colours in the text; auto: on a terminal, unless NO_COLOR is set.")
  var color: Color = .auto

  @Option(help: "How far the run is, on standard error; plain: a line every 10 s, for logs.")
  var progress: ProgressLine.Style = .auto

  func validate() throws {
    if let replications, !(1...100_000).contains(replications) {
      throw ValidationError("'--replications' must be 1...100000, is \(replications)")
    }
    if maxEvents == 0 { throw ValidationError("'--max-events' must be at least 1, is 0") }
    if output?.isEmpty == true { throw ValidationError("'--output' must name a folder, is empty") }
    if let threads, !(1...1_024).contains(threads) {
      throw ValidationError("'--threads' must be 1...1024, is \(threads)")
    }
  }

  func run() async throws {
    var loaded = try scenario.load { found in
      // A scenario that is run answers by its figures; its warnings are annotations all the same.
      try tell(found, isRun: !found.contains(where: \.isError))
    }
    if let seed { loaded.seed = seed }
    let folder = path(for: loaded.name)
    try checkPlace(folder)
    let line = ProgressLine(progress, replications: replications)
    let runner = try prepare(loaded, line)
    for line in runner.gaps.lines {
      Console.complain("warning: not modelled as written: \(line)")
    }
    Interruption.listen()
    let stopwatch = Stopwatch()
    let result = await runner.run { progress in
      stopwatch.note(progress)
      line.show(progress)
    }
    line.clear()
    if Interruption.isRequested {
      Console.complain("interrupted: the results are partial")
    } else if result.isPartial {
      Console.complain("stopped at a limit: the results are partial, and pass nothing")
    }
    let files = RunFolder.files(
      result, timing: stopwatch.timing(of: result, threads: usedThreads))
    let isKept = Interruption.whileWriting { keep(files, in: folder) }
    try Console.write(answer(result, report: isKept ? folder + "/report.html" : nil))
    let isSummarised = Interruption.whileWriting { summarise(result) }
    if !isKept || !isSummarised { throw ExitCode.unreadable }
    if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
    if !result.isMet { throw ExitCode.expectationMissed }
  }

  /// Ends the program before a long run when its folder cannot be written.
  private func checkPlace(_ folder: String) throws {
    do {
      try RunFolder.check(folder)
    } catch {
      Console.complain("foreshock: \(error)")
      throw ExitCode.unreadable
    }
  }

  /// The path of the run's folder.
  private func path(for name: String) -> String {
    output ?? "results/runs/" + Self.fileName(for: name)
  }

  /// A name that is safe as one folder: letters, digits, `-`, `_` and `.`; others become `-`.
  static func fileName(for name: String) -> String {
    let safe = name.unicodeScalars.prefix(100).map { scalar -> Character in
      let isPlain =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_" || scalar == "."
      return isPlain ? Character(scalar) : "-"
    }
    let text = String(safe)
    return text.allSatisfy({ $0 == "." || $0 == "-" }) ? "run" : text
  }

  /// Writes the run's folder; a failure must not cost the answer on standard output.
  private func keep(_ files: [(name: String, text: String)], in folder: String) -> Bool {
    do {
      try RunFolder.write(files, to: folder)
      return true
    } catch {
      Console.complain("foreshock: \(error)")
      return false
    }
  }

  /// What standard output carries.
  private func answer(_ result: RunResult, report: String?) -> String {
    switch format {
    case .json: return SummaryJSON(result).text
    case .junit: return JUnitReport(result).text
    case .text, .github, nil:
      return (format != .github ? text(of: result, report: report) : "")
        + (isForGitHub ? GitHubAnnotations(result).annotations : "")
    }
  }

  /// Whether annotations are wanted: when they are asked for, and beside the text in a step of
  /// GitHub Actions that asks for nothing.
  private var isForGitHub: Bool {
    format == .github || format == nil && Console.environment("GITHUB_ACTIONS") == "true"
  }

  /// Writes what is wrong with the scenario to standard output in the format that was asked for.
  private func tell(_ problems: [Problem], isRun: Bool) throws {
    let report = ProblemReport(
      problems, scenario: scenario.files.first ?? "", version: Foreshock.version)
    switch format {
    case .json: if !isRun { try Console.write(report.json) }
    case .junit: if !isRun { try Console.write(report.junit) }
    case .text, .github, nil: if isForGitHub { try Console.write(report.annotations) }
    }
  }

  /// Adds the summary to the page of a GitHub step, if there is one; a failure must not cost the
  /// annotations.
  private func summarise(_ result: RunResult) -> Bool {
    guard isForGitHub, let path = Console.environment("GITHUB_STEP_SUMMARY") else {
      return true
    }
    return (try? WholeFile.append(GitHubAnnotations(result).summary, to: path)) != nil
  }

  private var usedThreads: Int { threads ?? Stopwatch.cores }

  private func prepare(_ scenario: Scenario, _ line: ProgressLine) throws -> ScenarioRunner {
    do {
      return try ScenarioRunner(
        scenario,
        settings: ScenarioRunner.Settings(
          replications: replications.map { .exactly($0) }, maxEvents: maxEvents,
          maxMemory: maxMemory, threads: usedThreads, command: command,
          version: Foreshock.version,
          isInterrupted: {
            line.beat()
            return Interruption.isRequested
          }))
    } catch {
      Console.complain(error.text)
      let problem = Problem(
        isError: true, code: DiagnosticCode.tooLargeToRun.rawValue, message: "\(error)",
        place: .init(file: self.scenario.files.first ?? "", line: 0, column: 1))
      try tell([problem], isRun: false)
      throw ExitCode.badScenario
    }
  }

  /// The words that ran it, without those that a repetition states itself.
  private var command: [String] {
    ["foreshock", "run"] + scenario.files + scenario.set.flatMap { ["--set", $0] }
      + (maxEvents.map { ["--max-events", "\($0)"] } ?? [])
      + (maxMemory.map { ["--max-memory", "\($0)"] } ?? [])
  }

  private func text(of result: RunResult, report: String?) -> String {
    let usesColor: Bool
    switch color {
    case .always: usesColor = true
    case .never: usesColor = false
    case .auto:
      usesColor =
        Console.isTerminal(STDOUT_FILENO) && Console.environment("NO_COLOR") == nil
    }
    let style = TerminalStyle(
      usesColor: usesColor, usesUnicode: Console.usesUnicode,
      columns: Console.columns(STDOUT_FILENO))
    return TerminalReport(result, style: style, reportPath: report).text
  }
}
