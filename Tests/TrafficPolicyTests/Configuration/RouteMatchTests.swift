import Testing
import TrafficPolicy

@Suite struct RouteMatchTests {
  @Test(arguments: [
    ("/x/[a-z]+", "/x/ab", true), ("/x/[a-z]+", "/x/a1", false), ("/x", "/x/y", false),
    ("x|/y", "/y", true), ("(", "(", false), ("", "", true), ("", "/", false),
  ])
  func `a pattern matches whole texts, at first sight and later`(
    pattern: String, text: String, matches: Bool
  ) {
    for _ in 0..<3 { #expect(RouteMatch.TextMatch.regex(pattern).matches(text) == matches) }
  }

  @Test func `many patterns asked side by side are not mistaken for each other`() async {
    let wrong = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<400).count { number in
            let match = RouteMatch.TextMatch.regex("/o\(number % 40)[a-z]")
            return !match.matches("/o\(number % 40)x") || match.matches("/o\(number % 40 + 1)x")
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }
}
