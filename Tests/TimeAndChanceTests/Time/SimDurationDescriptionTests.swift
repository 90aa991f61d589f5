import Testing
import TimeAndChance

@Suite struct SimDurationDescriptionTests {
  @Test(arguments: [
    (0, "0 ns"), (1, "1 ns"), (999, "999 ns"), (1_000, "1 µs"), (1_005, "1.01 µs"),
    (12_000, "12 µs"), (12_345, "12.3 µs"), (999_499, "999 µs"), (999_500, "1 ms"),
    (340_000_000, "340 ms"), (999_600_000, "1 s"), (1_250_000_000, "1.25 s"),
    (1_025_000_000, "1.03 s"), (59_940_000_000, "59.9 s"), (59_960_000_000, "1 min"),
    (60_000_000_000, "1 min"), (125_000_000_000, "2 min 5 s"),
    (63_500_000_000, "1 min 3.5 s"), (63_960_000_000, "1 min 4 s"),
    (599_940_000_000, "9 min 59.9 s"),
    (599_960_000_000, "10 min"), (725_400_000_000, "12 min 5 s"), (3_599_600_000_000, "1 h"),
    (12_000_000_000_000, "3 h 20 min"), (100_800_000_000_000, "1 d 4 h"),
    (-1_500_000, "-1.5 ms"), (Int64.max, "106752 d"), (Int64.min, "-106752 d"),
  ])
  func `durations read as people write them`(nanoseconds: Int64, text: String) {
    #expect(SimDuration(nanoseconds: nanoseconds).description == text)
  }
}
