import Foundation

extension Bench {
  /// One service asked 100 times a second for 100 s: 10 000 requests in one replication.
  private static let scenario = """
    scenario: ten-thousand
    duration: 100s
    services:
      shop:
        workers: 8
        operations:
          GET /: [ { cpu: { lognormal: { p50: 20ms, p99: 80ms } } } ]
    traffic:
      - { to: shop GET /, rate: 100/s }
    expect:
      - shop GET /: { errorRate: { below: 1% } }

    """

  /// B12: the whole process, from the shell's fork to its exit, with all files written.
  ///
  /// Beside it `true`, so that what the system itself takes to start a program is seen.
  func processRow() throws -> [Row] {
    var row = Row("B12", "whole process, 10 000 requests", ours: "-")
    let program = URL(fileURLWithPath: OutsideProgram.own).deletingLastPathComponent()
      .appendingPathComponent("foreshock").path
    guard FileManager.default.isExecutableFile(atPath: program),
      let nothing = OutsideProgram.find("true")
    else {
      row.notes = ["skipped: foreshock is not built in this configuration (make bench builds it)"]
      return [row]
    }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-b12-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("scenario.yaml").path
    try Self.scenario.write(toFile: file, atomically: true, encoding: .utf8)
    let arguments = [
      "run", file, "--replications", "1", "--output", folder.appendingPathComponent("out").path,
    ]
    // Ten runs a sample: one takes but a few hundredths of a second.
    let runs = size(10, quick: 1)
    let times = try interleaved([
      { try (0..<runs).map { _ in try Self.wallTime(of: program, arguments) }.min() ?? 0 },
      { try (0..<runs).map { _ in try Self.wallTime(of: nothing, []) }.min() ?? 0 },
    ])
    row.ours = "\(number(times[0])) ms"
    row.reference = "true \(number(times[1])) ms"
    row.ratio = times[0] / 60
    row.judge(times[0], atMost: 60, "ms")
    let text = try OutsideProgram.run(program, arguments).output
    let line = text.split(separator: "\n").first { $0.contains("errorRate") || $0.contains("hold") }
    row.notes = [line.map { $0.trimmingCharacters(in: .whitespaces) } ?? "no verdict printed"]
    return [row]
  }

  /// The wall time of a program from its start to its end, in milliseconds; its output is dropped.
  private static func wallTime(of executable: String, _ arguments: [String]) throws -> Double {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var words = ([executable] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    var status: Int32 = 0
    let start = wallTime
    guard posix_spawn(&process, executable, &actions, nil, &words, environ) == 0,
      waitpid(process, &status, 0) == process, status == 0
    else { throw BenchmarkError("cannot run \(executable)") }
    return (wallTime - start) / 1e6
  }
}
