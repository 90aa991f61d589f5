import Statistics

/// A model that can be run and asked for a row's metrics.
protocol QueueingModel: Sendable {
  /// Runs one replication and returns the metrics in their order; nil for one it does not know.
  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?]
}

/// Holds the replications of a model against the known values of a row.
///
/// - Source: `vectors/queueing/README.md`, "Pass rule".
struct QueueingVerdict {
  /// The row.
  let row: QueueingRow
  /// The confidence of the interval.
  let confidence: Double

  /// What does not agree with the row.
  func mismatches(of model: any QueueingModel) -> [Mismatch] {
    let row = row
    let runs = Workers.map(row.replications) { replication in
      model.run(row.metrics, replication: UInt64(replication))
    }
    return row.metrics.indices.flatMap { index -> [Mismatch] in
      let metric = row.metrics[index]
      let values = runs.compactMap { $0[index] }
      guard values.count == runs.count, values.allSatisfy(\.isFinite),
        let interval = ReplicationInterval(values, confidence: confidence)
      else {
        let got = "no value in \(runs.count - values.count) of \(runs.count) replications"
        return [
          Mismatch(metric: metric.title, expected: MetricValue.written(metric.value), got: got)
        ]
      }
      return row.isDeterministic
        ? deterministic(metric, interval.mean) : sampled(metric, interval)
    }
  }

  private func sampled(
    _ metric: QueueingRow.Metric, _ interval: ReplicationInterval
  ) -> [Mismatch] {
    var mismatches: [Mismatch] = []
    let allowed = interval.halfWidth + abs(metric.value) * metric.biasPercent / 100
    if abs(interval.mean - metric.value) > allowed {
      mismatches.append(
        Mismatch(
          metric: metric.title, expected: Self.text(metric.value, allowed),
          got: MetricValue.written(interval.mean)))
    }
    let widest = abs(metric.value) * (metric.hPercent ?? 0) / 100
    if interval.halfWidth > widest {
      mismatches.append(
        Mismatch(
          metric: "\(metric.title) half-width",
          expected: "at most \(MetricValue.written(widest))",
          got: MetricValue.written(interval.halfWidth)))
    }
    return mismatches
  }

  private func deterministic(_ metric: QueueingRow.Metric, _ mean: Double) -> [Mismatch] {
    guard abs(mean - metric.value) > metric.tolerance else { return [] }
    return [
      Mismatch(
        metric: metric.title, expected: Self.text(metric.value, metric.tolerance),
        got: MetricValue.written(mean))
    ]
  }

  private static func text(_ value: Double, _ by: Double) -> String {
    "\(MetricValue.written(value)) ± \(MetricValue.written(by))"
  }
}
