/// The active health check of one host.
///
/// Trivial. A host starts as unhealthy when the cluster is checked, and its first result decides at
/// once; later it takes as many results in a row as the thresholds say.
///
/// - Source: Envoy `source/common/upstream/health_checker_impl.cc`,
///   `source/extensions/health_checkers/common/health_checker_base_impl.cc` (handleSuccess,
///   handleFailure).
@frozen public struct ActiveHealthCheck: Sendable, Hashable {
  /// What a result changed.
  @frozen public enum Transition: UInt8, Sendable, Hashable {
    /// Nothing.
    case unchanged
    /// The host is healthy now: its slow start begins.
    case becameHealthy
    /// The host is unhealthy now.
    case becameUnhealthy
  }

  /// True while the host passes.
  public private(set) var isHealthy: Bool
  @usableFromInline var isFirst = true
  @usableFromInline var inARow: UInt16 = 0
  @usableFromInline let healthyThreshold: UInt16
  @usableFromInline let unhealthyThreshold: UInt16

  /// A check without a result yet.
  ///
  /// `startsHealthy` stands for a host that has passed before the run.
  public init(_ settings: HealthCheckSettings, startsHealthy: Bool = false) {
    isHealthy = startsHealthy
    isFirst = !startsHealthy
    healthyThreshold = UInt16(clamping: max(1, settings.healthyThreshold))
    unhealthyThreshold = UInt16(clamping: max(1, settings.unhealthyThreshold))
  }

  /// A check passed.
  public mutating func passed() -> Transition {
    defer { isFirst = false }
    guard !isHealthy else {
      inARow = 0
      return .unchanged
    }
    inARow += 1
    guard isFirst || inARow >= healthyThreshold else { return .unchanged }
    inARow = 0
    isHealthy = true
    return .becameHealthy
  }

  /// A check failed or ran into its timeout.
  ///
  /// `immediate` stands for an answer with a status that is neither expected nor retriable: one is
  /// enough. Refused connections, resets and timeouts count up to the threshold.
  public mutating func failed(immediate: Bool = false) -> Transition {
    defer { isFirst = false }
    guard isHealthy else {
      inARow = 0
      return .unchanged
    }
    inARow += 1
    guard immediate || inARow >= unhealthyThreshold else { return .unchanged }
    inARow = 0
    isHealthy = false
    return .becameUnhealthy
  }
}
