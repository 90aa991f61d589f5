import Testing

@testable import Reporting

@Suite struct ProgressGaugeTests {
  private func gauge(_ done: Int, _ planned: Int, _ doneEvents: UInt64, _ events: UInt64)
    -> ProgressGauge
  {
    ProgressGauge(
      done: done, planned: planned, doneEvents: doneEvents, events: events, elapsed: 10, draws: 5)
  }

  @Test func `replications under way count by their events`() {
    #expect(gauge(0, 5, 0, 1_000).share == nil)
    #expect(gauge(1, 4, 1_000, 1_000).share == 0.25)
    #expect(gauge(1, 4, 1_000, 2_000).share == 0.5)
    // A long replication is not done before it has ended.
    #expect(gauge(3, 4, 3_000, 9_000).share == 0.99)
    #expect(gauge(4, 4, 4_000, 4_000).share == 1)
  }

  @Test func `the words say how far and how long`() {
    #expect(gauge(0, 0, 0, 123_456).words == "simulating, 123k events, 10 s")
    #expect(gauge(0, 1, 0, 123_456).words == "0 of 1 replication, 123k events, 10 s")
    #expect(gauge(1, 4, 1_000, 2_000).words == "1 of 4 replications, 2k events, 10 s left")
    #expect(
      gauge(2, 40, 2_000_000, 2_000_000).words == "2 of 40 replications, 2M events, 3 min 10 s left"
    )
  }

  @Test func `the line is shorter than the terminal and its bar moves`() {
    for columns in [0, 1, 20, 40, 60, 80, 132] {
      for each in [gauge(0, 5, 0, 1_000), gauge(3, 5, 3_000, 3_500), gauge(5, 5, 5_000, 5_000)] {
        for unicode in [true, false] {
          let line = each.line(columns: columns, usesUnicode: unicode)
          #expect(line.count < max(1, columns) || line.isEmpty)
          #expect(unicode || line.utf8.allSatisfy { $0 < 0x80 })
        }
      }
    }
    let half = gauge(2, 4, 2_000, 2_000).line(columns: 80, usesUnicode: false)
    #expect(half.hasPrefix("############------------  2 of 4"))
    let places = (0..<84).map { draws in
      var gauge = gauge(0, 0, 0, 0)
      gauge.draws = draws
      return gauge.line(columns: 80, usesUnicode: false).prefix(24)
    }
    #expect(places.allSatisfy { $0.count { $0 == "#" } == 3 })
    #expect(Set(places).count == 22)
    #expect(places[0] == places[42])
  }
}
