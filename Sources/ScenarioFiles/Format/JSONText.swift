/// JSON that keeps the order of its members.
struct JSONText {
  private enum Kind {
    case literal
    case list
    case object
  }

  private let kind: Kind
  /// What is written, for texts, numbers and words.
  private let written: String
  /// The elements of a list, or the members' values.
  private let values: [JSONText]
  /// The names of an object's members.
  private let names: [String]

  /// A text.
  static func text(_ text: String) -> JSONText { literal(quoted(text)) }

  /// A number or word, written as it is.
  static func literal(_ text: String) -> JSONText {
    JSONText(kind: .literal, written: text, values: [], names: [])
  }

  /// A list.
  static func list(_ elements: [JSONText]) -> JSONText {
    JSONText(kind: .list, written: "", values: elements, names: [])
  }

  /// Members in that order.
  static func object(_ members: [(String, JSONText)]) -> JSONText {
    JSONText(kind: .object, written: "", values: members.map(\.1), names: members.map(\.0))
  }

  /// The members of an object; none for other values.
  var members: [(String, JSONText)] { Array(zip(names, values)) }

  /// The JSON, two blanks deeper on each level.
  func written(indent: Int) -> String {
    let inner = String(repeating: "  ", count: indent + 1)
    let outer = String(repeating: "  ", count: indent)
    switch kind {
    case .literal: return written
    case .list:
      if values.isEmpty { return "[]" }
      if values.allSatisfy({ $0.kind == .literal }) {
        return "[" + values.map(\.written).joined(separator: ", ") + "]"
      }
      let lines = values.map { inner + $0.written(indent: indent + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object:
      if values.isEmpty { return "{}" }
      let lines = members.map { name, value in
        "\(inner)\(Self.quoted(name)): \(value.written(indent: indent + 1))"
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
