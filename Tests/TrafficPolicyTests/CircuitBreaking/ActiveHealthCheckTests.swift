import Testing
import TimeAndChance
import TrafficPolicy

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
