import Foundation
import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Reporting

/// The feed's result, made once.
enum Shared {
  static let feed: RunResult = {
    var fixture = FeedFixture()
    fixture.replications = 2
    fixture.seconds = 160
    fixture.faultStart = 100
    fixture.faultEnd = 120
    return fixture.result
  }()

  /// A run whose every name is an attack or a nuisance.
  static let hostile: RunResult = {
    let names = [
      "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "👩‍🚀 日本語サービス名前",
      String(repeating: "very-long-name-", count: 40), "a\u{1B}[31mred\u{1B}[0m\nnext",
      "=cmd|'/C calc'!A0",
    ]
    var fixture = FeedFixture()
    fixture.names = names
    fixture.replications = 2
    fixture.seconds = 90
    fixture.faultStart = 70
    fixture.faultEnd = 80
    var run = fixture.run
    run.scenario = "</title><script>alert(2)</script>"
    run.about = "--> ]]> </style> {{x}} ${y} \u{202E}turned"
    run.sources[0].name = "'><svg onload=alert(3)>"
    run.faults[0].name = "%0A::error::x"
    run.faults[0].text = "</desc><script>alert(4)</script>"
    run.command = [
      "foreshock", "run", "it's; rm -rf $(HOME)\n.yaml", String(repeating: "x", count: 200),
    ]
    run.expectations = run.expectations.map { expectation in
      var expectation = expectation
      expectation.text = "<b>\n| x | `y`: 100%, " + String(repeating: "日本", count: 90)
      expectation.location.file = "a,b:c%d\n.yaml"
      return expectation
    }
    return RunResult(run, (0..<2).map(fixture.replication))
  }()

  /// A run in which nothing was ever recorded.
  static let empty = RunResult(
    RunDescription(
      scenario: "", duration: .seconds(10), services: [.init(name: "")],
      expectations: FeedFixture().expectations), [ReplicationResult(index: 0)])

  static let all = [feed, hostile, empty]
}

@Suite struct TerminalReportTests {
  @Test func `the verdict comes first and every failure can be repeated`() throws {
    let text = TerminalReport(Shared.feed).text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let headline = try #require(lines.firstIndex { $0.hasPrefix("✗ ") })
    #expect(headline < 8)
    let again = "again: foreshock run scenarios/feed.yaml --seed 7 --replications 2"
    let failures = Shared.feed.verdicts.count { !$0.isMet }
    #expect(failures > 0)
    #expect(text.components(separatedBy: again).count - 1 == failures + 1)
    #expect(text.contains("timeline-2 ejected by 3 of 5 × gateway feed/edge"))
    #expect(text.contains("tries per new request of readers 1 → "))
  }

  @Test func `the footer counts documents that were skipped`() {
    let text = TerminalReport(Shared.feed, style: TerminalStyle(columns: 120)).text
    #expect(text.contains(" filled in, listed in the report; 6 documents of other kinds skipped\n"))
    #expect(!TerminalReport(Shared.empty).text.contains("skipped"))
  }

  @Test(arguments: 0..<3, [60, 80, 81, 132])
  func `no line is wider than the terminal`(index: Int, columns: Int) {
    for unicode in [true, false] {
      let style = TerminalStyle(usesUnicode: unicode, columns: columns)
      for line in TerminalReport(Shared.all[index], style: style).text.split(separator: "\n") {
        #expect(DisplayText.width(String(line)) <= columns, "\(line)")
      }
    }
  }

  @Test func `without colour and Unicode the text is plain ASCII`() {
    for result in Shared.all {
      let text = TerminalReport(result, style: TerminalStyle(usesUnicode: false)).text
      #expect(text.utf8.allSatisfy { $0 == 10 || (0x20..<0x7F).contains($0) })
    }
    #expect(!TerminalReport(Shared.hostile).text.contains("\u{1B}"))
    #expect(
      TerminalReport(Shared.feed, style: TerminalStyle(usesColor: true)).text
        .contains("\u{1B}[31m"))
  }

  @Test func `a partial result says so beside every verdict`() {
    let part = RunResult(
      Shared.feed.run, (0..<2).map(FeedFixture().replication), wasInterrupted: true)
    #expect(VerdictText.headline(part).hasSuffix(" so far"))
    #expect(!VerdictText.headline(Shared.feed).contains("so far"))
    #expect(TerminalReport(part).text.contains("PARTIAL RESULT"))
    #expect(HTMLReport(part).html.contains("This is a partial result"))
    #expect(SummaryJSON(part).text.contains("\"partial\": true"))
  }

  @Test func `work for callers that have gone is told`() {
    let fact = "6 ejections · 812 refused by full queues · 53.4k requests whose callers had gone"
    #expect(TerminalReport(Shared.feed, style: TerminalStyle(columns: 132)).text.contains(fact))
    #expect(HTMLReport(Shared.feed).html.contains(fact))
    #expect(ServiceFacts.facts(of: 5, in: Shared.feed).allSatisfy { !$0.contains("waited") })
  }

  @Test func `callers tell of refused retries and of response flags`() {
    #expect(TerminalReport(Shared.feed).text.contains(" retries refused by maxRetries"))
    let html = HTMLReport(Shared.feed).html
    let header = "<th scope=\"col\">caller</th><th scope=\"col\">outcome</th>"
    #expect(html.components(separatedBy: header).count > 5)
    #expect(html.contains("frontend</th><td>URX,UF</td>"))
  }

  @Test func `the only fault needs no name in a table`() {
    let text = TerminalReport(Shared.feed).text
    #expect(text.contains("  during fault "))
    var result = Shared.feed
    let phase = result.phases[1]
    #expect(PhaseName.short(phase, result) == "during fault")
    result.run.faults += result.run.faults
    #expect(PhaseName.short(phase, result) == phase.name)
  }

  @Test func `phases of one name are told apart by when they begin`() {
    var result = Shared.feed
    result.phases[2].name = "before"
    result.phases[2].start = .zero + .seconds(120)
    let names = result.phases.map { PhaseName.full($0, among: result.phases) }
    #expect(names == ["before from 01:00", "during slow-timeline", "before from 02:00"])
    #expect(PhaseName.short(result.phases[2], result) == "before from 02:00")
    #expect(TerminalReport(result).text.contains("    before from 02:00 "))
    #expect(HTMLReport(result).html.contains("before from 02:00<"))
  }

  @Test func `every phase that asks for caution is told, alike ones together`() {
    var result = Shared.feed
    func cautions(_ labels: [TrustLabel]) -> [String] {
      result.trust[2] = labels
      return TrustText.cautions(of: 2, in: result).map(\.text)
    }
    let overloaded = TrustLabel(state: .overloaded)
    #expect(
      cautions([.init(state: .stable), overloaded, overloaded]) == [
        "overloaded during slow-timeline and after slow-timeline: throughput holds; queue and "
          + "latency would grow with a longer run"
      ])
    #expect(
      cautions([overloaded, overloaded, overloaded])[0].hasPrefix("overloaded the whole run:"))
    let full = TrustLabel(state: .overloaded, excess: .isRefused(share: 0.4))
    #expect(cautions([full, overloaded, .init(state: .backlogged)]).count == 3)
    let text = TerminalReport(result).text
    #expect(text.contains("  backlogged after slow-timeline: "))
    #expect(text.contains("  overloaded before: ") && text.contains("  overloaded during slow"))
  }

  @Test func `names that a cut would make alike are broken over lines`() {
    func lines(_ names: [String]) -> [String] {
      var table = TerminalTable(columns: ["", "queue"], style: TerminalStyle(columns: 60))
      for (place, name) in names.enumerated() { table.add([name, "\(place)"]) }
      return table.lines
    }
    let fault = "slow all-the-recommendation-services-of-europe"
    #expect(
      lines(["  before", "  during \(fault)", "  during \(fault) + kill cache", "  after \(fault)"])
        == [
          "                                                       queue",
          "    before                                                 0",
          "    during slow                                            1",
          "      all-the-recommendation-services-of-europe",
          "    during slow                                            2",
          "      all-the-recommendation-services-of-europe +",
          "      kill cache",
          "    after slow all-the-recommendation-services-of-eu…      3",
        ])
    let name = String(repeating: "long-name-", count: 20)
    let rows = lines([name + "A", name + "B"])
    #expect(rows.contains { $0.hasSuffix("-A") } && rows.contains { $0.hasSuffix("-B") })
    #expect(rows.allSatisfy { $0.count <= 60 })
    #expect(lines([name, name]).count == 3)
  }

  @Test func `many ejections are one line, and a flood of lines keeps every kind`() {
    let timeline = Timeline(Shared.feed)
    #expect(timeline.entries.count { $0.kind == .ejection } == 1)
    #expect(timeline.entries.map(\.at) == timeline.entries.map(\.at).sorted())
    let excerpt = timeline.most(4)
    #expect(excerpt.shown.count == 4)
    #expect(excerpt.othersLeftOut == timeline.entries.count { $0.kind != .faultEnd } - 4)
    #expect(excerpt.shown.contains { $0.kind == .fault })
  }
}

@Suite struct HTMLReportTests {
  @Test(arguments: 0..<3)
  func `nothing from users becomes markup`(index: Int) {
    let html = HTMLReport(Shared.all[index]).html
    // Our own script is the only one, and no attribute starts one.
    #expect(html.components(separatedBy: "<script").count == 2)
    #expect(!html.contains("<img"))
    #expect(!html.contains("onload=alert(3)>"))
    #expect(html.components(separatedBy: "</style>").count == 2)
    #expect(!html.contains("\u{202E}"))
    #expect(!html.contains("\u{1B}"))
    #expect(
      !html.contains("http://")
        || !html.replacing("http://www.w3.org/2000/svg", with: "").contains("http://"))
    #expect(!html.contains("style=\"") && !html.contains("NaN") && !html.contains("inf"))
  }

  @Test func `tags are balanced and drawings are described`() {
    for result in Shared.all {
      let html = HTMLReport(result).html
      for tag in ["svg", "figure", "section", "table", "details", "div", "li", "main", "text"] {
        let opened =
          html.components(separatedBy: "<\(tag) ").count
          + html.components(separatedBy: "<\(tag)>").count
        #expect(opened - 1 == html.components(separatedBy: "</\(tag)>").count, "\(tag)")
      }
      let drawings = html.components(separatedBy: "role=\"img\" font-family").count
      #expect(html.components(separatedBy: "<desc>").count == drawings)
    }
  }

  @Test func `down-sampling keeps spikes and the number of points`() {
    var points = [SeriesBand.Point?](
      repeating: SeriesBand.Point(mean: 1, halfWidth: 0), count: 100_000)
    points[54_321] = SeriesBand.Point(mean: 900, halfWidth: 0)
    points[77_777] = SeriesBand.Point(mean: -3, halfWidth: 0)
    points[5] = nil
    let drawn = DownSampling.points(SeriesBand(points: points), atMost: 1_000)
    #expect(drawn.count <= 1_000)
    #expect(drawn.contains { $0.window == 54_321 } && drawn.contains { $0.window == 77_777 })
    #expect(drawn.map(\.window) == drawn.map(\.window).sorted())
    #expect(DownSampling.points(SeriesBand(), atMost: 1_000).isEmpty)
  }

  @Test(arguments: [0.0, 1e-9, 0.03, 1, 4.1, 99, 1e12])
  func `axes have few round ticks that cover the values`(maximum: Double) {
    let ticks = Axis.linear(upTo: maximum)
    #expect((2...7).contains(ticks.count))
    #expect((ticks.last ?? 0) >= maximum)
    #expect((2...8).contains(Axis.times(upTo: max(0.5, maximum)).count) || maximum > 1e8)
  }

  @Test(arguments: [
    ("frontend", ["frontend"]), ("frontend POST /posts", ["frontend POST /posts"]),
    ("recommendations GET /feed/latest", ["recommendations GET", "/feed/latest"]),
    (
      "payment-authorisation-gateway.checkout-production",
      ["payment-authorisation-", "gateway.checkout-", "production"]
    ),
    (
      "authorisations-of-all.recommendation-services-of-europe-north",
      ["authorisations-of-all.", "recommendation-servic", "es-of-europe-north"]
    ),
    (
      String(repeating: "x", count: 70),
      [
        String(repeating: "x", count: 21), String(repeating: "x", count: 21),
        String(repeating: "x", count: 20) + "…",
      ]
    ),
    ("日本語サービス名前の長い名前", ["日本語サービス名前の", "長い名前"]), ("", [""]),
  ])
  func `a name on the map takes up to three lines`(name: String, lines: [String]) {
    #expect(ServiceMapDrawing.lines(of: name) == lines)
  }

  @Test func `every tick label is short`() {
    let labels = [0, 1e-3, 0.25, 1, 10, 60, 100, 300, 1_000, 3_600, 10_000, 36_000].map {
      Axis.label($0, .seconds)
    }
    #expect(
      labels == [
        "0", "1 ms", "250 ms", "1 s", "10 s", "60 s", "100 s", "5 min", "1000 s", "60 min",
        "2.78 h", "10 h",
      ])
    #expect(Axis.label(0.5, .share) == "50 %")
  }

  @Test func `the map has room for circles and for services nobody calls`() {
    var run = FeedFixture().run
    run.edges += [
      .init(from: .service(3), to: 0), .init(from: .service(2), to: 2),
      .init(from: .service(1), to: 2),
    ]
    let layout = ServiceMapLayout(RunResult(run, [ReplicationResult(index: 0)]))
    #expect(layout.nodes.count == 8)
    for one in layout.nodes {
      let twins = layout.nodes.filter {
        $0.column == one.column && ($0.row - one.row).magnitude < 0.99
      }
      #expect(twins.count == 1)
    }
  }
}

@Suite struct FileTests {
  @Test(arguments: 0..<3)
  func `summary and events are JSON whatever the names`(index: Int) throws {
    let result = Shared.all[index]
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(SummaryJSON(result).text.utf8))
        as? [String: Any])
    #expect(object["formatVersion"] as? Int == 1)
    #expect(object["scenario"] as? String == result.run.scenario)
    let lines = EventsNDJSON(result).text.split(separator: "\n")
    #expect(lines.count == result.representative.events.count)
    for line in lines {
      let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(event?["kind"] is String && event?["time_s"] is NSNumber)
    }
  }

  @Test func `summary.json of a small run is as recorded`() throws {
    var flow = FlowFigures(offered: 10, open: 1, attempts: 12, retries: 2)
    flow.add(8, status: 200)
    flow.add(1, status: 503)
    flow.add(8, flags: "-")
    flow.add(1, flags: "URX,UF")
    flow.latency.record(12_000_000, times: 9)
    let run = RunDescription(
      scenario: "small", duration: .seconds(10), seed: 3, version: "1.0.0",
      command: ["foreshock", "run", "small.yaml"], sources: [.init(name: "users")],
      expectations: [
        Expectation(
          statement: .bound(
            MetricBound(subject: .source(0), metric: .errorRate, comparison: .below(0.5))),
          text: "users: errorRate below 50%",
          location: SourceLocation(file: "small.yaml", line: 9, column: 3))
      ])
    let results = [0, 1].map { ReplicationResult(index: $0, sources: [flow], simulatedEvents: 40) }
    let text = SummaryJSON(RunResult(run, results)).text
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let golden = folder.appending(path: "Goldens/summary.json")
    if ProcessInfo.processInfo.environment["FORESHOCK_RECORD"] == "1" {
      try FileManager.default.createDirectory(
        at: golden.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: golden)
    }
    #expect(try String(contentsOf: golden, encoding: .utf8) == text)
  }

  @Test func `every row of the series has every column`() throws {
    for result in Shared.all {
      let lines = TimeSeriesCSV(result).text.split(separator: "\n", omittingEmptySubsequences: true)
      let columns = try fields(String(try #require(lines.first)))
      for line in lines.dropFirst() {
        let row = try fields(String(line))
        #expect(row.count == columns.count)
        #expect(Double(row[0]) != nil)
        #expect(!row[2].hasPrefix("="))
        for cell in row.dropFirst(3) where !cell.isEmpty { #expect(Double(cell) != nil) }
      }
    }
  }

  /// The fields of a CSV row.
  private func fields(_ line: String) throws -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in line {
      switch (character, isQuoted) {
      case ("\"", _): isQuoted.toggle()
      case (",", false): fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    #expect(!isQuoted)
    return fields
  }

  @Test func `the same result has the same bytes`() {
    let other = RunResult(
      Shared.feed.run,
      {
        var fixture = FeedFixture()
        fixture.replications = 2
        fixture.seconds = 160
        fixture.faultStart = 100
        fixture.faultEnd = 120
        return (0..<2).reversed().map(fixture.replication)
      }())
    for (one, two) in zip(
      RunFolder.files(Shared.feed, timing: nil), RunFolder.files(other, timing: nil))
    {
      #expect(one.name == two.name)
      #expect(one.text == two.text)
    }
  }

  @Test func `JUnit names are unique and text is escaped`() throws {
    for result in Shared.all {
      let xml = JUnitReport(result).text
      #expect(XMLCheck.isWellFormed(xml))
      let names = xml.components(separatedBy: " name=\"").dropFirst(2)
        .compactMap { $0.components(separatedBy: "\"").first }
        .filter { $0.contains("p99") || $0.contains("日本") }
      #expect(Set(names).count == names.count)
    }
    let failures = Shared.feed.verdicts.count { !$0.isMet }
    #expect(JUnitReport(Shared.feed).text.contains("failures=\"\(failures)\""))
  }

  @Test func `GitHub annotations are one line each`() {
    let text = GitHubAnnotations(Shared.hostile).annotations
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("::") })
    #expect(lines.count <= 20)
    #expect(text.contains("file=a%2Cb%3Ac%25d%0A.yaml,line=42"))
    let summary = GitHubAnnotations(Shared.hostile).summary
    #expect(summary.utf8.count < 1_000_000)
    #expect(!summary.contains("<script>") || summary.contains("\\<script\\>"))
  }
}

/// Just enough of XML: tags nest and nothing bare is left.
enum XMLCheck {
  static func isWellFormed(_ text: String) -> Bool {
    var stack: [Substring] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "<") {
      let before = rest[..<open]
      if before.contains(">") { return false }
      guard let close = rest[open...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: open)..<close]
      rest = rest[rest.index(after: close)...]
      if tag.contains("<") { return false }
      if tag.hasPrefix("?") || tag.hasSuffix("/") { continue }
      if tag.hasPrefix("/") {
        guard stack.popLast() == tag.dropFirst() else { return false }
      } else {
        stack.append(tag.prefix { $0 != " " })
      }
    }
    return stack.isEmpty
  }
}
