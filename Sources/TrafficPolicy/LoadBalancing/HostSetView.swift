/// What follows from one state of health of a cluster's hosts: loads, lists of eligible hosts,
/// consistent-hash tables.
///
/// Immutable; proxies and workers that see the same health share one through ``HostSetViews``. The
/// lists lie in one block of memory at a fixed address, which balancers read without counting
/// references while they hold the view.
public final class HostSetView {
  /// The hosts.
  public let topology: HostTopology
  /// Each host's health.
  public let health: ContiguousArray<HostHealth>
  /// How the levels share the traffic.
  public let loads: PriorityLoads
  /// The level that takes all traffic to healthy hosts (or all hosts, in panic); -1 when it is
  /// shared.
  let soleLevel: Int
  /// How picks at level 0 go by zone; nil when they do not.
  let zoneRouting: ZoneRouting?

  /// A list of hosts that a pick draws from.
  struct Source {
    var start: Int
    var count: Int
    var weightsAreEqual: Bool
  }
  let sources: ContiguousArray<Source>
  private let memory: UnsafeMutablePointer<UInt32>
  private var tables: ContiguousArray<HashTable?>

  /// The view of `health`, one entry per host of the topology.
  public init(_ topology: HostTopology, health: ContiguousArray<HostHealth>) {
    precondition(
      health.count == topology.hosts.count,
      "health of \(health.count) hosts for a topology of \(topology.hosts.count)")
    self.topology = topology
    self.health = health
    let layout = SourceLayout(topology)

    var lists = [[UInt32]](repeating: [], count: layout.count)
    for (index, host) in topology.hosts.enumerated() where health[index] != .absent {
      let item = UInt32(index)
      let level = host.priority
      lists[layout.all(level)].append(item)
      let isDegraded = health[index] == .degraded
      guard health[index] == .healthy || isDegraded else { continue }
      lists[isDegraded ? layout.degraded(level) : layout.healthy(level)].append(item)
      guard layout.localityCount > 0 else { continue }
      let locality = topology.localityOfHost[index]
      lists[layout.locality(level, locality, degraded: isDegraded)].append(item)
    }
    memory = .allocate(capacity: max(1, lists.reduce(0) { $0 + $1.count }))
    var start = 0
    var sources: ContiguousArray<Source> = []
    for list in lists {
      for (offset, host) in list.enumerated() {
        (memory + start + offset).initialize(to: host)
      }
      let weights = list.lazy.map { topology.hosts[Int($0)].weight }
      let first = weights.first
      sources.append(
        Source(
          start: start, count: list.count, weightsAreEqual: weights.allSatisfy { $0 == first }))
      start += list.count
    }
    self.sources = sources

    let levels = (0..<topology.levelCount).map { level in
      PriorityLoads.Level(
        hosts: sources[layout.all(level)].count, healthy: sources[layout.healthy(level)].count,
        degraded: sources[layout.degraded(level)].count)
    }
    let loads = PriorityLoads(
      levels: levels, overprovisioningFactor: topology.overprovisioningFactor,
      panicThreshold: topology.panicThreshold)
    self.loads = loads
    soleLevel = loads.load.firstIndex(of: 100) ?? -1
    zoneRouting = topology.zoneAware.flatMap { ZoneRouting($0, topology, health) }
    tables = ContiguousArray(repeating: nil, count: topology.levelCount)
  }

  deinit { memory.deallocate() }

  /// Where each list of hosts stands among the sources.
  var layout: SourceLayout { SourceLayout(topology) }

  /// The level of a draw or hash, at once when one level takes everything.
  func level(of draw: UInt64) -> (level: Int, availability: PriorityLoads.Availability) {
    soleLevel >= 0 ? (soleLevel, .healthy) : loads.level(of: draw)
  }

  /// The hosts of a source.
  func hosts(_ source: Int) -> UnsafeBufferPointer<UInt32> {
    let list = sources[source]
    return UnsafeBufferPointer(start: memory + list.start, count: list.count)
  }

  /// The consistent-hash table of a level, built at its first use.
  func hashTable(level: Int) -> HashTable {
    if let table = tables[level] { return table }
    let table = HashTable(self, level: level)
    tables[level] = table
    return table
  }

  /// Members of a level and locality, whatever their health.
  func memberCount(level: Int, locality: Int) -> Int {
    topology.hosts.indices.count {
      health[$0] != .absent && topology.hosts[$0].priority == level
        && topology.localityOfHost[$0] == locality
    }
  }
}

/// The numbering of a topology's lists of hosts: per level all, healthy and degraded ones, then the
/// healthy and the degraded ones of each locality.
struct SourceLayout: Equatable {
  let levelCount: Int
  let localityCount: Int

  init(_ topology: HostTopology) {
    levelCount = topology.levelCount
    localityCount = topology.localities.count
  }

  private var stride: Int { 3 + 2 * localityCount }
  var count: Int { levelCount * stride }
  func all(_ level: Int) -> Int { level * stride }
  func healthy(_ level: Int) -> Int { level * stride + 1 }
  func degraded(_ level: Int) -> Int { level * stride + 2 }
  func locality(_ level: Int, _ locality: Int, degraded: Bool) -> Int {
    level * stride + 3 + locality + (degraded ? localityCount : 0)
  }
}

/// The views of a topology, one for each state of health that occurs.
///
/// One per run and cluster. Thousands of proxies mostly see the same few states.
public final class HostSetViews {
  /// The hosts.
  public let topology: HostTopology
  private var views: [ContiguousArray<HostHealth>: HostSetView] = [:]
  /// More states than this are not kept: the cache starts anew.
  ///
  /// It never changes a result.
  private static let capacity = 1024

  /// No view yet.
  public init(_ topology: HostTopology) { self.topology = topology }

  /// The view of `health`, one entry per host of the topology.
  public func view(of health: ContiguousArray<HostHealth>) -> HostSetView {
    if let view = views[health] { return view }
    if views.count >= Self.capacity { views.removeAll(keepingCapacity: true) }
    let view = HostSetView(topology, health: health)
    views[health] = view
    return view
  }
}
