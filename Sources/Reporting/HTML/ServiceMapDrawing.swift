import Results
import Scenario

/// The service map as SVG: who calls whom, how often, and how well that goes.
struct ServiceMapDrawing {
  private let result: RunResult
  private let layout: ServiceMapLayout
  /// The name of each box, in lines.
  private let names: [[String]]
  private let boxWidth: Double
  private let boxHeight: Double
  private let margin = 8.0
  /// Room for the label of an edge between two boxes.
  private let gap = 130.0

  /// The share of failures in a phase from which a service counts as failing.
  private static let failingShare = 0.05
  /// The share of failures from which an edge is drawn as failing.
  private static let badShare = 0.01
  /// Columns of a name's line at most: three lines then hold any name that Kubernetes allows.
  private static let lineColumns = 21
  private static let mostLines = 3
  /// Points of a letter in the widest of the usual fonts, and of a line.
  private static let letter = 8.0
  private static let lineHeight = 15.0
  /// Wider maps are scrolled on a screen: shrunk to the width of the page, nobody could read them.
  private static let mostWidth = 1_400.0
  /// The size of an edge's label, and how far its lines are apart.
  private static let labelSize = 10.5
  private static let labelLine = 12.5

  init(_ result: RunResult) {
    self.result = result
    let layout = ServiceMapLayout(result)
    let names = layout.nodes.map { node in
      Self.lines(of: Self.name(of: node, in: result))
    }
    self.layout = layout
    self.names = names
    let longest = names.joined().map(DisplayText.width).max() ?? 0
    boxWidth = max(138, Double(longest) * Self.letter + 16)
    boxHeight = 52 + Self.lineHeight * Double((names.map(\.count).max() ?? 1) - 1)
  }

  private var across: Double { boxWidth + gap }
  private var down: Double { boxHeight + 32 }

  private static func name(of node: ServiceMapLayout.Node, in result: RunResult) -> String {
    switch node.kind {
    case .source(let index): result.run.sources[index].name
    case .service(let index): result.run.services[index].name
    }
  }

  /// A name on as few lines as hold it, broken at spaces or behind `-`, `.`, `/` and `_` where
  /// three lines are enough for that, else anywhere; what they cannot hold is in the tooltip.
  static func lines(of name: String) -> [String] {
    let name = DisplayText.oneLine(name)
    let soft = lines(of: name, breaksAnywhere: false)
    if soft.count <= mostLines { return soft }
    let hard = lines(of: name, breaksAnywhere: true)
    if hard.count <= mostLines { return hard }
    let head = hard.prefix(mostLines - 1)
    let rest = hard.dropFirst(mostLines - 1).joined()
    return head + [DisplayText.cut(rest, to: lineColumns)]
  }

  private static func lines(of name: String, breaksAnywhere: Bool) -> [String] {
    var lines: [String] = []
    var rest = Substring(name)
    while DisplayText.width(String(rest)) > lineColumns {
      var used = 0
      var end = rest.startIndex
      var space: Substring.Index?
      var place: Substring.Index?
      while end < rest.endIndex {
        let isSeparator = " -./_".contains(rest[end])
        used += DisplayText.width(String(rest[end]))
        if used > lineColumns + (isSeparator ? 1 : 0) { break }
        end = rest.index(after: end)
        if isSeparator { place = end }
        if rest[rest.index(before: end)] == " " { space = end }
      }
      let cut = breaksAnywhere ? end : space ?? place ?? end
      lines.append(String(rest[..<cut]).withoutLastSpace)
      rest = rest[cut...]
    }
    return rest.isEmpty && !lines.isEmpty ? lines : lines + [String(rest)]
  }

  /// Services that are not on the map.
  var leftOut: Int { layout.leftOut }

  private var width: Double { margin * 2 + Double(layout.columns - 1) * across + boxWidth }
  private var height: Double { margin * 2 + (layout.rows - 1) * down + boxHeight + 14 }

  /// The SVG element.
  var svg: String {
    var out = HTMLText()
    let size = [width, height].map(ChartDrawing.fixed)
    out.raw(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" "
        + "class=\"map\(width > Self.mostWidth ? " wide" : "")\" width=\"\(size[0])\" "
        + "height=\"\(size[1])\" viewBox=\"0 0 \(size[0]) \(size[1])\" role=\"img\" "
        + "font-family=\"system-ui, sans-serif\" font-size=\"12\">")
    out.element("title", "Service map of \(result.run.scenario)")
    let bad = layout.links.count(where: isBad)
    out.element(
      "desc",
      "\(HumanNumber.things(layout.links.count, "edge")); "
        + (bad == 0 ? "none fails more than 1 %." : "\(bad) with more than 1 % errors, in dashes."))
    let ways = layout.links.map(way)
    for (link, way) in zip(layout.links, ways) { line(link, way, &out) }
    for index in layout.nodes.indices { box(index, &out) }
    var labels = ServiceMapLabels(
      boxes: layout.nodes.map { node in
        let (x, y) = place(node)
        return ServiceMapLabels.Plate(x: x, y: y, width: boxWidth, height: boxHeight)
      }, ways: ways)
    for (index, way) in ways.enumerated() { label(index, way, &labels, &out) }
    out.raw("</svg>")
    return out.html
  }

  private func place(_ node: ServiceMapLayout.Node) -> (x: Double, y: Double) {
    (margin + Double(node.column) * across, margin + (node.row - 0.5) * down)
  }

  private func failures(_ link: ServiceMapLayout.Link) -> Double {
    result.edges[link.edge].errorRate?.mean ?? 0
  }

  /// Whether a link is drawn red and dashed.
  private func isBad(_ link: ServiceMapLayout.Link) -> Bool {
    failures(link) > Self.badShare
  }

  /// Where a link runs: from the right of the caller to the left of the called.
  private func way(_ link: ServiceMapLayout.Link) -> ServiceMapWay {
    let (from, to) = (layout.nodes[link.from], layout.nodes[link.to])
    let (start, end) = (place(from), place(to))
    func port(_ links: [ServiceMapLayout.Link], by row: (ServiceMapLayout.Link) -> Double) -> Double
    {
      let order = links.sorted { (row($0), $0.edge) < (row($1), $1.edge) }
      let index = order.firstIndex(of: link) ?? 0
      return boxHeight * (Double(index) + 1) / Double(order.count + 1)
    }
    let leaving = layout.links.filter { $0.from == link.from }
    let arriving = layout.links.filter { $0.to == link.to }
    var points: [ServiceMapWay.Point] = [
      (start.x + boxWidth, start.y + port(leaving) { $0.bends.first ?? layout.nodes[$0.to].row })
    ]
    for (place, row) in link.bends.enumerated() {
      let x = margin + Double(from.column + 1 + place) * across
      let y = margin + (row - 0.5) * down + boxHeight / 2
      points += [(x, y), (x + boxWidth, y)]
    }
    points.append((end.x, end.y + port(arriving) { $0.bends.last ?? layout.nodes[$0.from].row }))
    return ServiceMapWay(points: points)
  }

  private func line(_ link: ServiceMapLayout.Link, _ way: ServiceMapWay, _ out: inout HTMLText) {
    guard let last = way.points.last else { return }
    let flow = result.edges[link.edge]
    var rate = flow.tryRate?.mean ?? 0
    var thickness = 1.2
    while rate >= 10, thickness < 6 {
      thickness += 1
      rate /= 10
    }
    let ink = isBad(link) ? Ink.errors : Ink.edge
    func f(_ value: Double) -> String { ChartDrawing.fixed(value) }
    out.raw(
      "<path d=\"\(way.path)\" fill=\"none\" \(ink.stroke) stroke-width=\"\(f(thickness))\""
        + (isBad(link) ? " stroke-dasharray=\"7 3\"" : "") + "/>"
        + "<path d=\"M\(f(last.x)) \(f(last.y))l-9 -4.5v9z\" \(ink.fill)/>")
  }

  /// What the label of a link says, in a line, or in two when it is too long for the gap.
  private func words(of link: ServiceMapLayout.Link) -> [String] {
    let flow = result.edges[link.edge]
    let rate = HumanNumber.optional(flow.offeredRate, .perSecond)
    var rest: [String] = []
    if failures(link) > 0.0005 { rest.append(HumanNumber.share(failures(link))) }
    let rejected = flow.rejectedRate?.mean ?? 0
    if rejected > 0.0005 { rest.append("429: \(HumanNumber.share(rejected))") }
    if flow.total.offered > 0 {
      let tries = Double(flow.total.attempts) / Double(flow.total.offered)
      if tries >= 1.01 { rest.append("×\(HumanNumber.count(tries))") }
    }
    let whole = ([rate] + rest).joined(separator: " · ")
    let isShort = ServiceMapLabels.width(of: whole) * Self.labelSize < gap * 0.66
    return rest.isEmpty || isShort ? [whole] : [rate, rest.joined(separator: " · ")]
  }

  /// The label of a link on a plate of its own, which its line runs through.
  private func label(
    _ index: Int, _ way: ServiceMapWay, _ labels: inout ServiceMapLabels, _ out: inout HTMLText
  ) {
    let link = layout.links[index]
    let lines = words(of: link)
    // Bold letters of failing edges are a little wider.
    let width = (lines.map(ServiceMapLabels.width).max() ?? 0) * (isBad(link) ? 1.08 : 1)
    let plate = labels.place(
      index, along: way, width: width * Self.labelSize + 12,
      height: Double(lines.count) * Self.labelLine + 5)
    func f(_ value: Double) -> String { ChartDrawing.fixed(value) }
    let ink = isBad(link) ? Ink.errors : Ink.edge
    out.raw(
      "<rect x=\"\(f(plate.x))\" y=\"\(f(plate.y))\" width=\"\(f(plate.width))\" "
        + "height=\"\(f(plate.height))\" rx=\"7\" class=\"f-plate s-\(ink.rawValue)\" "
        + "fill=\"\(Ink.plate.light)\" stroke=\"\(ink.light)\" stroke-width=\"0.8\"/>")
    for (number, line) in lines.enumerated() {
      out.raw(
        "<text x=\"\(f(plate.x + plate.width / 2))\" "
          + "y=\"\(f(plate.y + Self.labelLine * Double(number + 1) - 0.5))\" "
          + "font-size=\"\(Self.labelSize)\" text-anchor=\"middle\" "
          + (isBad(link) ? "font-weight=\"600\" \(Ink.errors.fill)>" : "\(Ink.label.fill)>"))
      out.text(line)
      out.raw("</text>")
    }
  }

  private func box(_ index: Int, _ out: inout HTMLText) {
    let node = layout.nodes[index]
    let (x, y) = place(node)
    let line: String
    var ink = Ink.axis
    var isRound = false
    switch node.kind {
    case .source(let index):
      line = HumanNumber.optional(result.sources[index].offeredRate, .perSecond)
      isRound = true
      if (result.sources[index].errorRate?.mean ?? 0) > 0.01 { ink = .errors }
    case .service(let index):
      let service = result.services[index]
      let p99 = HumanNumber.optional(service.flow.quantile(0.99), .seconds)
      line = "\(HumanNumber.optional(service.flow.tryRate, .perSecond)) · p99 \(p99)"
      let isFailing = result.servicePhases[index].contains {
        ($0.errorRate?.mean ?? 0) > Self.failingShare
      }
      switch result.trust[index].map(\.state) {
      case let states where states.contains(.overloaded) || isFailing: ink = .errors
      case let states where states.contains(.backlogged): ink = .rejected
      default: ink = .good
      }
    }
    func f(_ value: Double) -> String { ChartDrawing.fixed(value) }
    out.raw("<g><title>")
    out.text(Self.name(of: node, in: result))
    out.raw(
      "</title><rect x=\"\(f(x))\" y=\"\(f(y))\" width=\"\(f(boxWidth))\" "
        + "height=\"\(f(boxHeight))\" rx=\"\(isRound ? 26 : 8)\" "
        + "class=\"f-node s-\(ink.rawValue)\" fill=\"\(Ink.node.light)\" stroke=\"\(ink.light)\" "
        + "stroke-width=\"2\"/>")
    func text(_ text: String, at baseline: Double, _ attributes: String) {
      out.raw(
        "<text x=\"\(f(x + boxWidth / 2))\" y=\"\(f(baseline))\" text-anchor=\"middle\" "
          + "\(attributes)>")
      out.text(text)
      out.raw("</text>")
    }
    let lines = names[index]
    let height = Self.lineHeight * Double(lines.count - 1)
    var baseline = y + (boxHeight - height) / 2 - 4
    for name in lines {
      text(
        name, at: baseline,
        "font-weight=\"600\" font-size=\"13\" class=\"f-strong\" fill=\"#17202b\"")
      baseline += Self.lineHeight
    }
    text(line, at: baseline + 2, "font-size=\"10.5\" \(Ink.label.fill)")
    out.raw("</g>")
  }
}

extension String {
  fileprivate var withoutLastSpace: String { last == " " ? String(dropLast()) : self }
}
