public import TimeAndChance

/// A retry of Resilience4j: it looks at how an attempt ended and says whether to try again, and when.
///
/// There is no retry budget, and no jitter unless the interval function has it. In synchronous use
/// the wait is a plain sleep of the calling thread, which stays occupied.
///
/// - Source: Resilience4j `retry/internal/RetryImpl.java`.
public struct Retry: Hashable, Sendable {
  /// One call's progress.
  @frozen public struct Context: Hashable, Sendable {
    /// How many attempts ended badly so far.
    public var attempts: Int32 = 0

    /// A call that has not begun.
    @inlinable public init() {}
  }

  /// What to do after an attempt.
  @frozen public enum Decision: Hashable, Sendable {
    /// Wait that long, then try again.
    case retry(after: SimDuration)
    /// The call is over and ends like this.
    case finish(DecoratedOutcome)
  }

  /// The figures the library's `Metrics` shows.
  public struct Metrics: Hashable, Sendable {
    /// Calls that were good at once.
    public var successfulCallsWithoutRetryAttempt = 0
    /// Calls that were good after a retry.
    public var successfulCallsWithRetryAttempt = 0
    /// Calls that ended with an exception that is not tried again, also on a later attempt.
    public var failedCallsWithoutRetryAttempt = 0
    /// Calls that used up their attempts.
    public var failedCallsWithRetryAttempt = 0
    /// Attempts seen.
    ///
    /// A bad result that is judged again at the end counts twice.
    public var totalCalls = 0

    /// Nothing counted yet.
    public init() {}
  }

  /// The settings; they do not change while the retry lives.
  public let configuration: RetryConfiguration
  /// Whether it decorates asynchronous stages, whose wrapper exceptions are unwrapped once.
  public let isAsynchronous: Bool
  /// What it has counted.
  public internal(set) var metrics = Metrics()

  /// A retry with valid settings, see ``RetryConfiguration/validate()``.
  public init(_ configuration: RetryConfiguration, isAsynchronous: Bool = false) {
    self.configuration = configuration
    self.isAsynchronous = isAsynchronous
  }

  /// Judges how an attempt ended.
  ///
  /// An exception that is not to be tried again ends the call at once. Otherwise the attempt counts,
  /// and the call ends when it was the last one: with the exception, or with the bad result itself,
  /// or with `MaxRetriesExceededException` where the settings ask for it. The library throws that
  /// exception inside its own loop and judges it once more, so that such a call is counted as failed
  /// twice; so do we.
  ///
  /// - Parameters:
  ///   - outcome: How the attempt ended.
  ///   - context: The call's progress; begins fresh with each call.
  ///   - random: For randomised waits, one number a wait.
  /// - Returns: Whether to try again.
  public mutating func judge(
    _ outcome: DecoratedOutcome, _ context: inout Context, using random: inout RandomStream
  ) -> Decision {
    switch outcome {
    case .threw(let thrown, let cause):
      return judge(thrown, cause, &context, using: &random)
    case .returnedBad where configuration.retryOnBadResult:
      metrics.totalCalls += 1
      context.attempts += 1
      if Int(context.attempts) < configuration.maxAttempts {
        return .retry(after: interval(context, using: &random))
      }
      return complete(outcome, &context, using: &random)
    case .returned, .returnedBad:
      return complete(outcome, &context, using: &random)
    case .cancelled:
      return .finish(.cancelled)
    }
  }

  private mutating func judge(
    _ thrown: ExceptionClass, _ cause: ExceptionClass?, _ context: inout Context,
    using random: inout RandomStream
  ) -> Decision {
    let exception = isAsynchronous ? unwrapped(thrown, cause: cause) : thrown
    metrics.totalCalls += 1
    guard
      configuration.retryExceptions.contains(exception),
      !configuration.ignoreExceptions.contains(exception)
    else {
      metrics.failedCallsWithoutRetryAttempt += 1
      return .finish(.threw(thrown, cause: cause))
    }
    context.attempts += 1
    guard Int(context.attempts) < configuration.maxAttempts else {
      metrics.failedCallsWithRetryAttempt += 1
      return .finish(.threw(thrown, cause: cause))
    }
    return .retry(after: interval(context, using: &random))
  }

  /// The call returned something; its attempts say how it is counted.
  private mutating func complete(
    _ outcome: DecoratedOutcome, _ context: inout Context, using random: inout RandomStream
  ) -> Decision {
    metrics.totalCalls += 1
    if context.attempts == 0 {
      metrics.successfulCallsWithoutRetryAttempt += 1
    } else if Int(context.attempts) < configuration.maxAttempts {
      metrics.successfulCallsWithRetryAttempt += 1
    } else {
      metrics.failedCallsWithRetryAttempt += 1
      if configuration.failAfterMaxAttempts {
        return judge(.maxRetriesExceededException, nil, &context, using: &random)
      }
    }
    return .finish(outcome)
  }

  private func interval(_ context: Context, using random: inout RandomStream) -> SimDuration {
    configuration.intervalFunction.interval(attempt: Int(context.attempts), using: &random)
  }
}
