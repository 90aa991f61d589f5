public import TimeAndChance

/// When balancers hear of health changes: the first after a quiet window at once, further ones
/// together, a window after the first of them.
///
/// One per (proxy, cluster, priority level). The engine keeps the timer; when it fires, the state
/// of that moment is applied.
///
/// - Source: Envoy `source/common/upstream/cluster_manager_impl.cc` (scheduleUpdate, applyUpdates).
@frozen public struct UpdateMergeWindow: Sendable, Hashable {
  /// What to do about a change.
  @frozen public enum Decision: Sendable, Hashable {
    /// Apply the state of now to the balancers; a pending timer is void.
    case applyNow
    /// Start a timer of that length.
    case startTimer(SimDuration)
    /// A timer is pending; it will carry the change.
    case alreadyPending
  }

  /// `update_merge_window`; zero applies every change at once.
  public let window: SimDuration
  /// When the balancers' state was last applied.
  public var lastApplied: SimTime
  /// When the pending timer is due; `.never` without one.
  public var dueAt: SimTime

  /// A window that has been quiet: the first change applies at once.
  @inlinable public init(window: SimDuration) {
    self.window = window
    lastApplied = .never
    dueAt = .never
  }

  /// Health, weight or metadata of a host changed.
  @inlinable public mutating func healthChanged(at now: SimTime) -> Decision {
    if window <= .zero { return applied(at: now) }
    // Envoy compares whole milliseconds.
    if lastApplied == .never
      || (now - lastApplied).nanoseconds / 1_000_000 > window.nanoseconds / 1_000_000
    {
      return applied(at: now)
    }
    if dueAt != .never { return .alreadyPending }
    dueAt = now + window
    return .startTimer(window)
  }

  /// Hosts joined or left: applies at once, together with what was waiting.
  @inlinable public mutating func membershipChanged(at now: SimTime) -> Decision {
    applied(at: now)
  }

  /// A timer fired: true when the state is to be applied.
  ///
  /// False for a timer that a change has made needless since; such a timer need not be cancelled.
  @inlinable public mutating func timerFired(at now: SimTime) -> Bool {
    guard dueAt <= now else { return false }
    _ = applied(at: now)
    return true
  }

  @inlinable mutating func applied(at now: SimTime) -> Decision {
    lastApplied = now
    dueAt = .never
    return .applyNow
  }
}
