/// Where a pod's requests wait for a worker.
public struct WorkQueue: Sendable, Equatable {
  /// Who is served next.
  public enum Order: Sendable, Equatable {
    /// The longest waiting.
    case firstInFirstOut
    /// The latest arrival.
    case lastInFirstOut
  }

  /// What happens to a request that finds the queue full.
  public enum Overflow: Sendable, Equatable {
    /// It is answered with that status at once.
    case refused(status: Int)
    /// It is lost and nobody is told: the caller notices at its own time limit.
    case silent
    /// It is taken, and the longest waiting is answered with that status instead.
    case oldestDropped(status: Int)
  }

  /// Requests that may wait, not counting those in service; nil is unbounded.
  public var limit: Int?
  /// Who is served next.
  public var order: Order
  /// What happens when it is full.
  public var overflow: Overflow

  /// A queue; unbounded and first in, first out by default.
  public init(
    limit: Int? = nil, order: Order = .firstInFirstOut,
    overflow: Overflow = .refused(status: 503)
  ) {
    self.limit = limit
    self.order = order
    self.overflow = overflow
  }
}

/// What becomes of work whose caller has gone (its time ran out, or its proxy gave the try up).
public enum AbandonedWork: Sendable, Equatable {
  /// It keeps its place and is done all the same; nobody hears the answer.
  case finished
  /// It keeps its place, and is dropped when a worker would start it.
  case droppedAtStart
  /// It leaves the queue the moment its caller goes; work in service is finished.
  case droppedAtOnce
}
