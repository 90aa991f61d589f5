import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct RetryStateTests {
  @Test func `the allowance is spent even when there is no room`() {
    var state = RetryState(numRetries: 2)
    #expect(state.decide(matches: true, hasRoom: false) == .overflow)
    #expect(state.remaining == 1)
    #expect(state.decide(matches: true, hasRoom: true) == .retry)
    #expect(state.hadRetry)
    #expect(state.decide(matches: true, hasRoom: true) == .limitExceeded)
    #expect(state.decide(matches: false, hasRoom: true) == .deliver)
  }

  @Test func `without a policy the first outcome is delivered`() {
    var state = RetryState(numRetries: 0)
    #expect(state.decide(matches: false, hasRoom: true) == .deliver)
    #expect(!state.hadRetry)
  }

  @Test func `flags join the decision and the last try as an access log writes them`() {
    let refused = AttemptOutcome(.connectFailure)
    #expect(refused.flags.union(RetryState.Decision.limitExceeded.flags).text == "URX,UF")
    let reset = AttemptOutcome(.connectionTermination)
    #expect(reset.flags.union(RetryState.Decision.limitExceeded.flags).text == "URX,UC")
    let timeout = AttemptOutcome(.perTryTimeout)
    #expect(timeout.flags.union(.upstreamRetryLimitExceeded).text == "URX,UT")
    #expect(AttemptOutcome(status: 503).flags.union(.upstreamOverflow).text == "UO")
    #expect(ResponseFlags([.faultInjected, .delayInjected]).text == "DI,FI")
    #expect(ResponseFlags([]).text == "-")
    #expect(
      ResponseFlags(text: "URX,UF") == [.upstreamRetryLimitExceeded, .upstreamConnectionFailure])
    #expect(ResponseFlags(text: "-") == [])
    #expect(ResponseFlags(text: "XX") == nil)
  }

  @Test(
    arguments: [
      (AttemptOutcome.Kind.connectFailure, 503, "UF", "upstream_reset_before_response_started"),
      (.connectTimeout, 503, "UF", "upstream_reset_before_response_started"),
      (.connectionTermination, 503, "UC", "upstream_reset_before_response_started"),
      (.remoteReset, 503, "UR", "upstream_reset_before_response_started"),
      (.protocolError, 502, "UPE", "upstream_reset_before_response_started"),
      (.resetAfterHeaders, 200, "UPE", "upstream_reset_after_response_started"),
      (.pendingOverflow, 503, "UO", "upstream_reset_before_response_started"),
      (.activeOverflow, 503, "UO", "upstream_reset_before_response_started"),
      (.noHost, 503, "UH", "no_healthy_upstream"),
      (.routeTimeout, 504, "UT", "response_timeout"),
      (.perTryTimeout, 504, "UT", "upstream_per_try_timeout"),
      (.clientAbort, 0, "DC", "downstream_remote_disconnect"),
    ])
  func `each end has Envoy's status, flag and details`(
    kind: AttemptOutcome.Kind, status: UInt16, flag: String, details: String
  ) {
    let outcome = AttemptOutcome(kind)
    #expect(outcome.status == status)
    #expect(outcome.flags.text == flag)
    #expect(outcome.details.withoutReason == details)
    #expect(outcome.details.text.hasPrefix(details))
  }

  @Test func `details have one text each, and a reason only for resets`() {
    let texts = ResponseDetails.allCases.map(\.text)
    #expect(Set(texts).count == texts.count)
    #expect(ResponseDetails.overflow.text == "upstream_reset_before_response_started{overflow}")
    #expect(ResponseDetails.viaUpstream.reason == nil)
  }

  @Test func `max_retries limits requests that are in a retry`() {
    let admission = RetryAdmission(CircuitBreakerThresholds(maxRetries: 3))
    #expect(admission.hasRoom(outstanding: 2, active: 0, pending: 0))
    #expect(!admission.hasRoom(outstanding: 3, active: 1000, pending: 0))
    #expect(RetryAdmission(.none).hasRoom(outstanding: 4_294_967_294, active: 0, pending: 0))
  }

  @Test(arguments: [(0, 0, 3), (10, 5, 3), (20, 0, 4), (19, 0, 3), (50, 49, 19), (50, 50, 20)])
  func `a budget follows active and pending requests and has a floor`(
    active: UInt32, pending: UInt32, limit: UInt32
  ) {
    let admission = RetryAdmission(
      CircuitBreakerThresholds(maxRetries: 0, retryBudget: RetryBudget()))
    #expect(admission.limit(active: active, pending: pending) == limit)
  }

  @Test func `a budget admits no more than its share, whatever comes`() {
    let admission = RetryAdmission(
      CircuitBreakerThresholds(
        retryBudget: RetryBudget(budgetPercent: 30, minRetryConcurrency: 2)))
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed, name: "budget")
      var outstanding: UInt32 = 0
      for _ in 0..<200 {
        let active = random.below(100)
        let pending = random.below(20)
        if admission.hasRoom(outstanding: outstanding, active: active, pending: pending) {
          outstanding += 1
          #expect(outstanding <= max(2, UInt32(0.3 * Double(active + pending)) + 1))
        } else {
          #expect(outstanding >= 2, "seed \(seed)")
        }
        if outstanding > 0, random.below(2) == 0 { outstanding -= 1 }
      }
    }
  }

  @Test(arguments: zip([1, 2, 3, 4, 5, 60], [25, 50, 100, 200, 250, 250]))
  func `bounds double from 25 ms to ten times that`(retry: Int, milliseconds: Int64) {
    #expect(RetryBackOff().bound(beforeRetry: retry) == .milliseconds(milliseconds))
  }

  @Test func `bounds of base 100 and maximum 150 are 100, 150, 150`() {
    let backOff = RetryBackOff(
      baseInterval: .milliseconds(100), maxInterval: .milliseconds(150))
    let bounds = (1...3).map { backOff.bound(beforeRetry: $0) }
    #expect(bounds == [.milliseconds(100), .milliseconds(150), .milliseconds(150)])
  }

  @Test func `waits are whole milliseconds below their bound and reach its ends`() {
    var seen: Set<Int64> = []
    var random = RandomStream(seed: 3, name: "retry.jitter")
    for _ in 0..<2_000 {
      let wait = RetryBackOff().wait(beforeRetry: 1, using: &random)
      #expect(wait.nanoseconds % 1_000_000 == 0)
      seen.insert(wait.nanoseconds / 1_000_000)
    }
    #expect(seen == Set(0..<25))
  }

  @Test func `a wait that a host asks for is stretched by up to a half`() {
    let backOff = RateLimitedBackOff(resetHeaders: [], maxInterval: .seconds(5))
    var random = RandomStream(seed: 4, name: "retry.jitter")
    for _ in 0..<500 {
      let wait = backOff.wait(asked: .seconds(2), using: &random)
      #expect(wait.map { $0 >= .seconds(2) && $0 < .seconds(3) } == true)
    }
    #expect(backOff.wait(asked: .seconds(6), using: &random) == nil)
    #expect(backOff.wait(asked: .milliseconds(1), using: &random) == nil)
  }

  @Test func `reset headers are read in order, in seconds or as a time of day`() {
    let backOff = RateLimitedBackOff(
      resetHeaders: [
        RateLimitedBackOff.ResetHeader(name: "retry-after", format: .seconds),
        RateLimitedBackOff.ResetHeader(name: "x-reset", format: .unixTimestamp),
      ], maxInterval: .seconds(10))
    var random = RandomStream(seed: 4, name: "retry.jitter")
    func wait(_ headers: [String: String]) -> Int64? {
      let wait = backOff.wait(epochSeconds: 1_000, using: &random) { headers[$0] }
      return wait.map { $0.nanoseconds / 1_000_000_000 }
    }
    #expect(wait(["retry-after": "2"]) == 2)
    #expect(wait(["x-reset": "1001"]) == 1)
    #expect(wait(["retry-after": "11", "x-reset": "1001"]) == 1)
    #expect(wait(["retry-after": "soon"]) == nil)
    #expect(wait(["x-reset": "999"]) == nil)
    #expect(wait(["retry-after": "0", "x-reset": "1001"]) == nil)
    #expect(wait([:]) == nil)
  }

  @Test func `request headers add classes and codes and replace the number`() {
    let route = RetryPolicy(retryOn: .reset, numRetries: 2, retriableStatusCodes: [404])
    func policy(_ route: RetryPolicy?, _ headers: [String: String]) -> RetryPolicy? {
      RetryPolicy.of(route: route) { headers[$0] }
    }
    #expect(policy(route, [:]) == route)
    let merged = policy(
      route,
      [
        "x-envoy-retry-on": "5xx", "x-envoy-retry-grpc-on": "cancelled",
        "x-envoy-max-retries": "7", "x-envoy-retriable-status-codes": "418, 425",
      ])
    #expect(merged?.retryOn == [.reset, .fiveXX, .cancelled])
    #expect(merged?.numRetries == 7)
    #expect(merged?.retriableStatusCodes == [404, 418, 425])
    #expect(policy(nil, ["x-envoy-retry-on": "5xx"])?.numRetries == 1)
    #expect(policy(nil, ["x-envoy-max-retries": "3"]) == nil)
  }
}
