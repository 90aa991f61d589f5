import EventKernel

// Which failure an operation answers with: of a parallel step the first in the order of its
// branches, whichever ended first. Nothing of this is touched while all goes well.
extension Engine {
  /// A call that a job waits for has failed.
  @inline(never) mutating func callFailed(_ j: UInt32, edge: UInt32) {
    let arms = arms(of: j)
    let entry = edge | Step.callFlag
    note(failure: edges[edge].failureReply, of: j, at: arms.first { branches[$0] == entry })
  }

  /// A branch that a job waits for has failed.
  @inline(never) mutating func branchFailed(_ branch: Job) {
    // The steps of the branches stand one after another.
    let place = arms(of: branch.call).last {
      branches[$0] & Step.callFlag == 0 && branches[$0] <= branch.step
    }
    note(failure: branch.reply, of: branch.call, at: place)
  }

  /// The entries of the branch table that a job waits for; none when it waits for a single call.
  private func arms(of j: UInt32) -> Range<Int> {
    let step = steps[jobs[j].step &- 1]
    guard step.code == .parallel else { return 0..<0 }
    return Int(step.a)..<Int(step.a + step.b)
  }

  /// Keeps a failure as a job's answer, unless a branch before it has failed.
  private mutating func note(failure reply: UInt16, of j: UInt32, at place: Int?) {
    if let place {
      let place = UInt32(place)
      if jobs[j].marks & Job.childFailed != 0, failedArms[j] < place { return }
      while failedArms.count <= Int(j) { failedArms.append(0) }
      failedArms[j] = place
    }
    jobs[j].marks |= Job.childFailed
    jobs[j].reply = reply
  }
}
