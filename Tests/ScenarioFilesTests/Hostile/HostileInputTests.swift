import Scenario
import ScenarioFiles
import Testing

/// Input that wants to hang, crash or read what it should not; each gets a stated limit.
@Suite struct HostileInputTests {
  @Test func `an alias bomb is counted, not built`() {
    var text = "scenario: bomb\nduration: 1m\na0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let previous = "*a\(level - 1)"
      text +=
        "a\(level): &a\(level) [\(Array(repeating: previous, count: 9).joined(separator: ", "))]\n"
    }
    #expect(load(text).diagnostics.map(\.code) == [.tooManyNodes])
  }

  @Test func `an alias bomb in keys is refused`() {
    var text = "scenario: bomb\na0: &a0 [x, x]\n"
    for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    text += "? *a60\n: value\n? *a60\n: value\n"
    let result = load(text)
    #expect(result.diagnostics.first?.code == .tooManyNodes)
  }

  @Test func `merge keys cannot multiply without end`() {
    var text =
      "scenario: bomb\nb0: &b0 { \((0..<1000).map { "k\($0): 1" }.joined(separator: ", ")) }\n"
    for level in 1...3000 { text += "b\(level): &b\(level) { <<: *b\(level - 1) }\n" }
    #expect(load(text).diagnostics.first?.code == .tooManyNodes)
  }

  @Test(arguments: ["[", "{a: ", "- ", "? "])
  func `nesting of 10 000 ends at the limit`(opening: String) {
    let text = "scenario: deep\nx:\n  " + String(repeating: opening, count: 10_000) + "\n"
    let codes = load(text).diagnostics.map(\.code)
    #expect(codes.first == .tooDeep || codes.first == .syntax)
    #expect(codes.count <= 2)
  }

  @Test func `nesting by indentation ends at the limit`() {
    var text = "scenario: deep\n"
    for level in 0..<2_000 { text += String(repeating: " ", count: level) + "a:\n" }
    #expect(load(text).diagnostics.first?.code == .tooDeep)
  }

  @Test func `a long text is refused, a megabyte is not`() {
    let name = String(repeating: "x", count: (1 << 20) + 1)
    #expect(load("scenario: small\nabout: \(name)\n").diagnostics.first?.code == .textTooLong)
    let named = load(smallScenario.replacing("small", with: name.dropFirst(2)))
    #expect(named.diagnostics.map(\.code) == [.badText])
  }

  @Test(arguments: [
    "1e-9223372036854775808", "1e9223372036854775807", "1e-31", "1e+99999999999999",
  ])
  func `an exponent beyond all bounds is no number`(text: String) {
    let wait = load(smallScenario.replacing("wait: 10ms", with: "wait: \(text)"))
    #expect(wait.diagnostics.hasErrors)
    let rate = load(smallScenario, overrides: ["traffic[0].rate=\(text)/s"])
    #expect(rate.diagnostics.hasErrors)
  }

  @Test func `signs do not nest`() {
    let signs = String(repeating: "-", count: 60_000)
    let result = load(smallScenario.replacing("wait: 10ms", with: "wait: \"\(signs)10ms\""))
    #expect(result.diagnostics.map(\.code) == [.notANumber])
  }

  @Test(arguments: [(100, false), (101, true), (15_000, true)])
  func `an override reaches as deep as a file, not deeper`(depth: Int, isTooDeep: Bool) {
    let path = Array(repeating: "a", count: depth).joined(separator: ".")
    let messages = load(smallScenario, overrides: [path + "=1"]).diagnostics.map(\.message)
    let refusal = "a path must be at most 100 levels deep, is \(depth)"
    #expect(messages.contains(refusal) == isTooDeep)
  }

  @Test func `a huge file is refused before it is read`() {
    let text = smallScenario + String(repeating: "# filler\n", count: 1_000_000)
    #expect(load(text).diagnostics.map(\.code) == [.fileTooLarge])
  }

  @Test(arguments: [
    "../secret.yaml", "/etc/passwd", "manifests/../../secret.yaml", "~/.kube/config", "..",
  ])
  func `manifests stay inside the scenario's folder`(path: String) {
    let result = load(
      smallScenario + "manifests: [\"\(path)\"]\n", files: ["../secret.yaml": "a: b"])
    #expect(result.diagnostics.map(\.code) == [.pathLeavesFolder])
    #expect(result.scenario == nil)
  }

  @Test func `a link out of the folder is not followed`() {
    let result = load(
      smallScenario + "manifests: [manifests/*.yaml]\n",
      files: ["../outside/a.yaml": "a: b"], links: ["manifests/a.yaml": "../outside/a.yaml"])
    #expect(result.diagnostics.map(\.code) == [.pathLeavesFolder])
  }

  @Test func `names in reports hold no control characters`() {
    let result = load(
      smallScenario.replacing("scenario: small", with: "scenario: \"a\\u001b[31m\""))
    #expect(result.diagnostics.map(\.code) == [.badText])
  }

  @Test(arguments: ["\\u202E", "\\u2066", "\\u200F", "\\u061C", "\\u0085", "\\u2028", "\\x7F"])
  func `names hold nothing that turns text or ends lines`(mark: String) {
    let result = load(
      smallScenario.replacing("scenario: small", with: "scenario: \"a\(mark)b\""))
    #expect(result.diagnostics.map(\.code) == [.badText])
  }

  @Test(arguments: ["é", "운영", "\u{645}\u{200C}\u{6CC}", "👩‍🚀"])
  func `names may be in any script`(name: String) throws {
    #expect(try scenario(smallScenario.replacing("small", with: name)).name == name)
  }

  @Test func `markup in names is only text`() throws {
    let name = "<script>alert(1)</script>"
    let loaded = try scenario(smallScenario.replacing("small", with: name))
    #expect(loaded.name == name)
  }

  @Test func `control characters and broken bytes are mistakes, not crashes`() {
    #expect(load("scenario: \u{0}\n").diagnostics.hasErrors)
    let bytes: [UInt8] = [0x61, 0x3A, 0xFF, 0xFE, 0x0A]
    let files = FileSystem(
      read: { _, _ in .success(bytes) }, list: { _ in [] }, realPath: { "/" + $0 })
    let result = ScenarioLoader.load(paths: ["x.yaml"], fileSystem: files)
    #expect(result.diagnostics.map(\.code) == [.notUTF8])
  }

  @Test func `a template that is not rendered is named as such`() {
    let result = load(smallScenario + "---\n{{- if .Values.mesh }}\nkind: Service\n{{- end }}\n")
    #expect(result.diagnostics.map(\.code) == [.helmTemplate])
  }

  @Test func `a broken document leaves the others readable`() {
    let result = load(
      "a: [1\n---\n" + smallScenario + "---\nb: {\n---\nkind: Frobnicator\napiVersion: x/v1\n")
    #expect(result.diagnostics.map(\.code) == [.syntax, .syntax])
  }

  @Test func `patterns of a route cannot run away`() {
    let result = load(
      smallScenario + """
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop}
        spec:
          hosts: [shop]
          http:
            - match:
                - uri: {regex: "(x+x+)+(x+x+)+y.*|/items"}
              route: [{destination: {host: shop}}]

        """)
    #expect(result.diagnostics.text == "")
  }

  @Test func `more mistakes than anyone reads are counted`() {
    let steps = (0..<1_000).map { "k\($0): 1" }.joined(separator: "\n")
    let result = load("scenario: a\n" + steps + "\n")
    #expect(result.diagnostics.count == 201)
    #expect(result.diagnostics.last?.message == "802 further diagnostics are not shown")
  }
}

/// Files with thousands of mistakes or names, and places that are hard to name.
@Suite struct HostileFormTests {
  private func many(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map(line).joined()
  }

  @Test func `thousands of unknown operations are counted, not searched for`() {
    let calls = many(5_000) { "      GET /\($0): [ { call: stock GET /x\($0) } ]\n" }
    let answers = many(5_000) { "      GET /\($0): []\n" }
    let result = load(
      "scenario: a\nduration: 1m\nservices:\n  shop:\n    operations:\n\(calls)"
        + "  stock:\n    operations:\n\(answers)traffic: [ { to: shop GET /0, rate: 1/s } ]\n")
    #expect(result.diagnostics.count == 201)
    #expect(result.diagnostics.first?.code == .unknownOperation)
  }

  @Test func `thousands of faults alike get names of their own`() throws {
    let loaded = try scenario(
      smallScenario + "faults:\n" + many(3_000) { _ in "  - { at: 1s, for: 1s, kill: shop-0 }\n" })
    #expect(Set(loaded.faults.map(\.name)).count == 3_000)
    #expect(loaded.faults[2].name == "kill shop-0 3")
  }

  @Test func `calls that multiply end at a limit`() {
    func levels(_ count: Int, loop: Int) -> String {
      let services = (0..<count).map { level in
        let steps =
          level == count - 1
          ? "wait: 1ms" : "loop: { times: \(loop), steps: [ { call: s\(level + 1) GET / } ] }"
        return "  s\(level): { operations: { GET /: [ { \(steps) } ] } }"
      }
      return "scenario: deep\nduration: 1m\nservices:\n" + services.joined(separator: "\n")
        + "\ntraffic: [ { to: s0 GET /, rate: 1/s } ]\n"
    }
    #expect(load(levels(5, loop: 10)).diagnostics.text == "")
    let deep = load(levels(13, loop: 10))
    #expect(deep.diagnostics.map(\.code) == [.tooManyCalls])
    #expect(deep.diagnostics.text.contains("leads to 111110 calls"))
  }

  @Test func `mappings and clusters have limits`() {
    let operations = many(10_001) { "      GET /\($0): []\n" }
    let wide = smallScenario.replacing("      GET /items: [ { wait: 10ms } ]\n", with: operations)
    #expect(load(wide).diagnostics.first?.code == .tooLong)
    let nodes = many(2_001) { "  n\($0): { zone: a }\n" }
    let result = load(smallScenario + "nodes:\n" + nodes)
    #expect(
      result.diagnostics.map(\.message) == ["a scenario must have at most 2000 nodes, has 2001"])
  }

  @Test(arguments: [
    "{ exponential: { mean: 100d } }", "{ pareto: { min: 1s, alpha: 0.1 } }",
    "{ lognormal: { p50: 1s, p99: 200d } }",
  ])
  func `a law of endless times is refused unless it is limited`(law: String) throws {
    let text = smallScenario.replacing("wait: 10ms", with: "wait: \(law)")
    #expect(load(text).diagnostics.map(\.code) == [.outOfRange])
    #expect(load(text).diagnostics.first?.help == "limit it: add 'max'")
    let limited = law.dropLast(2) + ", max: 30d }"
    _ = try scenario(smallScenario.replacing("wait: 10ms", with: "wait: \(limited)"))
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `the line of a mistake is shown whatever ends lines`(end: String) {
    let text = smallScenario.replacing("pods", with: "pdos").replacing("\n", with: end)
    let shown = load(text).diagnostics.text
    #expect(shown.contains("5 |     pdos: 2\n  |     ^^^^\n"), "\(shown)")
  }

  @Test func `what a file holds does not steer the terminal`() {
    let text = load("scenario: \"a\u{1B}[31m\u{7}\u{202E}b\"\n").diagnostics.text
    #expect(text.contains("control characters are not allowed\n  --> scenario.yaml:1:13\n"))
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    let turned = load(smallScenario + "a\u{202E}b: 1\n").diagnostics.text
    #expect(!turned.contains("\u{202E}") && turned.contains("a\u{FFFD}b"))
  }

  @Test func `a text that ends too early is marked at its end`() {
    let result = load("scenario: a\nduration: [1m\n\n")
    #expect(result.diagnostics.map(\.span.line) == [2])
    #expect(result.diagnostics.first?.span.column == 14)
    let override = load(smallScenario, overrides: ["services.shop.pods=[1"])
    #expect(override.diagnostics.first?.span == SourceSpan(file: "--set", line: 1, column: 22))
  }

  @Test func `nesting says its limit, not the parser's`() {
    let deep = String(repeating: "[", count: 10_000)
    let result = load("scenario: a\nx: \(deep)\(deep.replacing("[", with: "]"))\n")
    #expect(result.diagnostics.map(\.message) == ["nesting must be at most 100 levels deep"])
  }

  @Test(arguments: [
    ("scenari: a\nduration: 1m\n", "unknown key 'scenari'", "did you mean 'scenario'?"),
    ("duration: 1m\ntraffic: []\n", "this document has no key 'scenario'", nil),
    ("scenario:\nduration: 1m\n", "'scenario' must be a name, has no value", nil),
    ("- a\n", "a scenario must be a mapping with the key 'scenario', is a list", nil),
    ("hello\n", "a scenario must be a mapping with the key 'scenario', is a text", nil),
    ("kind: Service\n", "there are manifests but no scenario", nil),
  ])
  func `a file that is nearly a scenario is told what it lacks`(
    text: String, message: String, help: String?
  ) {
    let result = load(text)
    #expect(result.diagnostics.map(\.message) == [message])
    if let help { #expect(result.diagnostics.first?.help == help) }
  }

  @Test func `UTF-16 is called by its name`() {
    let files = FileSystem(
      read: { _, _ in .success([0xFF, 0xFE, 0x61, 0x00]) }, list: { _ in [] },
      realPath: { "/" + $0 })
    let result = ScenarioLoader.load(paths: ["x.yaml"], fileSystem: files)
    #expect(result.diagnostics.map(\.message) == ["'x.yaml' is not UTF-8 text, but UTF-16"])
  }

  @Test func `a link that leads nowhere is called that`() {
    let memory = FileSystem.memory(
      ["scenario.yaml": smallScenario + "manifests: [m/*.yaml]\n", "m/a.yaml": "x: 1"])
    let files = FileSystem(
      read: memory.read, list: memory.list,
      realPath: { $0.hasSuffix("a.yaml") ? nil : memory.realPath($0) })
    let result = ScenarioLoader.load(paths: ["scenario.yaml"], fileSystem: files)
    #expect(result.diagnostics.map(\.message) == ["'m/a.yaml' is a link that leads nowhere"])
  }

  @Test func `an override that adds a near miss says so`() {
    let result = load(smallScenario, overrides: ["services.shp.pods=3"])
    #expect(result.scenario != nil)
    #expect(result.diagnostics.map(\.help) == ["did you mean 'shop'?"])
    #expect(load(smallScenario, overrides: ["services.shop.pods=3"]).diagnostics.isEmpty)
    let list = load(smallScenario, overrides: ["traffic.rate=5/s"]).diagnostics
    #expect(list.map(\.help) == ["name an element: [0].rate"])
    let beyond = load(smallScenario, overrides: ["traffic[3].rate=5/s"]).diagnostics
    #expect(beyond.map(\.help) == ["its only element is [0]"])
  }
}

/// Numbers in manifests that the API server would refuse.
@Suite struct HostileManifestTests {
  private func route(_ rule: String) -> String {
    smallScenario + """
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: shop}
      spec:
        hosts: [shop]
        http: [{ \(rule), route: [{destination: {host: shop}}] }]

      """
  }

  @Test(arguments: [
    ("timeout: -1s", "'timeout' of VirtualService default/shop must be at least 1ms, is '-1s'"),
    ("timeout: 0s", "'timeout' of VirtualService default/shop must be at least 1ms, is '0s'"),
    ("timeout: 900d", "'timeout' of VirtualService default/shop must be at most 200d, is '900d'"),
    (
      "timeout: 5",
      "'timeout' of VirtualService default/shop must be a length of time like 2s, is '5'"
    ),
    (
      "retries: {attempts: 99999999999}",
      "'attempts' of VirtualService default/shop must be -1...1000, is '99999999999'"
    ),
    (
      "fault: {abort: {httpStatus: 503, percentage: {value: 1e9}}}",
      "'value' of VirtualService default/shop must be 0...100, is '1e9'"
    ),
  ])
  func `a number out of range is one mistake, with its range`(rule: String, message: String) {
    #expect(load(route(rule)).diagnostics.map(\.message) == [message])
  }
}
