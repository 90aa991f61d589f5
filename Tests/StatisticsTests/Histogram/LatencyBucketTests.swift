import Statistics
import Testing

@Suite struct LatencyBucketTests {
  @Test func `every value lies in its bucket, and buckets adjoin`() {
    var noise = Noise(seed: 1)
    var values: [UInt64] = Array(0...1100) + [UInt64(Int64.max)]
    for _ in 0..<20_000 { values.append(noise.next() >> (1 + noise.next() % 63)) }
    for value in values {
      let bucket = LatencyBucket.index(of: value)
      #expect(LatencyBucket.lowerEnd(bucket) <= value)
      #expect(value < LatencyBucket.upperEnd(bucket))
    }
  }

  @Test func `a bucket is at most one part in 128 wide`() {
    #expect(LatencyBucket.index(of: UInt64(Int64.max)) == 7295)
    for bucket in 0...7295 {
      let low = LatencyBucket.lowerEnd(bucket)
      let width = LatencyBucket.upperEnd(bucket) - low
      #expect(width == 1 || Double(width) / Double(low) <= 1.0 / 128, "bucket \(bucket)")
      #expect(LatencyBucket.index(of: low) == bucket)
      #expect(bucket == 0 || LatencyBucket.index(of: low - 1) == bucket - 1)
    }
  }
}
