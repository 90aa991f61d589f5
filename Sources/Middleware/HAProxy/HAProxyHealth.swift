public import TimeAndChance

/// What `observe` sees of one request.
public enum HAProxyObservation: Sendable, Equatable {
  /// The connection was made.
  case connected
  /// The connection failed: refused or timed out.
  case connectionFailed
  /// An answer with this status.
  case status(Int)
  /// An answer that is no HTTP, or a connection closed before it.
  case badResponse
  /// No answer in time.
  case responseTimeout
}

/// The health of one HAProxy server: checks passed and failed, and errors seen in traffic.
///
/// Health runs from 0 to `rise + fall - 1`; the server is up from `rise` on. A passed check adds
/// one (from `rise` on it goes straight to the top), a failed one takes one off (below `rise`
/// straight to 0). At the start a server is up and falls at its first failed check.
///
/// With `observe`, errors in a row are counted against `error-limit`. **A good answer or any passed
/// check clears the count**, so frequent checks can keep a server that answers only errors in
/// service.
///
/// - Source: HAProxy `src/check.c`, `set_server_check_status` and `__health_adjust`.
public struct HAProxyHealth: Sendable, Equatable {
  /// Whether the server goes up or down by an observation.
  public enum Change: Sendable, Equatable {
    /// It stays as it was.
    case none
    /// It is back.
    case up
    /// It is out.
    case down
  }

  /// The settings of the checks.
  public let settings: HAProxyCheckSettings
  /// Between 0 and `rise + fall - 1`.
  public private(set) var health: Int
  /// Observed errors in a row.
  public private(set) var consecutiveErrors = 0

  /// A server at the start: up, with `health` at `rise`.
  public init(settings: HAProxyCheckSettings) {
    self.settings = settings
    health = settings.rise
  }

  /// A server whose checks have passed for a while: `health` at the top.
  public static func proven(_ settings: HAProxyCheckSettings) -> HAProxyHealth {
    var health = HAProxyHealth(settings: settings)
    health.health = settings.rise + settings.fall - 1
    return health
  }

  /// Whether the server takes requests.
  public var isUp: Bool { health >= settings.rise }

  /// Time from one check to the next: `inter` at full health, `downinter` at none, in between
  /// `fastinter`.
  public var interval: SimDuration {
    if health == settings.rise + settings.fall - 1 { return settings.inter }
    if health == 0 { return settings.downinter ?? settings.inter }
    return settings.fastinter ?? settings.inter
  }

  /// When the first check of a server runs, counted from the start of the process: spread evenly
  /// over the smallest interval of at least a second.
  ///
  /// - Parameters:
  ///   - position: the server's place among the checked ones, from 0.
  ///   - intervals: the `inter` of every checked server.
  /// - Returns: the time from the start to the first check.
  public static func firstCheck(position: Int, among intervals: [SimDuration]) -> SimDuration {
    let shared = intervals.filter { $0 >= .seconds(1) }.min() ?? .zero
    let spread = max(shared, intervals[position])
    return SimDuration(
      nanoseconds: spread.nanoseconds * Int64(position) / Int64(intervals.count))
  }

  /// A health check passed.
  public mutating func checkPassed() -> Change {
    consecutiveErrors = 0
    let top = settings.rise + settings.fall - 1
    if health >= top { return .none }
    let wasUp = isUp
    health += 1
    if health >= settings.rise { health = top }
    return isUp && !wasUp ? .up : .none
  }

  /// A health check failed.
  public mutating func checkFailed() -> Change {
    let wasUp = isUp
    health = max(0, health - 1)
    if isUp { return .none }
    // Also a server that was on its way back starts over.
    health = 0
    return wasUp ? .down : .none
  }

  /// What traffic showed.
  ///
  /// - Returns: the change, and the time within which the next check must run when the limit was
  ///   reached and `fastinter` is set.
  public mutating func observe(
    _ observation: HAProxyObservation
  ) -> (change: Change, checkWithin: SimDuration?) {
    guard let isError = isError(observation) else { return (.none, nil) }
    if !isError {
      consecutiveErrors = 0
      return (.none, nil)
    }
    consecutiveErrors += 1
    if consecutiveErrors < settings.errorLimit { return (.none, nil) }
    var change = Change.none
    switch settings.onError {
    case .fastinter:
      break
    case .failCheck:
      change = checkFailed()
    case .suddenDeath:
      if health > settings.rise { health = settings.rise + 1 }
      change = checkFailed()
    case .markDown:
      if isUp { health = settings.rise }
      change = checkFailed()
    }
    consecutiveErrors = 0
    return (change, settings.fastinter)
  }

  /// True for an error, false for a good sign, nil when the layer does not look at it.
  ///
  /// Good statuses are 100 to 499, 501 and 505.
  private func isError(_ observation: HAProxyObservation) -> Bool? {
    switch (settings.observe, observation) {
    case (.none, _): nil
    case (_, .connectionFailed): true
    case (.layer4, .connected): false
    case (.layer4, _), (.layer7, .connected): nil
    case (.layer7, .status(let status)):
      !((100..<500).contains(status) || status == 501 || status == 505)
    case (.layer7, .badResponse), (.layer7, .responseTimeout): true
    }
  }
}
