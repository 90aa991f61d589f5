/// Whose figure an expectation speaks of.
public enum Subject: Sendable, Hashable {
  /// A traffic source, as its clients see it; index in ``Scenario/traffic``.
  case source(Int)
  /// A service, as it sees its requests; index in ``Scenario/services``.
  case service(Int)
  /// An operation of a service, as the service sees it.
  case operation(service: Int, operation: Int)
  /// A workload, as it sees its requests; index in ``Scenario/workloads``.
  case workload(Int)
  /// The calls from one service to another, as the caller sees them.
  case edge(from: Int, to: Int)
}

/// A figure of a run.
public enum Metric: Sendable, Equatable {
  /// Requests that ended in a 5xx or without answer, share in 0...1 of those ended. Requests that
  /// are open at the end of the run have not ended.
  case errorRate
  /// Requests that ended in 429, share in 0...1.
  case rejectedRate
  /// A quantile of the latency of all requests, q in 0...1, in seconds.
  case latencyQuantile(Double)
  /// The mean latency in seconds.
  case meanLatency
  /// The longest latency in seconds.
  case maxLatency
  /// Requests begun per second.
  case offeredRate
  /// Requests answered without error per second.
  case goodput
  /// Tries per second: first tries and retries that were sent (at a service: arrivals).
  case tryRate
  /// Tries per request; at a service or workload: arrivals per request of all traffic sources.
  case triesPerRequest
  /// Retries that were wanted and not sent (budget, bucket, breaker, overflow), per request.
  case deniedRetriesPerRequest
  /// Requests waiting in the pods of a service, mean over time.
  case meanQueue
  /// The most requests that waited at once in the pods of a service.
  case maxQueue
  /// Busy workers / workers, 0...1; only with a limit on workers.
  case utilisation
  /// Ejections of pods of a service, over all proxies.
  case ejections
  /// The share in 0...1 of the service's arrivals that came to a workload.
  case trafficShare
  /// The instant in seconds at which the last request failed; 0 when none did.
  case lastFailure

  /// What a metric's value measures.
  public enum Unit: Sendable, Equatable {
    /// 0...1, written in percent.
    case share
    /// Seconds, written with a unit of time.
    case seconds
    /// Per second.
    case perSecond
    /// A bare number.
    case number
  }

  /// What the value measures.
  public var unit: Unit {
    switch self {
    case .errorRate, .rejectedRate, .utilisation, .trafficShare: .share
    case .latencyQuantile, .meanLatency, .maxLatency, .lastFailure: .seconds
    case .offeredRate, .goodput, .tryRate: .perSecond
    case .triesPerRequest, .deniedRetriesPerRequest, .meanQueue, .maxQueue, .ejections: .number
    }
  }
}
