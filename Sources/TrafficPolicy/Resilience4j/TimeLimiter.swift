public import TimeAndChance

/// The settings of one time limiter, with the names of `application.yml`.
///
/// - Source: Resilience4j `timelimiter/TimeLimiterConfig.java`.
public struct TimeLimiterConfiguration: Hashable, Sendable {
  /// How long a call may take, in whole milliseconds; at least 0, default **1 s**.
  public var timeoutDuration: SimDuration = .seconds(1)
  /// Whether the future that timed out is cancelled with an interruption; default yes.
  ///
  /// Only the future form can: the work behind a completion stage goes on until it ends by itself.
  public var cancelRunningFuture = true

  /// The library's defaults.
  public init() {}

  /// Refuses what the library refuses.
  ///
  /// - Throws: A ``Resilience4jProblem`` for the first setting out of range.
  public func validate() throws(Resilience4jProblem) {
    guard timeoutDuration >= .zero else {
      throw Resilience4jProblem(property: "timeout-duration", reason: "must not be negative")
    }
  }
}

/// A time limiter of Resilience4j: it answers with `TimeoutException` after exactly its timeout.
///
/// What it limits may go on: in the completion-stage form the work **is not stopped** and still
/// occupies the server and any inner bulkhead permit until it really ends.
///
/// - Source: Resilience4j `timelimiter/internal/TimeLimiterImpl.java`.
@frozen public struct TimeLimiter: Hashable, Sendable {
  /// How the limited work is run.
  @frozen public enum Form: Hashable, Sendable {
    /// A future on a pool thread, which can be cancelled.
    case future
    /// A completion stage, which cannot.
    case completionStage
  }

  /// The settings; they do not change while the limiter lives.
  public let configuration: TimeLimiterConfiguration
  /// How the limited work is run.
  public let form: Form

  /// A limiter with valid settings, see ``TimeLimiterConfiguration/validate()``.
  @inlinable public init(_ configuration: TimeLimiterConfiguration, form: Form = .completionStage) {
    self.configuration = configuration
    self.form = form
  }

  /// When a call that starts now times out.
  @inlinable public func deadline(startingAt now: SimTime) -> SimTime {
    now + configuration.timeoutDuration.wholeMilliseconds
  }

  /// Whether the work is stopped when it times out.
  @inlinable public var stopsWork: Bool { form == .future && configuration.cancelRunningFuture }
}
