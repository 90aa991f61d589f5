import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct ClusterResourcesTests {
  @Test func `there is room while the current number is below the limit`() {
    var resources = ClusterResources(
      CircuitBreakerThresholds(
        maxConnections: 1, maxPendingRequests: 2, maxRequests: 3, maxRetries: 1))
    #expect(resources.canQueue && resources.canSend && resources.canRetry)
    resources.pending = 2
    resources.requests = 3
    resources.retries = 1
    #expect(!resources.canQueue && !resources.canSend && !resources.canRetry)
    let none = ClusterResources(CircuitBreakerThresholds(maxPendingRequests: 0))
    #expect(!none.canQueue)
  }

  @Test func `every pool may have one connection, whatever the limit says`() {
    var resources = ClusterResources(CircuitBreakerThresholds(maxConnections: 1))
    #expect(resources.connectionDecision(poolConnections: 0) == .open)
    resources.connections = 1
    #expect(resources.connectionDecision(poolConnections: 1) == .overflow)
    #expect(resources.connectionDecision(poolConnections: 0) == .openBeyondLimit)
  }

  @Test func `the retry budget counts active and pending requests`() {
    var resources = ClusterResources(
      CircuitBreakerThresholds(
        retryBudget: RetryBudget(budgetPercent: 50, minRetryConcurrency: 1)))
    resources.requests = 6
    resources.pending = 2
    resources.retries = 3
    #expect(resources.canRetry)
    resources.retries = 4
    #expect(!resources.canRetry)
  }
}

@Suite struct ActiveHealthCheckTests {
  let checked = HealthCheckSettings(
    interval: .seconds(1), timeout: .seconds(1), unhealthyThreshold: 3, healthyThreshold: 2)

  /// What results lead to: `p` passes, `f` fails, `i` fails at once; `+` and `-` are changes.
  func timeline(_ results: String, startsHealthy: Bool = false) -> String {
    var check = ActiveHealthCheck(checked, startsHealthy: startsHealthy)
    return String(
      results.map { result in
        let transition = result == "p" ? check.passed() : check.failed(immediate: result == "i")
        switch transition {
        case .unchanged: return "."
        case .becameHealthy: return "+"
        case .becameUnhealthy: return "-"
        }
      })
  }

  @Test(
    arguments: [
      ("pppp", "+..."), ("fppp", "..+."), ("pfffpp", "+..-.+"), ("pffpff", "+....."),
      ("pipfpp", "+-...+"), ("fff", "..."),
    ])
  func `the first pass is enough, later changes take their thresholds`(
    results: String, expected: String
  ) {
    #expect(timeline(results) == expected)
  }

  @Test func `a host that has passed before starts healthy`() {
    #expect(timeline("fff", startsHealthy: true) == "..-")
    #expect(timeline("p", startsHealthy: true) == ".")
  }
}
