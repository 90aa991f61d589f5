/// Where an edge of the service map runs: a curve in each gap between columns, straight in between.
struct ServiceMapWay {
  /// A point of the drawing.
  typealias Point = (x: Double, y: Double)

  /// Two points for each gap that it crosses: where it enters and where it leaves.
  let points: [Point]
  /// What the arrow's head takes of the last gap.
  static let head = 7.0

  private var gaps: StrideTo<Int> { stride(from: 0, to: points.count - 1, by: 2) }

  /// The four points of the cubic curve through the gap that begins at a point.
  private func curve(_ gap: Int) -> (Point, Point, Point, Point) {
    let (start, end) = (points[gap], points[gap + 1])
    let tip = gap + 2 == points.count ? end.x - Self.head : end.x
    let bend = max(36, (tip - start.x).magnitude * 0.45)
    return (start, (start.x + bend, start.y), (tip - bend, end.y), (tip, end.y))
  }

  /// The path as SVG writes it.
  var path: String {
    guard let first = points.first else { return "" }
    func f(_ point: Point) -> String {
      "\(ChartDrawing.fixed(point.x)) \(ChartDrawing.fixed(point.y))"
    }
    var path = "M" + f(first)
    for gap in gaps {
      let curve = curve(gap)
      if gap > 0 { path += "L" + f(curve.0) }
      path += "C\(f(curve.1)) \(f(curve.2)) \(f(curve.3))"
    }
    return path
  }

  /// The point of a gap's curve after a share of it, 0...1.
  private func point(_ gap: Int, _ share: Double) -> Point {
    let (a, b, c, d) = curve(gap)
    let rest = 1 - share
    let weights = (
      rest * rest * rest, 3 * rest * rest * share, 3 * rest * share * share, share * share * share
    )
    return (
      weights.0 * a.x + weights.1 * b.x + weights.2 * c.x + weights.3 * d.x,
      weights.0 * a.y + weights.1 * b.y + weights.2 * c.y + weights.3 * d.y
    )
  }

  /// Points along the way, close enough to tell what a label would cover.
  var samples: [Point] {
    var result: [Point] = []
    for gap in gaps {
      if gap > 0 {
        let (start, end) = (points[gap - 1], points[gap])
        for step in 1..<16 {
          let share = Double(step) / 16
          result.append((start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share))
        }
      }
      for step in 0...16 { result.append(point(gap, Double(step) / 16)) }
    }
    return result
  }

  /// Places for a label, the best first: in the middle of the gaps, then nearer to their ends.
  var places: [Point] {
    var result: [Point] = []
    for share in [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74] {
      for gap in gaps { result.append(point(gap, share)) }
    }
    for gap in gaps.dropFirst() {
      let (start, end) = (points[gap - 1], points[gap])
      result.append(((start.x + end.x) / 2, (start.y + end.y) / 2))
    }
    return result
  }
}
