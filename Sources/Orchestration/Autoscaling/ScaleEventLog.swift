public import TimeAndChance

/// The changes of size in one direction that an autoscaler with `spec.behavior` made: they feed the
/// limits of its policies.
///
/// Lost when the controller restarts.
///
/// - Source: Kubernetes `storeScaleEvent`, `markScaleEventsOutdated` and
///   `getReplicasChangePerPeriod` (`pkg/controller/podautoscaler/horizontal.go`).
public struct ScaleEventLog: Sendable, Equatable {
  /// One change of size.
  public struct Event: Sendable, Equatable {
    /// The number of replicas that came or went; above 0.
    public var change: Int32
    /// When the scale was written.
    public var time: SimTime
    /// True once no policy can reach back to it: its place may be taken.
    public var isOutdated: Bool

    /// A change made at that time.
    public init(change: Int32, time: SimTime, isOutdated: Bool = false) {
      self.change = change
      self.time = time
      self.isOutdated = isOutdated
    }
  }

  /// The remembered events, in the controller's own order.
  public private(set) var events: [Event]

  /// A log with these events; empty by default.
  public init(_ events: [Event] = []) { self.events = events }

  /// The replicas that came or went in less than `period` before `now`.
  public func change(within period: SimDuration, now: SimTime) -> Int32 {
    let cutoff = now - period
    return events.reduce(0) { $1.time > cutoff ? $0 &+ $1.change : $0 }
  }

  /// Remembers a change: events older than the longest period of the direction's policies are
  /// marked, and the last marked one gives up its place.
  public mutating func record(_ change: Int32, longestPeriod: SimDuration, now: SimTime) {
    let cutoff = now - longestPeriod
    var outdated: Int?
    for index in events.indices {
      if events[index].time < cutoff { events[index].isOutdated = true }
      if events[index].isOutdated { outdated = index }
    }
    let event = Event(change: change, time: now)
    if let outdated {
      events[outdated] = event
    } else {
      events.append(event)
    }
  }
}
