import TimeAndChance
import TrafficPolicy

/// The `retries` of a rule; what is absent keeps Istio's default.
struct RetryManifest {
  var attempts: Int
  /// Whether the number is stated.
  var statesAttempts: Bool
  var perTryTimeout: SimDuration?
  /// The classes of outcomes; nil: Istio's default list.
  var retryOn: (classes: RetryOn, codes: [Int])?
  var backOff: SimDuration?
  var retryRemoteLocalities: Bool
  /// Nil: yes, but not for consistent-hash destinations.
  var ignorePreviousHosts: Bool?

  /// Istio's default: two retries.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/route/retry/retry.go`.
  static let istioDefault = RetryManifest(attempts: 2)

  private init(attempts: Int) {
    self.attempts = attempts
    statesAttempts = false
    retryRemoteLocalities = false
  }

  /// The classes that Istio retries unless told otherwise, with an empty list of codes.
  static let defaultClasses: RetryOn = [
    .connectFailure, .refusedStream, .unavailable, .cancelled, .retriableStatusCodes,
  ]

  /// A `retries` block; nil when there is none.
  init?(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    guard cursor.exists else { return nil }
    // A block without attempts has the protobuf default of 0: retries are off.
    attempts = max(0, cursor["attempts"].integer(-1...1_000, &diagnostics) ?? 0)
    statesAttempts = cursor["attempts"].exists
    perTryTimeout = cursor["perTryTimeout"].duration(atLeast: .milliseconds(1), &diagnostics)
    backOff = cursor["backoff"].duration(atLeast: .milliseconds(1), &diagnostics)
    retryRemoteLocalities = cursor["retryRemoteLocalities"].boolean(&diagnostics) ?? false
    ignorePreviousHosts = cursor["retryIgnorePreviousHosts"].boolean(&diagnostics)
    if let text = cursor["retryOn"].text(&diagnostics), !text.isEmpty {
      retryOn = Self.retryOn(text, cursor["retryOn"], &diagnostics)
    }
  }

  /// The `retry` of an HTTPRoute's rule: its codes come beside what Istio retries anyway.
  ///
  /// - Source: Istio `pilot/pkg/config/kube/gateway/conversion.go`.
  init(httpRoute attempts: Int, codes: [Int], backOff: SimDuration?) {
    self.attempts = attempts
    statesAttempts = true
    retryOn = codes.isEmpty ? nil : (Self.defaultClasses, codes)
    self.backOff = backOff
    retryRemoteLocalities = false
  }

  private static func retryOn(
    _ text: String, _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> (RetryOn, [Int]) {
    var classes: RetryOn = []
    var codes: [Int] = []
    for part in text.split(separator: ",") {
      let word = part.trimmingBlanks
      if let code = Int(word) {
        if (100...599).contains(code) {
          codes.append(code)
          classes.insert(.retriableStatusCodes)
        } else {
          cursor.bad("statuses of 100...599", &diagnostics)
        }
      } else if let known = names.first(where: { $0.0 == word }) {
        classes.insert(known.1)
      } else {
        let help = Spelling.help(for: word, among: names.map(\.0))
        cursor.bad("a list of retry conditions", help: help, &diagnostics)
      }
    }
    return (classes, codes)
  }

  private static let names: [(String, RetryOn)] = [
    ("5xx", .fiveXX), ("gateway-error", .gatewayError), ("reset", .reset),
    ("reset-before-request", .resetBeforeRequest), ("connect-failure", .connectFailure),
    ("envoy-ratelimited", .envoyRateLimited), ("retriable-4xx", .retriable4xx),
    ("refused-stream", .refusedStream), ("retriable-status-codes", .retriableStatusCodes),
    ("retriable-headers", .retriableHeaders), ("cancelled", .cancelled),
    ("deadline-exceeded", .deadlineExceeded), ("internal", .internal),
    ("resource-exhausted", .resourceExhausted), ("unavailable", .unavailable),
  ]

  /// The policy of a route; nil when retries are off.
  func policy(hashesHosts: Bool) -> RetryPolicy? {
    guard attempts > 0 else { return nil }
    let avoids = ignorePreviousHosts ?? !hashesHosts
    return RetryPolicy(
      retryOn: retryOn?.classes ?? Self.defaultClasses, numRetries: attempts,
      perTryTimeout: perTryTimeout, retriableStatusCodes: retryOn?.codes ?? [],
      backOff: backOff.map { RetryBackOff(baseInterval: $0) } ?? RetryBackOff(),
      avoidsPreviousHosts: avoids, hostSelectionMaxAttempts: 5,
      previousPrioritiesUpdateFrequency: retryRemoteLocalities ? 2 : nil)
  }
}

extension Substring {
  /// The text without blanks at its ends.
  var trimmingBlanks: String {
    var rest = self
    while rest.first == " " { rest = rest.dropFirst() }
    while rest.last == " " { rest = rest.dropLast() }
    return String(rest)
  }
}
