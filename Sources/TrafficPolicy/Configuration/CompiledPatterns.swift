import Synchronization

/// Regular expressions that were compiled before: to compile one takes a hundred times as long as
/// to match it, and routes and filters ask the same ones over and over.
///
/// What it answers depends on the arguments alone. Each of some shelves holds patterns of its own,
/// so that runs side by side do not wait for each other.
struct CompiledPatterns: ~Copyable {
  private typealias Shelf = [String: Regex<AnyRegexOutput>?]

  /// How many patterns a shelf holds at most before it is emptied.
  private static let most = 10_000

  static let shared = CompiledPatterns()

  private let first = Mutex(Shelf())
  private let second = Mutex(Shelf())
  private let third = Mutex(Shelf())
  private let fourth = Mutex(Shelf())

  /// Whether a pattern matches a text as a whole; what is no regular expression matches nothing.
  func matches(_ pattern: String, _ text: String) -> Bool {
    first.withLockIfAvailable { Self.matches(pattern, text, on: &$0) }
      ?? second.withLockIfAvailable { Self.matches(pattern, text, on: &$0) }
      ?? third.withLockIfAvailable { Self.matches(pattern, text, on: &$0) }
      ?? fourth.withLock { Self.matches(pattern, text, on: &$0) }
  }

  private static func matches(_ pattern: String, _ text: String, on shelf: inout Shelf) -> Bool {
    let regex: Regex<AnyRegexOutput>?
    if let known = shelf[pattern] {
      regex = known
    } else {
      if shelf.count >= most { shelf.removeAll() }
      regex = try? Regex(pattern)
      shelf[pattern] = .some(regex)
    }
    guard let regex else { return false }
    return (try? regex.wholeMatch(in: text)) != nil
  }
}
