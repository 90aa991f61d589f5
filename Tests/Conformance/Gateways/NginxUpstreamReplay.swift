import Middleware
import TimeAndChance

/// Replays a trace of requests through an nginx upstream, with requests in progress together.
///
/// The model chooses the servers; how a try on the recorded server ended and how long it took comes
/// from the recording, any other try goes by the server script. Servers tried, their statuses and
/// the client's must be exact.
///
/// The trace has whole milliseconds, so when a try ends within 2 ms of an arrival either may have
/// come first, and the wall clock's second may be 2 ms off. The replay therefore follows every such
/// order side by side and keeps those that explain the rows best.
struct NginxUpstreamReplay: Equatable {
  private struct Attempt: Equatable {
    let row: Int
    let server: Int
    let dueMs: Int64
    let outcome: NginxAttemptOutcome
    var request: NginxProxyRequest
    var selection: NginxSelection
    var tried: [String]
  }

  private static let toleranceMs: Int64 = 2
  private static let limit = 48

  private var upstream: NginxUpstream
  private var running: [Attempt] = []
  private var wrong: [Int: String] = [:]
  /// The balancing methods that are replayed draw nothing from it.
  private var random = 0 as UInt64

  static func mismatches(_ trace: NginxUpstreamTrace) -> [Mismatch] {
    var orders = [0, 1, -1, 2, -2].map { (skew: Int64) in
      var settings = trace.upstream
      settings.wallClockPhase = settings.wallClockPhase + .milliseconds(skew)
      return NginxUpstreamReplay(upstream: NginxUpstream(settings: settings))
    }
    for row in trace.rows.indices {
      let forks = orders.flatMap { $0.arrivals(of: row, trace) }
      let fewest = forks.map(\.wrong.count).min() ?? 0
      orders = []
      for fork in forks where fork.wrong.count == fewest && orders.count < limit {
        if !orders.contains(fork) { orders.append(fork) }
      }
    }
    let ends = orders.map { order in
      var end = order
      end.finish(upTo: .max, trace)
      return end
    }
    guard let best = ends.min(by: { $0.wrong.count < $1.wrong.count }) else { return [] }
    return best.wrong.sorted { $0.key < $1.key }.map { row, got in
      Mismatch(
        metric: "line \(trace.rows[row].line): servers tried and status",
        expected: describe(
          trace.rows[row].attempts.map { "\($0.server) \($0.status)" }, trace.rows[row].status),
        got: got)
    }
  }

  private static func describe(_ tried: [String], _ status: Int) -> String {
    tried.joined(separator: ", ") + " -> \(status)"
  }

  /// The states after a row's arrival, one for each order of events that the clock allows.
  private func arrivals(of row: Int, _ trace: NginxUpstreamTrace) -> [NginxUpstreamReplay] {
    let ms = trace.rows[row].ms
    let slack = Self.toleranceMs
    var limits = [ms - 1]
    limits += running.map(\.dueMs).filter { $0 >= ms - slack && $0 <= ms + slack }.sorted()
    if limits.count > 1 { limits.append(ms - slack - 1) }
    var result: [NginxUpstreamReplay] = []
    for limit in limits {
      var state = self
      state.finish(upTo: limit, trace)
      let request = NginxProxyRequest(
        settings: trace.proxy,
        isIdempotent: !["POST", "LOCK", "PATCH"].contains(trace.rows[row].method),
        upstream: state.upstream, start: .zero + .milliseconds(ms))
      let selection = state.upstream.selection(key: trace.rows[row].key)
      state.start(row, request, selection, tried: [], at: ms, trace)
      if !result.contains(state) { result.append(state) }
    }
    return result
  }

  /// Ends every try that is due, in time.
  private mutating func finish(upTo limit: Int64, _ trace: NginxUpstreamTrace) {
    while let next = running.indices.min(by: { running[$0].dueMs < running[$1].dueMs }),
      running[next].dueMs <= limit
    {
      var attempt = running.remove(at: next)
      let now = SimTime.zero + .milliseconds(attempt.dueMs)
      let (report, step) = attempt.request.ended(attempt.outcome, at: now)
      upstream.release(attempt.server, report, at: now)
      switch step {
      case .tryNext:
        start(
          attempt.row, attempt.request, attempt.selection, tried: attempt.tried,
          at: attempt.dueMs, trace)
      case .answer(let status):
        judge(attempt.row, attempt.tried, status, trace)
      }
    }
  }

  private mutating func start(
    _ row: Int, _ request: NginxProxyRequest, _ selection: NginxSelection, tried: [String],
    at ms: Int64, _ trace: NginxUpstreamTrace
  ) {
    var selection = selection
    var random = RandomStream(state: random)
    let now = SimTime.zero + .milliseconds(ms)
    let chosen = upstream.choose(for: &selection, at: now, using: &random)
    let recorded =
      tried.count < trace.rows[row].attempts.count ? trace.rows[row].attempts[tried.count] : nil
    let name = chosen.map { trace.names[$0] } ?? "none"
    if recorded?.server != name {
      wrong[row] = Self.describe(tried + [name + " ..."], 0)
    }
    guard let chosen else {
      let status = NginxProxyRequest.noLiveUpstreams
      judge(row, tried + ["none \(status)"], status, trace)
      return
    }
    let known = recorded?.server == name ? recorded : nil
    let (outcome, status, lasts) = outcome(on: name, at: ms, trace, known: known)
    running.append(
      Attempt(
        row: row, server: chosen, dueMs: ms + (known?.ms ?? lasts), outcome: outcome,
        request: request, selection: selection, tried: tried + ["\(name) \(status)"]))
  }

  /// How a try ends: as recorded where the server script allows that, else by the script.
  private func outcome(
    on server: String, at ms: Int64, _ trace: NginxUpstreamTrace, known: NginxUpstreamTrace.Attempt?
  ) -> (NginxAttemptOutcome, status: Int, ms: Int64) {
    let readTimeoutMs = trace.proxy.readTimeout.nanoseconds / 1_000_000
    let possible = trace.script.behaviours(of: server, at: ms).map {
      behaviour -> (NginxAttemptOutcome, status: Int, ms: Int64) in
      switch behaviour {
      case .refuses: (.refused, 502, 0)
      case .closes: (.closed, 502, 0)
      case .answers(let status, let after) where after < readTimeoutMs:
        (.status(status), status, after)
      case .hangs, .answers: (.readTimeout, 504, readTimeoutMs)
      }
    }
    // A time-out cannot have come before its time.
    return possible.first {
      $0.status == known?.status && ($0.0 != .readTimeout || (known?.ms ?? $0.ms) >= $0.ms - 5)
    } ?? possible[0]
  }

  private mutating func judge(
    _ row: Int, _ tried: [String], _ status: Int, _ trace: NginxUpstreamTrace
  ) {
    let recorded = trace.rows[row].attempts.map { "\($0.server) \($0.status)" }
    if recorded != tried || trace.rows[row].status != status {
      wrong[row] = Self.describe(tried, status)
    }
  }
}
