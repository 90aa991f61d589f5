import Middleware
import TimeAndChance

/// The backend, its checks and the requests in progress at one moment of a replay.
struct HAProxyDriver: Equatable {
  struct Difference: Equatable {
    let what: String
    let expected: String
    let got: String
  }

  private enum Kind: Equatable {
    case check(server: Int)
    case finish(row: Int)
    case retry(row: Int, moves: Bool)
    case queueTimeout(row: Int, isLate: Bool)
  }

  private struct Event: Equatable {
    let ms: Int64
    let order: Int
    let kind: Kind
  }

  private struct Request: Equatable {
    var retries: HAProxyRequestRetries
    var server: Int?
    var previous: Int?
    var queueMs: Int64 = 0
    var attemptMs: Int64 = 0
    var failure: HAProxyAttemptFailure?
  }

  /// How far apart the clocks of an arrival and an end may be for either to come first.
  private static let toleranceMs: Int64 = 2
  /// How far a queue's time, or that of a failure, may be off.
  private static let queueToleranceMs: Int64 = 10
  private static let totalToleranceMs: Int64 = 25
  private static let limit = 24

  private var backend: HAProxyBackend
  private var health: [HAProxyHealth]
  private var events: [Event] = []
  private var orders = 0
  private var requests: [Int: Request] = [:]
  private(set) var wrong: [Int: Difference] = [:]
  private(set) var slips = 0
  private var changesMs: [Int64] = []

  /// What counts against this replay: rows that differ, then turns taken by something else.
  var penalty: (Int, Int) { (wrong.count, slips) }

  /// The best of the orders that the clock allows, for checks that start at this phase.
  static func replay(_ trace: HAProxyTrace, phaseMs: Int64) -> HAProxyDriver {
    var orders = [HAProxyDriver(trace, phaseMs: phaseMs)]
    for row in trace.rows.indices {
      let forks = orders.flatMap { $0.arrivals(of: row, trace) }
      let best = forks.map(\.penalty).min { $0 < $1 } ?? (0, 0)
      orders = []
      for fork in forks where fork.penalty == best && orders.count < limit {
        if !orders.contains(fork) { orders.append(fork) }
      }
    }
    var ends: [HAProxyDriver] = []
    for order in orders {
      var end = order
      let last = (trace.rows.last?.ms ?? 0) + 600_000
      end.advance(to: last, trace) { !$0.requests.isEmpty }
      ends.append(end)
    }
    return ends.min { $0.penalty < $1.penalty } ?? orders[0]
  }

  private init(_ trace: HAProxyTrace, phaseMs: Int64) {
    backend = HAProxyBackend(
      servers: trace.servers, balancing: trace.options.balancing, fullconn: trace.options.fullconn,
      usesAllBackups: trace.options.usesAllBackups)
    health = trace.servers.map { .proven($0.check) }
    let checked = trace.servers.indices.filter { trace.servers[$0].check.isEnabled }
    let intervals = checked.map { trace.servers[$0].check.inter }
    for (position, server) in checked.enumerated() {
      let first = HAProxyHealth.firstCheck(position: position, among: intervals)
      // The checks began before the first row; only their phase is open.
      let interval = intervals[position].nanoseconds / 1_000_000
      let start = (phaseMs + first.nanoseconds / 1_000_000) % interval
      schedule(.check(server: server), at: start)
    }
  }

  /// The states after a row's arrival, one for each order of events that the clock allows.
  private func arrivals(of row: Int, _ trace: HAProxyTrace) -> [HAProxyDriver] {
    let ms = trace.rows[row].ms
    let slack = Self.toleranceMs
    let near = events.map(\.ms).filter { $0 >= ms - slack && $0 <= ms + slack }.sorted()
    var limits = [ms - 1] + near
    if !near.isEmpty { limits.append(ms - slack - 1) }
    var result: [HAProxyDriver] = []
    for limit in limits {
      var state = self
      state.advance(to: limit, trace)
      let before = state
      state.arrive(row, trace)
      if state.wrong[row] != nil, trace.servers.contains(where: \.check.isEnabled) {
        state = before.explained(row, trace, otherwise: state)
      }
      if !result.contains(state) { result.append(state) }
    }
    return result
  }

  /// A backend with checks: a turn taken by something else, or a change of state nearby.
  private func explained(
    _ row: Int, _ trace: HAProxyTrace, otherwise: HAProxyDriver
  ) -> HAProxyDriver {
    for turns in 1..<max(2, trace.servers.count) {
      var state = self
      for turn in 0..<turns {
        guard case .server(let server) = state.backend.assign(-1 - turn) else { break }
        _ = state.backend.release(server)
      }
      state.arrive(row, trace)
      if state.wrong[row] == nil {
        state.slips += turns
        return state
      }
    }
    let interval = trace.servers.map { $0.check.inter.nanoseconds / 1_000_000 }.max() ?? 0
    var state = otherwise
    if changesMs.contains(where: { abs($0 - trace.rows[row].ms) <= interval }) {
      state.wrong[row] = nil
    }
    return state
  }

  private mutating func advance(
    to limit: Int64, _ trace: HAProxyTrace, while isWanted: (HAProxyDriver) -> Bool = { _ in true }
  ) {
    while isWanted(self),
      let next = events.indices.min(by: {
        (events[$0].ms, events[$0].order) < (events[$1].ms, events[$1].order)
      }), events[next].ms <= limit
    {
      let event = events.remove(at: next)
      switch event.kind {
      case .check(let server): check(server, at: event.ms, trace)
      case .finish(let row): finish(row, at: event.ms, trace)
      case .retry(let row, let moves): retry(row, moves: moves, at: event.ms, trace)
      case .queueTimeout(let row, let isLate): timeOut(row, isLate, at: event.ms, trace)
      }
    }
  }

  private mutating func schedule(_ kind: Kind, at ms: Int64) {
    events.append(Event(ms: ms, order: orders, kind: kind))
    orders += 1
  }

  private mutating func arrive(_ row: Int, _ trace: HAProxyTrace) {
    requests[row] = Request(retries: HAProxyRequestRetries(settings: trace.options.retry))
    place(row, at: trace.rows[row].ms, trace)
  }

  /// Sends a request to a server or into the queue.
  private mutating func place(_ row: Int, at ms: Int64, _ trace: HAProxyTrace) {
    switch backend.assign(row, avoiding: requests[row]?.previous) {
    case .server(let server): attempt(row, on: server, at: ms, trace)
    case .queued:
      schedule(
        .queueTimeout(row: row, isLate: false),
        at: ms + trace.options.retry.queueTimeout.nanoseconds / 1_000_000)
    case .queueFull, .noServer: judge(row, nil, 503, "SC", at: ms, trace)
    }
  }

  private mutating func attempt(
    _ row: Int, on server: Int, at ms: Int64, _ trace: HAProxyTrace
  ) {
    guard var request = requests[row] else { return }
    if let previous = request.previous {
      request.retries.redispatched(from: previous, to: server)
    } else {
      request.queueMs = ms - trace.rows[row].ms
    }
    request.server = server
    request.attemptMs = ms
    let (failure, lasts) = outcome(row, request, at: ms, trace)
    request.failure = failure
    requests[row] = request
    let recorded = trace.rows[row]
    let isLast = request.retries.retries == recorded.retryCount
    if isLast && recorded.server != server {
      differ(
        row, "server", recorded.server.map { trace.names[$0] } ?? "<NOSRV>", trace.names[server])
    }
    schedule(.finish(row: row), at: ms + lasts)
  }

  /// How a try ends: as recorded where the script allows that, nil for no try at all.
  private func outcome(
    _ row: Int, _ request: Request, at ms: Int64, _ trace: HAProxyTrace
  ) -> (HAProxyAttemptFailure?, ms: Int64) {
    guard let server = request.server else { return (nil, 0) }
    let recorded = trace.rows[row]
    let serverTimeoutMs = trace.options.retry.serverTimeout.nanoseconds / 1_000_000
    let possible = trace.script.behaviours(
      of: trace.names[server], at: ms + recorded.pausedMs
    ).map {
      behaviour -> (HAProxyAttemptFailure, ms: Int64) in
      switch behaviour {
      case .refuses: (.refused, 0)
      case .closes: (.emptyResponse, 0)
      case .answers(let status, let after) where after < serverTimeoutMs: (.status(status), after)
      case .hangs, .answers: (.responseTimeout, serverTimeoutMs)
      }
    }
    let isLast = request.retries.retries == recorded.retryCount && recorded.server == server
    guard isLast else {
      // The recording counts more retries: this try failed if the script lets it.
      let failed = possible.first { $0.0 != .status(200) }
      let isRetried = request.retries.retries < recorded.retryCount
      return (isRetried ? failed : nil) ?? possible[0]
    }
    let fitting = possible.first {
      $0.0.answer == (recorded.status, recorded.termination)
    }
    guard let (outcome, lasts) = fitting else { return possible[0] }
    guard case .status = outcome else { return (outcome, lasts) }
    let elsewhere = request.attemptMs - recorded.ms - request.queueMs
    return (outcome, max(0, recorded.totalMs - recorded.queueMs - elsewhere))
  }

  private mutating func finish(_ row: Int, at ms: Int64, _ trace: HAProxyTrace) {
    guard let request = requests[row], let server = request.server, let failure = request.failure
    else { return }
    observe(failure, on: server, at: ms, trace)
    let step: HAProxyRequestRetries.Step
    if let answer = requests[row]?.retries.failed(
      failure, balancing: trace.options.balancing, isServerUp: backend.isUp(server),
      activeServers: backend.activeServers)
    {
      step = answer
    } else {
      step = .answer
    }
    switch step {
    case .answer:
      let (status, termination) = failure.answer
      judge(row, server, status, termination, at: ms, trace)
      free(server, at: ms, trace)
    case .sameServer(let after):
      schedule(.retry(row: row, moves: false), at: ms + after.nanoseconds / 1_000_000)
    case .redispatch(let after):
      requests[row]?.previous = server
      free(server, at: ms, trace)
      schedule(.retry(row: row, moves: true), at: ms + after.nanoseconds / 1_000_000)
    }
  }

  private mutating func retry(_ row: Int, moves: Bool, at ms: Int64, _ trace: HAProxyTrace) {
    guard let request = requests[row] else { return }
    if moves {
      place(row, at: ms, trace)
    } else if let server = request.server {
      requests[row]?.previous = server
      attempt(row, on: server, at: ms, trace)
    }
  }

  /// A slot is free: those whose time in the queue ends within the clock's tolerance, and that the
  /// recording saw time out, are gone already.
  private mutating func free(_ server: Int, at ms: Int64, _ trace: HAProxyTrace) {
    for event in events {
      guard case .queueTimeout(let row, _) = event.kind, requests[row]?.server == nil,
        trace.rows[row].termination == "sQ", event.ms - ms <= Self.queueToleranceMs
      else { continue }
      timeOut(row, true, at: event.ms, trace)
    }
    begin(backend.release(server), at: ms, trace)
  }

  private mutating func begin(
    _ dequeued: [HAProxyBackend.Dequeued], at ms: Int64, _ trace: HAProxyTrace
  ) {
    for one in dequeued {
      events.removeAll {
        if case .queueTimeout(one.request, _) = $0.kind { return true }
        return false
      }
      attempt(one.request, on: one.server, at: ms, trace)
    }
  }

  private mutating func timeOut(
    _ row: Int, _ isLate: Bool, at ms: Int64, _ trace: HAProxyTrace
  ) {
    guard requests[row] != nil else { return }
    if !isLate && trace.rows[row].termination != "sQ" {
      // The recording got a slot in time; that may come within the clock's tolerance.
      schedule(.queueTimeout(row: row, isLate: true), at: ms + Self.queueToleranceMs)
      return
    }
    backend.abandon(row)
    requests[row]?.queueMs = ms - trace.rows[row].ms
    judge(row, nil, 503, "sQ", at: ms, trace)
  }

  private mutating func observe(
    _ failure: HAProxyAttemptFailure, on server: Int, at ms: Int64, _ trace: HAProxyTrace
  ) {
    let seen: [HAProxyObservation] =
      switch failure {
      case .refused, .connectTimeout: [.connectionFailed]
      case .emptyResponse, .junkResponse: [.connected, .badResponse]
      case .responseTimeout: [.connected, .responseTimeout]
      case .status(let status): [.connected, .status(status)]
      }
    for observation in seen {
      let (change, within) = health[server].observe(observation)
      apply(change, to: server, at: ms, trace)
      guard let within else { continue }
      let sooner = ms + within.nanoseconds / 1_000_000
      if let index = events.firstIndex(where: { $0.kind == .check(server: server) }),
        events[index].ms > sooner
      {
        events.remove(at: index)
        schedule(.check(server: server), at: sooner)
      }
    }
  }

  private mutating func check(_ server: Int, at ms: Int64, _ trace: HAProxyTrace) {
    let behaviour = trace.script.behaviours(of: trace.names[server], at: ms)[0]
    let passed: Bool =
      switch behaviour {
      case .refuses: false
      case .answers(let status, _): !trace.options.checksHTTP || (200..<400).contains(status)
      case .hangs, .closes: !trace.options.checksHTTP
      }
    let change = passed ? health[server].checkPassed() : health[server].checkFailed()
    apply(change, to: server, at: ms, trace)
    schedule(
      .check(server: server), at: ms + health[server].interval.nanoseconds / 1_000_000)
  }

  private mutating func apply(
    _ change: HAProxyHealth.Change, to server: Int, at ms: Int64, _ trace: HAProxyTrace
  ) {
    if change == .none { return }
    changesMs.append(ms)
    let (dequeued, displaced) = backend.setUp(
      server, change == .up, redispatches: trace.options.retry.redispatch != nil)
    begin(dequeued, at: ms, trace)
    for row in displaced { place(row, at: ms, trace) }
  }

  private mutating func judge(
    _ row: Int, _ server: Int?, _ status: Int, _ termination: String, at ms: Int64,
    _ trace: HAProxyTrace
  ) {
    guard let request = requests.removeValue(forKey: row) else { return }
    let recorded = trace.rows[row]
    let name = { (server: Int?) in server.map { trace.names[$0] } ?? "<NOSRV>" }
    if recorded.server != server && wrong[row] == nil && !isExcused(row, trace) {
      differ(row, "server", name(recorded.server), name(server))
    }
    if (recorded.status, recorded.termination) != (status, termination) {
      differ(
        row, "status and termination", "\(recorded.status) \(recorded.termination)",
        "\(status) \(termination)")
    } else if recorded.retries != request.retries.logField {
      differ(row, "retries", recorded.retries, request.retries.logField)
    } else if abs(recorded.queueMs - request.queueMs) > Self.queueToleranceMs {
      differ(row, "queue_ms", "\(recorded.queueMs)", "\(request.queueMs)")
    } else if termination != "--",
      abs(recorded.totalMs - (ms - recorded.ms)) > Self.totalToleranceMs
    {
      differ(row, "total_ms", "\(recorded.totalMs)", "\(ms - recorded.ms)")
    }
  }

  /// Whether a state change nearby excuses another server than recorded.
  private func isExcused(_ row: Int, _ trace: HAProxyTrace) -> Bool {
    guard trace.servers.contains(where: \.check.isEnabled) else { return false }
    let interval = trace.servers.map { $0.check.inter.nanoseconds / 1_000_000 }.max() ?? 0
    return changesMs.contains { abs($0 - trace.rows[row].ms) <= interval }
  }

  private mutating func differ(_ row: Int, _ what: String, _ expected: String, _ got: String) {
    wrong[row] = Difference(what: what, expected: expected, got: got)
  }
}
