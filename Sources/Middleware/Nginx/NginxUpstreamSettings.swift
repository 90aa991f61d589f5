public import TimeAndChance

/// One `server` line of an nginx `upstream` block.
///
/// - Source: nginx `src/http/ngx_http_upstream_round_robin.h`, recorded on nginx 1.22.1.
public struct NginxServerSettings: Sendable, Equatable {
  /// The address as written (`10.0.0.1:8080`); the consistent hash places the server by it.
  public var address: String
  /// `weight`, at least 1; 1 by default.
  public var weight: Int
  /// `max_fails`: failures that take the server out; 1 by default, 0 switches the count off.
  public var maxFails: Int
  /// `fail_timeout` in whole seconds, the counting time and the ban at once; 10 by default.
  public var failTimeoutSeconds: Int
  /// `max_conns`: requests in progress at most; 0, the default, means no limit.
  public var maxConns: Int
  /// `backup`: asked only when no primary server can be chosen.
  public var isBackup: Bool
  /// `down`: never chosen.
  public var isDown: Bool

  /// A server line with nginx's defaults for what is not given.
  public init(
    address: String, weight: Int = 1, maxFails: Int = 1, failTimeoutSeconds: Int = 10,
    maxConns: Int = 0, isBackup: Bool = false, isDown: Bool = false
  ) {
    precondition(weight > 0, "a server's weight must be positive, is \(weight)")
    self.address = address
    self.weight = weight
    self.maxFails = maxFails
    self.failTimeoutSeconds = failTimeoutSeconds
    self.maxConns = maxConns
    self.isBackup = isBackup
    self.isDown = isDown
  }
}

/// How an nginx `upstream` block chooses a server.
public enum NginxBalancing: Sendable, Equatable {
  /// Smooth weighted round robin, the default.
  case roundRobin
  /// `least_conn`: the fewest requests in progress per unit of weight.
  case leastConnections
  /// `hash KEY`.
  case hash
  /// `hash KEY consistent`: a ring with 160 points per unit of weight.
  case consistentHash
  /// `ip_hash`: the first three bytes of an IPv4 address, all bytes of an IPv6 one.
  case ipHash
  /// `random`: an even draw by weight.
  case random
  /// `random two`: the less loaded of two draws.
  case randomTwo
}

/// An nginx `upstream` block.
public struct NginxUpstreamSettings: Sendable, Equatable {
  /// The servers in the order written, primaries and backups mixed; at least one primary.
  public var servers: [NginxServerSettings]
  /// The balancing directive; round robin by default.
  public var balancing: NginxBalancing
  /// How far the wall clock is past a whole second when the run starts; `0 ..< 1 s`, 0 by default.
  ///
  /// nginx counts `fail_timeout` in whole seconds of the wall clock, so this phase moves the end of
  /// every ban.
  public var wallClockPhase: SimDuration

  /// A block of these servers.
  public init(
    servers: [NginxServerSettings], balancing: NginxBalancing = .roundRobin,
    wallClockPhase: SimDuration = .zero
  ) {
    precondition(servers.contains { !$0.isBackup }, "an upstream needs a primary server")
    self.servers = servers
    self.balancing = balancing
    self.wallClockPhase = wallClockPhase
  }
}
