public import TimeAndChance

/// What nginx notes about a server when a try ends.
public enum NginxPeerReport: Sendable, Equatable {
  /// An answer that counts as good.
  case good
  /// A failed try: one more failure, less effective weight.
  case failed
  /// A 403 or 404 that is passed on: counted neither way.
  case passedOn
}

/// The servers of an nginx `upstream` block: their health, weights and requests in progress.
///
/// One value is the state of one worker process, or of all workers when the block has a `zone`.
/// A server's failures are counted in whole seconds of the wall clock:
/// - a failed try adds one to `fails` and sets `accessed` and `checked` to this second;
/// - with `fails >= max_fails` the server is out while `now - checked <= fail_timeout`, that is
///   between `fail_timeout` and one second more;
/// - after that one request is let through (the choice moves `checked`, which hides the server from
///   the others); a good answer with `accessed < checked` clears `fails`;
/// - a group of exactly one primary and no backup is never taken out.
///
/// - Source: nginx `src/http/ngx_http_upstream_round_robin.c` and the balancing modules beside it.
public struct NginxUpstream: Sendable, Equatable {
  /// The state of one server.
  struct Peer: Sendable, Equatable {
    let settings: NginxServerSettings
    var effectiveWeight: Int
    var currentWeight = 0
    var fails = 0
    /// Whole seconds; long before the start, as the epoch is for the real clock.
    var accessed = -(1 << 40)
    var checked = -(1 << 40)
    var connections = 0

    /// Whether this server may be chosen at that second.
    func isEligible(at second: Int) -> Bool {
      if settings.isDown { return false }
      if settings.maxFails > 0 && fails >= settings.maxFails
        && second - checked <= settings.failTimeoutSeconds
      {
        return false
      }
      return settings.maxConns == 0 || connections < settings.maxConns
    }
  }

  /// The block as configured.
  public let settings: NginxUpstreamSettings
  var peers: [Peer]
  let primaries: [Int]
  let backups: [Int]
  /// The sum of the primaries' weights.
  let totalWeight: Int
  let ring: NginxHashRing?

  /// All servers idle and without failures.
  public init(settings: NginxUpstreamSettings) {
    self.settings = settings
    peers = settings.servers.map { Peer(settings: $0, effectiveWeight: $0.weight) }
    primaries = settings.servers.indices.filter { !settings.servers[$0].isBackup }
    backups = settings.servers.indices.filter { settings.servers[$0].isBackup }
    totalWeight = primaries.reduce(0) { $0 + settings.servers[$1].weight }
    ring =
      settings.balancing == .consistentHash
      ? NginxHashRing(servers: primaries.map { settings.servers[$0] }) : nil
  }

  /// True for exactly one primary and no backup: such a server is never taken out.
  public var isSingle: Bool { primaries.count == 1 && backups.isEmpty }

  /// How many tries a request has before `proxy_next_upstream_tries` caps them: the number of
  /// servers that are not `down`, backups included.
  public var tries: Int { peers.count { !$0.settings.isDown } }

  /// Requests in progress on a server.
  public func connections(on server: Int) -> Int { peers[server].connections }

  /// Failures counted against a server.
  public func fails(of server: Int) -> Int { peers[server].fails }

  /// Whether a server could be chosen now, were it not tried before.
  public func isEligible(_ server: Int, at now: SimTime) -> Bool {
    isSingle
      ? !peers[server].settings.isDown : peers[server].isEligible(at: second(of: now))
  }

  /// The memory of a new request.
  ///
  /// - Parameter key: the value of the hash key, or the address's bytes (three for IPv4) for
  ///   `ip_hash`; the other methods do not look at it.
  /// - Returns: a request that has tried no server.
  public func selection(key: [UInt8] = []) -> NginxSelection {
    let hash: UInt32
    switch settings.balancing {
    case .ipHash: hash = 89
    case .consistentHash: hash = UInt32(ring?.index(ofFirstPointFrom: CRC32(of: key).value) ?? 0)
    default: hash = 0
    }
    return NginxSelection(key: key, hash: hash)
  }

  /// Chooses a server for the request's next try and counts the request in progress there.
  ///
  /// Draws random numbers only for `random` (one a pick).
  /// - Returns: the server's index in ``NginxUpstreamSettings/servers``; nil when no server can be
  ///   chosen ("no live upstreams", answered with 502).
  public mutating func choose(
    for request: inout NginxSelection, at now: SimTime, using random: inout RandomStream
  ) -> Int? {
    let second = second(of: now)
    let server: Int?
    switch settings.balancing {
    case _ where isSingle, .roundRobin:
      server = chooseRoundRobin(&request, second)
    case .leastConnections:
      server = chooseLeastConnections(&request, second)
    case .hash:
      server = chooseByHash(&request, second)
    case .consistentHash:
      server = chooseByRing(&request, second)
    case .ipHash:
      server = chooseByAddress(&request, second)
    case .random, .randomTwo:
      server = chooseAtRandom(&request, second, using: &random)
    }
    if let server { peers[server].connections += 1 }
    return server
  }

  /// Ends a try on a server.
  public mutating func release(_ server: Int, _ report: NginxPeerReport, at now: SimTime) {
    peers[server].connections -= 1
    if isSingle { return }
    if report == .failed {
      let second = second(of: now)
      peers[server].fails += 1
      peers[server].accessed = second
      peers[server].checked = second
      let line = peers[server].settings
      if line.maxFails > 0 {
        let less = peers[server].effectiveWeight - line.weight / line.maxFails
        peers[server].effectiveWeight = max(0, less)
      }
    } else if peers[server].accessed < peers[server].checked {
      peers[server].fails = 0
    }
  }

  /// Notes the choice: one request may look whether the server is back.
  mutating func take(_ server: Int, _ request: inout NginxSelection, _ second: Int) {
    request.tried.insert(server)
    if second - peers[server].checked > peers[server].settings.failTimeoutSeconds {
      peers[server].checked = second
    }
  }

  /// The wall clock in whole seconds.
  private func second(of now: SimTime) -> Int {
    let shifted = now.nanoseconds + settings.wallClockPhase.nanoseconds
    // Rounds down below zero too: a replay may start a little before its first row.
    return Int(
      (shifted - (shifted % 1_000_000_000 + 1_000_000_000) % 1_000_000_000) / 1_000_000_000)
  }
}
