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

// By the memberwise initialisers, so that a field that is forgotten here does not compile.

extension FlowSeries {
  /// The same with a point for each multiple of the usual width.
  public func joined(by windows: WindowGrid) -> FlowSeries {
    guard !windows.cuts.isEmpty else { return self }
    let ranges = windows.usualWindows(upTo: offered.points.count)
    func joined(_ band: SeriesBand) -> SeriesBand { band.joined(ranges, windows) }
    return FlowSeries(
      offered: joined(offered), good: joined(good), rejected: joined(rejected),
      errors: joined(errors), errorRate: joined(errorRate), tries: joined(tries),
      retriesPerRequest: joined(retriesPerRequest), retriesRefused: joined(retriesRefused),
      p50: joined(p50), p99: joined(p99))
  }
}

extension ServerSeries {
  /// The same with a point for each multiple of the usual width.
  public func joined(by windows: WindowGrid) -> ServerSeries {
    guard !windows.cuts.isEmpty else { return self }
    let ranges = windows.usualWindows(upTo: queue.points.count)
    func joined(_ band: SeriesBand) -> SeriesBand { band.joined(ranges, windows) }
    return ServerSeries(
      queue: joined(queue), busy: joined(busy), utilisation: joined(utilisation),
      connections: joined(connections), ejected: joined(ejected), refused: joined(refused))
  }
}
