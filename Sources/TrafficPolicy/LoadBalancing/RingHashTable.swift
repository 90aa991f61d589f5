/// A consistent-hash ring: points of hosts, sorted by hash; a key belongs to the next point.
///
/// Immutable, so that all proxies that see the same hosts share one.
///
/// - Source: Envoy `source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc`
///   (Ring::Ring, Ring::chooseHost).
public struct RingHashTable: Sendable {
  private let hashes: ContiguousArray<UInt64>
  private let hosts: ContiguousArray<UInt32>

  /// The ring of weighted hosts.
  ///
  /// Host *i* gets points until the running number of points reaches the running sum of `scale` ×
  /// normalised weight; point *j* of a host is the hash of its key, `_` and *j*. The scale gives the
  /// lightest host a whole number of points and the ring at least `minimumRingSize`, unless
  /// `maximumRingSize` cuts it.
  public init(_ entries: [HashedHost], minimumRingSize: Int, maximumRingSize: Int) {
    guard let lightest = entries.map(\.weight).min(), lightest > 0 else {
      hashes = []
      hosts = []
      return
    }
    let scale = min(
      (lightest * Double(minimumRingSize)).rounded(.up) / lightest, Double(maximumRingSize))
    var points: ContiguousArray<(hash: UInt64, host: UInt32)> = []
    points.reserveCapacity(Int(scale.rounded(.up)))
    var made = 0.0
    var target = 0.0
    for entry in entries {
      target += scale * entry.weight
      var number = 0
      let prefix = entry.key + "_"
      while made < target {
        points.append((XXHash64.hash(prefix + String(number)), entry.host))
        number += 1
        made += 1
      }
    }
    // Envoy sorts by hash alone; equal hashes (one in 2^64) would make its order unspecified.
    points.sort { ($0.hash, $0.host) < ($1.hash, $1.host) }
    hashes = ContiguousArray(points.map(\.hash))
    hosts = ContiguousArray(points.map(\.host))
  }

  /// The number of points.
  public var count: Int { hashes.count }

  /// The host of a key; pick `attempt` of a retry, counted from 0, lies that many points further.
  public func host(of hash: UInt64, attempt: Int = 0) -> UInt32? {
    guard !hashes.isEmpty else { return nil }
    var low = 0
    var high = hashes.count
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    let point = low == hashes.count ? 0 : low
    return hosts[(point + attempt) % hosts.count]
  }
}

/// A host as the consistent-hash tables see it.
public struct HashedHost: Sendable, Equatable {
  /// The host's index.
  public var host: UInt32
  /// What is hashed for it: `ip:port`, its name, or the `hash_key` metadata.
  public var key: String
  /// Its share; the sum over all is 1.
  public var weight: Double
  /// A host of that key and share.
  public init(host: UInt32, key: String, weight: Double) {
    self.host = host
    self.key = key
    self.weight = weight
  }
}
