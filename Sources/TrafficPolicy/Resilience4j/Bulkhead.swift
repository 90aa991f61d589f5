public import TimeAndChance

/// The settings of one semaphore bulkhead, with the names of `application.yml`.
///
/// - Source: Resilience4j `bulkhead/BulkheadConfig.java`.
public struct BulkheadConfiguration: Hashable, Sendable {
  /// Calls at the same time; at least 1, default 25.
  public var maxConcurrentCalls: Int = 25
  /// How long a caller waits for a permit, in whole milliseconds; at least 0, default 0.
  public var maxWaitDuration: SimDuration = .zero
  /// Whether callers are served in their order; default yes.
  ///
  /// The unfair form lets a newcomer take a permit that is free although others wait.
  public var fairCallHandlingEnabled = true

  /// The library's defaults.
  public init() {}

  /// Refuses what the library refuses.
  ///
  /// - Throws: A ``Resilience4jProblem`` for the first setting out of range.
  public func validate() throws(Resilience4jProblem) {
    guard maxConcurrentCalls >= 1, maxConcurrentCalls <= Int(Int32.max) else {
      throw Resilience4jProblem(
        property: "max-concurrent-calls",
        reason: "must be in 1...2147483647, is \(maxConcurrentCalls)")
    }
    guard maxWaitDuration >= .zero else {
      throw Resilience4jProblem(property: "max-wait-duration", reason: "must not be negative")
    }
  }
}

/// A semaphore bulkhead of Resilience4j: at most so many calls at once, others wait or fail.
///
/// Waiting callers stand in line. The owner of the bulkhead asks for the next one with
/// ``nextGranted()`` after every release, and tells ``expire(_:)`` when a caller's wait is over.
///
/// - Source: Resilience4j `bulkhead/internal/SemaphoreBulkhead.java`, over a `Semaphore`.
@frozen public struct Bulkhead: Hashable, Sendable {
  /// The answer to a call that asks for a permit.
  @frozen public enum Admission: Hashable, Sendable {
    /// Go now.
    case permitted
    /// In line; ``nextGranted()`` may call it up until then, and at that moment it fails.
    case waiting(until: SimTime)
    /// Full: `BulkheadFullException`.
    case rejected
  }

  /// Someone in line: a caller for one permit, or a lowered maximum for the permits it takes away.
  @usableFromInline struct Waiter: Hashable, Sendable {
    @usableFromInline var caller: Int
    @usableFromInline var permits: Int
    /// The maximum that takes effect with these permits; 0 for a caller.
    @usableFromInline var newMaximum: Int
  }

  @usableFromInline var available: Int
  @usableFromInline var maximum: Int
  @usableFromInline let maxWait: SimDuration
  @usableFromInline let isFair: Bool
  @usableFromInline var line: ContiguousArray<Waiter> = []

  /// A bulkhead with valid settings, see ``BulkheadConfiguration/validate()``.
  public init(_ configuration: BulkheadConfiguration) {
    available = configuration.maxConcurrentCalls
    maximum = configuration.maxConcurrentCalls
    maxWait = configuration.maxWaitDuration.wholeMilliseconds
    isFair = configuration.fairCallHandlingEnabled
  }

  /// Permits that are free.
  @inlinable public var availableConcurrentCalls: Int { available }
  /// The maximum in force; a lowered one counts from when its permits were free.
  @inlinable public var maxAllowedConcurrentCalls: Int { maximum }
  /// Callers in line.
  public var waitingCallers: Int { line.count { $0.newMaximum == 0 } }

  /// Asks for a permit.
  ///
  /// - Parameters:
  ///   - caller: Names the call while it stands in line; any number that is unique there.
  ///   - now: The present moment.
  /// - Returns: Whether the call may go, waits or fails.
  @inlinable @inline(__always)
  public mutating func tryAcquirePermission(for caller: Int, at now: SimTime) -> Admission {
    if available > 0, line.isEmpty || !isFair {
      available -= 1
      return .permitted
    }
    return queue(caller, at: now)
  }

  @usableFromInline @inline(never)
  mutating func queue(_ caller: Int, at now: SimTime) -> Admission {
    guard maxWait > .zero else { return .rejected }
    line.append(Waiter(caller: caller, permits: 1, newMaximum: 0))
    return .waiting(until: now + maxWait)
  }

  /// Gives a permit back at the end of a call: success, failure or cancel.
  ///
  /// Ask ``nextGranted()`` afterwards.
  @inlinable @inline(__always) public mutating func releasePermission() { available += 1 }

  /// The caller at the head of the line who has a permit now, or nil; ask until it is nil.
  @inlinable public mutating func nextGranted() -> Int? {
    if line.isEmpty { return nil }
    return grant()
  }

  @usableFromInline @inline(never) mutating func grant() -> Int? {
    while let head = line.first, head.permits <= available {
      available -= head.permits
      line.removeFirst()
      guard head.newMaximum > 0 else { return head.caller }
      maximum = head.newMaximum
    }
    return nil
  }

  /// Takes a caller whose wait is over out of the line: `BulkheadFullException`.
  ///
  /// Ask ``nextGranted()`` afterwards, since others may have stood behind.
  ///
  /// - Returns: False when the caller is no longer in line.
  public mutating func expire(_ caller: Int) -> Bool {
    guard let index = line.firstIndex(where: { $0.newMaximum == 0 && $0.caller == caller }) else {
      return false
    }
    line.remove(at: index)
    return true
  }

  /// Changes the maximum at run time.
  ///
  /// A raised one takes effect at once (ask ``nextGranted()``); a lowered one stands in line until
  /// as many permits are free at the same moment, and those behind it wait too.
  public mutating func changeMaxConcurrentCalls(_ newMaximum: Int) {
    let pending = line.last { $0.newMaximum > 0 }?.newMaximum ?? maximum
    let delta = newMaximum - pending
    if delta >= 0, pending == maximum {
      available += delta
      maximum = newMaximum
    } else if delta != 0 {
      // A second change waits for the first one: the library holds a lock meanwhile.
      line.append(Waiter(caller: 0, permits: -delta, newMaximum: newMaximum))
      // With nobody before it, it takes effect as soon as its permits are free.
      if line.count == 1 { _ = grant() }
    }
  }
}
