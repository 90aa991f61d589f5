/// How a decorated call ended, as the policies around it see it.
@frozen public enum DecoratedOutcome: Hashable, Sendable {
  /// It returned a value that no result predicate matches.
  case returned
  /// It returned a value that the result predicates (`record-result-predicate`,
  /// `result-predicate`) match, such as an error status; whether that matters is their setting.
  case returnedBad
  /// It threw; `cause` is what a `CompletionException` or `ExecutionException` wraps.
  case threw(ExceptionClass, cause: ExceptionClass? = nil)
  /// The caller gave up: the permission is released and nothing is recorded.
  case cancelled

  /// Whether an exception reaches the next layer outward.
  @inlinable public var isException: Bool {
    if case .threw = self { true } else { false }
  }
}

/// Unwraps the two wrappers that asynchronous work throws, once.
///
/// - Source: Resilience4j `CircuitBreakerStateMachine.onError`, `RetryImpl.AsyncContextImpl`.
@inlinable @inline(__always)
func unwrapped(_ exception: ExceptionClass, cause: ExceptionClass?) -> ExceptionClass {
  guard exception == .completionException || exception == .executionException else {
    return exception
  }
  return cause ?? exception
}
