public import TimeAndChance

/// The raw recommendations of recent syncs, and the stabilised size they give.
///
/// What is written down is the recommendation before stabilisation and limits. An entry older than
/// every window is overwritten (the last such one), so the log stops growing; it is not sorted by
/// time. It lives in the controller's memory and is lost with it.
///
/// - Source: Kubernetes `stabilizeRecommendation` and `stabilizeRecommendationWithBehaviors`
///   (`pkg/controller/podautoscaler/horizontal.go`).
public struct RecommendationLog: Sendable, Equatable {
  /// What one sync recommended.
  public struct Entry: Sendable, Equatable {
    /// The raw recommendation.
    public var replicas: Int32
    /// When it was made.
    public var time: SimTime

    /// A recommendation made at that time.
    public init(replicas: Int32, time: SimTime) {
      self.replicas = replicas
      self.time = time
    }
  }

  /// The remembered recommendations, in the controller's own order.
  public private(set) var entries: [Entry]

  /// A log with these entries; empty by default.
  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// Without `spec.behavior`: the highest recommendation of the window, so that only shrinking is
  /// delayed.
  ///
  /// An entry exactly as old as the window still counts.
  public mutating func stabilize(
    raw: Int32, downscaleWindow: SimDuration, now: SimTime
  ) -> Int32 {
    let cutoff = now - downscaleWindow
    var highest = raw
    var outdated: Int?
    for (index, entry) in entries.enumerated() {
      if entry.time < cutoff {
        outdated = index
      } else {
        highest = max(highest, entry.replicas)
      }
    }
    record(raw, at: now, replacing: outdated)
    return highest
  }

  /// With `spec.behavior`: the current size, moved up to the lowest recommendation of the up
  /// window, then down to the highest of the down window.
  ///
  /// An entry exactly as old as a window no longer counts for it.
  public mutating func stabilize(
    raw: Int32, current: Int32, scaleUpWindow: SimDuration, scaleDownWindow: SimDuration,
    now: SimTime
  ) -> Int32 {
    let upCutoff = now - scaleUpWindow
    let downCutoff = now - scaleDownWindow
    var lowest = raw
    var highest = raw
    var outdated: Int?
    for (index, entry) in entries.enumerated() {
      if entry.time > upCutoff { lowest = min(lowest, entry.replicas) }
      if entry.time > downCutoff { highest = max(highest, entry.replicas) }
      if entry.time < upCutoff && entry.time < downCutoff { outdated = index }
    }
    record(raw, at: now, replacing: outdated)
    return min(max(current, lowest), highest)
  }

  private mutating func record(_ raw: Int32, at now: SimTime, replacing outdated: Int?) {
    let entry = Entry(replicas: raw, time: now)
    if let outdated {
      entries[outdated] = entry
    } else {
      entries.append(entry)
    }
  }
}
