public import TimeAndChance
public import TrafficPolicy

/// How far a run may go.
public struct RunLimits: Sendable, Equatable {
  /// Events at most; nil is unlimited.
  public var maxEvents: UInt64?
  /// Bytes of records, timers and pending events at most; nil is unlimited.
  public var maxMemory: Int?
  /// Limits.
  public init(maxEvents: UInt64? = nil, maxMemory: Int? = nil) {
    self.maxEvents = maxEvents
    self.maxMemory = maxMemory
  }
}
