import Scenario
import Statistics

/// A subject in one phase of the run, over all replications.
public struct PhaseFigures: Sendable, Equatable {
  /// Requests begun per second; at a service its arrivals.
  public var rate: Estimate?
  /// The share of ended requests that failed.
  public var errorRate: Estimate?
  /// The share of ended requests that were rejected with 429.
  public var rejectedRate: Estimate?
  /// Median latency in seconds; nil where the latencies of windows were not kept.
  public var p50: Estimate?
  /// The 99th percentile in seconds; nil where the latencies of windows were not kept.
  public var p99: Estimate?
  /// Tries per request; at a service arrivals per request of all sources.
  public var triesPerRequest: Estimate?
  /// Waiting requests, mean over time; of a service.
  public var meanQueue: Estimate?
  /// Busy workers / workers; of a service with a limit on workers.
  public var utilisation: Estimate?

  init(
    of subject: Subject, in phase: Phase, _ results: [ReplicationResult], roots: [RootRequests],
    _ run: RunDescription, _ student: StudentFactors
  ) {
    let window = phase.window
    let stretches = results.map { $0.stretch(of: subject, in: window, of: run) }
    func estimate(_ metric: Metric) -> Estimate? {
      student.estimate(
        results.indices.map { index -> Double? in
          guard let stretch = stretches[index] else { return nil }
          let measurement = results[index].measure(
            metric, in: stretch, of: subject, in: window, of: run, roots: roots[index])
          switch measurement {
          case .value(let value), .noGoodput(let value): return value
          case .noTraffic, .nothingEnded, .notRecorded: return nil
          }
        })
    }
    rate = estimate(subject.isCaller ? .offeredRate : .tryRate)
    errorRate = estimate(.errorRate)
    rejectedRate = estimate(.rejectedRate)
    p50 = estimate(.latencyQuantile(0.5))
    p99 = estimate(.latencyQuantile(0.99))
    triesPerRequest = estimate(.triesPerRequest)
    meanQueue = estimate(.meanQueue)
    utilisation = estimate(.utilisation)
  }
}

extension Phase {
  /// The part of the run that it is.
  var window: TimeWindow { .between(start, end) }
}
