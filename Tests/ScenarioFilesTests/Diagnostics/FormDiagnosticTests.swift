import ScenarioFiles
import Testing

/// A mistake in a scenario, where it is marked, and what is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
  let code: DiagnosticCode
  let text: String
  let message: String
  var help: String?

  var testDescription: String { message }
}

/// A scenario around the lines of a service, indented by four.
private func service(_ lines: String) -> String {
  """
  scenario: test
  duration: 1m
  services:
    shop:
  \(lines)
  traffic:
    - { to: shop GET /, rate: 1/s }

  """
}

/// A scenario around a traffic source.
private func traffic(_ line: String) -> String {
  """
  scenario: test
  duration: 1m
  services:
    shop: { operations: { GET /: [] } }
  traffic:
    - \(line)

  """
}

private let mistakes = [
  Mistake(
    code: .unknownKey, text: service("    ⟦wrokers⟧: 5"), message: "unknown key 'wrokers'",
    help: "did you mean 'workers'?"),
  Mistake(
    code: .unitMissing, text: "scenario: a\nduration: ⟦10⟧\n",
    message: "'duration' needs a unit of time, is '10'",
    help: "write 10s or 10ms; units are ns us ms s m h d"),
  Mistake(
    code: .notANumber, text: "scenario: a\nduration: ⟦1:30⟧\n",
    message: "'duration' must be a length of time, is '1:30'",
    help: "write 1m30s"),
  Mistake(
    code: .outOfRange, text: "scenario: a\nduration: ⟦-5s⟧\n",
    message: "'duration' must not be negative, is '-5s'",
    help: "a length of time from 1ms to 200d, for instance 5s"),
  Mistake(
    code: .outOfRange, text: traffic("{ to: shop GET /, rate: ⟦-5/s⟧ }"),
    message: "'rate' must not be negative, is '-5/s'",
    help: "a rate from 0/s to 1000000000/s, for instance 100/s"),
  Mistake(
    code: .outOfRange, text: "scenario: a\nduration: ⟦99999999d⟧\n",
    message: "'duration' must be at most 200d, is '99999999d'"),
  Mistake(
    code: .outOfRange, text: "scenario: a\nduration: ⟦1.5ns⟧\n",
    message: "'duration' is finer than a nanosecond: '1.5ns'"),
  Mistake(
    code: .wrongKind, text: "scenario: a\nduration: ⟦[⟧1m]\n",
    message: "'duration' must be a length of time like 30s, is a list"),
  Mistake(
    code: .missingKey, text: "⟦s⟧cenario: a\nduration: 1m\n", message: "key 'traffic' is missing",
    help: "Who sends requests."),
  Mistake(
    code: .notANumber, text: service("    workers: ⟦012⟧"),
    message: "'workers' must be a whole number, is '012'"),
  Mistake(
    code: .notANumber, text: service("    workers: ⟦1_000⟧"),
    message: "'workers' must be a whole number, is '1_000'"),
  Mistake(
    code: .outOfRange, text: service("    pods: ⟦1000000000⟧"),
    message: "'pods' must be 0...10000, is 1000000000"),
  Mistake(
    code: .notANumber,
    text: service("    operations: { GET /: [ { branch: [ { weight: ⟦.nan⟧, steps: [] } ] } ] }"),
    message: "'weight' must be a number, is '.nan'"),
  Mistake(
    code: .notANumber,
    text: service("    operations: { GET /: [ { branch: [ { weight: ⟦.inf⟧, steps: [] } ] } ] }"),
    message: "'weight' must be a number, is '.inf'"),
  Mistake(
    code: .outOfRange,
    text: service(
      "    operations: { GET /: [ { wait: { lognormal: { p50: 6ms, p99: ⟦4ms⟧ } } } ] }"),
    message: "'p99' must be at least 6ms, is 4ms"),
  Mistake(
    code: .unitMissing, text: service("    operations: { GET /: [ { fail: { share: ⟦0.1⟧ } } ] }"),
    message: "'share' must be a percentage, is '0.1'", help: "write 10%"),
  Mistake(
    code: .notAChoice, text: service("    abandoned: ⟦dropAtStrat⟧"),
    message: "'abandoned' must be finish, dropAtStart or dropAtOnce, is 'dropAtStrat'",
    help: "did you mean 'dropAtStart'?"),
  Mistake(
    code: .wrongKind, text: service("    holdWorkerWhileCalling: ⟦yes⟧"),
    message: "'holdWorkerWhileCalling' must be true or false, is 'yes'",
    help: "write true or false"),
  Mistake(
    code: .duplicateKey, text: service("    workers: 1\n    ⟦workers⟧: 2"),
    message: "key 'workers' is written twice"),
  Mistake(
    code: .keysDisagree, text: traffic("{ to: shop GET /, rate: 1/s, ⟦users⟧: 5 }"),
    message: "'rate' and 'users' cannot stand together"),
  Mistake(
    code: .keysDisagree, text: traffic("{ to: shop GET /, users: 5, ⟦arrivals⟧: even }"),
    message: "'arrivals' has a meaning only with 'rate'"),
  Mistake(
    code: .missingKey, text: traffic("⟦{⟧ to: shop GET / }"),
    message: "'rate', 'users' or 'k6' is missing"),
  Mistake(
    code: .unitMissing, text: traffic("{ to: shop GET /, rate: ⟦100⟧ }"),
    message: "'rate' must be a rate, is '100'", help: "write 100/s, or with /m or /h"),
  Mistake(
    code: .outOfRange,
    text: traffic("{ to: shop GET /, rate: [ { at: 2s, rps: 1 }, ⟦{⟧ at: 1s, rps: 1 } ] }"),
    message: "points must be in order of time, 1s comes after 2s"),
]

/// Laws of a waiting time, the part that is wrong in marks, and what is said of it.
private let laws = [
  ("{ lognormal: { mean: 10ms, p99: ⟦1s⟧ } }", "'p99' must be 10ms...149.684884ms, is 1s"),
  ("{ lognormal: { p50: ⟦0s⟧, p99: 1s } }", "'p50' must be above 0s, is 0s"),
  ("{ exponential: { mean: ⟦0s⟧ } }", "'mean' must be above 0s, is 0s"),
  ("{ gamma: { mean: 5ms, cv: ⟦0.0001⟧ } }", "'cv' must be 0 or 0.001...1000, is 0.0001"),
  ("{ uniform: { min: 5ms, max: ⟦2ms⟧ } }", "'max' must be at least 5ms, is 2ms"),
  (
    "{ uniform: { min: 5ms, max: 9ms }, min: 8ms, max: ⟦7ms⟧ }",
    "'max' must be at least 8ms, is 7ms"
  ),
  (
    "{ exponential: { mean: 5ms }, max: ⟦1us⟧ }",
    "of this law 0.02 % lie between 0s and 1us; at least 1 % must"
  ),
  (
    "{ empirical: [ { from: 1ms, to: 2ms, weight: 1 }, { from: 4ms, to: ⟦3ms⟧, weight: 1 } ] }",
    "'to' must be at least 4ms, is 3ms"
  ),
  (
    "{ empirical: [ { from: 1ms, to: 2ms, weight: 1 }, { from: ⟦1ms⟧, to: 3ms, weight: 1 } ] }",
    "buckets must be in order, without overlap"
  ),
  (
    "{ empirical: ⟦[⟧ { from: 1ms, to: 2ms, weight: 0 } ] }",
    "a bucket must have a weight above 0"
  ),
]

@Suite struct FormDiagnosticTests {
  @Test(arguments: laws)
  func `a law's mistake is named at its own key`(law: String, message: String) {
    expectDiagnostic(
      .outOfRange, in: service("    operations: { GET /: [ { wait: \(law) } ] }"),
      message: message)
  }

  @Test func `a percentile below the median shows where the median stands`() {
    let text = load(
      service("    operations: { GET /: [ { wait: { lognormal: { p50: 6ms, p99: 4ms } } } ] }")
    ).diagnostics.text
    #expect(text.contains("services.shop.operations.\"GET /\"[0].wait.lognormal.p99\n"))
    #expect(text.contains("= note: 'p50' stands at scenario.yaml:5:56"))
  }

  @Test(arguments: mistakes)
  func `a mistake is named at its place`(mistake: Mistake) {
    expectDiagnostic(
      mistake.code, in: mistake.text, message: mistake.message, help: mistake.help)
  }

  @Test func `all mistakes of a file are found at once`() {
    let result = load(
      """
      scenario: test
      duration: 10
      warmpu: 1m
      services:
        shop:
          workers: many
          operations: { GET /: [ { wiat: 1s } ] }
      traffic:
        - { to: shop GET /, rate: 5 }

      """)
    #expect(result.scenario == nil)
    #expect(
      result.diagnostics.map(\.code)
        == [.unitMissing, .unknownKey, .notANumber, .unknownKey, .unitMissing])
  }

  @Test func `a key that is written wrongly is not missing as well`() {
    let result = load(
      """
      scenario: test
      duraton: 1m
      services: { shop: { operations: { GET /: [ { wait: 1s } ] } } }
      traffic: [ { too: shop GET /, raet: 1/s } ]
      expect: [ { recoverd: { within: 60s, after: fault } } ]

      """)
    #expect(
      result.diagnostics.map(\.help)
        == ["duration", "to", "rate", "recovered"].map { "did you mean '\($0)'?" },
      "\(result.diagnostics.text)")
  }

  @Test(arguments: [
    ("wait: { lognormal: { p50: 6ms, p98: 40ms } }", "unknown key 'p98'"),
    ("wait: { lognormal: { p50: 6ms, p99: 40 } }", "'p99' needs a unit of time, is '40'"),
    (
      "wait: { lognormal: { p50: 6ms } }",
      "'lognormal' needs p50 and p99, or mean and p99, or mean and cv"
    ),
  ])
  func `a parameter that is written wrongly is not missing as well`(step: String, message: String) {
    let result = load(smallScenario.replacing("wait: 10ms", with: step))
    #expect(result.diagnostics.map(\.message) == [message])
  }

  @Test(arguments: [
    ("p99: { below: 1 }", "'below' needs a unit of time, is '1'"),
    ("p99: { belo: 1s }", "unknown key 'belo'"),
    ("p99: { from: 1s }", "'p99' needs a bound"),
    ("errorRate: {}", "'errorRate' needs a bound"),
  ])
  func `a bound that is written wrongly is not missing as well`(metric: String, message: String) {
    let result = load(smallScenario + "expect: [ { shop GET /items: { \(metric) } } ]\n")
    #expect(result.diagnostics.map(\.message) == [message])
  }

  @Test func `a key is meant that begins like what is written`() {
    let result = load(
      """
      scenario: test
      duration: 1m
      services: { shop: { operations: { GET /: [] } } }
      traffic: [ { to: shop GET /, rat: 1/s } ]

      """)
    #expect(result.diagnostics.map(\.help) == ["did you mean 'rate'?"])
  }

  @Test func `a diagnostic shows file, line, key, mark and help`() {
    let result = load(
      "scenario: test\nduration: 1m\ntrafic: []\ntraffic: [ { to: a, rate: 1/s } ]\n")
    #expect(
      result.diagnostics.text == """
        error[FS104]: unknown key 'trafic'
          --> scenario.yaml:3:1  trafic
          |
        3 | trafic: []
          | ^^^^^^
          = help: did you mean 'traffic'?

        error[FS201]: there is no service 'a'
          --> scenario.yaml:4:18  traffic[0].to
          |
        4 | traffic: [ { to: a, rate: 1/s } ]
          |                  ^
          = help: describe it under 'services'

        2 errors

        """)
  }

  @Test func `marks stand under wide characters`() {
    let result = load("scenario: 활동\nduration: 1m\n설명: 없음\ntraffic: []\n")
    let text = result.diagnostics.first { $0.code == .unknownKey }?.text ?? ""
    #expect(text.contains("3 | 설명: 없음\n  | ^^^^"))
  }

  @Test func `a second place is shown as a note`() {
    let result = load(smallScenario + "seed: 1\nseed: 2\n")
    #expect(result.diagnostics.text.contains("= note: first written at scenario.yaml:10:1"))
  }

  @Test func `every code has a page`() {
    for code in DiagnosticCode.allCases {
      #expect(code.explanation.hasPrefix("\(code.rawValue): "))
      #expect(code.explanation.count > 50, "\(code.rawValue)")
    }
    #expect(DiagnosticCode.explain("fs104") == DiagnosticCode.unknownKey.explanation)
    #expect(DiagnosticCode.explain("FS999") == nil)
    #expect(Set(DiagnosticCode.allCases.map(\.rawValue)).count == DiagnosticCode.allCases.count)
  }
}
