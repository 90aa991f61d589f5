import Foundation

/// Replays every vector file below a folder and judges it; see ``RunnerOptions/usage``.
@main struct Conformance {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.contains("--help") || arguments.contains("-h") {
      return show(RunnerOptions.usage)
    }
    do {
      let options = try RunnerOptions(arguments: arguments)
      let folder = try VectorFolder(options.folder)
      var run = ConformanceRun(options)
      run.replay(folder.files, print: show)
      if let path = options.junit { try write(JUnitFile(run.results).text, to: path) }
      if let line = TwinScore.line { show(line) }
      show(run.closingLine)
      if run.results.contains(where: \.isFailure) { exit(1) }
    } catch let error as RunnerOptions.UsageError {
      fail("error: \(error.reason)\n\n\(RunnerOptions.usage)", 64)
    } catch let error as VectorFolder.Unreadable {
      fail("error: \(error.reason)", 74)
    } catch {
      fail("error: \(error)", 70)
    }
  }

  /// Prints a line at once, so that progress shows in a pipe too.
  @Sendable private static func show(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  private static func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw VectorFolder.Unreadable(reason: "cannot write \(path)")
    }
  }

  private static func fail(_ message: String, _ status: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }
}
