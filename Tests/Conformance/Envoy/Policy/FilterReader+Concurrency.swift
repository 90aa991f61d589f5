import TimeAndChance
import TrafficPolicy

extension FilterReader {
  /// The admission control filter; nil when it is not enabled.
  static func admissionControl(_ block: inout VectorBlock) throws -> AdmissionControlSettings? {
    var settings = AdmissionControlSettings()
    let isEnabled = try block.runtimeFlag("enabled") ?? true
    let statuses: [Range<Int>] =
      try block.block("success_criteria") { criteria in
        criteria.ignore("grpc_criteria")  // judges gRPC answers only
        return try criteria.block("http_criteria") { http in
          try http.blocks("http_success_status") { range in
            let start = try range.required("start", range.int("start", in: 100...600))
            let end = try range.required("end", range.int("end", in: start...600))
            return start..<end
          }
        } ?? []
      } ?? []
    if !statuses.isEmpty { settings.successStatuses = statuses }
    if let window = try block.duration("sampling_window") { settings.samplingWindow = window }
    if let percent = try block.runtimePercent("sr_threshold") {
      settings.successRateThreshold = percent / 100
    }
    if let aggression = try block.runtimeDouble("aggression", in: 0...1e6) {
      settings.aggression = max(1, aggression)
    }
    if let percent = try block.runtimePercent("max_rejection_probability") {
      settings.maxRejectionProbability = percent / 100
    }
    if let rate = try block.runtimeCount("rps_threshold", in: 0...4_294_967_295) {
      settings.rpsThreshold = Double(rate)
    }
    return isEnabled ? settings : nil
  }

  /// The adaptive concurrency filter; nil when it is not enabled.
  static func adaptiveConcurrency(
    _ block: inout VectorBlock
  ) throws -> AdaptiveConcurrencySettings? {
    let isEnabled = try block.runtimeFlag("enabled") ?? true
    let status = try block.status("concurrency_limit_exceeded_status")
    let settings = try block.block("gradient_controller_config") { config in
      try gradientController(&config)
    }
    guard var settings else { throw block.missing("gradient_controller_config") }
    if let status { settings.status = status }
    return isEnabled ? settings : nil
  }

  private static func gradientController(
    _ block: inout VectorBlock
  ) throws -> AdaptiveConcurrencySettings {
    var settings = AdaptiveConcurrencySettings(
      concurrencyUpdateInterval: .zero, minRTTInterval: .zero)
    if let percent = try block.percent("sample_aggregate_percentile") {
      settings.samplePercentile = percent
    }
    let limit = try block.block("concurrency_limit_params") { limit in
      (
        try limit.count("max_concurrency_limit", in: 1...4_294_967_295),
        try limit.required(
          "concurrency_update_interval", limit.duration("concurrency_update_interval"))
      )
    }
    guard let limit else { throw block.missing("concurrency_limit_params") }
    settings.maxConcurrencyLimit = limit.0 ?? 1000
    settings.concurrencyUpdateInterval = limit.1
    let hasMinRTT = try block.block("min_rtt_calc_params") { rtt in
      settings.minRTTInterval = try rtt.required("interval", rtt.duration("interval"))
      if let count = try rtt.count("request_count", in: 1...4_294_967_295) {
        settings.minRTTRequestCount = count
      }
      if let least = try rtt.count("min_concurrency", in: 1...4_294_967_295) {
        settings.minConcurrency = least
      }
      if let percent = try rtt.percent("jitter") { settings.jitterPercent = percent }
      if let percent = try rtt.percent("buffer", in: 0...1_000_000) {
        settings.bufferPercent = percent
      }
      return true
    }
    guard hasMinRTT == true else { throw block.missing("min_rtt_calc_params") }
    return settings
  }
}
