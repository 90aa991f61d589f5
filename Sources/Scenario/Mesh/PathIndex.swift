public import TrafficPolicy

/// Finds, among things in order that each take some paths, those that may take a certain one.
///
/// Thousands of routes that each name a path of their own are thousands of comparisons for each of
/// thousands of requests. What is found here is a little more than what takes the path, never less:
/// whoever asks still compares.
public struct PathIndex: Sendable {
  /// How many things there are.
  public private(set) var count = 0
  private var exact: [String: [Int]] = [:]
  private var prefixes: [String: [Int]] = [:]
  /// The lengths of the prefixes in bytes.
  private var lengths: Set<Int> = []
  /// What any path must be compared with.
  private var others: [Int] = []

  /// An index without things.
  public init() {}

  /// Adds the next thing, which takes paths that satisfy one of the conditions; nil is satisfied by
  /// every path, and so is having no conditions at all.
  public mutating func add(_ conditions: [RouteMatch.TextMatch?]) {
    let keys = conditions.map { Key($0) }
    if keys.isEmpty || keys.contains(.any) {
      others.append(count)
    } else {
      for key in keys {
        switch key {
        case .exact(let text): Self.note(count, under: text, in: &exact)
        case .prefix(let text):
          Self.note(count, under: text, in: &prefixes)
          lengths.insert(text.utf8.count)
        case .any: break
        }
      }
    }
    count += 1
  }

  private static func note(_ thing: Int, under text: String, in lists: inout [String: [Int]]) {
    // One thing may name the same path in several conditions.
    if lists[text]?.last != thing { lists[text, default: []].append(thing) }
  }

  /// The things that may take a path, each once, in order.
  public func candidates(for path: String) -> [Int] {
    // Letters outside ASCII have several spellings, and those count as the same text.
    guard path.utf8.allSatisfy({ $0 < 0x80 }) else { return Array(0..<count) }
    var found = exact[path] ?? []
    let bytes = path.utf8
    for length in lengths where length <= bytes.count {
      if let end = bytes.index(bytes.startIndex, offsetBy: length, limitedBy: bytes.endIndex),
        let more = prefixes[String(path[..<end])]
      {
        found += more
      }
    }
    if found.isEmpty { return others }
    return Array(Set(found + others)).sorted()
  }

  /// What a condition says of the beginning of a path.
  private enum Key: Equatable {
    case exact(String)
    case prefix(String)
    case any

    init(_ condition: RouteMatch.TextMatch?) {
      switch condition {
      case .exact(let text) where Self.isASCII(text): self = .exact(text)
      case .prefix(let text) where Self.isASCII(text) && !text.isEmpty: self = .prefix(text)
      case .regex(let pattern):
        let start = Self.literalStart(of: pattern)
        self = start.isEmpty ? .any : .prefix(start)
      case .exact, .prefix, .present, nil: self = .any
      }
    }

    private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    private static func isPlain(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }

    /// The text with which everything begins that an expression matches as a whole; empty where
    /// that takes a closer look.
    private static func literalStart(of pattern: String) -> String {
      if pattern.contains("|") { return "" }
      var start: [UInt8] = []
      var next: UInt8?
      for byte in pattern.utf8.drop(while: { $0 == UInt8(ascii: "^") }) {
        guard isPlain(byte) else {
          next = byte
          break
        }
        start.append(byte)
      }
      // What comes last may be absent, or be a letter with a mark on it.
      if let next, next >= 0x80 || "*?{".utf8.contains(next), !start.isEmpty { start.removeLast() }
      return String(decoding: start, as: UTF8.self)
    }
  }
}
