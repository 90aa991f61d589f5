import Scenario
import ScenarioFiles
import Testing
import TimeAndChance

/// The first source of a scenario with that traffic line.
func source(_ line: String, files: [String: String] = [:]) throws -> TrafficSource {
  try sources(line, files: files)[0]
}

func sources(_ line: String, files: [String: String] = [:]) throws -> [TrafficSource] {
  try scenario(
    """
    scenario: test
    duration: 10m
    services: { shop: { operations: { GET /: [] } } }
    traffic:
      - { to: shop GET /, \(line) }

    """, files: files
  ).traffic
}

extension TrafficSource {
  /// The rate curve of an open source.
  fileprivate var rate: RateCurve {
    if case .open(let open) = pattern { open.rate } else { RateCurve(pieces: []) }
  }

  fileprivate func rate(at seconds: Int64) -> Double {
    rate.rate(at: .zero + .seconds(seconds))
  }
}

@Suite struct TrafficTests {
  @Test func `a constant rate holds to the end`() throws {
    let source = try source("rate: 6000/m")
    #expect(source.rate(at: 0) == 100)
    #expect(source.rate(at: 599) == 100)
    #expect(source.rate(at: 600) == 0)
  }

  @Test func `points are joined by straight lines and hold beyond them`() throws {
    let source = try source(
      "rate: [ { at: 1m, rps: 100 }, { at: 3m, rps: 300 }, { at: 3m, rps: 50 } ]")
    #expect(source.rate(at: 0) == 100)
    #expect(source.rate(at: 120) == 200)
    #expect(source.rate(at: 180) == 50)
    #expect(source.rate(at: 500) == 50)
  }

  @Test func `steps hold until the next`() throws {
    let source = try source("rate: { steps: [ { at: 0s, rps: 50 }, { at: 20s, rps: 150 } ] }")
    #expect(source.rate(at: 19) == 50)
    #expect(source.rate(at: 20) == 150)
  }

  @Test func `spikes replace the rate while they last`() throws {
    let source = try source("rate: { rps: 8, spikes: [ { at: 2m, for: 5s, rps: 30 } ] }")
    #expect(source.rate(at: 119) == 8)
    #expect(source.rate(at: 120) == 30)
    #expect(source.rate(at: 125) == 8)
    #expect(source.rate.pieces.count == 3)
  }

  @Test func `a daily curve has its high and low half a day apart`() throws {
    let source = try source("rate: { daily: { low: 10/s, high: 90/s, period: 4m, peakAt: 1m } }")
    #expect(abs(source.rate(at: 60) - 90) < 1e-9)
    #expect(abs(source.rate(at: 180) - 10) < 1e-9)
    #expect(abs(source.rate(at: 0) - 50) < 0.2)
    #expect(abs(source.rate(at: 300) - 90) < 1e-9)
  }

  @Test func `start and length cut a curve`() throws {
    let source = try source("at: 1m, for: 2m, rate: [ { at: 0s, rps: 0 }, { at: 4m, rps: 240 } ]")
    #expect(source.start == .zero + .minutes(1))
    #expect(source.end == .zero + .minutes(3))
    #expect(source.rate(at: 59) == 0)
    #expect(source.rate(at: 60) == 60)
    #expect(source.rate(at: 180) == 0)
  }

  @Test func `counts of a file are spread over their intervals`() throws {
    let file = "seconds,count,note\n0,50,a\n10,200,b\n20,0,c\n"
    let source = try source("rate: { csv: { file: day.csv } }", files: ["day.csv": file])
    #expect(source.rate(at: 5) == 5)
    #expect(source.rate(at: 15) == 20)
    #expect(source.rate(at: 25) == 0)
    guard case .open(let open) = source.pattern else { return }
    #expect(open.arrivals == .even)
    let counts = try ScenarioFilesTests.source(
      "rate: { csv: { file: day.csv, interval: 1m } }", files: ["day.csv": "count\n60\n120\n"])
    #expect(counts.rate(at: 90) == 2)
  }

  @Test(arguments: [
    "count\n5\n", "seconds,count\nx,5\n", "seconds,count\n5,1\n3,1\n", "", "seconds,count\n1,-5\n",
  ])
  func `a broken file of counts is a diagnostic`(file: String) {
    let result = load(
      """
      scenario: test
      duration: 10m
      services: { shop: { operations: { GET /: [] } } }
      traffic: [ { to: shop GET /, rate: { csv: { file: day.csv } } } ]

      """, files: ["day.csv": file])
    #expect(result.diagnostics.map(\.code) == [.badCSV])
  }

  /// The mistakes in a file of counts, by place and message.
  private func mistakes(_ file: String, csv: String = "file: day.csv") -> [String] {
    let result = load(
      """
      scenario: test
      duration: 10m
      services: { shop: { operations: { GET /: [] } } }
      traffic: [ { to: shop GET /, rate: { csv: { \(csv) } } } ]

      """, files: ["day.csv": file])
    return result.diagnostics.map { "\($0.span.line):\($0.span.column) \($0.message)" }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `the lines of a file of counts end as on any system`(end: String) throws {
    let lines = [
      "\u{FEFF}Seconds, \"Count\" ,note", "0,50,\"a, b\"", "", "10, \"200.5\" ,é", "20,0,",
    ]
    let source = try source(
      "rate: { csv: { file: day.csv } }", files: ["day.csv": lines.joined(separator: end)])
    #expect(source.rate(at: 5) == 5)
    #expect(source.rate(at: 15) == 20.05)
    #expect(source.rate(at: 25) == 0)
  }

  @Test func `all broken rows of a file of counts are shown, with their columns`() {
    let file = "note,seconds,count\né,0,5\né,x,6\n, 2 ,\n,3\n,4,-1\n,4,1\n,1e9,1\n"
    #expect(
      mistakes(file) == [
        "3:3 'seconds' must be a time in seconds, at most 200d",
        "4:6 'count' must be a number of 0...1000000000000",
        "5:1 'count' must be a number of 0...1000000000000",
        "6:4 'count' must be a number of 0...1000000000000",
        "7:2 rows must be in order of time",
        "8:2 'seconds' must be a time in seconds, at most 200d",
      ])
    let many = "seconds,count\n" + (0..<1_000).map { "\($0),x\n" }.joined()
    #expect(mistakes(many).count == 201)
  }

  @Test func `counts that make an impossible rate are refused`() {
    #expect(mistakes("seconds,count\n0,1000000000\n1,5\n").isEmpty)
    #expect(
      mistakes("seconds,count\n0,1000000001\n1,5\n1.000001,1e12\n").map { $0.prefix(41) } == [
        "2:3 a rate must be at most 1000000000/s, ", "4:10 a rate must be at most 1000000000/s,",
      ])
    #expect(mistakes("count\n5000\n", csv: "file: day.csv, interval: 1us").count == 1)
  }

  @Test func `a day of counts is read`() throws {
    let file = "seconds,count\n" + (0..<50_000).map { "\($0),\($0 % 9)\n" }.joined()
    let source = try source("rate: { csv: { file: day.csv } }", files: ["day.csv": file])
    #expect(source.rate.pieces.count == 600)
    #expect(source.rate(at: 8) == 8)
  }

  private let k6 = """
    {
      "scenarios": {
        "steady": {"executor": "constant-arrival-rate", "rate": 50, "timeUnit": "1s", "duration": "10m", "preAllocatedVUs": 50, "maxVUs": 200},
        "surge": {"executor": "ramping-arrival-rate", "startTime": "2m", "startRate": 600, "timeUnit": "1m", "preAllocatedVUs": 50,
          "stages": [{"target": 6000, "duration": "1m30s"}, {"target": 6000, "duration": "3m"}, {"target": 600, "duration": "30s"}]},
        "shoppers": {"executor": "constant-vus", "vus": 20, "duration": "10m", "gracefulStop": "10s"},
        "evening": {"executor": "ramping-vus", "startVUs": 0, "stages": [{"duration": "2m", "target": 40}, {"duration": "0s", "target": 10}, {"duration": "1m", "target": 10}], "gracefulRampDown": "30s"},
        "batch": {"executor": "per-vu-iterations", "vus": 10, "iterations": 200, "maxDuration": "5m"},
        "import": {"executor": "shared-iterations", "vus": 10, "iterations": 200, "maxDuration": "5m"}
      }
    }
    """

  @Test func `all executors of k6 are read`() throws {
    let all = try sources("k6: k6.json, think: 1s", files: ["k6.json": k6])
    #expect(all.map(\.name).first == "shop GET / (steady)")
    #expect(all.count == 6)
    guard case .open(let steady) = all[0].pattern, case .open(let surge) = all[1].pattern,
      case .closed(let shoppers) = all[2].pattern, case .closed(let evening) = all[3].pattern,
      case .closed(let batch) = all[4].pattern, case .closed(let shared) = all[5].pattern
    else {
      Issue.record("a wrong pattern")
      return
    }
    #expect(steady.maxInFlight == 200 && steady.arrivals == .evenly(first: 0))
    #expect(steady.rate.rate(at: .zero + .minutes(5)) == 50)
    #expect(surge.rate.rate(at: .zero + .seconds(119)) == 0)
    #expect(surge.rate.rate(at: .zero + .seconds(120 + 45)) == 55)
    #expect(surge.rate.rate(at: .zero + .minutes(5)) == 100)
    #expect(surge.maxInFlight == 50 && surge.arrivals == .evenly(first: 1))
    #expect(all[1].end == .zero + .minutes(7))
    #expect(shoppers.gracefulStop == .seconds(10) && shoppers.stages[0].startUsers == 20)
    #expect(evening.stages.map(\.endUsers) == [40, 10])
    #expect(evening.stages.map(\.startUsers) == [0, 10])
    #expect(batch.iterations == .perUser(200) && shared.iterations == .shared(200))
    #expect(all[4].end == .zero + .minutes(5))
  }

  @Test func `scenarios of k6 have sound names, and not too many of them`() {
    func mistakes(_ scenarios: String) -> [DiagnosticCode] {
      load(
        """
        scenario: test
        duration: 10m
        services: { shop: { operations: { GET /: [] } } }
        traffic: [ { to: shop GET /, k6: k6.json } ]

        """, files: ["k6.json": "{\"scenarios\": {\(scenarios)}}"]
      ).diagnostics.map(\.code)
    }
    let executor = #"{"executor": "constant-vus", "vus": 1, "duration": "1m"}"#
    #expect(mistakes("\"a\": \(executor)") == [])
    #expect(mistakes("\"a\\u001b[31m\": \(executor)") == [.badText])
    #expect(mistakes("\"a\\u202eb\": \(executor)") == [.badText])
    let many = (0...10_000).map { "\"s\($0)\": \(executor)" }.joined(separator: ",\n")
    #expect(mistakes(many) == [.tooLong])
  }

  @Test func `an unknown executor is named`() {
    let result = load(
      """
      scenario: test
      duration: 10m
      services: { shop: { operations: { GET /: [] } } }
      traffic: [ { to: shop GET /, k6: k6.json } ]

      """, files: ["k6.json": #"{"scenarios": {"a": {"executor": "constant-vu", "vus": 1}}}"#])
    #expect(result.diagnostics.map(\.help) == ["did you mean 'constant-vus'?"])
    #expect(result.diagnostics[0].span.file == "k6.json")
  }
}
