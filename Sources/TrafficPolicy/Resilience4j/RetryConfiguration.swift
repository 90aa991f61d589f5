/// The settings of one retry, with the names of `application.yml`.
///
/// - Source: Resilience4j `retry/RetryConfig.java`.
public struct RetryConfiguration: Hashable, Sendable {
  /// How many attempts a call may make, **the first included**; at least 1, default 3.
  public var maxAttempts: Int = 3
  /// The wait before the next attempt, by the number of the failed one; default 500 ms, 0 allowed.
  public var intervalFunction: IntervalFunction = .fixed(milliseconds: 500)
  /// What is tried again, subclasses included; every exception by default, **also the refusal of an
  /// open circuit breaker**.
  public var retryExceptions: ExceptionSet = .all
  /// What is never tried again; wins over ``retryExceptions``.
  ///
  /// None by default.
  public var ignoreExceptions = ExceptionSet()
  /// Whether a result that matches the result predicate is tried again; not by default.
  public var retryOnBadResult = false
  /// Whether a result that stays bad is answered with `MaxRetriesExceededException`; by default the
  /// bad result itself is returned.
  public var failAfterMaxAttempts = false

  /// The library's defaults.
  public init() {}

  /// Refuses what the library refuses.
  ///
  /// - Throws: A ``Resilience4jProblem`` for the first setting out of range.
  public func validate() throws(Resilience4jProblem) {
    guard maxAttempts >= 1 else {
      throw Resilience4jProblem(
        property: "max-attempts", reason: "must be at least 1, is \(maxAttempts)")
    }
    try intervalFunction.validate(property: "wait-duration", allowsZero: true)
  }
}
