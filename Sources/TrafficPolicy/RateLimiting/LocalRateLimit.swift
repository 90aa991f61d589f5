public import TimeAndChance

/// The local rate limit filter of one proxy, or of one downstream connection.
///
/// - Source: Envoy `source/extensions/filters/http/local_ratelimit/local_ratelimit.cc`,
///   `source/extensions/filters/common/local_ratelimit/local_ratelimit_impl.cc` (requestAllowed).
public struct LocalRateLimit: Sendable {
  /// What the filter does with a request.
  @frozen public enum Decision: UInt8, Sendable, Hashable {
    /// It goes on.
    case admit
    /// It is answered: 429 by default, flag RL, `local_rate_limited`.
    case refuse
  }

  /// The filter's counters; names follow its `stat_prefix` and `http_local_rate_limit`.
  @frozen public struct Statistics: Sendable, Hashable {
    /// Requests looked at.
    public var enabled: UInt64 { ok &+ rateLimited }
    /// Requests within the limit.
    public var ok: UInt64 = 0
    /// Requests beyond it.
    public var rateLimited: UInt64 = 0
    /// Those of them that were refused.
    public var enforced: UInt64 = 0
    /// All zero.
    public init() {}
    /// Every counter with its name, without the prefix.
    public var named: [(name: String, value: UInt64)] {
      [("enabled", enabled), ("ok", ok), ("rate_limited", rateLimited), ("enforced", enforced)]
    }
  }

  // What an admitted request touches is one cache line.
  @usableFromInline var bucket: TokenBucket
  @usableFromInline let looksAtAll: Bool
  /// The status of a refusal.
  public let status: UInt16
  /// The counters.
  public var statistics = Statistics()

  /// The buckets of descriptors, slowest first, with their place in the settings.
  private var descriptors: ContiguousArray<(place: Int, bucket: TokenBucket)>
  @usableFromInline let enabledFraction: Fraction
  @usableFromInline let enforcedFraction: Fraction
  private let alwaysConsumesDefaultBucket: Bool
  /// Fills the second line: in a row of them each begins with a line.
  private let rest = InlineArray<2, UInt64>(repeating: 0)

  /// A filter whose buckets are full at `now`.
  public init(_ settings: LocalRateLimitSettings, at now: SimTime = .zero) {
    bucket = TokenBucket(settings.bucket, at: now)
    var buckets: ContiguousArray<(place: Int, bucket: TokenBucket)> = []
    for (place, descriptor) in settings.descriptors.enumerated() {
      let bucket = TokenBucket(descriptor.bucket, at: now)
      let position = buckets.firstIndex { bucket.fillsSlower(than: $0.bucket) } ?? buckets.count
      buckets.insert((place, bucket), at: position)
    }
    descriptors = buckets
    looksAtAll = settings.enabled.probability >= 1
    enabledFraction = settings.enabled
    enforcedFraction = settings.enforced
    alwaysConsumesDefaultBucket = settings.alwaysConsumesDefaultBucket
    status = UInt16(clamping: settings.status)
  }

  /// Decides about a request that no descriptor matches.
  ///
  /// `members` is the size of the local cluster when `local_cluster_rate_limit` shares the bucket
  /// out, else 1. Draws one number for each share that is neither none nor all.
  @inlinable @inline(__always)
  public mutating func decide(
    at now: SimTime, members: Int = 1, using random: inout RandomStream
  ) -> Decision {
    guard looksAtAll || enabledFraction.draws(using: &random) else { return .admit }
    return conclude(bucket.admit(at: now, tokens: Int64(max(1, members))), &random)
  }

  /// Decides about a request that the descriptors at `matching` match (places in the settings).
  ///
  /// The slowest bucket is asked first and the first refusal ends it; tokens already taken are not
  /// given back. Draws as ``decide(at:members:using:)``.
  public mutating func decide(
    matching: some Collection<Int>, at now: SimTime, members: Int = 1,
    using random: inout RandomStream
  ) -> Decision {
    guard looksAtAll || enabledFraction.draws(using: &random) else { return .admit }
    let tokens = Int64(max(1, members))
    var hasMatch = false
    for index in descriptors.indices where matching.contains(descriptors[index].place) {
      hasMatch = true
      if !descriptors[index].bucket.admit(at: now, tokens: tokens) {
        return conclude(false, &random)
      }
    }
    if hasMatch, !alwaysConsumesDefaultBucket { return conclude(true, &random) }
    return conclude(bucket.admit(at: now, tokens: tokens), &random)
  }

  @inlinable @inline(__always)
  mutating func conclude(_ isAllowed: Bool, _ random: inout RandomStream) -> Decision {
    if isAllowed {
      statistics.ok &+= 1
      return .admit
    }
    return refuse(&random)
  }

  @inlinable @inline(never) mutating func refuse(_ random: inout RandomStream) -> Decision {
    statistics.rateLimited &+= 1
    guard enforcedFraction.draws(using: &random) else { return .admit }
    statistics.enforced &+= 1
    return .refuse
  }
}
