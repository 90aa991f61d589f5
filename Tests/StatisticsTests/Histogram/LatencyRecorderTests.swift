import Statistics
import Testing

@Suite struct LatencyRecorderTests {
  @Test func `a recorder's histogram is that of its values`() {
    var noise = Noise(seed: 6)
    var recorder = LatencyRecorder()
    var expected = LatencyHistogram()
    #expect(recorder.histogram == expected)
    for round in 0..<5000 {
      // Up and down the range, so that the counts grow at both ends.
      let value = round.isMultiple(of: 3) ? Int64(round % 200) : noise.latency() << Int64(round % 9)
      recorder.record(value)
      expected.record(value)
    }
    recorder.record(0)
    expected.record(0)
    recorder.record(.max)
    expected.record(.max)
    #expect(recorder.histogram == expected)
  }

  @Test func `twenty octaves take two and a half kilobytes, and four times more once counts carry`()
  {
    var noise = Noise(seed: 7)
    var recorder = LatencyRecorder()
    for _ in 0..<10_000 { recorder.record(noise.latency()) }
    #expect(recorder.byteCount <= 21 * 128)
    recorder.record(1_000_000, times: 1_000)
    #expect(recorder.byteCount <= 21 * 640)
    #expect(MemoryLayout<LatencyRecorder>.stride == 56)
  }

  @Test
  func
    `a count beyond a byte carries over, far beyond 32 bits and also when the range grows later`()
  {
    var recorder = LatencyRecorder()
    recorder.record(1_000_000, times: (1 << 32) - 1)
    recorder.record(1_000_000)
    recorder.record(1_000_000)
    recorder.record(10)
    recorder.record(1_000_000_000)
    let buckets = recorder.histogram.buckets
    #expect(buckets.map(\.count) == [1, 4_294_967_297, 1])
    #expect(recorder.histogram.count == 4_294_967_299)
    #expect(recorder.histogram.sum == 1_000_000 * 4_294_967_297 + 1_000_000_010)
    recorder.record(10, times: (5 << 32) - 1)
    #expect(recorder.histogram.buckets[0].count == 5 << 32)
  }

  @Test func `a reset forgets values, carries and extremes`() {
    var recorder = LatencyRecorder()
    recorder.record(5, times: 7 << 32)
    recorder.reset()
    #expect(recorder.histogram == LatencyHistogram())
    recorder.record(7)
    var expected = LatencyHistogram()
    expected.record(7)
    #expect(recorder.histogram == expected)
  }

  @Test func `draining hands every value over once`() {
    var noise = Noise(seed: 8)
    var all = LatencyRecorder()
    var expected = LatencyRecorder()
    var total: UInt64 = 0
    for round in 0..<50 {
      var part = LatencyRecorder()
      for _ in 0..<(round % 7 * 13) {
        let value = noise.latency() << Int64(round % 5)
        part.record(value)
        expected.record(value)
      }
      if round == 20 {
        part.record(77, times: 3 << 32)
        expected.record(77, times: 3 << 32)
      }
      let held = part.count
      let compact = CompactHistogram(part)
      #expect(compact == CompactHistogram(part.histogram))
      #expect(compact.count == held)
      let drained = part.drain(into: &all)
      #expect(drained == held)
      #expect(part.isEmpty && part.count == 0)
      total += drained
    }
    #expect(all.histogram == expected.histogram)
    #expect(total == expected.count)
  }

  @Test func `two recorders together are their values together`() {
    var noise = Noise(seed: 9)
    var one = LatencyRecorder()
    var other = LatencyRecorder()
    var both = LatencyHistogram()
    for round in 0..<400 {
      let value = noise.latency()
      if round % 3 == 0 { one.record(value) } else { other.record(value * 40) }
      both.record(round % 3 == 0 ? value : value * 40)
    }
    #expect(CompactHistogram(one, other) == CompactHistogram(both))
    let found = one.middleAndTail(with: other)
    #expect(found?.p50 == both.quantile(0.5) && found?.p99 == both.quantile(0.99))
    #expect(found?.greatest == both.maximum)
    let nothing = LatencyRecorder().middleAndTail(with: LatencyRecorder())
    #expect(nothing == nil)
    #expect(CompactHistogram(LatencyRecorder(), other) == CompactHistogram(other))
    #expect(CompactHistogram(one, LatencyRecorder()) == CompactHistogram(one))
  }

  @Test func `middle and tail are the quantiles of a histogram`() {
    var noise = Noise(seed: 10)
    for count in [1, 2, 3, 49, 50, 51, 99, 100, 101, 102, 700] {
      var recorder = LatencyRecorder()
      var expected = LatencyHistogram()
      for _ in 0..<count {
        let value = noise.latency()
        recorder.record(value)
        expected.record(value)
      }
      let found = recorder.middleAndTail(with: LatencyRecorder())
      #expect(found?.p50 == expected.quantile(0.5), "\(count) values")
      #expect(found?.p99 == expected.quantile(0.99), "\(count) values")
    }
  }

  @Test func `recorders live behind pointers`() {
    let recorders = UnsafeMutablePointer<LatencyRecorder>.allocate(capacity: 3)
    for index in 0..<3 { (recorders + index).initialize(to: LatencyRecorder()) }
    recorders[1].record(42)
    #expect(recorders[0].histogram.count == 0)
    #expect(recorders[1].histogram.maximum == 42)
    recorders.deinitialize(count: 3)
    recorders.deallocate()
  }
}
