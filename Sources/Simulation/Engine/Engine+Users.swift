import EventKernel
import TimeAndChance

/// The users of a closed loop at run time.
struct UserPopulation {
  /// How their number changes, and the next change.
  var steps = UserSteps([])
  var next: UserSteps.Step?
  /// Their records, in the order in which they come.
  var users: [UInt32] = []
  /// How many of them there are now; the others leave or are gone.
  var wanted = 0
  /// How many of those have iterations left.
  var active = 0
  /// Requests that each of them makes.
  var iterations = UInt32.max
  var startsThinking = false
  /// The least time from one request of a user to its next.
  var minIterationDuration = SimDuration.zero
  /// What stands for that of a request which took no time.
  var pauseAtOnce = SimDuration.zero
  /// How long the request of one that leaves may go on; nil is for ever.
  var grace: SimDuration?
  var hasEnded = false

  /// Nobody, ever.
  init() {}

  init(_ loop: UserLoop) {
    steps = UserSteps(loop.stages)
    iterations = UInt32(clamping: loop.iterations ?? .max)
    startsThinking = loop.startsThinking
    minIterationDuration = loop.minIterationDuration
    pauseAtOnce = loop.pauseAtOnce
    grace = loop.gracefulStop
  }
}

// Closed loops: users that ask, wait for the answer, think, and ask again, as long as they are
// wanted.
//
// - Source: k6 `lib/executor/vu_handle.go`, `ramping_vus.go`; "Graceful stop" in its documentation.
extension Engine {
  // MARK: Their number

  /// Makes the users of a closed loop known; the first come by their event.
  mutating func beginUsers(_ s: UInt32, _ loop: UserLoop) {
    populations[Int(s)] = UserPopulation(loop)
    scheduleUsers(s)
    if let end = loop.end { schedule(.usersEnd, s, after: end) }
    endIfIdle(s)
  }

  private mutating func scheduleUsers(_ s: UInt32) {
    let next = populations[Int(s)].steps.next()
    populations[Int(s)].next = next
    if let next { schedule(.usersChange, s, after: max(.zero, next.at - now)) }
  }

  /// The number of users changes.
  mutating func usersChange(_ s: UInt32) {
    guard !populations[Int(s)].hasEnded, let step = populations[Int(s)].next else { return }
    setUsers(s, step.users)
    scheduleUsers(s)
    endIfIdle(s)
  }

  /// A closed loop ends: what its users have not begun is dropped, and all of them leave.
  mutating func usersEnd(_ s: UInt32) {
    guard !populations[Int(s)].hasEnded else { return }
    populations[Int(s)].hasEnded = true
    populations[Int(s)].next = nil
    dropIterations(of: s)
    sourceDone(s)
    setUsers(s, 0)
    if openRequests == 0, openSources == 0 { allDone() }
  }

  /// Counts the iterations that were wanted and will not begin.
  ///
  /// - Source: k6 `shared_iterations.go`, `per_vu_iterations.go`.
  private mutating func dropIterations(of s: UInt32) {
    if sources[s].limit < .max { drop(sources[s].limit - sources[s].started, of: s) }
    let iterations = populations[Int(s)].iterations
    guard iterations < .max, !sources[s].isDone else { return }
    for user in populations[Int(s)].users where users[user].isWanted {
      drop(UInt64(iterations - users[user].iterations), of: s)
    }
  }

  private mutating func setUsers(_ s: UInt32, _ count: Int) {
    let before = populations[Int(s)].wanted
    populations[Int(s)].wanted = count
    for place in before..<max(before, count) {
      if mustStopMaking() { return }
      userComes(s, place)
    }
    for place in stride(from: before - 1, through: count, by: -1) { userLeaves(s, place) }
  }

  /// Nobody is there who could ask, and nobody will come.
  private mutating func endIfIdle(_ s: UInt32) {
    guard populations[Int(s)].active == 0, populations[Int(s)].next == nil else { return }
    sourceDone(s)
    if openRequests == 0, openSources == 0 { allDone() }
  }

  // MARK: One of them

  /// A user comes, or stays where it was about to leave.
  private mutating func userComes(_ s: UInt32, _ place: Int) {
    if place == populations[Int(s)].users.count {
      let user = users.allocate()
      users[user] = ClientUser(source: s)
      populations[Int(s)].users.append(user)
    }
    let user = populations[Int(s)].users[place]
    users[user].isWanted = true
    users[user].graceSequence = 0
    populations[Int(s)].active += 1
    guard users[user].state == .absent else { return }
    users[user].iterations = 0
    if populations[Int(s)].startsThinking { think(user) } else { ask(user) }
  }

  /// A user leaves when its request has ended, or has had its time.
  private mutating func userLeaves(_ s: UInt32, _ place: Int) {
    let user = populations[Int(s)].users[place]
    users[user].isWanted = false
    switch users[user].state {
    case .absent: break
    case .finished: users[user].state = .absent
    case .thinking, .asking:
      populations[Int(s)].active -= 1
      guard let grace = populations[Int(s)].grace else { return }
      if grace == .zero { return stop(user) }
      let sequence = schedule(.graceOver, user, after: grace)
      users[user].graceSequence = UInt32(truncatingIfNeeded: sequence)
    }
  }

  /// A user that leaves has had its time.
  mutating func graceOver(_ user: UInt32, sequence: UInt64) {
    guard users[user].graceSequence == UInt32(truncatingIfNeeded: sequence) else { return }
    users[user].graceSequence = 0
    if !users[user].isWanted { stop(user) }
  }

  /// A user goes at once; its request gets no answer.
  private mutating func stop(_ user: UInt32) {
    let wasAsking = users[user].state == .asking
    users[user].state = .absent
    guard wasAsking else { return }
    let s = users[user].source
    let open = users[user].call
    var call = Call(
      started: now, parent: Parent.user | user, job: none, tryTimer: none, routeTimer: none,
      cluster: none, hostAndWorker: 0, extraAndState: none, edge: 0, attempts: 0, marks: 0)
    if users[user].isClientCall {
      call.started = clientCalls[open].started
      call.edge = clientCalls[open].edge
      dropClientCall(open)
    } else {
      call.started = calls[open].started
      call.edge = calls[open].edge
      clientLeaves(open)
    }
    call.setResult(0, flags: [])
    countEnd(s, call)
    openRequests -= 1
    if openRequests == 0, openSources == 0 { allDone() }
  }

  /// A user thinks about its next request; the last one, if there was any, began at `asked`.
  private mutating func think(_ user: UInt32, asked: SimTime? = nil) {
    let s = users[user].source
    let source = sources.base + Int(s)
    var wait = SimDuration.nanoseconds(
      source.pointee.think.sampleNanoseconds(using: &source.pointee.thinking, sampler))
    if let asked {
      wait = max(wait, populations[Int(s)].minIterationDuration - (now - asked))
      if wait == .zero, now == asked { wait = populations[Int(s)].pauseAtOnce }
    }
    users[user].state = .thinking
    let sequence = schedule(.thinkOver, user, after: wait)
    users[user].thinkSequence = UInt32(truncatingIfNeeded: sequence)
  }

  /// A user has thought enough.
  mutating func thinkOver(_ user: UInt32, sequence: UInt64) {
    guard users[user].state == .thinking,
      users[user].thinkSequence == UInt32(truncatingIfNeeded: sequence)
    else { return }
    if users[user].isWanted { ask(user) } else { users[user].state = .absent }
  }

  /// A user makes a request.
  private mutating func ask(_ user: UInt32) {
    let s = users[user].source
    let source = sources.base + Int(s)
    guard !source.pointee.isDone else { return finish(user) }
    source.pointee.started &+= 1
    if source.pointee.started >= source.pointee.limit { sourceDone(s) }
    users[user].state = .asking
    users[user].iterations &+= 1
    openRequests += 1
    recorders.sources[s].offered &+= 1
    let parent = Parent.user | user
    let edge = source.pointee.mixCount > 1 ? drawEdge(source) : source.pointee.edge
    if Features.hasPolicies, edges[edge].hasClient {
      return startClientCall(edge: edge, parent: parent, source: s)
    }
    let c = newCall(
      edge: edge, parent: parent, extra: source.pointee.isLogged ? logRequest(s, parent) : none)
    users[user].call = c
    users[user].isClientCall = false
    launch(c)
  }

  /// A user makes no further request, though it is still there.
  private mutating func finish(_ user: UInt32) {
    let s = users[user].source
    users[user].state = .finished
    populations[Int(s)].active -= 1
    endIfIdle(s)
  }

  /// A request of a user, or of a scripted client, has ended.
  @inline(never) mutating func userHears(_ user: UInt32, _ call: Call) {
    let s = users[user].source
    countEnd(s, call)
    openRequests -= 1
    if sources[s].pattern == .phases {
      clientHears(s, phase: users[user].phase, call)
      users.free(user)
    } else {
      goOn(user, asked: call.started)
    }
    if openRequests == 0, openSources == 0 { allDone() }
  }

  /// A user has the answer to what it asked then.
  private mutating func goOn(_ user: UInt32, asked: SimTime) {
    let s = users[user].source
    users[user].graceSequence = 0
    if !users[user].isWanted {
      users[user].state = .absent
    } else if sources[s].isDone
      || users[user].iterations >= populations[Int(s)].iterations
    {
      finish(user)
    } else {
      think(user, asked: asked)
    }
  }
}
