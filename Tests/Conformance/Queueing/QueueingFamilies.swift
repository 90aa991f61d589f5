import TimeAndChance

/// Which model answers for which family.
///
/// A family that is not here is skipped and counted as such. A row's `needs` does not matter:
/// what the engine can express goes through the engine, whatever the row would allow.
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
  ]

  /// The model of a row; nil when its family is not modelled.
  /// - Throws: ``MalformedVector`` for wrong parameters.
  static func model(of row: QueueingRow) throws -> (any QueueingModel)? {
    guard let maker = makers[row.family] else { return nil }
    return try QueueingParameters.read(row) { try maker(row, &$0) }
  }
}
