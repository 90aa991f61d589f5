public import TimeAndChance

/// The pods that wait for a node: who is tried next, and when a refused one is tried again.
///
/// Higher priority first, then who has waited longer. A refused pod waits 1, 2, 4, 8, 10, 10 … s at
/// least, and until something happens in the cluster that could help it; after 300 s it is tried
/// in any case.
///
/// - Source: Kubernetes `pkg/scheduler/backend/queue/scheduling_queue.go`.
public struct SchedulingQueue: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    let pod: Int
    let priority: Int32
    var since: SimTime
    var attempts = 0
    var state = State.active
  }

  private enum State: Sendable, Equatable {
    case active
    case backingOff(until: SimTime)
    case unschedulable(since: SimTime, backOffEnds: SimTime)
  }

  /// The first wait after a refusal; 1 s by default.
  public let initialBackOff: SimDuration
  /// The longest wait; 10 s by default.
  public let maxBackOff: SimDuration
  /// How long a pod is left alone when nothing happens; 300 s by default.
  public let flushInterval: SimDuration
  private var entries: [Entry] = []

  /// An empty queue.
  public init(
    initialBackOff: SimDuration = .seconds(1), maxBackOff: SimDuration = .seconds(10),
    flushInterval: SimDuration = .seconds(300)
  ) {
    self.initialBackOff = initialBackOff
    self.maxBackOff = maxBackOff
    self.flushInterval = flushInterval
  }

  /// How many pods wait for a node.
  public var count: Int { entries.count }

  /// A pod without node appears.
  public mutating func add(pod: Int, priority: Int32, at now: SimTime) {
    entries.append(Entry(pod: pod, priority: priority, since: now))
  }

  /// The pod to try now; nil when none may be tried.
  ///
  /// It stays in the queue until placed or removed.
  public mutating func next(at now: SimTime) -> Int? {
    release(at: now)
    let active = entries.indices.filter { entries[$0].state == .active }
    let chosen = active.min {
      let (left, right) = (entries[$0], entries[$1])
      if left.priority != right.priority { return left.priority > right.priority }
      return left.since != right.since ? left.since < right.since : $0 < $1
    }
    guard let chosen else { return nil }
    entries[chosen].attempts += 1
    return entries[chosen].pod
  }

  /// The attempt failed: the pod waits for its back-off and for an event.
  public mutating func refused(pod: Int, at now: SimTime) {
    guard let index = entries.firstIndex(where: { $0.pod == pod }) else { return }
    let ends = now + backOff(afterAttempts: entries[index].attempts)
    entries[index].state = .unschedulable(since: now, backOffEnds: ends)
    entries[index].since = now
  }

  /// The pod has a node, or is gone.
  public mutating func remove(pod: Int) { entries.removeAll { $0.pod == pod } }

  /// Something happened that may help: a node or its taints changed, a pod ended.
  ///
  /// - Parameters:
  ///   - now: the instant.
  ///   - helps: whether it could help that pod; every pod by default.
  public mutating func clusterEvent(at now: SimTime, helps: (Int) -> Bool = { _ in true }) {
    for index in entries.indices {
      guard case .unschedulable(_, let ends) = entries[index].state, helps(entries[index].pod)
      else { continue }
      entries[index].state = ends <= now ? .active : .backingOff(until: ends)
    }
  }

  /// The next instant at which a pod becomes due by itself; nil when only an event can help.
  public var nextDue: SimTime? {
    entries.map { entry in
      switch entry.state {
      case .active: entry.since
      case .backingOff(let until): until
      case .unschedulable(let since, _): since + flushInterval
      }
    }.min()
  }

  /// The wait after that many attempts, counted from 1.
  public func backOff(afterAttempts attempts: Int) -> SimDuration {
    var wait = initialBackOff
    for _ in 1..<max(2, attempts) where attempts > 1 && wait < maxBackOff { wait = wait * 2 }
    return min(wait, maxBackOff)
  }

  private mutating func release(at now: SimTime) {
    for index in entries.indices {
      switch entries[index].state {
      case .active: break
      case .backingOff(let until): if until <= now { entries[index].state = .active }
      case .unschedulable(let since, _):
        if since + flushInterval <= now { entries[index].state = .active }
      }
    }
  }
}
