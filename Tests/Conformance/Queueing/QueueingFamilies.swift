import TimeAndChance

/// Which model answers for which family.
///
/// A family that is not here is skipped and counted as such. A row's `needs` does not matter:
/// what the engine can express goes through the engine, whatever the row would allow; what it
/// cannot runs on the event kernel, and policies run by themselves.
enum QueueingFamilies {
  /// Makes a model of a row's parameters.
  typealias Maker = @Sendable (QueueingRow, inout QueueingParameters) throws -> any QueueingModel

  /// The makers by family.
  static let makers: [String: Maker] = [
    "mm1_fifo": { try EngineFamilies.singleQueue($0, &$1) },
    "mmc_fifo": { try EngineFamilies.singleQueue($0, &$1) },
    "mmck": { try EngineFamilies.singleQueue($0, &$1) },
    "erlang_loss": { try EngineFamilies.singleQueue($0, &$1) },
    "mg1_fifo": { try EngineFamilies.generalService($0, &$1) },
    "gm1_fifo": { try EngineFamilies.generalArrivals($0, &$1) },
    "mm1_client_timeout": { try EngineFamilies.clientTimeout($0, &$1) },
    "closed_think": { try EngineFamilies.closedThink($0, &$1) },
    "closed_tandem": { try EngineFamilies.closedTandem($0, &$1) },
    "jackson_feedback": { try EngineFamilies.jacksonFeedback($0, &$1) },
    "power_of_two": { try EngineFamilies.powerOfTwo($0, &$1) },
    "join_shortest_queue": { try EngineFamilies.joinShortestQueue($0, &$1) },
    "token_bucket": { try EngineFamilies.tokenBucket($0, &$1) },
    "token_bucket_idle": { try EngineFamilies.tokenBucketIdle($0, &$1) },
    "fan_out": { try EngineFamilies.fanOut($0, &$1) },
    "hedge": { try EngineFamilies.hedge($0, &$1) },
    "retry_independent": { try EngineFamilies.retryIndependent($0, &$1) },
    "retry_tree": { try EngineFamilies.retryTree($0, &$1) },
    "fluid_retry_recovery": { try FluidRetryRecovery($0, &$1) },
    "mg1_processor_sharing": { try ProcessorSharing($0, &$1) },
    "mm1_priority": { try Priorities($0, &$1) },
    "mm1_priority_preemptive": { try Priorities($0, &$1) },
    "mmc_abandonment": { try Abandonment($0, &$1) },
    "mm1_deadline": { try QueueDeadline($0, &$1) },
    "mm1_retrial": { try Retrial($0, &$1) },
    "mm1_breakdown": { try Breakdown($0, &$1) },
    "batch_m1_fifo": { try Batches($0, &$1) },
    "backlog_drain": { try BacklogDrain($0, &$1) },
    "lru_cache": { try ReferenceModel.listed($0, &$1) },
    "lru_cache_zipf": { try ReferenceModel.zipf($0, &$1) },
    "ttl_cache": { try TimeToLiveModel($0, &$1) },
    "consecutive_errors": { try ConsecutiveErrors($0, &$1) },
    "count_window_breaker": { try CountWindowBreaker($0, &$1) },
    "hpa_ratio": { try AutoscalerRatio($0, &$1) },
    "hpa_scale_up": { try AutoscalerSteps($0, &$1) },
    "hpa_scale_down": { try AutoscalerSteps($0, &$1) },
    "burn_rate": { try BurnRate($0, &$1) },
    "burn_rate_reset": { try BurnRate($0, &$1) },
    "parallel_availability": { try ParallelAvailability($0, &$1) },
    "adaptive_throttling": { try AdaptiveThrottling($0, &$1) },
  ]

  /// The model of a row; nil when its family is not modelled.
  /// - Throws: ``MalformedVector`` for wrong parameters.
  static func model(of row: QueueingRow) throws -> (any QueueingModel)? {
    guard let maker = makers[row.family] else { return nil }
    return try QueueingParameters.read(row) { try maker(row, &$0) }
  }
}
