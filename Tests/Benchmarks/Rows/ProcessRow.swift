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
    var text = ""
    func wall(_ executable: String, _ arguments: [String]) throws -> Double {
      let start = Self.wallTime
      let result = try OutsideProgram.run(executable, arguments)
      let time = Self.wallTime - start
      if !arguments.isEmpty { text = result.output }
      return time / 1e6
    }
    let arguments = [
      "run", file, "--replications", "1", "--output", folder.appendingPathComponent("out").path,
    ]
    // Ten runs a sample: one takes but a few hundredths of a second.
    let runs = size(10, quick: 1)
    let times = try interleaved([
      { try (0..<runs).map { _ in try wall(program, arguments) }.min() ?? 0 },
      { try (0..<runs).map { _ in try wall(nothing, []) }.min() ?? 0 },
    ])
    row.ours = "\(number(times[0])) ms"
    row.reference = "true \(number(times[1])) ms"
    row.ratio = times[0] / 60
    row.judge(times[0], atMost: 60, "ms")
    let line = text.split(separator: "\n").first { $0.contains("errorRate") || $0.contains("hold") }
    row.notes = [line.map { $0.trimmingCharacters(in: .whitespaces) } ?? "no verdict printed"]
    return [row]
  }
}
