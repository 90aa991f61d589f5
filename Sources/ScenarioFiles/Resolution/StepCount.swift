import Scenario

/// Counts the steps that one operation does once its loops are unrolled, as far as a run could do them.
struct StepCount {
  /// The steps so far; those of the first loop that makes too many are the last that are counted.
  private(set) var steps = 0
  /// What is written of that loop's length.
  private(set) var loop: (span: SourceSpan, path: KeyPathText)?

  /// Whether a run could not do so many.
  var isTooMany: Bool { steps > Step.most }

  /// Counts some steps.
  mutating func add(_ drafts: [StepDraft]) {
    for draft in drafts {
      if isTooMany { return }
      steps += 1
      switch draft {
      case .cpu, .wait, .call, .fail: break
      case .parallel(let branches): for branch in branches { add(branch) }
      case .branch(let branches):
        for branch in branches where branch.weight > 0 { add(branch.steps) }
      case .loop(let loop): add(loop)
      }
    }
  }

  private mutating func add(_ loop: LoopDraft) {
    let passes = loop.repetition.passes
    guard passes > 0 else { return }
    let before = steps
    add(loop.steps)
    if isTooMany { return }
    // Both factors are at most a million.
    steps = before + (steps - before) * passes
    guard isTooMany else { return }
    self.loop =
      loop.times.map { ($0.span, $0.path) } ?? loop.again.map { ($0.span, $0.path) }
  }
}
