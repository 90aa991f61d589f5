/// The servers and queues of one HAProxy backend.
///
/// A server takes `maxconn` requests at once (requests in progress, not connections, in HTTP mode).
/// When every server that balancing could choose is full, a request waits in the backend's queue;
/// when it is bound to one (by hash or persistence) it waits in that server's. A freed slot goes to
/// the oldest of both queues. Backups are used when no other server is up: the first one, or all
/// with `option allbackups`.
///
/// - Source: HAProxy `src/backend.c` (`assign_server`, `assign_server_and_queue`) and
///   `src/queue.c`.
public struct HAProxyBackend: Sendable, Equatable {
  /// Where a request goes.
  public enum Assignment: Sendable, Equatable {
    /// To this server, now; its slot is taken.
    case server(Int)
    /// It waits; ``HAProxyBackend/release(_:)`` will name it.
    case queued
    /// The server it is bound to has `maxqueue` waiting: another one or 503.
    case queueFull
    /// No server is up: 503, flags `SC`.
    case noServer
  }

  /// A waiting request that got a slot.
  public struct Dequeued: Sendable, Equatable {
    /// The waiting request's name, as given to ``HAProxyBackend/assign(_:avoiding:boundTo:hash:)``.
    public let request: Int
    /// Its server; the slot is taken.
    public let server: Int
  }

  private struct Waiting: Sendable, Equatable {
    let request: Int
    /// The server it is bound to; nil in the backend's queue.
    let server: Int?
  }

  /// The server lines in the order written.
  public let servers: [HAProxyServerSettings]
  /// The `balance` algorithm.
  public let balancing: HAProxyBalancing
  /// `fullconn`: requests in the backend at which servers get their whole `maxconn`; 0 when
  /// `minconn` is not used.
  public let fullconn: Int
  /// `option allbackups`.
  public let usesAllBackups: Bool
  private let hasLimits: Bool
  private var served: [Int]
  private var isUp: [Bool]
  private var waiting: [Waiting] = []
  var active: HAProxyBalancer
  var spare: HAProxyBalancer

  /// All servers up and idle.
  public init(
    servers: [HAProxyServerSettings], balancing: HAProxyBalancing = .roundrobin, fullconn: Int = 0,
    usesAllBackups: Bool = false
  ) {
    self.servers = servers
    self.balancing = balancing
    self.fullconn = fullconn
    self.usesAllBackups = usesAllBackups
    hasLimits = servers.contains { $0.maxconn > 0 }
    served = servers.map { _ in 0 }
    isUp = servers.map { _ in true }
    active = HAProxyBalancer(balancing, weights: servers.map { $0.isBackup ? 0 : $0.weight })
    spare = HAProxyBalancer(balancing, weights: servers.map { $0.isBackup ? $0.weight : 0 })
  }

  /// Whether a server is up.
  public func isUp(_ server: Int) -> Bool { isUp[server] }
  /// Requests in progress on a server.
  public func served(_ server: Int) -> Int { served[server] }
  /// Requests waiting, in the backend's queue and the servers'.
  public var queueLength: Int { waiting.count }
  /// Servers that are up and take requests, backups apart.
  public var activeServers: Int { active.count }

  /// Sends a request to a server or into a queue.
  ///
  /// - Parameters:
  ///   - request: the caller's name for it, unique among those waiting.
  ///   - avoided: the server of a failed try.
  ///   - bound: the server that a cookie or a retry on the same server asks for.
  ///   - hash: the hash of the request for the hash algorithms.
  /// - Returns: the server, or that the request waits or cannot be served.
  public mutating func assign(
    _ request: Int, avoiding avoided: Int? = nil, boundTo bound: Int? = nil, hash: UInt32 = 0
  ) -> Assignment {
    if let bound { return take(bound, for: request) }
    if active.count == 0 && spare.count == 0 { return .noServer }
    if balancing.isTurnBased && waiting.contains(where: { $0.server == nil }) {
      waiting.append(Waiting(request: request, server: nil))
      return .queued
    }
    let full = hasLimits ? servers.indices.map { isFull($0) } : []
    let chosen: Int?
    if active.count > 0 {
      chosen = active.next(avoiding: avoided, hash: hash, isFull: { !full.isEmpty && full[$0] })
    } else if usesAllBackups {
      chosen = spare.next(avoiding: avoided, hash: hash, isFull: { !full.isEmpty && full[$0] })
    } else {
      chosen = servers.indices.first {
        servers[$0].isBackup && isUp[$0] && servers[$0].weight > 0
      }
    }
    guard let chosen else {
      waiting.append(Waiting(request: request, server: nil))
      return .queued
    }
    return take(chosen, for: request)
  }

  /// Frees a server's slot and hands it on.
  ///
  /// - Returns: the waiting requests that got a slot, in order.
  public mutating func release(_ server: Int) -> [Dequeued] {
    served[server] -= 1
    noteLoad(server)
    return fill(server)
  }

  /// Takes a waiting request out of its queue: its `timeout queue` ran out, or the client left.
  public mutating func abandon(_ request: Int) {
    guard let index = waiting.firstIndex(where: { $0.request == request }) else { return }
    let server = waiting.remove(at: index).server
    if let server { noteLoad(server) }
  }

  /// A server went up or down.
  ///
  /// - Parameters:
  ///   - server: its index.
  ///   - nowUp: true when it came up.
  ///   - redispatches: `option redispatch`: requests waiting for a server that goes down are given
  ///     back to be assigned anew.
  /// - Returns: requests that got a slot on a server that came up, and those to assign anew.
  public mutating func setUp(
    _ server: Int, _ nowUp: Bool, redispatches: Bool = false
  ) -> (dequeued: [Dequeued], displaced: [Int]) {
    if isUp[server] == nowUp { return ([], []) }
    isUp[server] = nowUp
    if servers[server].isBackup {
      spare.set(server, isUsable: nowUp, inFlight: load(server))
    } else {
      active.set(server, isUsable: nowUp, inFlight: load(server))
    }
    if nowUp { return (fill(server), []) }
    if !redispatches { return ([], []) }
    let displaced = waiting.filter { $0.server == server }.map(\.request)
    waiting.removeAll { $0.server == server }
    return ([], displaced)
  }

  private mutating func take(_ server: Int, for request: Int) -> Assignment {
    let line = servers[server]
    if line.maxconn > 0 && isFull(server) {
      let queued = waiting.count { $0.server == server }
      if line.maxqueue > 0 && queued >= line.maxqueue { return .queueFull }
      waiting.append(Waiting(request: request, server: server))
      noteLoad(server)
      return .queued
    }
    occupy(server)
    return .server(server)
  }

  private mutating func occupy(_ server: Int) {
    served[server] += 1
    noteLoad(server)
  }

  private func load(_ server: Int) -> Int {
    served[server] + waiting.count { $0.server == server }
  }

  private mutating func noteLoad(_ server: Int) {
    active.update(server, inFlight: load(server))
    spare.update(server, inFlight: load(server))
  }

  private func isFull(_ server: Int) -> Bool {
    servers[server].maxconn > 0
      && (served[server] >= limit(server) || waiting.contains { $0.server == server })
  }

  /// `maxconn`, or with `minconn` a share of it that grows with the backend's load.
  private func limit(_ server: Int) -> Int {
    let line = servers[server]
    guard let minconn = line.minconn, minconn < line.maxconn, fullconn > 0 else {
      return line.maxconn
    }
    let load = served.reduce(waiting.count, +)
    return load >= fullconn ? line.maxconn : max(minconn, load * line.maxconn / fullconn)
  }

  private mutating func fill(_ server: Int) -> [Dequeued] {
    var result: [Dequeued] = []
    while servers[server].maxconn == 0 || served[server] < limit(server) {
      let takesAny = isUp[server] && servers[server].weight > 0 && mayServe(server)
      let index = waiting.firstIndex {
        $0.server == server || ($0.server == nil && takesAny)
      }
      guard let index else { break }
      let next = waiting.remove(at: index)
      occupy(server)
      result.append(Dequeued(request: next.request, server: server))
    }
    return result
  }

  /// A backup serves the backend's queue only while no other server is up.
  private func mayServe(_ server: Int) -> Bool {
    if !servers[server].isBackup { return true }
    if active.count > 0 { return false }
    return usesAllBackups || servers.indices.first { servers[$0].isBackup && isUp[$0] } == server
  }
}
