public import TimeAndChance

/// When a host is taken out of service because of its answers.
///
/// Defaults are Envoy's.
///
/// - Source: Envoy `source/common/upstream/outlier_detection_impl.cc`
public struct OutlierDetectionSettings: Sendable, Equatable {
  /// The time between sweeps; 10 s.
  public var interval: SimDuration = .seconds(10)
  /// The time out of service per ejection step; 30 s.
  public var baseEjectionTime: SimDuration = .seconds(30)
  /// The longest time out of service; the larger of 300 s and the base.
  public var maxEjectionTime: SimDuration = .seconds(300)
  /// Extra time out of service, even from 0 up to this, in whole milliseconds; 0.
  public var maxEjectionTimeJitter: SimDuration = .zero
  /// The largest share of hosts out at once, percent; 10.
  public var maxEjectionPercent: Int = 10
  /// `always_eject_one_host`: one host may be out whatever the share says; false.
  public var alwaysEjectOneHost: Bool = false
  /// `successful_active_health_check_uneject_host`; true.
  public var successfulHealthCheckUnejects: Bool = true
  /// `split_external_local_origin_errors`; false.
  public var splitExternalLocalOriginErrors: Bool = false
  /// 5xx answers in a row; 5.
  public var consecutive5xx: Int = 5
  /// Percent of such detections that eject; 100.
  public var enforcingConsecutive5xx: Int = 100
  /// 502, 503, 504 in a row; 5.
  public var consecutiveGatewayFailure: Int = 5
  /// Percent of such detections that eject; 0.
  public var enforcingConsecutiveGatewayFailure: Int = 0
  /// Local-origin failures in a row, only with the split; 5.
  public var consecutiveLocalOriginFailure: Int = 5
  /// Percent of such detections that eject; 100.
  public var enforcingConsecutiveLocalOriginFailure: Int = 100
  /// Percent of success-rate detections that eject; 100.
  public var enforcingSuccessRate: Int = 100
  /// Percent of local-origin success-rate detections that eject, only with the split; 100.
  public var enforcingLocalOriginSuccessRate: Int = 100
  /// Hosts with enough requests for the success rate to be judged; 5.
  public var successRateMinimumHosts: Int = 5
  /// Requests in an interval that are enough; 100.
  public var successRateRequestVolume: Int = 100
  /// Thousandths of a standard deviation below the mean; 1900.
  public var successRateStdevFactor: Int = 1900
  /// Failures in percent that eject; 85.
  public var failurePercentageThreshold: Int = 85
  /// Percent of failure-percentage detections that eject; 0.
  public var enforcingFailurePercentage: Int = 0
  /// The same for local-origin failures, only with the split; 0.
  public var enforcingFailurePercentageLocalOrigin: Int = 0
  /// Hosts with enough requests for the failure percentage to be judged; 5.
  public var failurePercentageMinimumHosts: Int = 5
  /// Requests in an interval that are enough; 50.
  public var failurePercentageRequestVolume: Int = 50

  /// Envoy's defaults.
  public init() {}
}
