import Testing
import TimeAndChance

@testable import TrafficPolicy

@Suite struct LocalRateLimitTests {
  /// Requests admitted of 30 at each instant (vector `local-rate-limit-bursts`; each burst takes
  /// some time to send in the recording, so its counts may be one higher).
  @Test(
    arguments: [
      (10, 5, 1_000, [0, 500, 1_150, 3_200], [10, 2, 3, 10]),
      (10, 10, 1_000, [0, 300, 950, 2_100], [10, 3, 6, 10]),
      (4, 1, 250, [0, 300, 550, 2_600], [4, 1, 1, 4]),
    ] as [(Int, Int, Int64, [Int64], [Int])])
  func `a burst takes the whole tokens that are there`(
    maxTokens: Int, tokensPerFill: Int, fillMilliseconds: Int64, bursts: [Int64], admitted: [Int]
  ) {
    var bucket = TokenBucket(
      TokenBucketSettings(
        maxTokens: maxTokens, tokensPerFill: tokensPerFill,
        fillInterval: .milliseconds(fillMilliseconds)))
    let counts = bursts.map { time in
      var count = 0
      for _ in 0..<30 where bucket.admit(at: milliseconds(time)) { count += 1 }
      return count
    }
    for (count, recorded) in zip(counts, admitted) { #expect(abs(count - recorded) <= 1) }
    #expect(counts[0] == maxTokens && counts[3] == maxTokens)
  }

  @Test func `64 bits are enough where they are used`() {
    for seed in UInt64(0)..<60 {
      var random = RandomStream(seed: seed, name: "bucket")
      let settings = TokenBucketSettings(
        maxTokens: Int(random.below(5_000)) + 1, tokensPerFill: Int(random.below(300)) + 1,
        fillInterval: .milliseconds(Int64(random.below(4_000)) * 25 + 50))
      // A bucket that begins late, so that its instants are as large as they get.
      var now = SimTime(nanoseconds: 1 << 54)
      var bucket = TokenBucket(settings, at: now)
      var wide = bucket
      for _ in 0..<4_000 {
        now = now + .nanoseconds(Int64(random.next() &>> (30 + UInt64(random.below(30)))))
        if now.nanoseconds > 1 << 55 { break }
        let tokens = Int64(random.below(3)) + 1
        #expect(
          bucket.admit(at: now, tokens: tokens) == wide.admitWidely(at: now, tokens: tokens),
          "seed \(seed)")
        #expect(bucket.tokens(at: now) == wide.tokens(at: now))
      }
    }
  }

  /// Vector `local-rate-limit-steady`: 60 per second for 10 s against 20 per second, bucket 5.
  @Test func `a steady stream gets the bucket and then its rate`() {
    var bucket = TokenBucket(
      TokenBucketSettings(maxTokens: 5, tokensPerFill: 5, fillInterval: .milliseconds(250)))
    var admitted = 0
    for request in Int64(0)..<600 {
      let now = SimTime(nanoseconds: request * 1_000_000_000 / 60)
      if bucket.admit(at: now) { admitted += 1 }
    }
    #expect((200...207).contains(admitted))
  }

  @Test func `nothing drifts in a day`() {
    // One token each 3 ms, asked at the instant it is due and a nanosecond before the next.
    var bucket = TokenBucket(
      TokenBucketSettings(maxTokens: 1, tokensPerFill: 1, fillInterval: .milliseconds(3)))
    let tokens = [Array(Int64(0)..<2_000), Array(Int64(28_798_000)...28_800_000)].joined()
    for token in tokens {
      let due = SimTime(nanoseconds: token * 3_000_000)
      let admitted = bucket.admit(at: due)
      #expect(admitted)
      let again = bucket.admit(at: SimTime(nanoseconds: due.nanoseconds + 2_999_999))
      #expect(!again)
    }
  }

  @Test func `no more than the bucket plus the rate ever passes`() {
    for seed in UInt64(0)..<100 {
      var random = RandomStream(seed: seed, name: "arrivals")
      let maxTokens = 1 + Int(random.below(20))
      let fill = 1 + Int(random.below(9))
      let interval = 50 + Int64(random.below(900))
      var bucket = TokenBucket(
        TokenBucketSettings(
          maxTokens: maxTokens, tokensPerFill: fill, fillInterval: .milliseconds(interval)))
      var now: Int64 = 0
      var admitted: Int64 = 0
      for _ in 0..<3_000 {
        now += Int64(random.below(40_000_000))
        if bucket.admit(at: SimTime(nanoseconds: now)) { admitted += 1 }
        let bound = Int64(maxTokens) + now * Int64(fill) / (interval * 1_000_000)
        #expect(admitted <= bound, "seed \(seed)")
        #expect(bucket.tokens(at: SimTime(nanoseconds: now)) >= 0)
        #expect(bucket.tokens(at: SimTime(nanoseconds: now)) <= Int64(maxTokens))
      }
    }
  }

  @Test func `huge buckets and rates do not overflow`() {
    var bucket = TokenBucket(
      TokenBucketSettings(
        maxTokens: 4_294_967_295, tokensPerFill: 4_294_967_295, fillInterval: .minutes(1440)))
    let late = SimTime(nanoseconds: (1 << 56) - 1)
    let all = bucket.admit(at: late, tokens: 4_294_967_295)
    let none = bucket.admit(at: late)
    #expect(all && !none)
  }

  func settings(
    enabled: Fraction = .all, enforced: Fraction = .all, always: Bool = true,
    descriptors: [TokenBucketSettings] = []
  ) -> LocalRateLimitSettings {
    LocalRateLimitSettings(
      bucket: TokenBucketSettings(maxTokens: 3, fillInterval: .seconds(1)),
      descriptors: descriptors.map { LocalRateLimitSettings.Descriptor(headers: [], bucket: $0) },
      alwaysConsumesDefaultBucket: always, enabled: enabled, enforced: enforced)
  }

  /// Decisions for 5 requests that those descriptors match: `+` goes on, `-` is refused.
  func decisions(_ limit: inout LocalRateLimit, matching: [Int]? = nil, members: Int = 1) -> String
  {
    var random = RandomStream(seed: 1, name: "limit")
    return String(
      (0..<5).map { _ in
        let decision =
          if let matching {
            limit.decide(matching: matching, at: .zero, members: members, using: &random)
          } else {
            limit.decide(at: .zero, members: members, using: &random)
          }
        return decision == .admit ? "+" : "-"
      })
  }

  @Test func `shares turn the filter off or only count`() {
    var on = LocalRateLimit(settings())
    #expect(decisions(&on) == "+++--")
    #expect(on.statistics.named.map(\.value) == [5, 3, 2, 2])
    var off = LocalRateLimit(settings(enabled: .none))
    #expect(decisions(&off) == "+++++")
    #expect(off.statistics.enabled == 0)
    var counting = LocalRateLimit(settings(enforced: .none))
    #expect(decisions(&counting) == "+++++")
    #expect(counting.statistics.rateLimited == 2)
    #expect(counting.statistics.enforced == 0)
    var shared = LocalRateLimit(settings())
    #expect(decisions(&shared, members: 2) == "+----")
  }

  @Test func `descriptors are asked slowest first and the default bucket with them`() {
    let small = TokenBucketSettings(maxTokens: 2, fillInterval: .seconds(10))
    let large = TokenBucketSettings(maxTokens: 4, fillInterval: .seconds(1))
    var one = LocalRateLimit(settings(descriptors: [large, small]))
    #expect(decisions(&one, matching: [1]) == "++---")
    #expect(decisions(&one) == "+----")  // two of the default's three tokens are gone
    var both = LocalRateLimit(settings(descriptors: [large, small]))
    #expect(decisions(&both, matching: [0, 1]) == "++---")
    #expect(decisions(&both, matching: [0]) == "+----")  // refusals took nothing from the others
    var apart = LocalRateLimit(settings(always: false, descriptors: [large, small]))
    #expect(decisions(&apart, matching: [0]) == "++++-")
    #expect(decisions(&apart) == "+++--")
    var none = LocalRateLimit(settings(always: false, descriptors: [large]))
    #expect(decisions(&none, matching: []) == "+++--")
  }
}
