// Pictures and tables for people have points at even distances: a short window holds too few requests
// to be drawn beside long ones, where its rate would tower above theirs by mere chance.

extension SeriesBand {
  /// A point for each multiple of the usual width: the mean of the windows there, by their lengths.
  func joined(_ ranges: [Range<Int>], _ windows: WindowGrid) -> SeriesBand {
    SeriesBand(
      points: ranges.map { range in
        if range.count == 1 { return points.at(range.lowerBound) ?? nil }
        var (mean, halfWidth, weights) = (0.0, 0.0, 0.0)
        for window in range {
          guard let point = points.at(window) ?? nil else { continue }
          let weight = windows.weight(of: window)
          mean += point.mean * weight
          halfWidth += point.halfWidth * weight
          weights += weight
        }
        return weights > 0 ? Point(mean: mean / weights, halfWidth: halfWidth / weights) : nil
      })
  }
}

extension FlowSeries {
  /// The same with a point for each multiple of the usual width.
  public func joined(by windows: WindowGrid) -> FlowSeries {
    guard !windows.cuts.isEmpty else { return self }
    let ranges = windows.usualWindows(upTo: offered.points.count)
    var result = self
    result.offered = offered.joined(ranges, windows)
    result.good = good.joined(ranges, windows)
    result.rejected = rejected.joined(ranges, windows)
    result.errors = errors.joined(ranges, windows)
    result.errorRate = errorRate.joined(ranges, windows)
    result.tries = tries.joined(ranges, windows)
    result.retriesPerRequest = retriesPerRequest.joined(ranges, windows)
    result.retriesRefused = retriesRefused.joined(ranges, windows)
    result.p50 = p50.joined(ranges, windows)
    result.p99 = p99.joined(ranges, windows)
    return result
  }
}

extension ServerSeries {
  /// The same with a point for each multiple of the usual width.
  public func joined(by windows: WindowGrid) -> ServerSeries {
    guard !windows.cuts.isEmpty else { return self }
    let ranges = windows.usualWindows(upTo: queue.points.count)
    var result = self
    result.queue = queue.joined(ranges, windows)
    result.busy = busy.joined(ranges, windows)
    result.utilisation = utilisation.joined(ranges, windows)
    result.connections = connections.joined(ranges, windows)
    result.ejected = ejected.joined(ranges, windows)
    result.refused = refused.joined(ranges, windows)
    return result
  }
}
