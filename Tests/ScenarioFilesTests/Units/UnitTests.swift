import Scenario
import TimeAndChance
import Testing

@testable import ScenarioFiles

@Suite struct UnitTests {
  @Test(arguments: [
    ("0", 0), ("1ns", 1), ("250ms", 250_000_000), ("1.5s", 1_500_000_000),
    ("1h30m", 5_400_000_000_000), ("0.000000001s", 1), ("2us", 2000), ("2µs", 2000),
    ("1d", 86_400_000_000_000),
  ])
  func `lengths of time are read exactly`(text: String, nanoseconds: Int64) throws {
    #expect(try SimDuration.parse(text) == SimDuration(nanoseconds: nanoseconds))
  }

  @Test(arguments: [
    ("5", DurationMistake.noUnit), ("1e3", .noUnit), ("", .form), ("s", .form), ("1 s", .form),
    ("1x", .form), ("0.5ns", .tooFine), ("-3s", .negative), ("834d", .tooLong),
    ("9999999999999999999999s", .tooLong), ("1m1", .form), (".nan", .form), ("1_0s", .form),
    ("--3s", .form), ("-", .form),
    ("1e-9223372036854775808", .form),
  ])
  func `what is no length of time is refused`(text: String, mistake: DurationMistake) {
    #expect(throws: mistake) { try SimDuration.parse(text) }
  }

  @Test(arguments: ["1.5s", "1h30m", "250ms", "0s", "1m30.5s", "12us", "7ns", "2h1ms"])
  func `lengths of time are written as they are read`(text: String) throws {
    #expect(try SimDuration.parse(text).written == text)
  }

  @Test(arguments: [
    ("250m", 250), ("1", 1000), ("0.5", 500), ("1.0005", 1001), ("2k", 2_000_000),
    ("1Ki", 1_024_000), ("100u", 1), ("12e2", 1_200_000), ("1E2", 100_000),
  ])
  func `quantities are exact and round up`(text: String, thousandths: Int64) {
    #expect(Quantity(text)?.thousandths == thousandths)
  }

  @Test(arguments: [
    "", "m", "1.2.3", "1mm", "0x10", "1 Gi", "--1", "99999999999999999999999999999999",
  ])
  func `what is no quantity is refused`(text: String) {
    #expect(Quantity(text)?.thousandths == nil)
  }

  @Test(arguments: [
    ("0.1", 0.1), ("123456789.123456789", 123456789.123456789),
    ("9007199254740993", 9_007_199_254_740_992),
    ("1e22", 1e22), ("3e-22", 3e-22), ("1e-30", 1e-30), ("-0.3", -0.3),
    ("0.000000000000000000000000000123", 1.23e-28),
  ])
  func `a number is the nearest to what is written`(text: String, value: Double) {
    #expect(ExactDecimal(text[...], allowsExponent: true)?.double == value)
  }

  @Test func `of words as near as each other the one that begins alike is meant`() {
    #expect(Spelling.nearest(to: "rat", among: ["to", "at", "rate"]) == "rate")
    #expect(Spelling.nearest(to: "att", among: ["to", "at", "rate"]) == "at")
  }

  @Test func `a digest is that of the standard`() {
    #expect(
      SHA256.hexDigest(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexDigest(of: [])
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test(arguments: [
    ("wrokers", "workers"), ("max_ejection_percentage", "maxEjectionPercent"), ("Qeue", "queue"),
  ])
  func `a near name is offered`(written: String, meant: String) {
    let known = ["workers", "queue", "maxEjectionPercent", "operations"]
    #expect(Spelling.nearest(to: written, among: known) == meant)
  }

  @Test func `a far name is not offered`() {
    #expect(Spelling.nearest(to: "banana", among: ["workers", "queue"]) == nil)
  }

  @Test(arguments: [
    ("*.yaml", "a.yaml", true), ("*.yaml", ".a.yaml", false), ("a?c", "abc", true),
    ("a*b*c", "a-b-b-c", true), ("a*b", "ac", false), ("*", "x", true), ("", "x", false),
  ])
  func `file names fit their patterns`(pattern: String, name: String, fits: Bool) {
    #expect(NamePattern.matches(pattern, name) == fits)
  }

  @Test(arguments: [
    ("/api/v[0-9]+/.*", "/api/v12/x", true), ("/api/v[0-9]+/.*", "/api/v/x", false),
    ("a|bc", "bc", true), ("(ab)*", "ababab", true), ("(ab)*", "aba", false),
    ("a{2,3}", "aaaa", false), ("a{2,3}", "aaa", true), ("a{2,}", "aaaaa", true),
    ("[^/]+", "x/y", false), (#"\d+\.\d"#, "12.3", true), ("^/x$", "/x", true), ("", "", true),
    ("(?:x|y)+?z", "xyz", true), ("/cart(/.*)?", "/cart", true), ("/cart(/.*)?", "/cartoon", false),
    ("(a*)*b", String(repeating: "a", count: 250), false),
  ])
  func `regular expressions match whole texts in linear time`(
    pattern: String, text: String, matches: Bool
  ) throws {
    #expect(try #require(LinearPattern(pattern)).matches(text) == matches)
  }

  @Test(arguments: [
    "(", "a)", "[a", "*a", "a{2", #"\p{L}"#, "(?=a)", "((a{1000}){1000}){1000}", #"\1"#,
  ])
  func `what is no regular expression is refused`(pattern: String) {
    #expect(LinearPattern(pattern) == nil)
  }
}
