/// Which policies surround a call, outermost first.
///
/// Spring applies its annotations in a fixed order, whatever their order in the source:
/// `Retry(CircuitBreaker(RateLimiter(TimeLimiter(Bulkhead(call)))))`. Feign applies them as its
/// builder was told, the first added innermost. An outer policy sees an inner one's refusal as an
/// exception: a breaker counts it as a failure, a retry tries it again, unless told otherwise.
///
/// - Source: Resilience4j `spring6/*/configure/*ConfigurationProperties.java` (aspect orders),
///   `feign/FeignDecorators.java`.
public struct DecorationOrder: Hashable, Sendable {
  /// A kind of policy.
  public enum Kind: Hashable, Sendable, CaseIterable {
    /// ``Retry``
    case retry
    /// ``CircuitBreaker``
    case circuitBreaker
    /// ``RateLimiter``
    case rateLimiter
    /// ``TimeLimiter``
    case timeLimiter
    /// ``Bulkhead`` or ``ThreadPoolBulkhead``
    case bulkhead
  }

  /// One policy around the call, and the fallback declared on it.
  public struct Layer: Hashable, Sendable {
    /// The kind of policy.
    public var kind: Kind
    /// The exceptions its fallback answers in place of the call; nil without a fallback.
    ///
    /// An outer retry then sees a success and does not retry.
    public var fallback: ExceptionSet?

    /// A policy, with or without a fallback.
    public init(_ kind: Kind, fallback: ExceptionSet? = nil) {
      self.kind = kind
      self.fallback = fallback
    }

    /// What leaves the layer: the fallback's answer for an exception it covers.
    func answer(_ outcome: DecoratedOutcome) -> DecoratedOutcome {
      guard case .threw(let exception, _) = outcome, let fallback, fallback.contains(exception)
      else { return outcome }
      return .returned
    }
  }

  /// The layers, outermost first; at most one of each kind.
  public var layers: ContiguousArray<Layer>

  /// An order, outermost first.
  public init(_ layers: some Sequence<Layer>) { self.layers = ContiguousArray(layers) }

  /// An order without fallbacks, outermost first.
  public init(_ kinds: [Kind]) { layers = ContiguousArray(kinds.map { Layer($0) }) }

  /// The order of Spring's annotations with the library's aspect orders.
  public static var spring: DecorationOrder {
    DecorationOrder([.retry, .circuitBreaker, .rateLimiter, .timeLimiter, .bulkhead])
  }

  /// The order of Feign's builder calls: the first added is the innermost.
  ///
  /// Feign has no time limiter.
  public static func feign(added: [Kind]) -> DecorationOrder {
    DecorationOrder(added.filter { $0 != .timeLimiter }.reversed())
  }

  /// Spring Cloud CircuitBreaker, another wrapper: a breaker around a time limiter that is present by
  /// default at 1 s, around the call on a pool thread.
  public static var springCloud: DecorationOrder {
    DecorationOrder([.circuitBreaker, .timeLimiter])
  }

  /// The order by the numbers of Spring's aspects: a lower number is further out.
  ///
  /// Equal numbers leave the order to chance in Spring; here they keep the default order.
  ///
  /// - Parameter overrides: The numbers that were set, such as `retry-aspect-order`; others have
  ///   the library's: retry `Int32.max` - 5, then each one more in the order of ``spring``.
  /// - Returns: The order, outermost first.
  public static func spring(aspectOrders overrides: [(kind: Kind, order: Int)]) -> DecorationOrder {
    let kinds = spring.layers.map(\.kind)
    let numbered = kinds.enumerated().map { index, kind in
      (
        kind: kind, index: index,
        order: overrides.last { $0.kind == kind }?.order ?? Int(Int32.max) - 5 + index
      )
    }
    return DecorationOrder(
      numbered.sorted { ($0.order, $0.index) < ($1.order, $1.index) }.map { Layer($0.kind) })
  }
}
