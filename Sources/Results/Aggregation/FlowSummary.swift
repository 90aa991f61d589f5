import Statistics
import TimeAndChance

/// A subject's requests over all replications.
public struct FlowSummary: Sendable, Equatable {
  /// The quantiles that are reported, beside the greatest value.
  public static let quantiles = [0.5, 0.9, 0.95, 0.99, 0.999]

  /// Counters and latencies of all replications added up; exact, without series.
  public var total: FlowFigures
  /// Requests begun, per second.
  public var offeredRate: Estimate?
  /// Requests answered without error and not rejected, per second.
  public var goodput: Estimate?
  /// The share of ended requests that failed.
  public var errorRate: Estimate?
  /// The share of ended requests that were rejected with 429.
  public var rejectedRate: Estimate?
  /// Tries per second; at a service its arrivals.
  public var tryRate: Estimate?
  /// Retries sent, per request (at a service: per arrival that is no retry).
  public var retriesPerRequest: Estimate?
  /// Retries wanted and not sent, per request.
  public var retriesRefusedPerRequest: Estimate?
  /// Mean latency in seconds.
  public var meanLatency: Estimate?
  /// The mean over replications of each one's quantile, in seconds, by ``quantiles``.
  public var latency: [Estimate?]
  /// The mean over replications of each one's greatest latency, in seconds.
  public var maxLatency: Estimate?
  /// The time series.
  public var series: FlowSeries

  /// The quantile of that share, in seconds; nil when it is not among ``quantiles``.
  public func quantile(_ share: Double) -> Estimate? {
    Self.quantiles.firstIndex(of: share).flatMap { latency[$0] }
  }

  init(
    _ flows: [FlowFigures], isCaller: Bool, seconds: [Double], windows: [Double],
    _ student: StudentFactors
  ) {
    total = flows.reduce(into: FlowFigures()) { $0.merge($1) }
    func rate(_ count: (FlowFigures) -> UInt64) -> Estimate? {
      student.estimate(zip(flows, seconds).map { $1 > 0 ? Double(count($0)) / $1 : nil })
    }
    func share(_ count: (FlowFigures) -> UInt64, of whole: (FlowFigures) -> UInt64) -> Estimate? {
      student.estimate(
        flows.map { flow in
          let all = whole(flow)
          return all > 0 ? Double(count(flow)) / Double(all) : nil
        })
    }
    // Closures: a key path would be made anew for each of thousands of flows.
    offeredRate = rate { $0.offered }
    goodput = rate { $0.good }
    tryRate = rate { $0.attempts }
    errorRate = share({ $0.errors }, of: { $0.completed })
    rejectedRate = share({ $0.rejected }, of: { $0.completed })
    retriesPerRequest = share({ $0.retries }) { flow in
      isCaller ? flow.offered : flow.attempts - min(flow.retries, flow.attempts)
    }
    retriesRefusedPerRequest = share({ $0.retriesRefused.total }, of: { $0.offered })
    meanLatency = student.estimate(flows.map { $0.latency.mean.map { $0 / 1e9 } })
    latency = Self.quantiles.map { share in
      student.estimate(flows.map { $0.latency.quantile(share).map { $0 / 1e9 } })
    }
    maxLatency = student.estimate(flows.map { $0.latency.maximum.map { Double($0) / 1e9 } })
    series = FlowSeries(flows, isCaller: isCaller, windows: windows, factors: student)
  }
}

/// Some pods over all replications.
public struct ServerSummary: Sendable, Equatable {
  /// Waiting requests, mean over time.
  public var meanQueue: Estimate?
  /// The most waiting requests at once.
  public var peakQueue: Estimate?
  /// Requests in service, mean over time.
  public var meanBusy: Estimate?
  /// Busy workers / workers; nil where workers are unlimited.
  public var utilisation: Estimate?
  /// Arrivals refused by full queues.
  public var refused: Estimate?
  /// Work that nobody waited for any more.
  public var unheard: Estimate?
  /// Connections accepted.
  public var connectionsAccepted: Estimate?
  /// Ejections, over all proxies.
  public var ejections: Estimate?
  /// Containers started again.
  public var restarts: Estimate?
  /// Time held back by CPU limits, in seconds summed over pods.
  public var throttled: Estimate?
  /// The time series.
  public var series: ServerSeries

  init(_ servers: [ServerFigures], windows: [Double], _ student: StudentFactors) {
    func mean(_ figure: (ServerFigures) -> Double?) -> Estimate? {
      student.estimate(servers.map(figure))
    }
    meanQueue = mean { $0.meanQueue }
    peakQueue = mean { Double($0.peakQueue) }
    meanBusy = mean { $0.meanBusy }
    utilisation = mean { server in
      server.workers.flatMap { $0 > 0 ? server.meanBusy / $0 : nil }
    }
    refused = mean { Double($0.refused) }
    unheard = mean { Double($0.unheard) }
    connectionsAccepted = mean { Double($0.connectionsAccepted) }
    ejections = mean { Double($0.ejections) }
    restarts = mean { Double($0.restarts) }
    throttled = mean { $0.throttled.inSeconds }
    series = ServerSeries(servers, windows: windows, factors: student)
  }
}
