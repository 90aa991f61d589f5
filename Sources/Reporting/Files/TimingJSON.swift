/// `timing.json`: what depends on the machine; kept apart because it is never compared.
public struct TimingJSON: Sendable, Equatable {
  /// Wall time of the whole run, in seconds.
  public var wallSeconds: Double
  /// Wall time of each replication, by its number, in seconds.
  public var replicationSeconds: [Double]
  /// Events simulated, in all replications.
  public var events: UInt64
  /// Threads that ran replications.
  public var threads: Int
  /// The most memory in use, in bytes; nil when it is not known.
  public var peakMemoryBytes: Int?

  /// The timing of a run.
  public init(
    wallSeconds: Double, replicationSeconds: [Double] = [], events: UInt64 = 0, threads: Int = 1,
    peakMemoryBytes: Int? = nil
  ) {
    self.wallSeconds = wallSeconds
    self.replicationSeconds = replicationSeconds
    self.events = events
    self.threads = threads
    self.peakMemoryBytes = peakMemoryBytes
  }

  /// The whole file.
  public var text: String {
    let busy = replicationSeconds.reduce(0, +)
    return JSONValue.object([
      "wallSeconds": .number(wallSeconds),
      "replicationSeconds": .array(replicationSeconds.map(JSONValue.number)),
      "events": .unsigned(events),
      "eventsPerSecond": .optional(busy > 0 ? Double(events) / busy : nil),
      "threads": .count(threads),
      "peakMemoryBytes": peakMemoryBytes.map(JSONValue.count) ?? .null,
    ]).pretty
  }
}
