import TimeAndChance

/// The instants at which the number of a closed loop's users changes, one after another.
///
/// - Source: k6 `lib/executor/ramping_vus.go` (`getRawExecutionSteps`).
struct UserSteps {
  /// So many users from an instant on.
  struct Step: Equatable {
    var at: SimTime
    var users: Int
  }

  private let stages: [UserLoop.Stage]
  private var stage = 0
  /// The next change of the stage; 0 is its start.
  private var change = 0
  private var users = 0

  init(_ stages: [UserLoop.Stage]) { self.stages = stages }

  /// The next change, or nil when the number stays as it is.
  mutating func next() -> Step? {
    while stages.indices.contains(stage) {
      let present = stages[stage]
      let changes = (present.endUsers - present.startUsers).magnitude
      guard change <= changes else {
        stage += 1
        change = 0
        continue
      }
      let target = present.startUsers + change * (present.endUsers - present.startUsers).signum()
      let at = present.time(of: UInt(change), of: changes)
      change += 1
      if target == users { continue }
      users = target
      return Step(at: at, users: target)
    }
    return nil
  }
}

extension UserLoop.Stage {
  /// When the straight line has gone through so many of its changes, counted back from the end.
  fileprivate func time(of change: UInt, of changes: UInt) -> SimTime {
    guard change > 0 else { return .zero + start }
    let length = UInt(max(0, (end - start).nanoseconds))
    let product = length.multipliedFullWidth(by: changes - change)
    let rest = changes.dividingFullWidth(product).quotient
    return .zero + (end - .nanoseconds(Int64(rest)))
  }
}
