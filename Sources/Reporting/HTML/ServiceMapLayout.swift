import Results

/// Where sources and services stand on the map: callers left of whom they call.
struct ServiceMapLayout {
  /// A box of the map.
  struct Node: Equatable {
    enum Kind: Equatable { case source(Int), service(Int) }
    var kind: Kind
    var column: Int
    /// Its middle, in rows from the top.
    var row: Double
  }
  /// An edge of the map, as indices in ``nodes`` and in ``RunDescription/edges``.
  struct Link: Equatable {
    var from: Int
    var to: Int
    var edge: Int
    /// Where it passes the columns between its ends, in rows from the top.
    var bends: [Double] = []
  }
  private(set) var nodes: [Node] = []
  private(set) var links: [Link] = []
  private(set) var columns = 0
  /// The height of the highest column, in rows.
  private(set) var rows = 0.0
  /// Services that found no place.
  private(set) var leftOut = 0

  /// The most services on the map; of more, the busiest are shown.
  static let mostServices = 48

  init(_ result: RunResult) {
    let run = result.run
    let busiest = run.services.indices.sorted { left, right in
      let rates = [left, right].map { result.services[$0].flow.tryRate?.mean ?? 0 }
      return rates[0] == rates[1] ? left < right : rates[0] > rates[1]
    }.prefix(Self.mostServices).sorted()
    leftOut = run.services.count - busiest.count
    nodes =
      run.sources.indices.prefix(Self.mostServices).map {
        Node(kind: .source($0), column: 0, row: 0)
      } + busiest.map { Node(kind: .service($0), column: 0, row: 0) }
    for (index, edge) in run.edges.enumerated() {
      let caller: Node.Kind =
        switch edge.from {
        case .source(let source): .source(source)
        case .service(let service): .service(service)
        }
      guard let from = nodes.firstIndex(where: { $0.kind == caller }),
        let to = nodes.firstIndex(where: { $0.kind == .service(edge.to) }), from != to
      else { continue }
      links.append(Link(from: from, to: to, edge: index))
    }
    placeColumns()
    placeRows()
  }

  /// A service stands right of all its callers; edges that close a circle do not count.
  private mutating func placeColumns() {
    let forward = linksWithoutCircles()
    for index in nodes.indices {
      if case .service = nodes[index].kind, !nodes.contains(where: { $0.isSource }) { continue }
      nodes[index].column = nodes[index].isSource ? 0 : 1
    }
    // At most as many rounds as nodes, since there are no circles left.
    for _ in nodes.indices {
      var moved = false
      for link in forward where nodes[link.to].column <= nodes[link.from].column {
        nodes[link.to].column = nodes[link.from].column + 1
        moved = true
      }
      if !moved { break }
    }
    columns = (nodes.map(\.column).max() ?? 0) + 1
  }

  /// The links left after a walk in depth has thrown out those that lead back to where it came from.
  private func linksWithoutCircles() -> [Link] {
    var state = [Int](repeating: 0, count: nodes.count)  // 0 new, 1 on the way, 2 done
    var kept: [Link] = []
    for root in nodes.indices where state[root] == 0 {
      var stack = [(node: root, next: 0)]
      state[root] = 1
      while let top = stack.last {
        let out = links.filter { $0.from == top.node }
        guard top.next < out.count else {
          state[top.node] = 2
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let link = out[top.next]
        if state[link.to] == 1 { continue }
        kept.append(link)
        if state[link.to] == 0 {
          state[link.to] = 1
          stack.append((link.to, 0))
        }
      }
    }
    return kept
  }

  /// What stands in a column: a box, or a link that passes between boxes.
  private enum Item: Equatable {
    case node(Int)
    case bend(link: Int, place: Int)
  }

  /// In each column by the mean row of the neighbours, swept to and fro, so that few lines cross.
  private mutating func placeRows() {
    var items = [[Item]](repeating: [], count: columns)
    for index in nodes.indices { items[nodes[index].column].append(.node(index)) }
    for (index, link) in links.enumerated() {
      let (start, end) = (nodes[link.from].column, nodes[link.to].column)
      guard end > start + 1 else { continue }
      links[index].bends = [Double](repeating: 0, count: end - start - 1)
      for place in 0..<(end - start - 1) {
        items[start + 1 + place].append(.bend(link: index, place: place))
      }
    }
    for column in 0..<columns { spread(items[column]) }
    let forward = Array(0..<columns)
    for (sweep, order) in [forward, forward.reversed(), forward].enumerated() {
      for column in order {
        let members = items[column]
        let wanted = members.map { self.wanted($0, before: sweep != 1) }
        items[column] = members.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
          .map { members[$0] }
        spread(items[column])
      }
    }
    // Columns that are not full are centred beside the fullest one.
    rows = items.map(height).max() ?? 1
    for column in items {
      let offset = (rows - height(column)) / 2
      for item in column { set(item, row: row(of: item) + offset) }
    }
  }

  private func height(_ item: Item) -> Double {
    if case .node = item { return 1 }
    return 0.42
  }

  private func height(_ items: [Item]) -> Double { items.reduce(0) { $0 + height($1) } }

  /// Puts the items of a column one below the other.
  private mutating func spread(_ items: [Item]) {
    var top = 0.0
    for item in items {
      set(item, row: top + height(item) / 2)
      top += height(item)
    }
  }

  private func row(of item: Item) -> Double {
    switch item {
    case .node(let index): nodes[index].row
    case .bend(let link, let place): links[link].bends[place]
    }
  }

  private mutating func set(_ item: Item, row: Double) {
    switch item {
    case .node(let index): nodes[index].row = row
    case .bend(let link, let place): links[link].bends[place] = row
    }
  }

  /// The mean row of an item's neighbours in the columns before or behind; its own without any.
  private func wanted(_ item: Item, before: Bool) -> Double {
    switch item {
    case .bend(let index, let place):
      let link = links[index]
      if before { return place == 0 ? nodes[link.from].row : link.bends[place - 1] }
      return place + 1 < link.bends.count ? link.bends[place + 1] : nodes[link.to].row
    case .node(let index):
      let neighbours = links.filter { before ? $0.to == index : $0.from == index }
        .filter { nodes[$0.from].column < nodes[$0.to].column }
        .map { link in
          before
            ? link.bends.last ?? nodes[link.from].row : link.bends.first ?? nodes[link.to].row
        }
      guard !neighbours.isEmpty else { return nodes[index].row }
      return neighbours.reduce(0, +) / Double(neighbours.count)
    }
  }
}

extension ServiceMapLayout.Node {
  var isSource: Bool {
    if case .source = kind { return true }
    return false
  }
}
