import Results

/// Fewer points that keep the spikes.
enum DownSampling {
  /// A point to draw: a window's place and its figure.
  struct Point: Equatable {
    var window: Int
    var value: SeriesBand.Point
  }

  /// The points of a series, so many at most: of each bucket the least and the greatest, in order.
  ///
  /// Windows without a figure are left out.
  static func points(_ band: SeriesBand, atMost limit: Int) -> [Point] {
    let all = band.points.enumerated().compactMap { window, point in
      point.map { Point(window: window, value: $0) }
    }
    guard all.count > limit, limit >= 2 else { return all }
    let buckets = limit / 2
    return (0..<buckets).flatMap { bucket -> [Point] in
      let part = all[(bucket * all.count / buckets)..<((bucket + 1) * all.count / buckets)]
      guard var least = part.first, var greatest = part.first else { return [] }
      for point in part {
        if point.value.mean < least.value.mean { least = point }
        if point.value.mean > greatest.value.mean { greatest = point }
      }
      if least.window == greatest.window { return [least] }
      return least.window < greatest.window ? [least, greatest] : [greatest, least]
    }
  }
}
