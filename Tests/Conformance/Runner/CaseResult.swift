/// What became of one case, or of a file that could not be turned into cases.
struct CaseResult: Sendable {
  /// How it ended.
  enum Outcome: Sendable {
    /// Everything agreed.
    case passed
    /// Something did not agree.
    case failed([Mismatch])
    /// The file does not follow its format.
    case malformed(MalformedVector)
    /// The replay broke off.
    case broken(String)
    /// The case asks for something that is not modelled.
    case skipped(String)
  }

  /// The file.
  let file: VectorFile
  /// The case, or nil when the whole file is meant.
  let caseName: String?
  /// How it ended.
  let outcome: Outcome

  /// The file's name and the case's, as printed.
  var name: String { caseName.map { "\(file.name)/\($0)" } ?? file.name }

  /// True when the run as a whole has failed.
  var isFailure: Bool {
    switch outcome {
    case .passed, .skipped: false
    case .failed, .malformed, .broken: true
    }
  }

  /// True when it counts neither as passed nor as failed.
  var isSkipped: Bool {
    if case .skipped = outcome { true } else { false }
  }

  /// What is said of a failure, the most telling first; empty when there is none.
  var complaints: [String] {
    switch outcome {
    case .passed, .skipped: []
    case .failed(let mismatches):
      mismatches.map { "\($0.metric) expected \($0.expected) got \($0.got)" }
    case .malformed(let error): ["\(file.path):\(error.line): \(error.reason)"]
    case .broken(let reason): [reason]
    }
  }

  /// Replays a case.
  init(replaying one: VectorCase, of file: VectorFile) {
    self.file = file
    caseName = one.name
    do {
      let mismatches = try one.replay()
      outcome = mismatches.isEmpty ? .passed : .failed(mismatches)
    } catch let error as MalformedVector {
      outcome = .malformed(error)
    } catch let error as SkippedCase {
      outcome = .skipped(error.reason)
    } catch {
      outcome = .broken("the replay broke off: \(error)")
    }
  }

  /// A file that does not follow its format.
  init(malformed error: MalformedVector, in file: VectorFile) {
    self.file = file
    caseName = nil
    outcome = .malformed(error)
  }

  /// The lines printed of it: one, or with `verbose` one for each disagreement.
  func lines(verbose: Bool) -> [String] {
    if case .skipped(let reason) = outcome { return ["skip \(name): \(reason)"] }
    let complaints = complaints
    guard let first = complaints.first else { return ["ok \(name)"] }
    if verbose { return complaints.map { "FAIL \(name): \($0)" } }
    let more = complaints.count > 1 ? " (and \(complaints.count - 1) more)" : ""
    return ["FAIL \(name): \(first)\(more)"]
  }
}
