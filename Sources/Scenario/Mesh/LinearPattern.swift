/// A regular expression that never takes more than `length of the text × size of the pattern`
/// steps, whatever the pattern: it follows all alternatives at once and never goes back.
///
/// The common part of RE2's syntax, as Envoy's routes use it: literals, `.`, classes, `\d \w \s` and
/// their opposites, groups, `|`, `* + ?`, counted repetitions up to 1000, `^` and `$`. A whole text
/// must match. Back references and look-around do not exist there either.
///
/// - Source: K. Thompson, "Regular expression search algorithm", CACM 11 (1968); RE2 syntax.
public struct LinearPattern: Sendable {
  /// A condition on one character.
  struct CharacterSet: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      ranges.contains { $0.contains(scalar.value) } != isNegated
    }
  }

  enum Instruction: Sendable {
    case character(CharacterSet)
    case split(Int, Int)
    case jump(Int)
    case start
    case end
    case match
  }

  private let program: [Instruction]

  /// The pattern that a text writes; nil when it is none, or larger than 1000 bytes or 20 000 steps.
  public init?(_ text: String) {
    guard text.utf8.count <= 1_000 else { return nil }
    var parser = PatternParser(text)
    guard let program = parser.program() else { return nil }
    self.program = program
  }

  /// Whether the pattern matches the whole text.
  public func matches(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var current: [Int] = []
    var marks = [Int](repeating: -1, count: program.count)
    follow(0, at: 0, scalars.count, &current, &marks)
    for (index, scalar) in scalars.enumerated() {
      var next: [Int] = []
      for state in current {
        if case .character(let set) = program[state], set.contains(scalar) {
          follow(state + 1, at: index + 1, scalars.count, &next, &marks)
        }
      }
      current = next
    }
    return current.contains { if case .match = program[$0] { true } else { false } }
  }

  /// Adds the states that a state leads to without a character.
  private func follow(
    _ first: Int, at position: Int, _ length: Int, _ states: inout [Int], _ marks: inout [Int]
  ) {
    var pending = [first]
    while let state = pending.popLast() {
      if marks[state] == position { continue }
      marks[state] = position
      switch program[state] {
      case .jump(let target): pending.append(target)
      case .split(let left, let right): pending += [right, left]
      case .start: if position == 0 { pending.append(state + 1) }
      case .end: if position == length { pending.append(state + 1) }
      case .character, .match: states.append(state)
      }
    }
  }
}

/// Reads a pattern into instructions.
private struct PatternParser {
  private typealias Instruction = LinearPattern.Instruction
  private static let largest = 20_000
  private var rest: Substring.UnicodeScalarView
  private var depth = 0

  init(_ text: String) { rest = text[...].unicodeScalars }

  fileprivate mutating func program() -> [LinearPattern.Instruction]? {
    guard let body = alternatives(), rest.isEmpty else { return nil }
    return body + [.match]
  }

  /// Branches separated by `|`; nil when the syntax is wrong.
  private mutating func alternatives() -> [Instruction]? {
    guard var result = sequence() else { return nil }
    while rest.first == "|" {
      rest = rest.dropFirst()
      guard let right = sequence() else { return nil }
      let left = result
      result = [.split(1, left.count + 2)] + Self.moved(left, by: 1)
      result.append(.jump(left.count + right.count + 2))
      result += Self.moved(right, by: left.count + 2)
      guard result.count <= Self.largest else { return nil }
    }
    return result
  }

  private mutating func sequence() -> [Instruction]? {
    var result: [Instruction] = []
    while let next = rest.first, next != "|", next != ")" {
      guard let atom = atom(), let repeated = repetition(of: atom) else { return nil }
      guard result.count + repeated.count <= Self.largest else { return nil }
      result += Self.moved(repeated, by: result.count)
    }
    return result
  }

  private mutating func atom() -> [Instruction]? {
    guard let first = rest.popFirst() else { return nil }
    switch first {
    case "(":
      depth += 1
      defer { depth -= 1 }
      guard depth <= 100 else { return nil }
      if rest.starts(with: "?:".unicodeScalars) { rest = rest.dropFirst(2) }
      guard let body = alternatives(), rest.popFirst() == ")" else { return nil }
      return body
    case "[": return characterClass().map { [.character($0)] }
    case ".": return [.character(.init(ranges: [10...10], isNegated: true))]
    case "^": return [.start]
    case "$": return [.end]
    case "\\": return escape().map { [.character($0)] }
    case "*", "+", "?": return nil
    default: return [.character(.init(ranges: [first.value...first.value]))]
    }
  }

  private mutating func repetition(of atom: [Instruction]) -> [Instruction]? {
    var result = atom
    while let next = rest.first {
      switch next {
      case "*": result = Self.any(of: result)
      case "+": result += Self.moved(Self.any(of: result), by: result.count)
      case "?": result = Self.maybe(result)
      case "{":
        guard let counted = counted(result) else { return nil }
        result = counted
        continue
      default: return result
      }
      rest = rest.dropFirst()
      // `*?` and its kin prefer less; whether a whole text matches does not depend on it.
      if rest.first == "?" { rest = rest.dropFirst() }
      guard result.count <= Self.largest else { return nil }
    }
    return result
  }

  private mutating func counted(_ atom: [Instruction]) -> [Instruction]? {
    rest = rest.dropFirst()
    guard let least = number() else { return nil }
    var most: Int? = least
    if rest.first == "," {
      rest = rest.dropFirst()
      most = rest.first == "}" ? nil : number()
      if most == nil, rest.first != "}" { return nil }
    }
    guard rest.popFirst() == "}", (most ?? least) >= least else { return nil }
    var result: [Instruction] = []
    for _ in 0..<least {
      result += Self.moved(atom, by: result.count)
      guard result.count <= Self.largest else { return nil }
    }
    guard let most else { return result + Self.moved(Self.any(of: atom), by: result.count) }
    for _ in least..<most {
      result += Self.moved(Self.maybe(atom), by: result.count)
      guard result.count <= Self.largest else { return nil }
    }
    return result
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = rest.first, (48...57).contains(digit.value) {
      value = (value ?? 0) * 10 + Int(digit.value - 48)
      guard (value ?? 0) <= 1_000 else { return nil }
      rest = rest.dropFirst()
    }
    return value
  }

  private mutating func characterClass() -> LinearPattern.CharacterSet? {
    var set = LinearPattern.CharacterSet(ranges: [])
    if rest.first == "^" {
      rest = rest.dropFirst()
      set.isNegated = true
    }
    var isFirst = true
    while let next = rest.popFirst() {
      if next == "]", !isFirst { return set }
      isFirst = false
      var low = next.value
      if next == "\\" {
        guard let inner = escape(), !inner.isNegated else { return nil }
        guard inner.ranges.count == 1, let range = inner.ranges.first, range.count == 1 else {
          set.ranges += inner.ranges
          continue
        }
        low = range.lowerBound
      }
      if rest.first == "-", let high = rest.dropFirst().first, high != "]" {
        guard high != "\\", high.value >= low else { return nil }
        rest = rest.dropFirst(2)
        set.ranges.append(low...high.value)
      } else {
        set.ranges.append(low...low)
      }
    }
    return nil
  }

  private mutating func escape() -> LinearPattern.CharacterSet? {
    guard let letter = rest.popFirst() else { return nil }
    let digits: [ClosedRange<UInt32>] = [48...57]
    let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
    let space: [ClosedRange<UInt32>] = [9...10, 12...13, 32...32]
    switch letter {
    case "d": return .init(ranges: digits)
    case "D": return .init(ranges: digits, isNegated: true)
    case "w": return .init(ranges: word)
    case "W": return .init(ranges: word, isNegated: true)
    case "s": return .init(ranges: space)
    case "S": return .init(ranges: space, isNegated: true)
    case "n": return .init(ranges: [10...10])
    case "t": return .init(ranges: [9...9])
    case "r": return .init(ranges: [13...13])
    default:
      guard letter.isASCII, !letter.properties.isAlphabetic, !(48...57).contains(letter.value)
      else { return nil }
      return .init(ranges: [letter.value...letter.value])
    }
  }

  private static func any(of body: [Instruction]) -> [Instruction] {
    [.split(1, body.count + 2)] + moved(body, by: 1) + [.jump(0)]
  }

  private static func maybe(_ body: [Instruction]) -> [Instruction] {
    [.split(1, body.count + 1)] + moved(body, by: 1)
  }

  private static func moved(_ body: [Instruction], by offset: Int) -> [Instruction] {
    body.map { instruction in
      switch instruction {
      case .split(let left, let right): .split(left + offset, right + offset)
      case .jump(let target): .jump(target + offset)
      case .character, .start, .end, .match: instruction
      }
    }
  }
}
