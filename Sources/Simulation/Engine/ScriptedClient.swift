import EventKernel
import TimeAndChance

/// A client that goes through phases, one after another.
struct ScriptedClient {
  let phases: [ClientPhase]
  var phase = -1
  /// Requests of the phase that were started, and that have ended.
  var started = 0
  var ended = 0
  var starts: [SimTime] = []

  /// How many requests the present phase has in all.
  var count: Int {
    guard phases.indices.contains(phase) else { return 0 }
    switch phases[phase] {
    case .sequential(let count, _, _), .openLoop(let count, _, _), .burst(let count, _),
      .closedLoop(_, let count, _):
      return count
    case .keys(let hashes): return hashes.count
    case .wait, .until, .act, .actDuring: return 0
    }
  }

  /// How long the client waits for an answer in the present phase.
  var abortAfter: SimDuration? {
    guard phases.indices.contains(phase) else { return nil }
    switch phases[phase] {
    case .sequential(_, _, let abort), .openLoop(_, _, let abort), .burst(_, let abort),
      .closedLoop(_, _, let abort):
      return abort
    case .keys, .wait, .until, .act, .actDuring: return nil
    }
  }
}

extension Engine {
  /// The time that opening the connections of a burst takes.
  private static var burstSetUp: SimDuration { .milliseconds(50) }

  /// A scripted client goes on: its next request of the phase, or its next phase.
  mutating func clientStep(_ s: UInt32) {
    guard var client = clients[Int(s)] else { return }
    if client.phase >= 0, client.started < client.count {
      clients[Int(s)] = client
      switch client.phases[client.phase] {
      case .burst: while clientStarts(s) {}
      case .closedLoop(let users, _, _):
        if client.started == 0 {
          for _ in 0..<users where clientStarts(s) {}
        } else {
          _ = clientStarts(s)
        }
      default: _ = clientStarts(s)
      }
      return
    }
    client.phase += 1
    client.started = 0
    client.ended = 0
    client.starts.append(now)
    clients[Int(s)] = client
    guard client.phases.indices.contains(client.phase) else {
      sourceDone(s)
      if openRequests == 0, openSources == 0 { allDone() }
      return
    }
    switch client.phases[client.phase] {
    case .wait(let time): schedule(.clientStep, s, after: time)
    case .until(let time):
      let passed = now - client.starts[0]
      schedule(.clientStep, s, after: max(.zero, time - passed))
    case .act(let kind):
      perform(kind)
      schedule(.clientStep, s, after: .zero)
    case .actDuring(let kind, let time):
      perform(kind)
      schedule(.clientStep, s, after: time)
    case .burst: schedule(.clientStep, s, after: Self.burstSetUp)
    case .openLoop: clientOpenLoop(s)
    case .sequential, .closedLoop, .keys: clientStep(s)
    }
    if client.count == 0, isRequestPhase(client) { schedule(.clientStep, s, after: .zero) }
  }

  private func isRequestPhase(_ client: ScriptedClient) -> Bool {
    switch client.phases[client.phase] {
    case .wait, .until, .act, .actDuring: false
    default: true
    }
  }

  /// The next request of a scripted open loop.
  mutating func clientOpenLoop(_ s: UInt32) {
    guard let client = clients[Int(s)],
      case .openLoop(let count, let rate, _) = client.phases[client.phase]
    else { return }
    guard client.started < count else { return }
    let next = client.started + 1
    if next < count, let start = client.starts.last {
      let due = start + SimDuration(seconds: Double(next) / rate)
      schedule(.clientOpenLoop, s, after: due - now)
    }
    _ = clientStarts(s)
  }

  /// Starts the next request of the present phase; false when all have been started.
  private mutating func clientStarts(_ s: UInt32) -> Bool {
    guard let client = clients[Int(s)], client.started < client.count else { return false }
    let index = client.started
    clients[Int(s)]?.started += 1
    let user = users.allocate()
    users[user] = ClientUser(source: s, phase: UInt32(client.phase))
    let parent = Parent.user | user
    openRequests += 1
    recorders.sources[s].offered &+= 1
    let x = logRequest(s, parent, phase: client.phase, index: index)
    if case .keys(let hashes) = client.phases[client.phase] {
      extras[x].hasHash = true
      extras[x].hash = hashes[index]
    }
    if let abort = client.abortAfter { extras[x].abortAt = now + abort }
    startCall(edge: sources[s].edge, parent: parent, extra: x)
    return true
  }

  /// A request of a scripted client has ended.
  mutating func clientHears(_ s: UInt32, phase: UInt32, _ call: Call) {
    guard let client = clients[Int(s)], client.phase == Int(phase) else { return }
    clients[Int(s)]?.ended += 1
    let allEnded = client.ended + 1 == client.count
    switch client.phases[client.phase] {
    case .sequential(_, let gap, _): schedule(.clientStep, s, after: gap)
    case .keys, .closedLoop:
      if client.started < client.count || allEnded { schedule(.clientStep, s, after: .zero) }
    default: if allEnded { schedule(.clientStep, s, after: .zero) }
    }
  }
}
