/// What one request remembers between its tries: the servers tried and where its hash stands.
///
/// - Source: nginx `ngx_http_upstream_rr_peer_data_t` and `ngx_http_upstream_hash_peer_data_t`.
public struct NginxSelection: Sendable, Equatable {
  /// True once the primaries had no server to offer and the backups are asked.
  public internal(set) var asksBackups = false
  var tried = ServerMarks()
  /// The hash key's bytes, or the address's bytes for `ip_hash`; empty for the other methods.
  let key: [UInt8]
  /// Rejected picks of a hash or random method; above 20 round robin takes over.
  var rejectedPicks = 0
  var rehash = 0
  var hash: UInt32

  init(key: [UInt8], hash: UInt32) {
    self.key = key
    self.hash = hash
  }
}

/// A set of server indices; the first 64 need no allocation.
struct ServerMarks: Sendable, Equatable {
  private var low: UInt64 = 0
  private var high: [UInt64] = []

  func contains(_ index: Int) -> Bool {
    if index < 64 { return low >> UInt64(index) & 1 == 1 }
    let word = index / 64 - 1
    return word < high.count && high[word] >> UInt64(index % 64) & 1 == 1
  }

  mutating func insert(_ index: Int) {
    if index < 64 {
      low |= 1 << UInt64(index)
      return
    }
    let word = index / 64 - 1
    while high.count <= word { high.append(0) }
    high[word] |= 1 << UInt64(index % 64)
  }
}
