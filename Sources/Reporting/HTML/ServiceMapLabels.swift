/// Finds places for the labels of a service map's edges.
///
/// A label is a plate on its own line, which so runs into it and out of it again. It covers as
/// little as possible of other labels, of boxes, and of other lines.
struct ServiceMapLabels {
  /// A rectangle of the drawing.
  struct Plate: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    func overlaps(_ other: Plate) -> Bool {
      x < other.x + other.width && other.x < x + width && y < other.y + other.height
        && other.y < y + height
    }

    func contains(_ point: ServiceMapWay.Point) -> Bool {
      point.x > x && point.x < x + width && point.y > y && point.y < y + height
    }
  }

  private let boxes: [Plate]
  private let lines: [(bounds: Plate, samples: [ServiceMapWay.Point])]
  private var taken: [Plate] = []

  init(boxes: [Plate], ways: [ServiceMapWay]) {
    self.boxes = boxes
    lines = ways.map { way in
      let samples = way.samples
      let (xs, ys) = (samples.map(\.x), samples.map(\.y))
      let (left, top) = (xs.min() ?? 0, ys.min() ?? 0)
      return (
        Plate(
          x: left - 1, y: top - 1, width: (xs.max() ?? 0) - left + 2,
          height: (ys.max() ?? 0) - top + 2), samples
      )
    }
  }

  /// The plate of the label of a line, of that size.
  mutating func place(
    _ line: Int, along way: ServiceMapWay, width: Double, height: Double
  ) -> Plate {
    var best: (plate: Plate, cost: Double)?
    for (rank, point) in way.places.enumerated() {
      let plate = Plate(
        x: point.x - width / 2, y: point.y - height / 2, width: width, height: height)
      let cost = cost(of: plate, line) + Double(rank)
      if best.map({ cost < $0.cost }) ?? true { best = (plate, cost) }
    }
    let plate = best?.plate ?? Plate(x: 0, y: 0, width: width, height: height)
    taken.append(plate)
    return plate
  }

  private func cost(of plate: Plate, _ own: Int) -> Double {
    let wide = Plate(
      x: plate.x - 3, y: plate.y - 2, width: plate.width + 6, height: plate.height + 4)
    var cost = 0.0
    for other in taken where other.overlaps(wide) { cost += 1_000 }
    for box in boxes where box.overlaps(wide) { cost += 2_000 }
    for (index, line) in lines.enumerated() where index != own && line.bounds.overlaps(wide) {
      cost += Double(line.samples.count(where: wide.contains)) * 8
    }
    return cost
  }

  /// Points that a text takes at a size of 1 in the widest of the usual fonts.
  static func width(of text: String) -> Double {
    text.reduce(0) { sum, character in
      switch character {
      case " ", ".", "·", ",": sum + 0.33
      case "/": sum + 0.35
      case "%": sum + 0.96
      case "×", "–", "<": sum + 0.85
      default: sum + 0.65
      }
    }
  }
}
