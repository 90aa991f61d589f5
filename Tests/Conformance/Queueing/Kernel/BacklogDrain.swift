import EventKernel
import TimeAndChance

/// `backlog_drain`: a producer goes on while its consumer is out, and the consumer catches up.
///
/// Both work at constant gaps. Small backlogs are played in parts of a message, so that the moment
/// at which the last one is gone does not depend on the size of a message.
struct BacklogDrain: QueueingModel {
  private let outage: Double
  /// How many parts a message has.
  private let parts: Double
  /// Parts produced and consumed per unit of time.
  private let rates: (producer: Double, consumer: Double)

  private enum Kind {
    static let produce: UInt8 = 0
    static let consume: UInt8 = 1
  }

  /// The least number of parts that the backlog grows to.
  private static let fineness = 1e6
  /// The most parts that a run may take.
  private static let limit = 3e8
  /// The time between two parts of the producer; the unit of time is free.
  private static let gap = 1e6

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let producer = try parameters.number("producer_rate")
    let consumer = try parameters.number("consumer_rate")
    outage = try parameters.number("outage")
    try parameters.requireStable(load: producer / consumer)
    // With so many parts per message the consumer handles `total` times as many in all.
    let total = producer * outage * consumer / (consumer - producer)
    let wanted = max(1, (Self.fineness / (producer * outage)).rounded(.up))
    parts = max(1, min(wanted, (Self.limit / total).rounded(.down)))
    guard total * parts <= 10 * Self.limit else {
      throw MalformedVector(line: row.line, reason: "a backlog of more than 3e9 messages to play")
    }
    rates = (producer * parts, consumer * parts)
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    let nanoseconds = Self.gap * rates.producer
    let consumerGap = nanoseconds / rates.consumer
    let recovery = SimTime(nanoseconds: Int64((outage * nanoseconds).rounded()))
    var queue = EventQueue()
    var backlog = TimeWeightedAverage()
    var consumed = 0.0
    // The consumer goes out at time zero, with nothing left to do.
    let producerLine = queue.delayLine(SimDuration(nanoseconds: Int64(Self.gap)))
    queue.schedule(on: producerLine, kind: Kind.produce, handle: 0)
    queue.schedule(
      after: recovery - .zero + SimDuration(nanoseconds: Int64(consumerGap.rounded())),
      kind: Kind.consume, handle: 0)
    var drained: SimTime?
    while drained == nil, let event = queue.next() {
      if event.kind == Kind.produce {
        backlog.add(1, at: queue.now.nanoseconds)
        queue.schedule(on: producerLine, kind: Kind.produce, handle: 0)
        continue
      }
      consumed += 1
      backlog.add(-1, at: queue.now.nanoseconds)
      if backlog.level == 0 { drained = queue.now }
      // From the start of the work, so that the rounding of gaps does not add up.
      let next = recovery.nanoseconds + Int64(((consumed + 1) * consumerGap).rounded())
      queue.schedule(
        after: SimDuration(nanoseconds: next - queue.now.nanoseconds), kind: Kind.consume,
        handle: 0)
    }
    return metrics.map { metric in
      switch metric.name {
      case "peak_backlog": Double(backlog.highest) / parts
      case "drain_time": drained.map { Double(($0 - recovery).nanoseconds) / nanoseconds }
      default: nil
      }
    }
  }
}
