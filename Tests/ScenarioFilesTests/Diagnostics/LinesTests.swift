import Testing

@testable import ScenarioFiles

/// The lines of a file, to show the one that a mistake is in.
@Suite struct LinesTests {
  @Test(arguments: [
    ("", [""]), ("a", ["a"]), ("a\n", ["a", ""]), ("a\r\nb\rc\n\nd", ["a", "b", "c", "", "d"]),
    ("ä\u{85}é\u{2028}ü\u{2029}", ["ä", "é", "ü", ""]),
    // Bytes that begin as those of a line's end do, and are none.
    ("\u{A0}…\u{200B}", ["\u{A0}…\u{200B}"]),
    ("👩‍👩‍👧\r\n", ["👩‍👩‍👧", ""]),
  ])
  func `lines end where YAML ends them`(_ text: String, _ lines: [Substring]) {
    #expect(text.yamlLines == lines)
  }
}
