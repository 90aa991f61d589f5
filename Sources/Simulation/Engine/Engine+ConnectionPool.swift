import EventKernel
import TimeAndChance
import TrafficPolicy

// Connection pools: one for each (worker, host) of a proxy's cluster.
//
// HTTP/1.1 carries one request per connection at a time, HTTP/2 several. Limits are counted per
// cluster and proxy, over its workers; every pool may have one connection whatever the limit says.
//
// - Source: Envoy `source/common/conn_pool/conn_pool_base.cc`.
extension Engine {
  /// A try of a call that knows nothing of earlier ones, on a connection of its pool.
  @inline(__always) mutating func startPooledTry(_ c: UInt32) {
    let call = calls.pointer(c)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    guard let pool = pick(c, cluster) else { return endTry(c, AttemptOutcome(.noHost)) }
    call.pointee.host = pool.pointee.host
    requestStream(c, pool, cluster, kind)
  }

  /// Finds a stream for a call whose host is picked, given the pool of the host's first worker.
  @inline(__always)
  mutating func requestStream(
    _ c: UInt32, _ books: UnsafeMutablePointer<Pool>,
    _ cluster: UnsafeMutablePointer<ProxyCluster>,
    _ kind: UnsafeMutablePointer<ClusterKind>
  ) {
    let call = calls.pointer(c)
    let pool = books + Int(call.pointee.hostAndWorker &>> 24)
    if pool.pointee.ready == none { return awaitConnection(c, UInt32(pool - pools.base)) }
    attach(c, to: pool, of: books, cluster, kind, isNew: true)
  }

  /// Queues a call for a connection, and opens one if that helps.
  @inline(never) private mutating func awaitConnection(_ c: UInt32, _ p: UInt32) {
    let call = calls.pointer(c)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    guard cluster.pointee.pending < kind.pointee.maxPending else {
      statistics[cluster.pointee.kind].upstreamRqPendingOverflow &+= 1
      noteOverflow(call.pointee.cluster, .pendingRequests)
      return endTry(c, AttemptOutcome(.pendingOverflow))
    }
    cluster.pointee.pending &+= 1
    armRouteTimer(c)
    enqueue(c, in: p)
    openConnectionIfNeeded(p)
  }

  /// Puts a call at the tail of a pool's queue.
  mutating func enqueue(_ c: UInt32, in p: UInt32) {
    calls[c].state = .pending
    calls[c].job = none
    calls[c].tryTimer = none
    if pools[p].pendingHead == none {
      pools[p].pendingHead = c
    } else {
      calls[poolBooks[p].pendingTail].tryTimer = c
    }
    poolBooks[p].pendingTail = c
    poolBooks[p].pendingCount &+= 1
  }

  /// Takes the oldest call from a pool's queue, or none.
  mutating func dequeue(from p: UInt32) -> UInt32 {
    let c = pools[p].pendingHead
    guard c != none else { return none }
    pools[p].pendingHead = calls[c].tryTimer
    if pools[p].pendingHead == none { poolBooks[p].pendingTail = none }
    poolBooks[p].pendingCount &-= 1
    clusters[poolBooks[p].cluster].pending &-= 1
    calls[c].tryTimer = none
    return c
  }

  /// Takes a call that gives up out of its pool's queue.
  @inline(never) mutating func leaveQueue(_ c: UInt32) {
    let call = calls[c]
    let cluster = clusters[call.cluster]
    let p =
      cluster.poolBase + call.host * cluster.workers + UInt32(call.worker)
    var previous = none
    var entry = pools[p].pendingHead
    while entry != c {
      previous = entry
      entry = calls[entry].tryTimer
    }
    if previous == none {
      pools[p].pendingHead = call.tryTimer
    } else {
      calls[previous].tryTimer = call.tryTimer
    }
    if poolBooks[p].pendingTail == c { poolBooks[p].pendingTail = previous }
    poolBooks[p].pendingCount &-= 1
    clusters[call.cluster].pending &-= 1
    calls[c].tryTimer = none
  }

  /// Opens a connection when more calls wait than streams are being set up.
  mutating func openConnectionIfNeeded(_ p: UInt32) {
    let books = poolBooks[p]
    let cluster = clusters.base + Int(books.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    if kind.pointee.preconnects { return preconnect(p) }
    let capacity = UInt64(books.connecting) * UInt64(kind.pointee.streamsPerConnection)
    if UInt64(books.pendingCount) > capacity { openConnection(p) }
  }

  /// Opens connections until a pool has streams for so many times what it carries, three at most.
  ///
  /// Idle connections do not count: only those being opened do. A host that is not healthy is given
  /// no more than its queue needs.
  ///
  /// - Source: Envoy `conn_pool_base.cc` (tryCreateNewConnections, shouldCreateNewConnection).
  @inline(never) mutating func preconnect(_ p: UInt32) {
    let state = poolBooks[p].cluster
    let kind = clusterKinds[clusters[state].kind]
    let isHealthy = bookHealth(state, Int(pools[p].host)) == .healthy
    let ratio =
      isHealthy
      ? model.proxies[Int(kind.proxy)].configuration.clusters[Int(kind.index)].preconnectRatio : 1
    var active: UInt32 = 0
    for x in 0..<UInt32(connections.highWater)
    where connections[x].state != Connection.free && connections[x].pool == p {
      active += connections[x].streams
    }
    for _ in 0..<ConnectionDemand.burst {
      let capacity =
        UInt64(poolBooks[p].connecting)
        * UInt64(min(kind.streamsPerConnection, kind.requestsPerConnection))
      let isWanted = ConnectionDemand.wantsConnection(
        pending: poolBooks[p].pendingCount, active: active, capacity: capacity, ratio: ratio)
      guard isWanted, openConnection(p) else { return }
    }
  }

  /// Opens a connection if there may be one; false when the limit of the cluster is reached.
  @discardableResult private mutating func openConnection(_ p: UInt32) -> Bool {
    let books = poolBooks[p]
    let cluster = clusters.base + Int(books.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    let isWithinLimit = cluster.pointee.connections < kind.pointee.maxConnections
    if !isWithinLimit {
      statistics[cluster.pointee.kind].upstreamCxOverflow &+= 1
      if books.connections > 0 { return false }
    }
    let x = connections.allocate()
    connections[x] = Connection(
      pool: p, next: none, timer: none, streams: 0, lastUse: now, served: 0,
      state: Connection.connecting, isListed: false)
    cluster.pointee.connections &+= 1
    poolBooks[p].connections &+= 1
    poolBooks[p].connecting &+= 1
    statistics[cluster.pointee.kind].upstreamCxTotal &+= 1
    let podIndex = pools[p].pod
    let pod = pods.base + Int(podIndex)
    // The timer runs only where it can fire: a handshake otherwise takes one round trip.
    if pod.pointee.marks & Pod.isBlackhole != 0 {
      connections[x].timer = start(kind.pointee.connectTimeout, .connectTimeout, x)
    } else if pod.pointee.marks & Pod.concernsTravel != 0 {
      connectFar(x, pod: podIndex)
    } else {
      schedule(.connectDone, x, along: kind.pointee.connectRTT)
    }
    return isWithinLimit
  }

  /// A handshake is done, or refused.
  mutating func connectDone(_ x: UInt32) {
    let p = connections[x].pool
    let pool = pools[p]
    let kind = clusterKinds.base + Int(clusters[poolBooks[p].cluster].kind)
    let pod = pods.base + Int(pool.pod)
    if connections[x].state == Connection.free { return connections.free(x) }
    if pod.pointee.marks & Pod.isBlackhole != 0 {
      connections[x].timer = start(kind.pointee.connectTimeout, .connectTimeout, x)
      return
    }
    if pod.pointee.marks & Pod.isDown != 0 { return connectFailed(x, .connectFailure) }
    // What the proxy in front of the pod opens to it was accepted at the pod's door.
    if proxies[kind.pointee.proxy].kindStride == 0 {
      podBooks[pool.pod].connectionsAccepted &+= 1
      services[pod.pointee.service].connections &+= 1
    }
    connections[x].state = Connection.open
    connections[x].lastUse = now
    poolBooks[p].connecting &-= 1
    list(x)
    if kind.pointee.idleTimeout.isOn {
      connections[x].timer = start(kind.pointee.idleTimeout, .connectionIdle, x)
    }
    serveQueue(p)
  }

  /// A handshake took longer than `connect_timeout`.
  mutating func connectTimedOut(_ x: UInt32) {
    connections[x].timer = none
    statistics[clusters[poolBooks[connections[x].pool].cluster].kind].upstreamCxConnectTimeout &+= 1
    connectFailed(x, .connectTimeout)
  }

  /// A handshake failed: every call that waits in the pool fails with it.
  mutating func connectFailed(_ x: UInt32, _ reason: AttemptOutcome.Kind) {
    let p = connections[x].pool
    statistics[clusters[poolBooks[p].cluster].kind].upstreamCxConnectFail &+= 1
    poolBooks[p].connecting &-= 1
    remove(x)
    // The queue is taken whole first: retries that join it again do not fail with this attempt.
    var failed: [UInt32] = []
    while true {
      let c = dequeue(from: p)
      if c == none { break }
      calls[c].state = .trying
      failed.append(c)
    }
    for c in failed { endTry(c, AttemptOutcome(reason)) }
    if clusterKinds[clusters[poolBooks[p].cluster].kind].preconnects { preconnect(p) }
  }

  /// Sends a call on the first connection of its pool that has room.
  @inline(__always)
  private mutating func attach(
    _ c: UInt32, to pool: UnsafeMutablePointer<Pool>, of books: UnsafeMutablePointer<Pool>,
    _ cluster: UnsafeMutablePointer<ProxyCluster>, _ kind: UnsafeMutablePointer<ClusterKind>,
    isNew: Bool
  ) {
    guard cluster.pointee.requests < kind.pointee.maxRequests else { return overflowActive(c) }
    let x = pool.pointee.ready
    let connection = connections.pointer(x)
    connection.pointee.streams &+= 1
    connection.pointee.served &+= 1
    connection.pointee.lastUse = now
    let isWornOut = connection.pointee.served >= kind.pointee.requestsPerConnection
    if isWornOut { connection.pointee.state = Connection.draining }
    if isWornOut || connection.pointee.streams >= kind.pointee.streamsPerConnection {
      pool.pointee.ready = connection.pointee.next
      connection.pointee.isListed = false
    }
    if kind.pointee.looksAtStreams {
      noteStream(c, connection.pointee.pool, kind, isNew: isNew)
    }
    send(c, to: books, on: x, cluster)
  }

  /// A call has got a stream: at once when it is new, else from its pool's queue.
  @inline(never) private mutating func noteStream(
    _ c: UInt32, _ p: UInt32, _ kind: UnsafeMutablePointer<ClusterKind>, isNew: Bool
  ) {
    if kind.pointee.countsStreams { reportStream(calls[c].cluster, host: calls[c].host) }
    // Envoy asks for connections when a call comes and when calls are left, not for each that leaves
    // the queue: `conn_pool_base.cc` (newStreamImpl, onUpstreamReady).
    if kind.pointee.preconnects, isNew { preconnect(p) }
  }

  /// A stream has ended with its answer, after which its connection may carry the next.
  @inline(__always)
  mutating func streamEndedClean(_ x: UInt32, _ pool: UnsafeMutablePointer<Pool>) {
    let connection = connections.pointer(x)
    guard connection.pointee.state == Connection.open else {
      return streamEnded(x, isClean: true)
    }
    connection.pointee.streams &-= 1
    connection.pointee.lastUse = now
    if !connection.pointee.isListed {
      connection.pointee.isListed = true
      connection.pointee.next = pool.pointee.ready
      pool.pointee.ready = x
    }
    if pool.pointee.pendingHead != none { serveQueue(connection.pointee.pool) }
  }

  /// A stream has ended; a broken HTTP/1.1 stream ends its connection.
  @inline(never) mutating func streamEnded(_ x: UInt32, isClean: Bool) {
    let connection = connections.pointer(x)
    let p = connection.pointee.pool
    let kind = clusterKinds.base + Int(clusters[poolBooks[p].cluster].kind)
    connection.pointee.streams &-= 1
    connection.pointee.lastUse = now
    if connection.pointee.state == Connection.free { return }  // closed under the stream
    if !isClean, !kind.pointee.isHTTP2 { return close(x) }
    if connection.pointee.state == Connection.draining {
      guard connection.pointee.streams == 0 else { return }
      if connection.pointee.served >= kind.pointee.requestsPerConnection {
        statistics[clusters[poolBooks[p].cluster].kind].upstreamCxMaxRequests &+= 1
      }
      return close(x)
    }
    list(x)
    serveQueue(p)
  }

  /// Attaches queued calls while there is room, oldest first.
  @inline(never) mutating func serveQueue(_ p: UInt32) {
    while pools[p].pendingHead != none, pools[p].ready != none {
      let c = dequeue(from: p)
      let cluster = clusters.base + Int(poolBooks[p].cluster)
      attach(
        c, to: pools.base + Int(p), of: pool(cluster, calls[c].host), cluster,
        clusterKinds.base + Int(cluster.pointee.kind), isNew: false)
    }
    if pools[p].pendingHead != none,
      clusterKinds[clusters[poolBooks[p].cluster].kind].preconnects
    {
      preconnect(p)
    }
  }

  /// Closes a connection; calls that wait get another.
  mutating func close(_ x: UInt32) {
    let p = connections[x].pool
    remove(x)
    if pools[p].pendingHead != none { openConnectionIfNeeded(p) }
  }

  /// Takes a connection out of the books.
  mutating func remove(_ x: UInt32) {
    let p = connections[x].pool
    unlist(x)
    cancel(&connections.pointer(x).pointee.timer)
    if connections[x].state != Connection.connecting,
      proxies[clusterKinds[clusters[poolBooks[p].cluster].kind].proxy].kindStride == 0
    {
      services[pods[pools[p].pod].service].connections &-= 1
    }
    poolBooks[p].connections &-= 1
    clusters[poolBooks[p].cluster].connections &-= 1
    connections[x].state = Connection.free
    connections.free(x)
  }

  /// Puts a connection in front of its pool's ready ones.
  mutating func list(_ x: UInt32) {
    guard !connections[x].isListed else { return }
    let p = connections[x].pool
    connections[x].isListed = true
    connections[x].next = pools[p].ready
    pools[p].ready = x
  }

  /// Takes a connection from among its pool's ready ones, wherever it stands.
  mutating func unlist(_ x: UInt32) {
    guard connections[x].isListed else { return }
    connections[x].isListed = false
    let p = connections[x].pool
    guard pools[p].ready != x else {
      pools[p].ready = connections[x].next
      return
    }
    var before = pools[p].ready
    while connections[before].next != x { before = connections[before].next }
    connections[before].next = connections[x].next
  }

  /// A connection may have been idle for long enough; the timer is re-armed lazily.
  mutating func connectionIdle(_ x: UInt32) {
    connections[x].timer = none
    let kind = clusterKinds.base + Int(clusters[poolBooks[connections[x].pool].cluster].kind)
    guard
      let idle = model.proxies[Int(kind.pointee.proxy)].configuration
        .clusters[Int(kind.pointee.index)].idleTimeout
    else { return }
    if connections[x].streams == 0, now - connections[x].lastUse >= idle { return remove(x) }
    connections[x].timer = start(kind.pointee.idleTimeout, .connectionIdle, x)
  }

  /// A pod's listener is gone: its connections break, and what is on them with them.
  mutating func breakConnections(to pod: UInt32) {
    for x in 0..<UInt32(connections.highWater) {
      let connection = connections[x]
      guard connection.state == Connection.open || connection.state == Connection.draining
      else { continue }
      guard pools[connection.pool].pod == pod else { continue }
      if connection.streams == 0 {
        remove(x)
      } else {
        connections[x].state = Connection.draining
        unlist(x)
      }
    }
  }
}
