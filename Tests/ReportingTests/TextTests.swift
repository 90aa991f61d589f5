import Results
import Scenario
import Testing
import TimeAndChance

@testable import Reporting

@Suite struct HumanNumberTests {
  @Test(arguments: [
    (0.84, "840 ms"), (2.4, "2.4 s"), (0.0123456, "12.3 ms"), (0, "0 s"), (125, "2 min 5 s"),
    (Double.infinity, "∞"), (0.000_004, "4 µs"), (1e300, "∞"),
  ])
  func `lengths of time`(seconds: Double, text: String) {
    #expect(HumanNumber.duration(seconds) == text)
  }

  @Test(arguments: [
    (12_345.0, "12.3k/s"), (150, "150/s"), (999.6, "1k/s"), (1_234_567, "1.23M/s"),
    (0.25, "0.25/s"),
    (0, "0/s"), (1e18, "1000000T/s"),
  ])
  func rates(perSecond: Double, text: String) {
    #expect(HumanNumber.rate(perSecond) == text)
  }

  @Test(arguments: [
    (0.992, "99.2 %"), (0.9995, "99.95 %"), (1, "100 %"), (0.999_999_9, "99.99999 %"),
    (0.000_5, "0.05 %"), (0.1234, "12.3 %"), (0, "0 %"), (0.99999999999, "99.999999 %"),
  ])
  func `shares near one are not one`(share: Double, text: String) {
    #expect(HumanNumber.share(share) == text)
  }

  @Test func clock() {
    #expect(HumanNumber.clock(.zero + .seconds(300)) == "05:00")
    #expect(HumanNumber.clock(.zero + .milliseconds(300_900)) == "05:00.9")
    #expect(HumanNumber.clock(.zero + .seconds(3_900)) == "1:05:00")
    #expect(HumanNumber.clock(.zero + .milliseconds(59_960)) == "01:00")
  }

  @Test func `JSON escapes what it must and keeps the rest`() {
    let value = JSONValue.object([
      "b": .string("caf\u{E9} \u{1F600} \"\\\n\r\t\u{1}\u{7F}\u{2028}"),
      "a\n": .array([.number(-0.25), .number(.infinity), .bool(true), .null, .unsigned(.max)]),
    ])
    #expect(
      value.line
        == "{\"a\\n\":[-0.25,null,true,null,18446744073709551615],"
        + "\"b\":\"caf\u{E9} \u{1F600} \\\"\\\\\\n\\r\\t\\u0001\\u007f\\u2028\"}")
    #expect(JSONValue.array([.count(1), .array([])]).pretty == "[\n 1,\n []\n]\n")
  }

  @Test func `digits are rounded on the digits`() {
    #expect(DecimalText(0.1 + 0.2, significant: 9).plain == "0.3")
    #expect(DecimalText(9.999, significant: 3).plain == "10")
    #expect(DecimalText(-1234.5, significant: 2).plain == "-1200")
    #expect(DecimalText(1e-9, significant: 3).json == "1e-9")
    #expect(DecimalText(1.5e20, significant: 3).json == "1.5e20")
    #expect(DecimalText(0, significant: 3).json == "0")
    #expect(DecimalText(0.001, significant: 3).plain == "0.001")
    #expect(DecimalText(.leastNonzeroMagnitude, significant: 3).json == "5e-324")
    var noise = FeedFixture.Noise(3)
    for _ in 0..<2_000 {
      let value = (noise.next() - 0.5) * [1e-12, 1e-3, 1, 1e5, 1e17][Int(noise.next() * 5)]
      let back = Double(DecimalText(value, significant: 9).json) ?? .nan
      #expect((back - value).magnitude <= 6e-9 * value.magnitude)
    }
  }
}

@Suite struct ShortNumberTests {
  private func text(_ value: Double) -> String {
    var out: [UInt8] = []
    ShortNumber.append(value, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1.5, "1.5"), (-1234.5678, "-1234.57"), (0.012345678, "0.0123457"),
    (0.999_999_9, "1"), (9.999_999_9, "10"), (99_999.96, "100000"), (123_456_789, "123456789"),
    (1e-9, "1e-9"), (1e20, "1e20"), (0.000_012_5, "0.0000125"),
  ])
  func `six digits`(value: Double, expected: String) {
    #expect(text(value) == expected)
  }

  @Test func `every number comes back within six digits`() {
    var noise = FeedFixture.Noise(8)
    for _ in 0..<5_000 {
      let value = (noise.next() - 0.3) * [1e-6, 1e-3, 1, 1e3, 1e7, 1e13][Int(noise.next() * 6)]
      #expect(((Double(text(value)) ?? .nan) - value).magnitude <= 6e-6 * value.magnitude)
    }
  }
}

@Suite struct DisplayTextTests {
  @Test func `control characters and turned writing are taken out`() {
    #expect(DisplayText.oneLine("a\u{1B}[31mb\n\tc\u{202E}d  ") == "a [31mb c d")
    #expect(DisplayText.oneLine("") == "")
    #expect(DisplayText.oneLine("👩‍🚀 ok") == "👩‍🚀 ok")
  }

  @Test func `widths are those of a terminal`() {
    #expect(DisplayText.width("héllo") == 5)
    #expect(DisplayText.width("日本") == 4)
    #expect(DisplayText.width("👩‍🚀") == 2)
    #expect(DisplayText.width("e\u{301}") == 1)
  }

  @Test func `wrapped lines keep the width and every word`() {
    var noise = FeedFixture.Noise(11)
    let letters = Array("abc dé日👩‍🚀 x.-/")
    for columns in [2, 7, 20, 80] {
      for _ in 0..<50 {
        let text = String((0..<120).map { _ in letters[Int(noise.next() * Double(letters.count))] })
        let lines = DisplayText.wrapped(text, to: columns)
        #expect(lines.allSatisfy { DisplayText.width($0) <= columns })
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
      }
    }
    #expect(DisplayText.cut("abcdef", to: 4) == "abc…")
    #expect(DisplayText.cut("日本語", to: 4) == "日…")
  }

  @Test func `a command is quoted for a shell`() {
    #expect(RepeatCommand.quoted("scenarios/a.yaml") == "scenarios/a.yaml")
    #expect(RepeatCommand.quoted("it's; rm -rf") == "'it'\\''s; rm -rf'")
    #expect(RepeatCommand.quoted("") == "''")
    #expect(RepeatCommand.quoted("a\nb") == "$'a\\x0ab'")
    #expect(RepeatCommand.quoted("$(x)") == "'$(x)'")
  }
}

@Suite struct WarningTextTests {
  @Test func `a drop of requests has its own reason`() {
    let run = RunDescription(
      scenario: "s", duration: .seconds(60), sources: [.init(name: "rate"), .init(name: "users")])
    #expect(
      WarningText.text(.dropped(source: 0, requests: 7), run)
        == "rate dropped 7 requests: too many were open")
    #expect(
      WarningText.text(.iterationsLeft(source: 1, requests: 90), run)
        == "users dropped 90 requests: its time was over before its users had done all their iterations"
    )
  }
}
