/// nginx's `limit_conn`: requests in progress per key.
///
/// A request counts once its header is complete (in HTTP/2 every stream) and until it ends. At the
/// limit the next one is refused with `limit_conn_status`, 503 by default.
///
/// - Source: nginx `src/http/modules/ngx_http_limit_conn_module.c`.
public struct NginxLimitConn: Sendable, Equatable {
  /// `limit_conn N`: requests in progress at most, at least 1.
  public let limit: Int
  /// `limit_conn_status`; 503 by default.
  public let refuseStatus: Int
  private var counts: [UInt64: Int] = [:]

  /// Nobody in progress.
  public init(limit: Int, refuseStatus: Int = 503) {
    precondition(limit > 0, "limit_conn must be at least 1, is \(limit)")
    self.limit = limit
    self.refuseStatus = refuseStatus
  }

  /// Requests of that key in progress.
  public func active(_ key: UInt64) -> Int { counts[key, default: 0] }

  /// Counts a request in; false when it must be refused.
  ///
  /// A nil key (empty value) is not limited.
  public mutating func admit(_ key: UInt64?) -> Bool {
    guard let key else { return true }
    let active = counts[key, default: 0]
    if active >= limit { return false }
    counts[key] = active + 1
    return true
  }

  /// Counts an admitted request out.
  public mutating func release(_ key: UInt64?) {
    guard let key, let active = counts[key] else { return }
    counts[key] = active > 1 ? active - 1 : nil
  }
}
