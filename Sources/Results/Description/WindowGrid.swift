public import TimeAndChance

/// How the time of a run is cut into the windows of its series.
///
/// Windows begin at the multiples of a usual length, and at the instants between them from which or to
/// which somebody asks for figures. So every stretch that is asked for consists of whole windows.
public struct WindowGrid: Sendable, Equatable {
  /// The usual length of a window.
  public let width: SimDuration
  /// The end of the last window.
  public let end: SimTime
  /// Where windows begin that do not begin at a multiple of ``width``; rising, before ``end``.
  public let cuts: [SimTime]
  /// Instants that were asked for and are no edge, because there would be too many windows.
  public let leftOut: Int
  /// By cut: the index of the window that begins there.
  private let places: [Int]

  /// The most windows that cuts may lead to.
  ///
  /// A window takes about a kilobyte for each traffic source, so this is some 20 MB of each.
  public static let mostWindows = 20_000

  /// A grid with edges at some instants.
  ///
  /// - Parameters:
  ///   - width: the usual length, above 0.
  ///   - end: of the run.
  ///   - instants: where windows are to begin, the most important first; those that are beyond
  ///     the run or multiples of the width anyway do no harm.
  public init(width: SimDuration, end: SimTime, edges instants: [SimTime] = []) {
    precondition(width > .zero, "a window has a length")
    self.width = width
    self.end = end
    var room = Self.mostWindows - Int(clamping: end.nanoseconds / width.nanoseconds)
    var leftOut = 0
    var known: Set<SimTime> = []
    for instant in instants
    where instant > .zero && instant < end && instant.nanoseconds % width.nanoseconds != 0 {
      guard !known.contains(instant) else { continue }
      if room <= 0 {
        leftOut += 1
        continue
      }
      known.insert(instant)
      room -= 1
    }
    self.leftOut = leftOut
    let cuts = known.sorted()
    self.cuts = cuts
    places = cuts.indices.map { Int(cuts[$0].nanoseconds / width.nanoseconds) + 1 + $0 }
  }

  /// How many windows there are.
  public var count: Int { firstWindow(from: end) }

  /// The first window that does not begin before an instant.
  public func firstWindow(from instant: SimTime) -> Int {
    guard instant > .zero else { return 0 }
    return Int((instant.nanoseconds - 1) / width.nanoseconds + 1)
      + Self.count(of: cuts) { $0 < instant }
  }

  /// The window that an instant lies in; its edge belongs to the later of two.
  public func window(at instant: SimTime) -> Int {
    Int(instant.nanoseconds / width.nanoseconds) + Self.count(of: cuts) { $0 <= instant }
  }

  /// When a window begins; windows beyond the end go on at the usual length.
  public func start(of window: Int) -> SimTime {
    let before = Self.count(of: places) { $0 < window }
    if before < places.count, places[before] == window { return cuts[before] }
    return SimTime(nanoseconds: Int64(window - before) * width.nanoseconds)
  }

  /// When a window ends.
  public func end(of window: Int) -> SimTime {
    let next = start(of: window + 1)
    return next > end && start(of: window) < end ? end : next
  }

  /// The length of a window.
  public func length(of window: Int) -> SimDuration { end(of: window) - start(of: window) }

  /// The length of a window in usual ones: 1, or less where it is cut short.
  func weight(of window: Int) -> Double {
    let length = length(of: window)
    return length == width ? 1 : Double(length.nanoseconds) / Double(width.nanoseconds)
  }

  /// The lengths of the first windows in seconds.
  func seconds(upTo count: Int) -> [Double] { (0..<count).map { length(of: $0).inSeconds } }

  /// The windows that begin within `start ..< end`, so many at most.
  public func windows(from start: SimTime, to end: SimTime, upTo count: Int) -> Range<Int> {
    let first = firstWindow(from: start)
    let last = min(firstWindow(from: end), count)
    return first < last ? first..<last : first..<first
  }

  /// The windows that some multiple of the width and what is cut off it make, one range each.
  func usualWindows(upTo count: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var first = 0
    while first < count {
      let start = start(of: first)
      let next = start + width
      let last = min(count, max(first + 1, firstWindow(from: next)))
      ranges.append(first..<last)
      first = last
    }
    return ranges
  }

  /// How many elements at the front of a sorted list satisfy a predicate that the rest does not.
  private static func count<Element>(
    of list: [Element], while holds: (Element) -> Bool
  ) -> Int {
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(list[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
