public import TimeAndChance

/// The settings of one thread-pool bulkhead, with the names of `application.yml`.
///
/// - Source: Resilience4j `bulkhead/ThreadPoolBulkheadConfig.java`.
public struct ThreadPoolBulkheadConfiguration: Hashable, Sendable {
  /// The most threads; at least ``coreThreadPoolSize``, default the number of processors.
  public var maxThreadPoolSize: Int
  /// Threads that are started before calls queue; at least 1, default one less than the processors.
  public var coreThreadPoolSize: Int
  /// Calls that may wait; default 100.
  ///
  /// With 0 a call is handed to an idle thread or not at all.
  public var queueCapacity: Int = 100
  /// How long a thread above the core size may idle, in whole milliseconds; default 20 ms.
  public var keepAliveDuration: SimDuration = .milliseconds(20)

  /// The library's defaults on a machine (or under a CPU limit) of that many processors.
  public init(availableProcessors: Int) {
    maxThreadPoolSize = max(1, availableProcessors)
    coreThreadPoolSize = max(1, availableProcessors - 1)
  }

  /// Refuses what the library refuses.
  ///
  /// - Throws: A ``Resilience4jProblem`` for the first setting out of range.
  public func validate() throws(Resilience4jProblem) {
    guard coreThreadPoolSize >= 1 else {
      throw Resilience4jProblem(
        property: "core-thread-pool-size", reason: "must be at least 1, is \(coreThreadPoolSize)")
    }
    guard maxThreadPoolSize >= coreThreadPoolSize else {
      throw Resilience4jProblem(
        property: "max-thread-pool-size",
        reason: "must be at least the core size \(coreThreadPoolSize), is \(maxThreadPoolSize)")
    }
    guard queueCapacity >= 0 else {
      throw Resilience4jProblem(
        property: "queue-capacity", reason: "must be at least 0, is \(queueCapacity)")
    }
    guard keepAliveDuration >= .zero else {
      throw Resilience4jProblem(property: "keep-alive-duration", reason: "must not be negative")
    }
  }
}

/// A thread-pool bulkhead of Resilience4j: calls run on threads of its own, or queue, or fail.
///
/// The pool starts a thread for each call up to the core size, even when others idle; then it queues;
/// with a full queue it starts threads up to the maximum, and **such a call overtakes the queue**;
/// then it rejects. Threads above the core size end after idling for the keep-alive time.
///
/// - Source: Resilience4j `bulkhead/internal/FixedThreadPoolBulkhead.java`, over the JDK's
///   `ThreadPoolExecutor`.
public struct ThreadPoolBulkhead: Hashable, Sendable {
  /// The answer to a submitted call.
  @frozen public enum Submission: Hashable, Sendable {
    /// A thread runs it now.
    case started
    /// It waits; the time counts toward an outer time limiter.
    case queued
    /// Full: `BulkheadFullException`.
    case rejected
  }

  /// The settings; they do not change while the bulkhead lives.
  public let configuration: ThreadPoolBulkheadConfiguration
  private var active = 0
  /// When each idle thread ends, the longest idle first; `.never` for those the core size keeps.
  private var idleUntil: ContiguousArray<SimTime> = []
  private var queue: ContiguousArray<Int> = []

  /// A pool without threads and with valid settings, see
  /// ``ThreadPoolBulkheadConfiguration/validate()``.
  public init(_ configuration: ThreadPoolBulkheadConfiguration) {
    self.configuration = configuration
  }

  /// Calls that run.
  public var activeThreadCount: Int { active }
  /// Calls that wait.
  public var queueDepth: Int { queue.count }
  /// How many more may wait.
  public var remainingQueueCapacity: Int { configuration.queueCapacity - queue.count }

  /// Threads that live, running or idle.
  public mutating func threadPoolSize(at now: SimTime) -> Int {
    endIdleThreads(at: now)
    return active + idleUntil.count
  }

  /// Hands a call to the pool.
  ///
  /// - Parameters:
  ///   - call: Names the call while it waits.
  ///   - now: The present moment.
  /// - Returns: Whether it runs, waits or fails.
  public mutating func submit(_ call: Int, at now: SimTime) -> Submission {
    endIdleThreads(at: now)
    let size = active + idleUntil.count
    if size < configuration.coreThreadPoolSize {
      active += 1
      return .started
    }
    if !idleUntil.isEmpty {
      idleUntil.removeFirst()
      active += 1
      return .started
    }
    if queue.count < configuration.queueCapacity {
      queue.append(call)
      return .queued
    }
    guard size < configuration.maxThreadPoolSize else { return .rejected }
    active += 1
    return .started
  }

  /// Takes note that a running call ended.
  ///
  /// - Returns: The waiting call that its thread runs next, or nil.
  public mutating func complete(at now: SimTime) -> Int? {
    precondition(active > 0, "no call is running")
    if !queue.isEmpty { return queue.removeFirst() }
    endIdleThreads(at: now)
    let size = active + idleUntil.count
    active -= 1
    let keepAlive = configuration.keepAliveDuration.wholeMilliseconds
    idleUntil.append(size > configuration.coreThreadPoolSize ? now + keepAlive : .never)
    return nil
  }

  /// Takes a cancelled call out of the queue; false when it is not there.
  public mutating func cancel(_ call: Int) -> Bool {
    guard let index = queue.firstIndex(of: call) else { return false }
    queue.remove(at: index)
    return true
  }

  /// Ends the threads whose keep-alive time is over, as far as the core size allows.
  private mutating func endIdleThreads(at now: SimTime) {
    var index = 0
    while index < idleUntil.count {
      if idleUntil[index] > now {
        index += 1
      } else if active + idleUntil.count > configuration.coreThreadPoolSize {
        idleUntil.remove(at: index)
      } else {
        // A core thread by now: it goes on waiting without a limit.
        idleUntil[index] = .never
      }
    }
  }
}
