import TimeAndChance

/// `lru_cache`, `lru_cache_zipf`: independent references to keys of fixed probabilities.
struct ReferenceModel: QueueingModel {
  private let row: QueueingRow
  /// For each key the probability of it or an earlier one.
  private let upTo: [Double]
  private let capacity: Int

  /// The model of a row's `probability1..n`.
  /// - Throws: ``MalformedVector``.
  static func listed(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> ReferenceModel {
    var probabilities: [Double] = []
    while let next = try parameters.optional("probability\(probabilities.count + 1)", in: 0...1) {
      probabilities.append(next)
    }
    let sum = probabilities.reduce(0, +)
    guard abs(sum - 1) < 1e-4 else {
      throw MalformedVector(line: row.line, reason: "the probabilities add up to \(sum), not 1")
    }
    return try ReferenceModel(row, &parameters, weights: probabilities)
  }

  /// The model of a row's `keys` and `exponent`: the i-th key is asked for in proportion to
  /// i^−exponent.
  /// - Throws: ``MalformedVector``.
  static func zipf(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> ReferenceModel {
    let keys = try parameters.count("keys", in: 1...10_000_000)
    let exponent = try parameters.number("exponent", in: 0...100)
    return try ReferenceModel(
      row, &parameters, weights: (1...keys).map { RealMath.pow(Double($0), -exponent) })
  }

  private init(
    _ row: QueueingRow, _ parameters: inout QueueingParameters, weights: [Double]
  ) throws {
    self.row = row
    capacity = try parameters.count("capacity", in: 1...1e9)
    let sum = weights.reduce(0, +)
    var total = 0.0
    upTo = weights.map { weight in
      total += weight
      return total / sum
    }
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var random = RandomStream(
      seed: EngineQueue.seed, replication: replication, name: "\(row.family).references")
    var cache = LeastRecentlyUsedCache(keys: upTo.count, capacity: capacity)
    let warmup = Int(Double(row.requests) * row.warmupFraction)
    var hits = 0
    for request in 0..<row.requests where cache.reference(key(random.unit())) {
      if request >= warmup { hits += 1 }
    }
    return metrics.map { metric in
      metric.name == "hit_ratio" ? Double(hits) / Double(max(1, row.requests - warmup)) : nil
    }
  }

  /// The first key whose share reaches beyond `place`, by halving the rest.
  private func key(_ place: Double) -> Int {
    var low = 0
    var high = upTo.count - 1
    while low < high {
      let middle = (low + high) / 2
      if upTo[middle] > place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
