import Scenario
import Testing
import TrafficPolicy

@Suite struct PathIndexTests {
  private static let conditions: [RouteMatch.TextMatch?] = [
    .exact("/"), .exact("/a"), .exact("/a/b"), .exact("/caf\u{E9}"), .exact("/\u{212A}"),
    .prefix(""), .prefix("/"), .prefix("/a"), .prefix("/a/"), .prefix("/caf\u{E9}"), .prefix("b"),
    .regex("/a"), .regex("/a.*"), .regex("/ab?"), .regex("/ab*/c"), .regex("/ab{0,2}"),
    .regex("/ab+"), .regex("^/a/.*"), .regex("/a|/b"), .regex("(?i)/A"), .regex("[/]a.*"),
    .regex("/a\\.b"), .regex("/cafe\u{301}"), .present, nil,
  ]
  private static let paths = [
    "/", "/a", "/a/", "/a/b", "/A", "/ab", "/abb", "/abbb/c", "/a/c", "/b", "b", "/a.b", "",
    "/caf\u{E9}", "/cafe\u{301}", "/\u{212A}", "/K", "/a/b/c",
  ]

  @Test func `whatever takes a path is found`() {
    var index = PathIndex()
    for condition in Self.conditions { index.add([condition]) }
    for path in Self.paths {
      let found = index.candidates(for: path)
      let taking = Self.conditions.indices.filter { Self.conditions[$0]?.holds(for: path) ?? true }
      #expect(Set(taking).isSubset(of: found), "\(path)")
      #expect(found == Array(Set(found)).sorted(), "in order, each once: \(path)")
    }
  }

  @Test func `one of several conditions is enough, none takes everything`() {
    var index = PathIndex()
    index.add([.exact("/a"), .prefix("/b")])
    index.add([])
    index.add([.exact("/a"), nil])
    index.add([.exact("/a"), .exact("/a")])
    #expect(index.candidates(for: "/a") == [0, 1, 2, 3])
    #expect(index.candidates(for: "/b/c") == [0, 1, 2])
    #expect(index.candidates(for: "/c") == [1, 2])
  }

  @Test func `other paths are not looked at`() {
    var index = PathIndex()
    for number in 0..<100 { index.add([.exact("/exact\(number)")]) }
    for number in 0..<100 { index.add([.prefix("/prefix\(number)/")]) }
    for number in 0..<100 { index.add([.regex("/regex\(number)/.*")]) }
    #expect(index.candidates(for: "/exact7") == [7])
    #expect(index.candidates(for: "/prefix7/x") == [107])
    #expect(index.candidates(for: "/regex7/x") == [207])
    #expect(index.candidates(for: "/x").isEmpty)
  }
}
