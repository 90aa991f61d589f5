import Results

/// Where sources and services stand on the map: callers left of whom they call.
struct ServiceMapLayout {
  /// A box of the map.
  struct Node: Equatable {
    enum Kind: Equatable { case source(Int), service(Int) }
    var kind: Kind
    var column: Int
    var row: Int
  }
  /// An edge of the map, as indices in ``nodes`` and in ``RunDescription/edges``.
  struct Link: Equatable {
    var from: Int
    var to: Int
    var edge: Int
  }
  private(set) var nodes: [Node] = []
  private(set) var links: [Link] = []
  private(set) var columns = 0
  private(set) var rows = 0
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

  /// In each column by the mean row of the callers, so that few lines cross.
  private mutating func placeRows() {
    for column in 0..<columns {
      let members = nodes.indices.filter { nodes[$0].column == column }
      let wanted = members.map { member -> Double in
        let callers = links.filter { $0.to == member && nodes[$0.from].column < column }
        guard !callers.isEmpty else { return 0 }
        return callers.reduce(0.0) { $0 + Double(nodes[$1.from].row) } / Double(callers.count)
      }
      let order = members.indices.sorted { (wanted[$0], members[$0]) < (wanted[$1], members[$1]) }
      for (row, place) in order.enumerated() { nodes[members[place]].row = row }
      rows = max(rows, members.count)
    }
  }
}

extension ServiceMapLayout.Node {
  var isSource: Bool {
    if case .source = kind { return true }
    return false
  }
}
