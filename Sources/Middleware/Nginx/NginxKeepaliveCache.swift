public import TimeAndChance

/// The `keepalive` cache of one worker: idle connections to the servers of an upstream.
///
/// It limits idle connections, not connections. The connection put back last is taken first; a full
/// cache closes the one idle longest.
///
/// - Source: nginx `src/http/modules/ngx_http_upstream_keepalive_module.c`.
public struct NginxKeepaliveCache: Sendable, Equatable {
  /// An open connection to a server.
  public struct Connection: Sendable, Equatable {
    /// The server it leads to.
    public let server: Int
    /// When it was opened.
    public let opened: SimTime
    /// Requests it carried, the present one included.
    public internal(set) var requests = 1
    var idleSince = SimTime.zero

    /// A connection just opened for its first request.
    public init(server: Int, opened: SimTime) {
      self.server = server
      self.opened = opened
    }
  }

  /// `keepalive N`: idle connections at most, per worker; 0 switches the cache off.
  public let limit: Int
  /// `keepalive_requests`; 1 000 by default.
  public let requests: Int
  /// `keepalive_timeout`: idle time at most; 60 s by default.
  public let timeout: SimDuration
  /// `keepalive_time`: life at most; 1 h by default.
  public let time: SimDuration
  /// The newest last.
  private var idle: [Connection] = []

  /// An empty cache.
  public init(
    limit: Int, requests: Int = 1000, timeout: SimDuration = .seconds(60),
    time: SimDuration = .minutes(60)
  ) {
    self.limit = limit
    self.requests = requests
    self.timeout = timeout
    self.time = time
  }

  /// Idle connections now.
  public mutating func idleCount(at now: SimTime) -> Int {
    idle.removeAll { now - $0.idleSince >= timeout }
    return idle.count
  }

  /// An idle connection to the server, or nil when a new one must be opened.
  public mutating func take(to server: Int, at now: SimTime) -> Connection? {
    idle.removeAll { now - $0.idleSince >= timeout }
    guard let index = idle.lastIndex(where: { $0.server == server }) else { return nil }
    var connection = idle.remove(at: index)
    connection.requests += 1
    return connection
  }

  /// Puts a connection back after a good answer; returns whether it stays open.
  public mutating func keep(_ connection: Connection, at now: SimTime) -> Bool {
    idle.removeAll { now - $0.idleSince >= timeout }
    if limit == 0 || connection.requests >= requests || now - connection.opened > time {
      return false
    }
    if idle.count >= limit { idle.removeFirst() }
    var kept = connection
    kept.idleSince = now
    idle.append(kept)
    return true
  }
}
