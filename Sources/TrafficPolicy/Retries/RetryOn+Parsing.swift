extension RetryOn {
  /// What a comma list names.
  public struct List: Sendable, Equatable {
    /// The classes.
    public var classes: RetryOn
    /// Statuses given as numbers, Istio's way; with one, ``RetryOn/retriableStatusCodes`` is among
    /// the classes.
    public var statusCodes: [Int]
    /// Words that no proxy knows, in order; Envoy ignores them.
    public var unknown: [String]
    /// A list of those parts.
    public init(classes: RetryOn, statusCodes: [Int] = [], unknown: [String] = []) {
      self.classes = classes
      self.statusCodes = statusCodes
      self.unknown = unknown
    }
  }

  /// The classes by name, as in `retry_on`, `x-envoy-retry-on` and `x-envoy-retry-grpc-on`.
  ///
  /// - Source: Envoy `source/common/router/retry_state_impl.cc` (parseRetryOn, parseRetryGrpcOn).
  public static let named: [(name: String, retryOn: RetryOn)] = [
    ("5xx", .fiveXX), ("gateway-error", .gatewayError), ("reset", .reset),
    ("reset-before-request", .resetBeforeRequest), ("connect-failure", .connectFailure),
    ("envoy-ratelimited", .envoyRateLimited), ("retriable-4xx", .retriable4xx),
    ("refused-stream", .refusedStream), ("retriable-status-codes", .retriableStatusCodes),
    ("retriable-headers", .retriableHeaders), ("cancelled", .cancelled),
    ("deadline-exceeded", .deadlineExceeded), ("internal", .internal),
    ("resource-exhausted", .resourceExhausted), ("unavailable", .unavailable),
    ("http3-post-connect-failure", []),  // known to Envoy; HTTP/3 is not modelled
  ]

  /// Reads a comma list of class names and, as Istio allows, HTTP status numbers.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/route/retry/retry.go` (parseRetryOn).
  public static func parse(_ text: String) -> List {
    var list = List(classes: [])
    for part in text.split(separator: ",") {
      let word = part.trimmingBlanks
      if word.isEmpty { continue }
      if let code = Int(word), isHTTPStatus(code) {
        list.statusCodes.append(code)
        list.classes.insert(.retriableStatusCodes)
      } else if let match = named.first(where: { $0.name == word }) {
        list.classes.formUnion(match.retryOn)
      } else {
        list.unknown.append(String(word))
      }
    }
    return list
  }

  /// The names of the classes, with commas, in the order of ``named``.
  public var text: String {
    Self.named.lazy.filter { !$0.retryOn.isEmpty && contains($0.retryOn) }.map(\.name)
      .joined(separator: ",")
  }

  /// True for statuses that have a name; Istio takes other numbers for class names.
  ///
  /// - Source: Go `net/http` (StatusText), which Istio asks.
  private static func isHTTPStatus(_ code: Int) -> Bool {
    switch code {
    case 100...103, 200...208, 226, 300...305, 307, 308, 400...418, 421...426, 428, 429, 431, 451,
      500...508, 510, 511:
      true
    default: false
    }
  }
}

extension Substring {
  /// The text without blanks at its ends.
  fileprivate var trimmingBlanks: Substring {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
