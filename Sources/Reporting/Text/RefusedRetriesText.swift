import Results

/// Retries that were wanted and not sent, in words.
enum RefusedRetriesText {
  /// What refused them, as ` by maxRetries`; empty when it was more than one thing, or nothing.
  static func cause(_ refused: FlowFigures.RefusedRetries) -> String {
    let causes = causes(refused)
    return causes.count == 1 ? " by \(causes[0].name)" : ""
  }

  /// What refused them and how many each.
  static func causes(
    _ refused: FlowFigures.RefusedRetries
  ) -> [(name: String, count: UInt64)] {
    [
      ("the retry budget", refused.budget), ("maxRetries", refused.overflow),
      ("the client's token bucket", refused.bucket), ("the client's breaker", refused.breaker),
    ].filter { $0.1 > 0 }
  }
}
