public import TimeAndChance

/// Requests that come whatever becomes of earlier ones.
public struct OpenLoop: Sendable, Equatable {
  /// Requests per second over time.
  public var rate: RateCurve
  /// How arrivals scatter around that rate.
  public var arrivals: Arrivals
  /// Requests that may be open at once; nil: no limit.
  ///
  /// One more is dropped and counted, as k6 does beyond `maxVUs`.
  public var maxInFlight: Int?
  /// Traffic of that rate.
  public init(rate: RateCurve, arrivals: Arrivals = .poisson, maxInFlight: Int? = nil) {
    self.rate = rate
    self.arrivals = arrivals
    self.maxInFlight = maxInFlight
  }
}

/// How arrivals scatter around their rate.
///
/// A process of unit rate is stretched by the integral of the rate, so each law holds for curves too.
public enum Arrivals: Sendable, Equatable {
  /// Independent of one another.
  case poisson
  /// At equal distances: request n, counted from 0, when the integral of the rate has grown by
  /// n + `first`, which is 0...1.
  ///
  /// 0 begins at once, as k6's `constant-arrival-rate` does, and 1 after a whole gap, as its
  /// `ramping-arrival-rate` does.
  case evenly(first: Double)
  /// Independent gaps by the gamma law with that coefficient of variation, above 0: 1 is Poisson,
  /// more comes in bursts.
  case bursty(cv: Double)
  /// Batches of that many requests at once, at least 1, whose times are Poisson; the rate counts
  /// requests.
  case batches(size: Int)

  /// Evenly, each request in the middle of its gap.
  ///
  /// Where the integral of the rate from one whole number to another is n, n requests come, and
  /// none on the border: counts of intervals are replayed as they are.
  public static let even = Arrivals.evenly(first: 0.5)
}

/// A rate over time: straight pieces, with jumps where they do not meet.
public struct RateCurve: Sendable, Equatable {
  /// A piece, from one instant to the next piece's start.
  public struct Piece: Sendable, Equatable {
    /// Where it starts, counted from the start of the run.
    public var start: SimTime
    /// Where it ends; at least ``start``.
    public var end: SimTime
    /// Requests per second at its start, at least 0 and finite.
    public var startRate: Double
    /// Requests per second at its end, at least 0 and finite.
    public var endRate: Double
    /// A straight piece.
    public init(start: SimTime, end: SimTime, startRate: Double, endRate: Double) {
      self.start = start
      self.end = end
      self.startRate = startRate
      self.endRate = endRate
    }
  }
  /// The pieces in order of time, without overlaps; the rate is 0 outside them.
  public var pieces: [Piece]
  /// A curve of those pieces.
  public init(pieces: [Piece]) { self.pieces = pieces }
  /// The same rate for the whole of that time.
  public init(constant rate: Double, from start: SimTime = .zero, to end: SimTime) {
    pieces = [Piece(start: start, end: end, startRate: rate, endRate: rate)]
  }

  /// Requests per second at an instant.
  public func rate(at time: SimTime) -> Double {
    guard let piece = pieces.last(where: { $0.start <= time && time < $0.end }) else { return 0 }
    let share = (time - piece.start).inSeconds / (piece.end - piece.start).inSeconds
    return piece.startRate + (piece.endRate - piece.startRate) * share
  }
}
