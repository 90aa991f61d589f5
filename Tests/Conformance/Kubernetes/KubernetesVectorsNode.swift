import Orchestration
import TimeAndChance
import Yams

/// A node of a vector file that knows its place, so that whatever is wrong can be pointed at.
struct KubernetesNode {
  let node: Node
  /// The keys that lead here, for messages.
  let path: String

  func malformed(_ reason: String) -> MalformedVector {
    MalformedVector(line: node.mark?.line ?? 1, reason: reason)
  }

  /// Whether nothing is written here, or an explicit null.
  var isNull: Bool {
    guard case .scalar(let scalar) = node else { return false }
    return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// The value of a key; nil when it is absent or null.
  func optional(_ key: String) throws -> KubernetesNode? {
    guard case .mapping(let mapping) = node else {
      throw malformed("'\(path)' must be a mapping")
    }
    guard let value = mapping[Node(key)] else { return nil }
    let child = KubernetesNode(node: value, path: path.isEmpty ? key : "\(path).\(key)")
    return child.isNull ? nil : child
  }

  /// The value of a key, which must be there.
  func required(_ key: String) throws -> KubernetesNode {
    guard let value = try optional(key) else {
      throw malformed("'\(path.isEmpty ? key : "\(path).\(key)")' is missing")
    }
    return value
  }

  func text() throws -> String {
    guard case .scalar(let scalar) = node else { throw malformed("'\(path)' must be a text") }
    return scalar.string
  }

  func bool() throws -> Bool {
    switch try text() {
    case "true": return true
    case "false": return false
    case let other: throw malformed("'\(path)' must be true or false, is '\(other)'")
    }
  }

  /// A whole number of things.
  func count(atMost limit: Int = 1_000_000_000) throws -> Int {
    guard let value = Int(try text()), (0...limit).contains(value) else {
      throw malformed("'\(path)' must be a whole number in 0...\(limit), is '\(try text())'")
    }
    return value
  }

  func number() throws -> Double {
    guard let value = Double(try text()), value.isFinite else {
      throw malformed("'\(path)' must be a number, is '\(try text())'")
    }
    return value
  }

  func seconds() throws -> SimDuration {
    let value = try number()
    guard (0...1e9).contains(value) else {
      throw malformed("'\(path)' must be in 0...1e9 seconds, is \(value)")
    }
    return SimDuration(seconds: value)
  }

  func list() throws -> [KubernetesNode] {
    guard case .sequence(let sequence) = node else { throw malformed("'\(path)' must be a list") }
    return sequence.enumerated().map { KubernetesNode(node: $1, path: "\(path)[\($0)]") }
  }

  /// The keys and values of a mapping, in the order written.
  func pairs() throws -> [(key: String, value: KubernetesNode)] {
    guard case .mapping(let mapping) = node else {
      throw malformed("'\(path)' must be a mapping")
    }
    return try mapping.map { key, value in
      let text = try KubernetesNode(node: key, path: path).text()
      return (text, KubernetesNode(node: value, path: "\(path).\(text)"))
    }
  }

  /// A number of pods or a percentage; a text that is neither is a value too, an invalid one.
  func intOrPercent() throws -> Result<IntOrPercent, IntOrPercent.InvalidValue> {
    guard case .scalar(let scalar) = node else {
      throw malformed("'\(path)' must be a number or a percentage")
    }
    if scalar.style == .plain, let value = Int32(scalar.string) {
      return .success(.int(Int(value)))
    }
    return Result { () throws(IntOrPercent.InvalidValue) in
      try IntOrPercent(parsing: scalar.string)
    }
  }

  /// As above, where an invalid text makes no sense.
  func validIntOrPercent() throws -> IntOrPercent {
    do {
      return try intOrPercent().get()
    } catch is IntOrPercent.InvalidValue {
      throw malformed("'\(path)' must be a number or a percentage, is '\(try text())'")
    }
  }

  func quantity() throws -> ResourceQuantity {
    do {
      return try ResourceQuantity(parsing: try text())
    } catch let error as QuantityError {
      throw malformed("'\(path)' must be a quantity, is '\(try text())' (\(error))")
    }
  }

  /// A mapping of resource names to quantities.
  func resources(_ names: inout ResourceNames) throws -> ResourceList {
    var list = ResourceList()
    for (key, value) in try pairs() {
      guard let name = names.name(key) else { throw value.malformed("too many resource names") }
      list[name] = try value.quantity()
    }
    return list
  }

  /// Every demand below this node: scalars and lists of scalars, by their path.
  func leaves(under prefix: String = "") throws -> [KubernetesExpectation] {
    try pairs().flatMap { key, value -> [KubernetesExpectation] in
      let path = prefix.isEmpty ? key : "\(prefix)/\(key)"
      switch value.node {
      case .scalar(let scalar):
        return [KubernetesExpectation(path: path, value: .scalar(scalar.string))]
      case .sequence:
        let texts = try value.list().map { try $0.text() }
        return [KubernetesExpectation(path: path, value: .list(texts))]
      default:
        let inner = try value.leaves(under: path)
        // An empty mapping demands that nothing is there; it is its own demand.
        return inner.isEmpty ? [KubernetesExpectation(path: path, value: .list([]))] : inner
      }
    }
  }
}
