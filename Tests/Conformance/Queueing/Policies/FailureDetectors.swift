import TimeAndChance
import TrafficPolicy

/// `consecutive_errors`: Envoy's outlier detector before one host that fails at random.
///
/// An ejected host is released at once, so that the detector starts again from zero.
struct ConsecutiveErrors: QueueingModel {
  private let requests: Int
  private let probability: Double
  private let settings: OutlierDetectionSettings

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    requests = row.requests
    probability = try parameters.number("failure_probability", in: 0...1)
    var settings = OutlierDetectionSettings()
    settings.consecutive5xx = try parameters.count("consecutive")
    settings.maxEjectionPercent = 100
    self.settings = settings
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var failures = RandomStream(
      seed: EngineQueue.seed, replication: replication, name: "consecutive_errors.failures")
    var enforcement = RandomStream(
      seed: EngineQueue.seed, replication: replication, name: "consecutive_errors.enforcement")
    var detector = OutlierDetector(settings, hostCount: 1)
    var host = OutlierHost()
    var trips = 0
    for request in 0..<requests {
      let status: UInt16 = failures.chance(probability) ? 500 : 200
      guard detector.record(status: status, on: &host).contains(.consecutive5xx) else { continue }
      let now = SimTime.zero + .milliseconds(Int64(request))
      let effect = detector.act(on: .consecutive5xx, host: &host, at: now, using: &enforcement)
      if effect == .enforced { trips += 1 }
      detector.release(&host, at: now)
    }
    return metrics.map { metric in
      metric.name == "requests_per_trip" && trips > 0 ? Double(requests) / Double(trips) : nil
    }
  }
}

/// `count_window_breaker`: a fresh breaker of Resilience4j for each full window of requests.
struct CountWindowBreaker: QueueingModel {
  private let requests: Int
  private let probability: Double
  private let configuration: CircuitBreakerConfiguration

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    requests = row.requests
    probability = try parameters.number("failure_probability", in: 0...1)
    var configuration = CircuitBreakerConfiguration()
    configuration.slidingWindowSize = try parameters.count(
      "window", in: 1...Double(max(1, row.requests)))
    configuration.minimumNumberOfCalls = configuration.slidingWindowSize
    configuration.failureRateThreshold = Float(
      100 * (try parameters.number("threshold", in: 1e-6...1)))
    configuration.recordResultAsFailure = true
    self.configuration = configuration
    do {
      try configuration.validate()
    } catch {
      throw MalformedVector(line: row.line, reason: "\(error.property) \(error.reason)")
    }
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var failures = RandomStream(
      seed: EngineQueue.seed, replication: replication, name: "count_window_breaker.failures")
    var waits = RandomStream(
      seed: EngineQueue.seed, replication: replication, name: "count_window_breaker.waits")
    let windows = requests / configuration.slidingWindowSize
    var trips = 0
    for _ in 0..<windows {
      var breaker = CircuitBreaker(configuration, createdAt: .zero, using: &waits)
      for _ in 0..<configuration.slidingWindowSize {
        let outcome: DecoratedOutcome = failures.chance(probability) ? .returnedBad : .returned
        guard breaker.tryAcquirePermission(at: .zero).isPermitted else { break }
        _ = breaker.record(outcome, duration: .zero, at: .zero, using: &waits)
      }
      if breaker.state == .open { trips += 1 }
    }
    return metrics.map { metric in
      metric.name == "trip_probability" ? Double(trips) / Double(windows) : nil
    }
  }
}
