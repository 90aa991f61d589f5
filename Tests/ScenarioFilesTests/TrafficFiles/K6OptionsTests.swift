import Scenario
import ScenarioFiles
import Testing
import TimeAndChance

/// What k6 itself makes of its options: `lib/executor` of its source.
@Suite struct K6OptionsTests {
  private func load(_ options: String) -> ScenarioLoader.Result {
    ScenarioFilesTests.load(
      """
      scenario: test
      duration: 10m
      services: { shop: { operations: { GET /: [] } } }
      traffic: [ { to: shop GET /, k6: k6.json } ]

      """, files: ["k6.json": options])
  }

  /// The only source of some options, as users.
  private func users(
    _ options: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws -> (source: TrafficSource, loop: ClosedLoop) {
    let result = load(options)
    let all = try #require(
      result.scenario, "\(result.diagnostics.text)", sourceLocation: sourceLocation
    ).traffic
    let source = try #require(all.first, sourceLocation: sourceLocation)
    guard case .closed(let loop) = source.pattern, all.count == 1 else { throw WrongPattern() }
    return (source, loop)
  }

  private struct WrongPattern: Error {}

  @Test func `stages without a scenario begin with 'vus' users`() throws {
    let ramp = try users(#"{"vus": 10, "stages": [{"duration": "10s", "target": 20}]}"#)
    #expect(ramp.loop.stages.map(\.startUsers) == [10])
    #expect(ramp.loop.stages.map(\.endUsers) == [20])
    let plain = try users(#"{"stages": [{"duration": "10s", "target": 20}]}"#)
    #expect(plain.loop.stages.map(\.startUsers) == [1])
    #expect(plain.loop.gracefulStop == .seconds(30))
  }

  @Test func `'duration' beside 'iterations' is the longest that they take`() throws {
    let limited = try users(#"{"vus": 2, "duration": "10s", "iterations": 100}"#)
    #expect(limited.loop.iterations == .shared(100))
    #expect(limited.source.end == .zero + .seconds(10))
    let unlimited = try users(#"{"vus": 2, "iterations": 100}"#)
    #expect(unlimited.source.end == .zero + .minutes(10))
  }

  @Test func `the least length of iterations is the whole test's`() throws {
    let least = try users(#"{"vus": 2, "duration": "10s", "minIterationDuration": "3s"}"#)
    #expect(least.loop.minIterationDuration == .seconds(3))
    #expect(try users(#"{"vus": 2, "duration": "10s"}"#).loop.minIterationDuration == .zero)
    let bad = load(#"{"vus": 2, "duration": "10s", "minIterationDuration": "soon"}"#)
    #expect(bad.diagnostics.text.contains("'minIterationDuration' must be a length of time"))
    let rate = load(
      #"{"minIterationDuration": 500, "scenarios": {"a": {"executor": "constant-arrival-rate","#
        + #" "rate": 5, "duration": "10s", "preAllocatedVUs": 3}}}"#)
    #expect(rate.scenario != nil)
    #expect(rate.diagnostics.text.contains("not read for arrival rates"))
  }

  @Test func `users alone do one iteration each`() throws {
    let alone = try users(#"{"vus": 3, "duration": null, "stages": []}"#)
    #expect(alone.loop.iterations == .shared(3))
    #expect(alone.loop.stages.map(\.startUsers) == [3])
  }

  @Test func `a duration alone is one user`() throws {
    let constant = try users(#"{"duration": "10s"}"#)
    #expect(constant.loop.iterations == .unlimited)
    #expect(constant.loop.stages.map(\.startUsers) == [1])
    #expect(constant.source.end == .zero + .seconds(10))
  }

  @Test func `rates take the users that are reserved, for want of others`() throws {
    let result = load(
      #"""
      {"scenarios": {"a": {"executor": "constant-arrival-rate", "rate": 120, "timeUnit": "1m",
        "duration": "1m", "preAllocatedVUs": 7}}}
      """#)
    let scenario = try #require(result.scenario, "\(result.diagnostics.text)")
    guard case .open(let open) = scenario.traffic[0].pattern else { throw WrongPattern() }
    #expect(open.maxInFlight == 7)
    #expect(open.rate.rate(at: .zero + .seconds(30)) == 2)
  }

  private static let constantRate =
    #""executor": "constant-arrival-rate", "rate": 5, "duration": "1m""#

  @Test(arguments: [
    (
      #"{"scenarios": {"a": {"executor": "constant-vus", "duration": "1s", "startTime": "20m"}}}"#,
      DiagnosticCode.outsideRun, "k6 scenario 'a' begins at 20m, its traffic ends at 10m"
    ),
    (
      #"{"vus": 1, "iterations": 5, "stages": [{"duration": "1m", "target": 2}]}"#,
      .badK6Options, "k6 refuses 'iterations' beside 'stages'"
    ),
    (
      #"{"vus": 5, "iterations": 3}"#, .badK6Options,
      "'iterations' must be at least 'vus' (5), is 3"
    ),
    (
      #"{"stages": [{"duration": "1m"}]}"#, .badK6Options,
      "a stage of k6 scenario 'default' has no 'target'"
    ),
    (
      #"{"scenarios": {"a": {"executor": "ramping-vus", "stages": []}}}"#, .badK6Options,
      "k6 scenario 'a' has no 'stages'"
    ),
    (
      "{\"scenarios\": {\"a\": {\(constantRate)}}}", .badK6Options,
      "k6 scenario 'a' has no 'preAllocatedVUs'"
    ),
    (
      "{\"scenarios\": {\"a\": {\(constantRate), \"preAllocatedVUs\": 50, \"maxVUs\": 20}}}",
      .badK6Options, "'maxVUs' must be at least 'preAllocatedVUs' and 1, is 20"
    ),
    (
      "{\"scenarios\": {\"a\": {\(constantRate), \"preAllocatedVUs\": 5, \"timeUnit\": \"0s\"}}}",
      .badK6Options, "'timeUnit' must be more than 0"
    ),
    (
      "{\"scenarios\": {\"a\": {\(constantRate), \"preAllocatedVUs\": 5, \"timeUnit\": \"1ns\"}}}",
      .badK6Options, "the rate of k6 scenario 'a' must be at most 1000000000/s"
    ),
    (
      #"{"scenarios": {"a": {"executor": "constant-vus", "vuss": 5, "duration": "1m"}}}"#,
      .badK6Options, "executor constant-vus has no option 'vuss'"
    ),
  ])
  func `what k6 would refuse, or never start, is refused`(
    options: String, code: DiagnosticCode, message: String
  ) {
    let result = load(options)
    #expect(result.diagnostics.map(\.code) == [code], "\(result.diagnostics.text)")
    #expect(result.diagnostics.map(\.message) == [message])
    #expect(result.diagnostics.map(\.span.file) == ["k6.json"])
  }

  @Test func `all mistakes of a scenario are told at once`() {
    let rate = load(
      #"{"scenarios": {"a": {"executor": "constant-arrival-rate", "timeUnit": "0s", "rate": -1,"#
        + #" "duration": "soon", "preAllocatedVUs": "x"}}}"#)
    #expect(
      rate.diagnostics.map(\.message) == [
        "'timeUnit' must be more than 0",
        "'rate' must be a whole number of 1...1000000000, is '-1'",
        "'duration' must be a length of time like 1m30s, is 'soon'",
        "'preAllocatedVUs' must be a whole number of 0...1000000000, is 'x'",
      ])
    let ramp = load(
      #"{"scenarios": {"a": {"executor": "ramping-vus", "stages": ["#
        + #"{"duration": "soon", "target": -1}, {"duration": "1m"}]}}}"#)
    #expect(
      ramp.diagnostics.map(\.message) == [
        "'duration' must be a length of time like 1m30s, is 'soon'",
        "'target' must be a whole number of 0...1000000000, is '-1'",
        "a stage of k6 scenario 'a' has no 'target'",
      ])
  }

  @Test func `broken JSON is called JSON`() throws {
    let result = load(#"{"vus": 2, "duration" "10s"}"#)
    let found = try #require(result.diagnostics.first)
    #expect(found.code == .syntax && found.message.hasPrefix("not JSON: "), "\(found.text)")
    #expect(found.help == "compare the brackets, commas and quotes around this place")
  }
}
