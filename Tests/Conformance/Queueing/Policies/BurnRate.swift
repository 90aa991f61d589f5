/// `burn_rate`, `burn_rate_reset`: two sliding windows over steady traffic that begins to fail.
///
/// A window is two cursors on the traffic: requests that enter it are counted, those that leave it
/// are taken off. Traffic is clean before 0 s, and again from the end of an outage.
struct BurnRate: QueueingModel {
  /// The failed part of what a window holds, in steps of the traffic.
  private struct Window {
    /// How many steps it is long.
    let length: Int
    /// Steps in it in which requests failed.
    private(set) var failing = 0

    init(length: Int) { self.length = length }

    /// The window moves on by a step; `fails` tells of any step whether requests fail in it.
    mutating func advance(to step: Int, _ fails: (Int) -> Bool) {
      if fails(step) { failing += 1 }
      if fails(step - length) { failing -= 1 }
    }

    /// The errors' share of the requests in it.
    func errorRatio(_ whileFailing: Double) -> Double {
      Double(failing) * whileFailing / Double(length)
    }
  }

  private let errorRatio: Double
  /// The error ratio at which the budget burns at the factor's rate.
  private let threshold: Double
  private let long: Int?
  private let short: Int
  /// The steps in which requests fail; nil for ever.
  private let outage: Int?

  /// Steps of the traffic in a second.
  private static let resolution = 1000
  /// The part of the threshold that is rounding: 1 − 0.999 is not 0.001 in binary.
  private static let rounding = 1e-9

  /// The model of a row's parameters; its times are seconds.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let factor = try parameters.number("factor")
    let objective = try parameters.number("objective", in: 0...0.999_999_999)
    threshold = factor * (1 - objective) * (1 - Self.rounding)
    errorRatio = try parameters.number("error_ratio", in: 1e-9...1)
    short = try Self.steps("short_window", row, &parameters)
    if row.family == "burn_rate" {
      long = try Self.steps("long_window", row, &parameters)
      outage = nil
    } else {
      long = nil
      outage = try Self.steps("outage", row, &parameters)
    }
  }

  /// A time in whole steps, a year at most.
  private static func steps(
    _ name: String, _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> Int {
    let seconds = try parameters.number(name, in: 1 / Double(resolution)...3.2e7)
    return Int((seconds * Double(resolution)).rounded())
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    let found = outage.map { ["short_falls": fall(after: $0)] } ?? rise()
    return metrics.map { found[$0.name] ?? nil }
  }

  /// When each window reaches the threshold, and the first whole second that finds both there.
  private func rise() -> [String: Double?] {
    var windows = (long: Window(length: long ?? short), short: Window(length: short))
    var crossings: (long: Int?, short: Int?, alert: Int?) = (nil, nil, nil)
    // Once both windows hold failing traffic only, nothing changes any more.
    let end = max(windows.long.length, short) + Self.resolution
    for step in 0..<end where crossings.alert == nil {
      windows.long.advance(to: step) { $0 >= 0 }
      windows.short.advance(to: step) { $0 >= 0 }
      let isOver = (
        long: windows.long.errorRatio(errorRatio) >= threshold,
        short: windows.short.errorRatio(errorRatio) >= threshold
      )
      let now = step + 1
      if isOver.long, crossings.long == nil { crossings.long = now }
      if isOver.short, crossings.short == nil { crossings.short = now }
      if isOver.long, isOver.short, now % Self.resolution == 0 { crossings.alert = now }
    }
    return [
      "long_crosses": crossings.long.map(Self.seconds),
      "short_crosses": crossings.short.map(Self.seconds),
      "alert_at": crossings.alert.map(Self.seconds),
    ]
  }

  /// How long after the end of the outage the short window is below the threshold again.
  private func fall(after outage: Int) -> Double? {
    var window = Window(length: short)
    for step in 0..<outage { window.advance(to: step) { $0 >= 0 && $0 < outage } }
    var step = outage
    while window.errorRatio(errorRatio) >= threshold {
      window.advance(to: step) { $0 >= 0 && $0 < outage }
      step += 1
    }
    return Self.seconds(step - outage)
  }

  private static func seconds(_ steps: Int) -> Double { Double(steps) / Double(resolution) }
}
