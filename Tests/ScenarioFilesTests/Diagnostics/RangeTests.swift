import Scenario
import ScenarioFiles
import Testing

private func shop(_ line: String) -> String {
  """
  scenario: test
  duration: 1m
  services:
    shop: { operations: { get: [] } }
  traffic:
    - { to: shop get, rate: 1/s }
  \(line)

  """
}

private let mistakes = [
  Mistake(
    code: .outOfRange, text: shop("seed: ⟦18446744073709551616⟧"),
    message: "'seed' must be 0...18446744073709551615, is 18446744073709551616"),
  Mistake(
    code: .outOfRange, text: shop("seed: ⟦-1⟧"),
    message: "'seed' must be 0...18446744073709551615, is -1"),
  Mistake(
    code: .notANumber, text: shop("seed: ⟦1.5⟧"),
    message: "'seed' must be a whole number, is '1.5'"),
  Mistake(
    code: .tooLong, text: shop("about: ⟦\(String(repeating: "é", count: 4_097))⟧"),
    message: "'about' must be at most 4096 characters, has 4097"),
]

/// Seeds and texts, whose ranges are those of other parts of the program.
@Suite struct RangeTests {
  @Test(arguments: mistakes)
  func `what is beyond a range is told it`(mistake: Mistake) {
    expectDiagnostic(mistake.code, in: mistake.text, message: mistake.message, help: mistake.help)
  }

  @Test func `the largest seed of the command line is one of a scenario`() throws {
    #expect(try scenario(shop("seed: 18446744073709551615")).seed == .max)
    #expect(try scenario(shop("seed: 0")).seed == 0)
  }

  @Test func `a scenario may say 4096 characters about itself`() throws {
    let about = String(repeating: "é", count: 4_096)
    #expect(try scenario(shop("about: \(about)")).about == about)
  }
}
