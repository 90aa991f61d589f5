public import TrafficPolicy

/// The configurations of one kind of policy, by instance name.
public struct NamedConfigurations<Configuration: Hashable & Sendable>: Hashable, Sendable {
  /// An instance that the file lists.
  public struct Instance: Hashable, Sendable {
    /// The instance's name.
    public let name: String
    /// Its settings, with everything inherited.
    public let configuration: Configuration
  }

  /// The instances that the file lists, by name.
  public let instances: [Instance]
  /// The settings of an instance that the file does not list: `configs.default`, else the library's.
  public let unlisted: Configuration

  /// The settings of an instance, listed or not.
  public subscript(_ name: String) -> Configuration {
    instances.first { $0.name == name }?.configuration ?? unlisted
  }
}

/// What a Spring `application.yml` says about Resilience4j, as the library itself would read it.
///
/// The library's own inheritance is kept, surprises included: a circuit breaker's named base does
/// **not** inherit `configs.default`, the other kinds' bases do; lists replace lists; keys that do
/// not exist are ignored. Where that silently leaves a default, ``issues`` has a warning.
///
/// - Source: Resilience4j `common/*/configuration/Common*ConfigurationProperties.java`.
public struct Resilience4jSettings: Sendable {
  /// Circuit breakers.
  public let circuitBreakers: NamedConfigurations<CircuitBreakerConfiguration>
  /// Retries.
  public let retries: NamedConfigurations<RetryConfiguration>
  /// Rate limiters.
  public let rateLimiters: NamedConfigurations<RateLimiterConfiguration>
  /// Semaphore bulkheads.
  public let bulkheads: NamedConfigurations<BulkheadConfiguration>
  /// Thread-pool bulkheads.
  public let threadPoolBulkheads: NamedConfigurations<ThreadPoolBulkheadConfiguration>
  /// Time limiters.
  public let timeLimiters: NamedConfigurations<TimeLimiterConfiguration>
  /// The order of the annotations, with the file's aspect orders.
  public let order: DecorationOrder
  /// The exception classes, those that the file names included.
  public let exceptions: ExceptionHierarchy
  /// What there is to say about the file, in its order.
  public let issues: [SpringIssue]

  /// Whether an application with this file would start.
  public var startsApplication: Bool { !issues.contains { $0.severity == .error } }

  /// Reads the file.
  ///
  /// - Parameters:
  ///   - yaml: The file's text, one document or several.
  ///   - profiles: The active Spring profiles; a document for others is left out.
  ///   - exceptions: The classes that are known already; others are taken to extend
  ///     `RuntimeException`, with a note.
  ///   - availableProcessors: What the JVM counts under the pod's CPU limit; it sizes thread pools
  ///     that the file does not.
  public init(
    yaml: String, profiles: [String] = [], exceptions: ExceptionHierarchy = ExceptionHierarchy(),
    availableProcessors: Int = 1
  ) {
    var issues = SpringIssues()
    let properties = SpringProperties(
      yaml: yaml, prefix: "resilience4j", profiles: profiles, issues: &issues)
    var reader = Resilience4jReader(exceptions: exceptions, issues: issues)
    reader.sort(properties.list)
    reader.learnExceptions()
    let defaults = ThreadPoolBulkheadConfiguration(availableProcessors: availableProcessors)
    circuitBreakers = reader.circuitBreakers()
    retries = reader.retries()
    rateLimiters = reader.inheriting(.rateLimiter, from: RateLimiterConfiguration())
    bulkheads = reader.inheriting(.bulkhead, from: BulkheadConfiguration())
    threadPoolBulkheads = reader.inheriting(.threadPoolBulkhead, from: defaults)
    timeLimiters = reader.inheriting(.timeLimiter, from: TimeLimiterConfiguration())
    order = .spring(aspectOrders: reader.aspectOrders)
    self.exceptions = reader.exceptions
    self.issues = reader.issues.list.enumerated()
      .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
  }
}
