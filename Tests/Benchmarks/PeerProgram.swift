import Foundation

/// A program outside of this one, run to its end.
enum OutsideProgram {
  struct Result {
    var output: String
    var errors: String
  }

  /// Runs a program; throws when it fails.
  static func run(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    // Errors go through a file, so that neither pipe can fill up while the other is read.
    let errorFile = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-\(ProcessInfo.processInfo.processIdentifier).log")
    guard FileManager.default.createFile(atPath: errorFile.path, contents: nil) else {
      throw BenchmarkError("cannot write \(errorFile.path)")
    }
    let errorHandle = try FileHandle(forWritingTo: errorFile)
    process.standardError = errorHandle
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try errorHandle.close()
    let errors = (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
    try? FileManager.default.removeItem(at: errorFile)
    guard process.terminationStatus == 0 else {
      let name = URL(fileURLWithPath: executable).lastPathComponent
      throw BenchmarkError("\(name) ended with \(process.terminationStatus): \(errors)")
    }
    return Result(output: String(decoding: data, as: UTF8.self), errors: errors)
  }

  /// The first file of that name in the search path.
  static func find(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").lazy.map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// This program's own file.
  static var own: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }
}

/// The C++ and C programs that stand beside the product, compiled when they have changed.
struct PeerPrograms {
  let sources: String
  let binaries: String

  /// The C++ compiler: the Swift toolchain's own, else the system's.
  ///
  /// The same back end as the product's, so that a ratio compares programs and not compilers.
  private func compiler(_ name: String, fallback: String) throws -> String {
    if let swift = OutsideProgram.find("swift") {
      let real = URL(fileURLWithPath: swift).resolvingSymlinksInPath()
      let clang = real.deletingLastPathComponent().appendingPathComponent(name).path
      if FileManager.default.isExecutableFile(atPath: clang) { return clang }
    }
    guard let other = OutsideProgram.find(fallback) else {
      throw BenchmarkError("neither \(name) nor \(fallback) found")
    }
    return other
  }

  /// The binary of a peer, made anew when any source is younger.
  private func binary(_ name: String, source: String, _ compile: (String) throws -> Void) throws
    -> String
  {
    let target = "\(binaries)/\(name)"
    let manager = FileManager.default
    try manager.createDirectory(atPath: binaries, withIntermediateDirectories: true)
    func changed(_ path: String) -> Date? {
      (try? manager.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
    guard changed("\(sources)/\(source)") != nil else {
      throw BenchmarkError("no '\(sources)/\(source)'; name the folder with --peers")
    }
    let newest = try manager.contentsOfDirectory(atPath: sources)
      .compactMap { changed("\(sources)/\($0)") }.max()
    if let made = changed(target), let newest, made > newest { return target }
    try compile(target)
    return target
  }

  /// Runs a C++ peer once: its own CPU time in nanoseconds, and what it computed.
  func run(_ name: String, _ arguments: [String]) throws -> (cpu: Double, statistics: RunStatistics)
  {
    let program = try binary(name, source: "\(name).cpp") { target in
      _ = try OutsideProgram.run(
        try compiler("clang++", fallback: "c++"),
        [
          "-std=c++17", "-O3", "-march=native", "-ffp-contract=off", "\(sources)/\(name).cpp",
          "-o", target,
        ])
    }
    let output = try OutsideProgram.run(program, arguments).output
    let cpu = output.split(separator: "\n").first { $0.hasPrefix("cpu ") }
      .flatMap { Double($0.dropFirst(4)) }
    guard let cpu else { throw BenchmarkError("\(name) printed no CPU time") }
    return (cpu, RunStatistics(lines: output))
  }

  /// The library that counts heap allocations.
  func allocationCounter() throws -> String {
    try binary("count_allocations.so", source: "count_allocations.c") { target in
      _ = try OutsideProgram.run(
        try compiler("clang", fallback: "cc"),
        ["-O2", "-shared", "-fPIC", "\(sources)/count_allocations.c", "-o", target])
    }
  }
}
