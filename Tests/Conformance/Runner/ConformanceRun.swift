import Synchronization

/// One pass over a folder: files to cases, cases to results, results to lines.
struct ConformanceRun {
  /// What the command line asked for.
  let options: RunnerOptions

  /// The results in the order of the files and of the cases in them.
  private(set) var results: [CaseResult] = []
  /// Files that no format knows.
  private(set) var unknownFiles = 0

  /// A pass that has not begun.
  init(_ options: RunnerOptions) { self.options = options }

  /// One thing to do, and to print in its turn.
  private enum Item: Sendable {
    case replay(VectorCase, VectorFile)
    case report(CaseResult)
  }

  /// What a file turned out to be.
  private enum Reading: Sendable {
    case cases([VectorCase])
    case malformed(MalformedVector)
    case unknown
  }

  /// Replays every case that is asked for and prints each result as soon as its turn has come.
  mutating func replay(_ files: [VectorFile], print: @escaping @Sendable (String) -> Void) {
    let selfCheck = options.selfCheck
    let readings = Workers.map(files.count, jobs: options.jobs) { index in
      Self.read(files[index], selfCheck: selfCheck)
    }
    var items: [Item] = []
    for (file, reading) in zip(files, readings) {
      switch reading {
      case .unknown: if options.caseGlob == nil { unknownFiles += 1 }
      case .malformed(let error): items.append(.report(CaseResult(malformed: error, in: file)))
      case .cases(let cases):
        items += cases.filter { isWanted($0, of: file) }.map { .replay($0, file) }
      }
    }
    results = Self.work(items, options, print)
  }

  /// The line that closes the output.
  var closingLine: String {
    let failed = results.count { $0.isFailure }
    let skipped = results.count { $0.isSkipped } + unknownFiles
    let passed = results.count - failed - results.count { $0.isSkipped }
    return "\(passed) passed, \(failed) failed" + (skipped > 0 ? ", \(skipped) skipped" : "")
  }

  private static func work(
    _ items: [Item], _ options: RunnerOptions, _ print: @escaping @Sendable (String) -> Void
  ) -> [CaseResult] {
    struct Progress {
      var done: [CaseResult?]
      var printed = 0
    }
    let progress = Mutex(Progress(done: Array(repeating: nil, count: items.count)))
    Workers.forEach(items.count, jobs: options.jobs) { index in
      let result =
        switch items[index] {
        case .replay(let one, let file): CaseResult(replaying: one, of: file)
        case .report(let result): result
        }
      progress.withLock { progress in
        progress.done[index] = result
        while progress.printed < progress.done.count, let next = progress.done[progress.printed] {
          for line in next.lines(verbose: options.verbose) { print(line) }
          progress.printed += 1
        }
      }
    }
    return progress.withLock { $0.done.compactMap { $0 } }
  }

  private static func read(_ file: VectorFile, selfCheck: Bool) -> Reading {
    do {
      for format in formats {
        let cases = try selfCheck ? format.recordings(in: file) : format.cases(in: file)
        if let cases { return .cases(cases) }
      }
      try file.checkSyntax()
      return .unknown
    } catch let error as MalformedVector {
      return .malformed(error)
    } catch {
      return .malformed(MalformedVector(line: 1, reason: "\(error)"))
    }
  }

  /// True when no pattern was given, or it matches the full name, its end, or one part of it.
  private func isWanted(_ one: VectorCase, of file: VectorFile) -> Bool {
    guard let glob = options.caseGlob else { return true }
    let pattern = GlobPattern(text: glob)
    let stem = file.name.split(separator: "/").last.map(String.init) ?? file.name
    return ["\(file.name)/\(one.name)", "\(stem)/\(one.name)", file.name, stem, one.name]
      .contains(where: pattern.matches)
  }
}
