import TimeAndChance
import TrafficPolicy

extension VectorBlock {
  /// A cluster's `outlier_detection`; nil when it has none.
  mutating func outlierDetection(_ key: String) throws -> OutlierDetectionSettings? {
    try block(key) { block in
      var settings = OutlierDetectionSettings()
      func set<Value>(_ path: WritableKeyPath<OutlierDetectionSettings, Value>, _ value: Value?) {
        if let value { settings[keyPath: path] = value }
      }
      set(\.interval, try block.duration("interval"))
      set(\.baseEjectionTime, try block.duration("base_ejection_time"))
      set(\.maxEjectionTimeJitter, try block.duration("max_ejection_time_jitter"))
      // Envoy: max_ejection_time defaults to the larger of 300 s and the base.
      let longest = try block.duration("max_ejection_time")
      settings.maxEjectionTime = longest ?? max(.seconds(300), settings.baseEjectionTime)
      set(\.maxEjectionPercent, try block.share("max_ejection_percent"))
      set(\.alwaysEjectOneHost, try block.bool("always_eject_one_host"))
      set(
        \.successfulHealthCheckUnejects,
        try block.bool("successful_active_health_check_uneject_host"))
      set(
        \.splitExternalLocalOriginErrors,
        try block.bool("split_external_local_origin_errors"))
      set(\.consecutive5xx, try block.count("consecutive_5xx"))
      set(\.enforcingConsecutive5xx, try block.share("enforcing_consecutive_5xx"))
      set(\.consecutiveGatewayFailure, try block.count("consecutive_gateway_failure"))
      set(
        \.enforcingConsecutiveGatewayFailure,
        try block.share("enforcing_consecutive_gateway_failure"))
      set(\.consecutiveLocalOriginFailure, try block.count("consecutive_local_origin_failure"))
      set(
        \.enforcingConsecutiveLocalOriginFailure,
        try block.share("enforcing_consecutive_local_origin_failure"))
      set(\.enforcingSuccessRate, try block.share("enforcing_success_rate"))
      set(
        \.enforcingLocalOriginSuccessRate,
        try block.share("enforcing_local_origin_success_rate"))
      set(\.successRateMinimumHosts, try block.count("success_rate_minimum_hosts"))
      set(\.successRateRequestVolume, try block.count("success_rate_request_volume"))
      set(\.successRateStdevFactor, try block.count("success_rate_stdev_factor"))
      set(\.failurePercentageThreshold, try block.share("failure_percentage_threshold"))
      set(\.enforcingFailurePercentage, try block.share("enforcing_failure_percentage"))
      set(
        \.enforcingFailurePercentageLocalOrigin,
        try block.share("enforcing_failure_percentage_local_origin"))
      set(\.failurePercentageMinimumHosts, try block.count("failure_percentage_minimum_hosts"))
      set(\.failurePercentageRequestVolume, try block.count("failure_percentage_request_volume"))
      return settings
    }
  }

  /// A whole percentage.
  private mutating func share(_ key: String) throws -> Int? { try count(key, in: 0...100) }
}
