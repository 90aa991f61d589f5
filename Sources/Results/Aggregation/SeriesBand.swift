import Statistics

/// A figure over time: mean over replications and its interval, for each window.
public struct SeriesBand: Sendable, Equatable {
  /// A window's figure.
  public struct Point: Sendable, Equatable {
    /// The mean over the replications that have the figure in this window.
    public var mean: Double
    /// Half the width of its 95 % interval; infinite with a single replication.
    public var halfWidth: Double
    /// A window's figure.
    public init(mean: Double, halfWidth: Double) {
      self.mean = mean
      self.halfWidth = halfWidth
    }
  }
  /// A point for each window; nil where no replication has the figure.
  public var points: [Point?]

  /// A series of those points.
  public init(points: [Point?] = []) { self.points = points }

  /// The greatest mean; 0 of an empty series.
  public var highest: Double { points.reduce(0) { max($0, $1?.mean ?? 0) } }

  /// The series of a figure of some replications' samples.
  init<Sample>(
    _ samples: [[Sample]], factors: StudentFactors, _ figure: (Sample) -> Double?
  ) {
    self.init(samples, factors: factors) { sample, _ in figure(sample) }
  }

  /// The same, of a figure that depends on which window it is.
  init<Sample>(
    _ samples: [[Sample]], factors: StudentFactors, _ figure: (Sample, Int) -> Double?
  ) {
    // Closures: a key path is made anew for each of thousands of flows.
    let count = samples.map { $0.count }.max() ?? 0
    points = (0..<count).map { window in
      var summary = Welford()
      for series in samples where window < series.count {
        if let value = figure(series[window], window) { summary.add(value) }
      }
      return factors.estimate(summary).map { Point(mean: $0.mean, halfWidth: $0.halfWidth) }
    }
  }
}

/// The time series of a subject's requests.
public struct FlowSeries: Sendable, Equatable {
  /// Requests begun, per second.
  public var offered: SeriesBand
  /// Answered without error and not rejected, per second.
  public var good: SeriesBand
  /// Ended in 429, per second.
  public var rejected: SeriesBand
  /// Ended in a 5xx or without an answer, per second.
  public var errors: SeriesBand
  /// The share of ended requests that failed.
  public var errorRate: SeriesBand
  /// Tries sent (arrivals at a service), per second.
  public var tries: SeriesBand
  /// Retries sent, per request begun (at a service: per arrival that is no retry).
  public var retriesPerRequest: SeriesBand
  /// Retries wanted and not sent, per second.
  public var retriesRefused: SeriesBand
  /// Median latency in seconds.
  public var p50: SeriesBand
  /// The 99th percentile in seconds.
  public var p99: SeriesBand
}

extension FlowSeries {
  /// The series over some replications; windows of so many seconds, one by one.
  init(_ flows: [FlowFigures], isCaller: Bool, windows: [Double], factors: StudentFactors) {
    let samples = flows.map { $0.samples }
    func rate(_ count: (FlowSample) -> UInt64) -> SeriesBand {
      SeriesBand(samples, factors: factors) { Double(count($0)) / windows[$1] }
    }
    offered = rate { UInt64($0.offered) }
    good = rate { $0.good }
    rejected = rate { UInt64($0.rejected) }
    errors = rate { $0.errors }
    tries = rate { UInt64($0.attempts) }
    retriesRefused = rate { UInt64($0.retriesRefused) }
    errorRate = SeriesBand(samples, factors: factors) {
      $0.ended > 0 ? Double($0.errors) / Double($0.ended) : nil
    }
    retriesPerRequest = SeriesBand(samples, factors: factors) { sample in
      let first = isCaller ? Int64(sample.offered) : Int64(sample.attempts) - Int64(sample.retries)
      return first > 0 ? Double(sample.retries) / Double(first) : nil
    }
    p50 = SeriesBand(samples, factors: factors) { $0.ended > 0 ? Double($0.p50) / 1e9 : nil }
    p99 = SeriesBand(samples, factors: factors) { $0.ended > 0 ? Double($0.p99) / 1e9 : nil }
  }
}

/// The time series of some pods taken together.
public struct ServerSeries: Sendable, Equatable {
  /// Waiting requests.
  public var queue: SeriesBand
  /// Requests in service.
  public var busy: SeriesBand
  /// Busy workers / workers; no points where workers are unlimited.
  public var utilisation: SeriesBand
  /// Open connections.
  public var connections: SeriesBand
  /// Pairs of proxy instance and pod whose pod is ejected.
  public var ejected: SeriesBand
  /// Arrivals refused by full queues, per second.
  public var refused: SeriesBand
}

extension ServerSeries {
  /// The series over some replications; windows of so many seconds, one by one.
  init(_ servers: [ServerFigures], windows: [Double], factors: StudentFactors) {
    let samples = servers.map { $0.samples }
    queue = SeriesBand(samples, factors: factors) { Double($0.queue) }
    busy = SeriesBand(samples, factors: factors) { Double($0.busy) }
    utilisation = SeriesBand(samples, factors: factors) {
      $0.workers > 0 ? Double($0.busy) / Double($0.workers) : nil
    }
    connections = SeriesBand(samples, factors: factors) { Double($0.connections) }
    ejected = SeriesBand(samples, factors: factors) { Double($0.ejected) }
    refused = SeriesBand(samples, factors: factors) { Double($0.refused) / windows[$1] }
  }
}
