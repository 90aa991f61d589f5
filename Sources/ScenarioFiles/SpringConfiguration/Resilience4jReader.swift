import TrafficPolicy

/// Sorts the properties of a file into blocks and warns of those that the library ignores.
struct Resilience4jReader {
  private(set) var exceptions: ExceptionHierarchy
  var issues: SpringIssues
  private(set) var sections: [Resilience4jKind: Resilience4jSection] = [:]
  private(set) var aspectOrders: [(kind: DecorationOrder.Kind, order: Int)] = []

  /// Names below `resilience4j`, or below a kind, that exist and say nothing about traffic.
  private static let otherKinds = ["timer", "micrometer", "scheduled", "thread", "metrics"]
  private static let otherSections = ["metrics", "tags", "enabled"]

  init(exceptions: ExceptionHierarchy, issues: SpringIssues) {
    self.exceptions = exceptions
    self.issues = issues
    for kind in Resilience4jKind.allCases { sections[kind] = Resilience4jSection() }
  }

  func section(_ kind: Resilience4jKind) -> Resilience4jSection {
    sections[kind] ?? Resilience4jSection()
  }

  mutating func sort(_ properties: [SpringProperty]) {
    for property in properties where property.elements.count > 1 {
      let written = property.elements[1]
      let uniform = SpringName.uniform(written)
      if let kind = Resilience4jKind.allCases.first(where: {
        SpringName.uniform($0.name) == uniform
      }) {
        sort(property, kind)
      } else if !Self.otherKinds.contains(uniform) {
        ignored(property, written, Resilience4jKind.allCases.map(\.name))
      }
    }
  }

  private mutating func sort(_ property: SpringProperty, _ kind: Resilience4jKind) {
    guard property.elements.count > 2 else { return }
    let section = SpringName.uniform(property.elements[2])
    if let order = kind.aspectOrder, SpringName.uniform(order.property) == section {
      guard let number = Int32(property.value) else {
        issues.add(
          .error, at: property, "'\(order.property)' must be an integer, is '\(property.value)'")
        return
      }
      aspectOrders.append((order.kind, Int(number)))
      return
    }
    let shared = section == "configs"
    guard shared || section == "instances" || kind.aliases.contains(section) else {
      if !Self.otherSections.contains(section) {
        let known = ["configs", "instances"] + (kind.aspectOrder.map { [$0.property] } ?? [])
        ignored(
          property, property.elements[2], known,
          meant: ["backends", "limiters"].contains(section) ? "instances" : nil)
      }
      return
    }
    guard property.elements.count > 3 else { return }
    let block = SpringName.mapKey(property.elements[3])
    guard property.elements.count > 4 else {
      sections[kind]?.touch(property, shared: shared, block: block)
      return
    }
    let name = SpringName.uniform(property.elements[4])
    let rest = property.elements.dropFirst(5)
    let index = rest.first.flatMap(SpringName.index)
    guard kind.properties.contains(where: { SpringName.uniform($0) == name }),
      rest.isEmpty || rest.count == 1 && index != nil
    else {
      ignored(property, property.elements[4], kind.properties)
      return
    }
    sections[kind]?.insert(
      property, shared: shared, block: block, name: name, index: index)
  }

  private mutating func ignored(
    _ property: SpringProperty, _ word: String, _ known: [String], meant: String? = nil
  ) {
    let near = meant ?? SpringName.nearest(to: word, among: known)
    issues.add(
      .warning, at: property, "unknown key '\(word)': the library ignores it",
      help: near.map { "did you mean '\($0)'?" })
  }

  /// Takes every class that the file names into the hierarchy, before any list is compiled.
  mutating func learnExceptions() {
    for kind in [Resilience4jKind.circuitBreaker, .retry] {
      let section = section(kind)
      let blocks =
        section.configNames.compactMap { section.configs[$0] }
        + section.instanceNames.compactMap { section.instances[$0] }
      for block in blocks {
        for list in ["record-exceptions", "retry-exceptions", "ignore-exceptions"] {
          for (name, property) in block.classes(list) ?? [] { learn(name, property) }
        }
      }
    }
  }

  private mutating func learn(_ name: String, _ property: SpringProperty) {
    guard exceptions.find(name) == nil else { return }
    do {
      _ = try exceptions.add(name)
      issues.add(.note, at: property, "class '\(name)' is taken to extend RuntimeException")
    } catch {
      issues.add(
        .error, at: property, "class '\(name)' is one more than the 256 that a run can tell apart")
    }
  }

  /// Says what stands in for code that a property names.
  mutating func noteCode(in block: SpringBlock, of kind: Resilience4jKind) {
    for (name, assumption) in kind.code {
      guard let property = block.written(name) else { continue }
      issues.add(
        .warning, at: property, "'\(name)' names code that cannot be read here: \(assumption)")
    }
  }

  /// Reports what the library's builder refuses, at the block that is being built.
  mutating func check(
    _ block: SpringBlock?, _ validate: () throws(Resilience4jProblem) -> Void
  ) {
    do {
      try validate()
    } catch {
      let place = block?.written(error.property) ?? block?.place
      issues.add(.error, at: place, "'\(error.property)' \(error.reason)")
    }
  }

  /// The block that a `base-config` names, or nil with an error.
  mutating func base(_ name: String, of block: SpringBlock, _ kind: Resilience4jKind)
    -> SpringBlock?
  {
    let section = section(kind)
    if let base = section.configs[name] { return base }
    issues.add(
      .error, at: block.written("base-config"),
      "there is no '\(name)' below 'resilience4j.\(kind.name).configs'",
      help: SpringName.nearest(to: name, among: section.configNames).map {
        "did you mean '\($0)'?"
      })
    return nil
  }
}
