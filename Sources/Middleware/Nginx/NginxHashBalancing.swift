internal import TimeAndChance

extension NginxUpstream {
  /// Rejected picks after which the hash and random methods hand over to round robin.
  private static let pickLimit = 20

  /// `hash KEY`: as Cache::Memcached does, `(crc32([rehash] KEY) >> 16) & 0x7fff` is added to the
  /// request's hash and taken modulo the total weight.
  ///
  /// - Source: nginx `ngx_http_upstream_hash_module.c`, `ngx_http_upstream_get_hash_peer`.
  mutating func chooseByHash(_ request: inout NginxSelection, _ second: Int) -> Int? {
    if request.key.isEmpty { return chooseRoundRobin(&request, second) }
    while request.rejectedPicks <= Self.pickLimit {
      var sum = CRC32()
      if request.rehash > 0 { sum.update(String(request.rehash).utf8) }
      sum.update(request.key)
      request.hash &+= (sum.value >> 16) & 0x7fff
      request.rehash += 1
      let server = primary(atWeight: Int(request.hash) % totalWeight)
      if isFree(server, request, second) {
        take(server, &request, second)
        return server
      }
      request.rejectedPicks += 1
    }
    return chooseRoundRobin(&request, second)
  }

  /// `hash KEY consistent`: on from the key's point around the ring; servers with the same address
  /// share points by the smooth rule.
  ///
  /// - Source: nginx `ngx_http_upstream_get_chash_peer`; the limit of 20 points came with ticket
  ///   2030 and is in 1.22.
  mutating func chooseByRing(_ request: inout NginxSelection, _ second: Int) -> Int? {
    guard let ring, !ring.points.isEmpty, !request.key.isEmpty else {
      return chooseRoundRobin(&request, second)
    }
    while request.rejectedPicks <= Self.pickLimit {
      let address = ring.points[Int(request.hash) % ring.points.count].address
      var best: Int?
      var total = 0
      for server in primaries where peers[server].settings.address == address {
        if !isFree(server, request, second) { continue }
        gain(server, &total)
        if let leader = best, peers[server].currentWeight <= peers[leader].currentWeight {
          continue
        }
        best = server
      }
      if let best {
        peers[best].currentWeight -= total
        take(best, &request, second)
        return best
      }
      request.hash += 1
      request.rejectedPicks += 1
    }
    return chooseRoundRobin(&request, second)
  }

  /// `ip_hash`: each address byte is folded in by `hash = (hash * 113 + byte) % 6271`, starting at
  /// 89; a server that cannot be used makes the folding go on.
  ///
  /// - Source: nginx `ngx_http_upstream_ip_hash_module.c`.
  mutating func chooseByAddress(_ request: inout NginxSelection, _ second: Int) -> Int? {
    while request.rejectedPicks <= Self.pickLimit {
      for byte in request.key {
        request.hash = (request.hash * 113 + UInt32(byte)) % 6271
      }
      let server = primary(atWeight: Int(request.hash) % totalWeight)
      if isFree(server, request, second) {
        take(server, &request, second)
        return server
      }
      request.rejectedPicks += 1
    }
    return chooseRoundRobin(&request, second)
  }

  /// `random` and `random two`: draws by weight; of two different usable draws the less loaded per
  /// weight, the later one on a tie.
  ///
  /// - Source: nginx `ngx_http_upstream_random_module.c`.
  mutating func chooseAtRandom(
    _ request: inout NginxSelection, _ second: Int, using random: inout RandomStream
  ) -> Int? {
    var previous: Int?
    while request.rejectedPicks <= Self.pickLimit {
      let server = primary(atWeight: Int(random.below(UInt32(totalWeight))))
      if server == previous || !isFree(server, request, second) {
        request.rejectedPicks += 1
        continue
      }
      var chosen = server
      if settings.balancing == .randomTwo {
        guard let first = previous else {
          previous = server
          continue
        }
        if comparedLoad(server, first) > 0 { chosen = first }
      }
      take(chosen, &request, second)
      return chosen
    }
    return chooseRoundRobin(&request, second)
  }

  private func isFree(_ server: Int, _ request: NginxSelection, _ second: Int) -> Bool {
    // A request that went on to the backups marks those instead and sees the primaries as untried.
    !request.tried.contains(server) && peers[server].isEligible(at: second)
  }

  private func primary(atWeight weight: Int) -> Int {
    var rest = weight
    for server in primaries {
      rest -= peers[server].settings.weight
      if rest < 0 { return server }
    }
    preconditionFailure("weight \(weight) is not below the total \(totalWeight)")
  }
}
