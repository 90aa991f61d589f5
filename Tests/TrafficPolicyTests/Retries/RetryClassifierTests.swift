import Testing
import TrafficPolicy

@Suite struct RetryClassifierTests {
  /// One row of the recorded matrix: a list of classes, a try's outcome, whether Envoy retried it.
  struct Row: Sendable, CustomTestStringConvertible {
    var retryOn: String
    var codes: [Int] = []
    var outcome: AttemptOutcome
    var isRetried: Bool
    var testDescription: String { "\(retryOn) / \(outcome) / \(codes)" }

    init(_ retryOn: String, _ outcome: AttemptOutcome, codes: [Int] = [], _ isRetried: Bool) {
      self.retryOn = retryOn
      self.codes = codes
      self.outcome = outcome
      self.isRetried = isRetried
    }
  }

  static let refused = AttemptOutcome(.connectFailure)
  static let reset = AttemptOutcome(.connectionTermination)
  static let grpcUnavailable = AttemptOutcome(status: 200, grpcStatus: 14)
  static let grpcCancelled = AttemptOutcome(status: 200, grpcStatus: 1)
  static let istio =
    "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"

  /// Recorded from Envoy 1.40.0 (vector `retry-on-matrix-1`).
  static let recorded: [Row] = [
    Row("5xx", AttemptOutcome(status: 500), true),
    Row("5xx", AttemptOutcome(status: 504), true),
    Row("5xx", reset, true),
    Row("5xx", refused, true),
    Row("5xx", AttemptOutcome(status: 429), false),
    Row("5xx", AttemptOutcome(status: 503, marks: .rateLimited), false),
    Row("5xx", AttemptOutcome(.resetAfterHeaders), false),
    Row("5xx", grpcUnavailable, false),
    Row("gateway-error", AttemptOutcome(status: 500), false),
    Row("gateway-error", AttemptOutcome(status: 503), true),
    Row("gateway-error", reset, true),
    Row("connect-failure", refused, true),
    Row("connect-failure", reset, false),
    Row("connect-failure", AttemptOutcome(status: 503), false),
    Row("reset", reset, true),
    Row("reset", refused, true),
    Row("reset", AttemptOutcome(status: 503), false),
    Row("reset-before-request", reset, false),
    Row("refused-stream", reset, false),
    Row("retriable-4xx", AttemptOutcome(status: 409), true),
    Row("retriable-4xx", AttemptOutcome(status: 404), false),
    Row("retriable-status-codes", AttemptOutcome(status: 404), codes: [404], true),
    Row("retriable-status-codes", AttemptOutcome(status: 503), false),
    Row("envoy-ratelimited", AttemptOutcome(status: 429, marks: .rateLimited), true),
    Row("unavailable", grpcUnavailable, true),
    Row("unavailable", grpcCancelled, false),
    Row(istio, AttemptOutcome(status: 503), false),
    Row(istio, refused, true),
    Row(istio, reset, false),
    Row(istio, grpcUnavailable, true),
    Row(istio, AttemptOutcome(status: 503), codes: [503], true),
  ]

  /// What the rules say beyond the recorded rows.
  static let ruled: [Row] = [
    Row("5xx", AttemptOutcome(.perTryTimeout), true),
    Row("5xx", AttemptOutcome(.connectTimeout), true),
    Row("gateway-error", AttemptOutcome(.perTryTimeout), true),
    Row("reset", AttemptOutcome(.perTryTimeout), true),
    Row("connect-failure", AttemptOutcome(.perTryTimeout), false),
    Row("refused-stream", AttemptOutcome(.perTryTimeout), false),
    Row("retriable-status-codes", AttemptOutcome(.perTryTimeout), codes: [504], false),
    Row(istio, AttemptOutcome(.perTryTimeout), codes: [503, 504], false),
    Row("connect-failure", AttemptOutcome(.connectTimeout), true),
    Row("refused-stream", AttemptOutcome(.remoteReset, marks: .refusedStream), true),
    Row("refused-stream", AttemptOutcome(.remoteReset), false),
    Row("reset", AttemptOutcome(.remoteReset), true),
    Row("5xx", AttemptOutcome(.protocolError), true),
    Row("5xx,reset,gateway-error", AttemptOutcome(.routeTimeout), false),
    Row("5xx,reset,connect-failure", AttemptOutcome(.pendingOverflow), false),
    Row("5xx,reset,connect-failure", AttemptOutcome(.activeOverflow), false),
    Row("5xx,reset,connect-failure", AttemptOutcome(.noHost), false),
    Row("5xx,reset", AttemptOutcome(.clientAbort), false),
    Row("retriable-headers", AttemptOutcome(status: 200, marks: .retriableHeader), true),
    Row("5xx", AttemptOutcome(status: 200, marks: .retriableHeader), false),
    Row("5xx", AttemptOutcome(status: 599), true),
    Row("5xx", AttemptOutcome(status: 600), false),
    Row("cancelled", grpcCancelled, true),
    Row("deadline-exceeded", AttemptOutcome(status: 200, grpcStatus: 4), true),
    Row("internal", AttemptOutcome(status: 200, grpcStatus: 13), true),
    Row("resource-exhausted", AttemptOutcome(status: 200, grpcStatus: 8), true),
    Row("", AttemptOutcome(status: 503), false),
  ]

  func classifier(_ row: Row) -> RetryClassifier {
    let list = RetryOn.parse(row.retryOn)
    return RetryClassifier(
      RetryPolicy(
        retryOn: list.classes, retriableStatusCodes: row.codes + list.statusCodes))
  }

  @Test(arguments: recorded + ruled)
  func `retries what the proxy retries`(row: Row) {
    #expect(classifier(row).matches(row.outcome, anyByteSent: true) == row.isRetried)
  }

  @Test func `a refused connect is retried before the request, a later one is not`() {
    let classifier = classifier(Row("reset-before-request", Self.refused, true))
    #expect(classifier.matches(Self.refused, anyByteSent: false))
    #expect(!classifier.matches(Self.refused, anyByteSent: true))
    #expect(classifier.matches(AttemptOutcome(.perTryTimeout), anyByteSent: false))
    #expect(!classifier.matches(AttemptOutcome(.pendingOverflow), anyByteSent: false))
  }

  @Test func `no policy retries nothing`() {
    let classifier = RetryClassifier(nil)
    for kind in AttemptOutcome.Kind.allCases {
      #expect(!classifier.matches(AttemptOutcome(kind), anyByteSent: false))
    }
    #expect(!classifier.matches(AttemptOutcome(status: 503), anyByteSent: false))
  }

  @Test func `an Istio list takes numbers for statuses and reports unknown words`() {
    let list = RetryOn.parse("gateway-error, 503,,refused-stream ,429,conect-failure,599")
    #expect(list.classes == [.gatewayError, .refusedStream, .retriableStatusCodes])
    #expect(list.statusCodes == [503, 429])
    #expect(list.unknown == ["conect-failure", "599"])
    #expect(RetryOn.parse(Self.istio).classes.text.split(separator: ",").count == 5)
  }
}
