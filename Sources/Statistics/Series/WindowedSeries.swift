/// Values gathered in windows of equal length: one row a window, however many values fall in it.
///
/// Meant for values that arrive in the order of time; late ones are put where they belong, only
/// slower. Instants and lengths are nanoseconds.
public struct WindowedSeries: Sendable, Equatable {
  /// What fell into one window.
  public struct Window: Sendable, Equatable {
    /// How many values.
    public internal(set) var count: UInt64 = 0
    /// Their exact sum.
    public internal(set) var sum: Int128 = 0
    /// The largest; 0 of none.
    public internal(set) var highest: Int64 = 0

    /// The mean; nil of no values.
    public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

    mutating func record(_ value: Int64) {
      highest = count == 0 ? value : max(highest, value)
      count += 1
      sum += Int128(value)
    }

    mutating func merge(_ other: Window) {
      guard other.count > 0 else { return }
      highest = count == 0 ? other.highest : max(highest, other.highest)
      count += other.count
      sum += other.sum
    }
  }

  /// When the first window begins.
  public let start: Int64
  /// How long a window is.
  public let width: Int64
  /// The most windows that are kept.
  public let limit: Int
  /// The windows from the first to the last that holds a value.
  public private(set) var windows: [Window] = []
  /// A histogram for each window, if asked for; otherwise empty.
  public private(set) var histograms: [LatencyHistogram] = []
  /// Values before the first or behind the last window; they are counted and otherwise left out.
  public private(set) var outside: UInt64 = 0
  private let keepsHistograms: Bool
  // The window of the latest value, so that most records need no division.
  private var current = 0
  private var currentStart: Int64

  /// A series without values.
  ///
  /// - Parameters:
  ///   - start: when the first window begins.
  ///   - width: the length of a window, at least 1 ns.
  ///   - limit: how many windows there may be; 100 000 by default.
  ///   - histograms: whether each window keeps a histogram; values must not be negative then.
  public init(start: Int64 = 0, width: Int64, limit: Int = 100_000, histograms: Bool = false) {
    precondition(width > 0, "a window needs a positive width, not \(width)")
    precondition(limit > 0, "a series needs a positive number of windows, not \(limit)")
    self.start = start
    self.width = width
    self.limit = limit
    keepsHistograms = histograms
    currentStart = start
  }

  /// Puts a value into the window of its instant.
  public mutating func record(_ value: Int64, at nanoseconds: Int64) {
    let offset = nanoseconds - currentStart
    if offset < 0 || offset >= width {
      guard nanoseconds >= start, (nanoseconds - start) / width < Int64(limit) else {
        outside += 1
        return
      }
      current = Int((nanoseconds - start) / width)
      currentStart = start + Int64(current) * width
    }
    extend(to: current + 1)
    windows[current].record(value)
    if keepsHistograms { histograms[current].record(value) }
  }

  private mutating func extend(to count: Int) {
    while windows.count < count {
      windows.append(Window())
      if keepsHistograms { histograms.append(LatencyHistogram()) }
    }
  }

  /// Adds the values of another series with the same start, width, limit and kind.
  public mutating func merge(_ other: WindowedSeries) {
    precondition(
      start == other.start && width == other.width && limit == other.limit
        && keepsHistograms == other.keepsHistograms, "only series of the same windows merge")
    extend(to: other.windows.count)
    for (index, window) in other.windows.enumerated() { windows[index].merge(window) }
    for (index, histogram) in other.histograms.enumerated() { histograms[index].merge(histogram) }
    outside += other.outside
  }

  public static func == (left: WindowedSeries, right: WindowedSeries) -> Bool {
    left.start == right.start && left.width == right.width && left.limit == right.limit
      && left.windows == right.windows && left.histograms == right.histograms
      && left.outside == right.outside && left.keepsHistograms == right.keepsHistograms
  }
}
