extension NginxUpstream {
  /// The primaries, then (for good) the backups.
  mutating func chooseRoundRobin(_ request: inout NginxSelection, _ second: Int) -> Int? {
    if isSingle {
      let line = peers[primaries[0]].settings
      let isFull = line.maxConns > 0 && peers[primaries[0]].connections >= line.maxConns
      return line.isDown || isFull ? nil : primaries[0]
    }
    if !request.asksBackups {
      if let server = smoothest(of: primaries, &request, second) { return server }
      if backups.isEmpty { return nil }
      askBackups(&request)
    }
    return smoothest(of: backups, &request, second)
  }

  func askBackups(_ request: inout NginxSelection) {
    request.asksBackups = true
    request.tried = ServerMarks()
  }

  /// Smooth weighted round robin.
  ///
  /// Every server gains its effective weight, the richest is chosen (the earlier in the list wins a
  /// tie) and pays the total. An effective weight that failures
  /// lowered recovers by one each time the server is considered.
  ///
  /// - Source: `ngx_http_upstream_get_peer` in `ngx_http_upstream_round_robin.c`.
  private mutating func smoothest(
    of group: [Int], _ request: inout NginxSelection, _ second: Int
  ) -> Int? {
    var best: Int?
    var total = 0
    for server in group where !request.tried.contains(server) {
      if !peers[server].isEligible(at: second) { continue }
      gain(server, &total)
      if let leader = best, peers[server].currentWeight <= peers[leader].currentWeight { continue }
      best = server
    }
    guard let best else { return nil }
    peers[best].currentWeight -= total
    take(best, &request, second)
    return best
  }

  mutating func gain(_ server: Int, _ total: inout Int) {
    peers[server].currentWeight += peers[server].effectiveWeight
    total += peers[server].effectiveWeight
    if peers[server].effectiveWeight < peers[server].settings.weight {
      peers[server].effectiveWeight += 1
    }
  }

  /// The fewest requests in progress per weight; the smooth rule decides among equals.
  ///
  /// - Source: `ngx_http_upstream_least_conn_module.c`.
  mutating func chooseLeastConnections(_ request: inout NginxSelection, _ second: Int) -> Int? {
    if !request.asksBackups {
      if let server = leastLoaded(of: primaries, &request, second) { return server }
      if backups.isEmpty { return nil }
      askBackups(&request)
    }
    return leastLoaded(of: backups, &request, second)
  }

  private mutating func leastLoaded(
    of group: [Int], _ request: inout NginxSelection, _ second: Int
  ) -> Int? {
    var best: Int?
    var hasEquals = false
    for server in group where !request.tried.contains(server) {
      if !peers[server].isEligible(at: second) { continue }
      guard let leader = best else {
        best = server
        continue
      }
      let load = comparedLoad(server, leader)
      if load < 0 {
        best = server
        hasEquals = false
      } else if load == 0 {
        hasEquals = true
      }
    }
    guard let first = best else { return nil }
    var chosen = first
    if hasEquals {
      var total = 0
      for server in group where server >= first && !request.tried.contains(server) {
        if comparedLoad(server, chosen) != 0 || !peers[server].isEligible(at: second) { continue }
        gain(server, &total)
        if peers[server].currentWeight > peers[chosen].currentWeight { chosen = server }
      }
      peers[chosen].currentWeight -= total
    }
    take(chosen, &request, second)
    return chosen
  }

  /// Below zero when `server` is the less loaded per weight, zero when equal.
  func comparedLoad(_ server: Int, _ other: Int) -> Int {
    peers[server].connections * peers[other].settings.weight
      - peers[other].connections * peers[server].settings.weight
  }
}
