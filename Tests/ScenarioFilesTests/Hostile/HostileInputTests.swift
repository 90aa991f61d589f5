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
