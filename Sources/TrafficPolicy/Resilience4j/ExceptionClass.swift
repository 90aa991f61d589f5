/// A Java exception class as a small number; its name stands in an ``ExceptionHierarchy``.
///
/// A run compares classes millions of times and names never, so only the number travels.
/// Valid range: `0 ..< 256`, numbers given out by one hierarchy.
@frozen public struct ExceptionClass: Hashable, Sendable {
  /// The index into the hierarchy that named the class.
  public var id: UInt8

  /// The class with that index.
  @inlinable public init(id: UInt8) { self.id = id }

  /// `java.lang.Throwable`, the root of every hierarchy.
  @inlinable public static var throwable: Self { Self(id: 0) }
  /// `java.lang.Exception`.
  @inlinable public static var exception: Self { Self(id: 1) }
  /// `java.lang.RuntimeException`.
  @inlinable public static var runtimeException: Self { Self(id: 2) }
  /// `java.util.concurrent.TimeoutException`: what a time limiter throws.
  @inlinable public static var timeoutException: Self { Self(id: 3) }
  /// `java.util.concurrent.CompletionException`: wraps what an asynchronous stage threw.
  @inlinable public static var completionException: Self { Self(id: 4) }
  /// `java.util.concurrent.ExecutionException`: wraps what a future's work threw.
  @inlinable public static var executionException: Self { Self(id: 5) }
  /// `CallNotPermittedException`: what an open circuit breaker throws.
  @inlinable public static var callNotPermittedException: Self { Self(id: 6) }
  /// `RequestNotPermitted`: what a rate limiter throws.
  @inlinable public static var requestNotPermitted: Self { Self(id: 7) }
  /// `BulkheadFullException`: what a full bulkhead throws.
  @inlinable public static var bulkheadFullException: Self { Self(id: 8) }
  /// `MaxRetriesExceededException`: a retry's answer to a result that never became good.
  @inlinable public static var maxRetriesExceededException: Self { Self(id: 9) }
  /// `java.util.concurrent.CancellationException`: what work sees that was cancelled.
  @inlinable public static var cancellationException: Self { Self(id: 12) }
  /// `java.lang.ArithmeticException`: a breaker's own defect, see ``CircuitBreakerEffects``.
  @inlinable public static var arithmeticException: Self { Self(id: 11) }
}

/// A set of exception classes, subclasses already included: one bit a class, no storage behind it.
@frozen public struct ExceptionSet: Hashable, Sendable {
  @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

  /// The empty set.
  @inlinable public init() { words = (0, 0, 0, 0) }

  /// Every class there is.
  @inlinable public static var all: Self {
    var set = Self()
    set.words = (.max, .max, .max, .max)
    return set
  }

  /// Whether the class is in the set.
  @inlinable @inline(__always) public func contains(_ exception: ExceptionClass) -> Bool {
    let bit: UInt64 = 1 &<< UInt64(exception.id & 63)
    let word =
      switch exception.id &>> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word & bit != 0
  }

  /// Adds one class, without its subclasses.
  @inlinable public mutating func insert(_ exception: ExceptionClass) {
    let bit: UInt64 = 1 &<< UInt64(exception.id & 63)
    switch exception.id &>> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  @inlinable public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  @inlinable public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
