/// Which exception class extends which: the table behind every ``ExceptionClass`` number.
///
/// It begins with the classes that Java, Spring, Feign and Resilience4j itself bring; an
/// application's own classes are added by name. Lists such as `record-exceptions` match subclasses,
/// so they are turned into an ``ExceptionSet`` once all classes are known.
///
/// - Source: Resilience4j `core/predicate/PredicateCreator.java` (a class matches when it is
///   assignable to a listed one); the class tree is that of the JDK, Spring Framework 6 and Feign.
public struct ExceptionHierarchy: Hashable, Sendable {
  /// One more class than ``ExceptionClass`` can number was asked for.
  public struct Full: Error, Hashable {
    /// The class that found no place.
    public let name: String
  }

  private struct Entry: Hashable {
    let name: String
    let parent: ExceptionClass
  }
  private var entries: [Entry] = []

  /// The classes of the standard table.
  public init() {
    for (name, parent) in Self.standard {
      entries.append(Entry(name: name, parent: find(parent) ?? .throwable))
    }
  }

  /// How many classes are known.
  public var count: Int { entries.count }

  /// The full name of a class, with its package where it has one.
  public func name(of exception: ExceptionClass) -> String {
    Int(exception.id) < entries.count ? entries[Int(exception.id)].name : "unknown class"
  }

  /// The name without its package: `java.io.IOException` gives `IOException`.
  public func simpleName(of exception: ExceptionClass) -> String {
    Self.simpleName(name(of: exception))
  }

  /// The class of that full or simple name, or nil.
  ///
  /// `Outer$Inner` and `Outer.Inner` are the same class; of two with the same simple name the
  /// first known one is meant.
  public func find(_ name: String) -> ExceptionClass? {
    let wanted = String(name.map { $0 == "$" ? "." : $0 })
    if let index = entries.firstIndex(where: { $0.name == wanted }) {
      return ExceptionClass(id: UInt8(index))
    }
    guard !wanted.contains(".") else { return nil }
    return entries.firstIndex { Self.simpleName($0.name) == wanted }
      .map { ExceptionClass(id: UInt8($0)) }
  }

  /// Adds a class, or returns the one that already has the name.
  ///
  /// - Parameters:
  ///   - name: The class's full name, or any name a scenario uses.
  ///   - parent: The class it extends; an application's own classes are mostly runtime exceptions.
  /// - Returns: The class's number.
  /// - Throws: ``Full`` when 256 classes exist already.
  public mutating func add(
    _ name: String, extending parent: ExceptionClass = .runtimeException
  ) throws(Full) -> ExceptionClass {
    if let known = find(name) { return known }
    guard entries.count < 256 else { throw Full(name: name) }
    entries.append(Entry(name: String(name.map { $0 == "$" ? "." : $0 }), parent: parent))
    return ExceptionClass(id: UInt8(entries.count - 1))
  }

  /// Whether `exception` is `ancestor` or extends it.
  public func isSubclass(_ exception: ExceptionClass, of ancestor: ExceptionClass) -> Bool {
    var current = exception
    // A parent always has a smaller number than its child, so this ends at the root.
    while current != ancestor {
      guard current.id != 0, Int(current.id) < entries.count else { return false }
      current = entries[Int(current.id)].parent
    }
    return true
  }

  /// Every known class that is, or extends, one of those listed.
  public func set(matching listed: [ExceptionClass]) -> ExceptionSet {
    var set = ExceptionSet()
    for index in entries.indices {
      let candidate = ExceptionClass(id: UInt8(index))
      if listed.contains(where: { isSubclass(candidate, of: $0) }) { set.insert(candidate) }
    }
    return set
  }

  private static func simpleName(_ name: String) -> String {
    name.split(separator: ".").last.map(String.init) ?? name
  }

  /// The first thirteen carry the numbers of the constants of ``ExceptionClass``.
  private static let standard: [(name: String, parent: String)] = [
    ("java.lang.Throwable", "Throwable"),
    ("java.lang.Exception", "Throwable"),
    ("java.lang.RuntimeException", "Exception"),
    ("java.util.concurrent.TimeoutException", "Exception"),
    ("java.util.concurrent.CompletionException", "RuntimeException"),
    ("java.util.concurrent.ExecutionException", "Exception"),
    ("io.github.resilience4j.circuitbreaker.CallNotPermittedException", "RuntimeException"),
    ("io.github.resilience4j.ratelimiter.RequestNotPermitted", "RuntimeException"),
    ("io.github.resilience4j.bulkhead.BulkheadFullException", "RuntimeException"),
    ("io.github.resilience4j.retry.MaxRetriesExceededException", "RuntimeException"),
    ("java.lang.IllegalStateException", "RuntimeException"),
    ("java.lang.ArithmeticException", "RuntimeException"),
    ("java.util.concurrent.CancellationException", "IllegalStateException"),
    ("java.lang.Error", "Throwable"),
    ("java.lang.IllegalArgumentException", "RuntimeException"),
    ("java.lang.NullPointerException", "RuntimeException"),
    ("java.lang.InterruptedException", "Exception"),
    ("java.io.IOException", "Exception"),
    ("java.io.UncheckedIOException", "RuntimeException"),
    ("java.io.InterruptedIOException", "IOException"),
    ("java.net.SocketTimeoutException", "InterruptedIOException"),
    ("java.net.SocketException", "IOException"),
    ("java.net.ConnectException", "SocketException"),
    ("java.net.NoRouteToHostException", "SocketException"),
    ("java.net.UnknownHostException", "IOException"),
    ("java.net.http.HttpTimeoutException", "IOException"),
    ("java.net.http.HttpConnectTimeoutException", "HttpTimeoutException"),
    ("java.sql.SQLException", "Exception"),
    ("java.sql.SQLTransientException", "SQLException"),
    ("org.springframework.core.NestedRuntimeException", "RuntimeException"),
    ("org.springframework.dao.DataAccessException", "NestedRuntimeException"),
    ("org.springframework.dao.TransientDataAccessException", "DataAccessException"),
    ("org.springframework.dao.QueryTimeoutException", "TransientDataAccessException"),
    ("org.springframework.web.client.RestClientException", "NestedRuntimeException"),
    ("org.springframework.web.client.ResourceAccessException", "RestClientException"),
    ("org.springframework.web.client.RestClientResponseException", "RestClientException"),
    ("org.springframework.web.client.HttpStatusCodeException", "RestClientResponseException"),
    ("org.springframework.web.client.HttpClientErrorException", "HttpStatusCodeException"),
    (
      "org.springframework.web.client.HttpClientErrorException.BadRequest",
      "HttpClientErrorException"
    ),
    (
      "org.springframework.web.client.HttpClientErrorException.NotFound",
      "HttpClientErrorException"
    ),
    (
      "org.springframework.web.client.HttpClientErrorException.TooManyRequests",
      "HttpClientErrorException"
    ),
    ("org.springframework.web.client.HttpServerErrorException", "HttpStatusCodeException"),
    (
      "org.springframework.web.client.HttpServerErrorException.InternalServerError",
      "HttpServerErrorException"
    ),
    (
      "org.springframework.web.client.HttpServerErrorException.BadGateway",
      "HttpServerErrorException"
    ),
    (
      "org.springframework.web.client.HttpServerErrorException.ServiceUnavailable",
      "HttpServerErrorException"
    ),
    (
      "org.springframework.web.client.HttpServerErrorException.GatewayTimeout",
      "HttpServerErrorException"
    ),
    (
      "org.springframework.web.reactive.function.client.WebClientException",
      "NestedRuntimeException"
    ),
    (
      "org.springframework.web.reactive.function.client.WebClientRequestException",
      "WebClientException"
    ),
    (
      "org.springframework.web.reactive.function.client.WebClientResponseException",
      "WebClientException"
    ),
    ("feign.FeignException", "RuntimeException"),
    ("feign.RetryableException", "FeignException"),
    ("feign.FeignException.FeignClientException", "FeignException"),
    ("feign.FeignException.BadRequest", "FeignClientException"),
    ("feign.FeignException.NotFound", "FeignClientException"),
    ("feign.FeignException.TooManyRequests", "FeignClientException"),
    ("feign.FeignException.FeignServerException", "FeignException"),
    ("feign.FeignException.InternalServerError", "FeignServerException"),
    ("feign.FeignException.BadGateway", "FeignServerException"),
    ("feign.FeignException.ServiceUnavailable", "FeignServerException"),
    ("feign.FeignException.GatewayTimeout", "FeignServerException"),
  ]
}
