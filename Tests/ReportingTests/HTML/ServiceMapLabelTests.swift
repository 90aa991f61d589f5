import Foundation
import Testing

@testable import Reporting

@Suite struct ServiceMapLabelTests {
  /// A line from one box's right side to another's left.
  private func way(_ from: (Double, Double), _ to: (Double, Double)) -> ServiceMapWay {
    ServiceMapWay(points: [from, to])
  }

  private func plates(
    _ ways: [ServiceMapWay], boxes: [ServiceMapLabels.Plate] = [], width: Double = 90
  ) -> [ServiceMapLabels.Plate] {
    var labels = ServiceMapLabels(boxes: boxes, ways: ways)
    return ways.enumerated().map {
      labels.place($0.offset, along: $0.element, width: width, height: 17)
    }
  }

  @Test func `each label stands on its own line`() {
    let ways = (0..<6).map { way((0, 100 + 8 * Double($0)), (130, 60 * Double($0))) }
    for (plate, way) in zip(plates(ways), ways) {
      #expect(way.samples.contains { plate.contains($0) })
    }
  }

  @Test func `labels of a fan do not lie on one another`() {
    let ways = (0..<5).map { way((0, 100 + 8 * Double($0)), (130, 84 * Double($0))) }
    let plates = plates(ways, width: 60)
    for (index, plate) in plates.enumerated() {
      for other in plates[(index + 1)...] { #expect(!plate.overlaps(other)) }
    }
  }

  @Test func `a label keeps off boxes and other lines where it can`() {
    let box = ServiceMapLabels.Plate(x: 20, y: 80, width: 50, height: 40)
    let plate = plates([way((0, 100), (300, 100))], boxes: [box], width: 60)[0]
    #expect(!plate.overlaps(box))
    let crossed = plates([way((0, 0), (300, 300)), way((0, 300), (300, 0))], width: 60)
    #expect(!crossed[0].contains((150, 150)) && !crossed[1].contains((150, 150)))
  }

  @Test func `a line through other columns may bear its label in any gap`() {
    let long = ServiceMapWay(points: [(0, 50), (130, 100), (300, 100), (430, 20)])
    let blocks = ServiceMapLabels.Plate(x: 0, y: 0, width: 300, height: 200)
    #expect(plates([long], boxes: [blocks], width: 50)[0].x >= 300)
  }

  @Test func `widths grow with the text`() {
    #expect(ServiceMapLabels.width(of: "") == 0)
    #expect(ServiceMapLabels.width(of: "1") < ServiceMapLabels.width(of: "%"))
    #expect(ServiceMapLabels.width(of: "110/s · 13.3 %") > 6)
  }

  @Test func `the map of a failing run has a plate under each label`() {
    let svg = ServiceMapDrawing(Shared.feed).svg
    let plates = svg.components(separatedBy: "class=\"f-plate").count - 1
    #expect(plates == ServiceMapLayout(Shared.feed).links.count)
    #expect(svg.contains("stroke-dasharray"))
  }
}
