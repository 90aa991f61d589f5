/// An interval from one long run: neighbours depend on one another, means of long batches hardly.
public struct BatchMeans: Sendable, Equatable {
  /// The mean of each batch, in order.
  public let means: [Double]
  /// How many values make a batch.
  public let batchSize: Int
  /// The interval over the batches.
  public let interval: ReplicationInterval
  /// How much a batch's mean tells of the next one's, `-1...1`.
  ///
  /// Beyond 2/√batches the batches are too short and the interval is too narrow.
  public let lagOneCorrelation: Double

  /// Cuts a series into that many batches of equal size; nil if there are fewer values than that.
  ///
  /// Values that do not fill a batch are left out at the beginning, where a run is least settled.
  /// At least 2 batches; 10 to 30 are usual.
  public init?(_ values: [Double], batches: Int = 20, confidence: Double = 0.95) {
    precondition(batches >= 2, "an interval needs two batches at least, not \(batches)")
    guard values.count >= batches else { return nil }
    let size = values.count / batches
    let surplus = values.count - size * batches
    let means = (0..<batches).map { batch in
      let start = surplus + batch * size
      return Welford(values[start..<start + size]).mean
    }
    guard let interval = ReplicationInterval(means, confidence: confidence) else { return nil }
    var products = 0.0
    var squares = 0.0
    for (index, mean) in means.enumerated() {
      let offset = mean - interval.mean
      squares += offset * offset
      if index > 0 { products += offset * (means[index - 1] - interval.mean) }
    }
    self.means = means
    self.interval = interval
    batchSize = size
    lagOneCorrelation = squares > 0 ? products / squares : 0
  }
}
