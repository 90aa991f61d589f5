import Scenario
import TimeAndChance

extension Format where Value == ClientPolicy {
  /// How a client itself behaves.
  static var client: Format {
    Format<ClientDraft>.object(
      ClientDraft.init,
      rules: [
        .needs("retryOn", oneOf: ["numRetries"]), .needs("backOff", oneOf: ["numRetries"]),
        .needs("retryBucket", oneOf: ["numRetries"]), .needs("retryBreaker", oneOf: ["numRetries"]),
      ],
      [
        .optional("timeout", .atLeastMicrosecond, \.timeout, "The limit over all tries and waits."),
        .optional("perTryTimeout", .atLeastMicrosecond, \.perTryTimeout, "The limit of one try."),
        .optional("numRetries", .integer(0...1_000), \.numRetries, "Retries beyond the first try."),
        .optional(
          "retryOn", .list(of: .retryOn, minimum: 1), \.retryOn,
          "Outcomes that are retried; 5xx, timeout and connectFailure by default."),
        .optional("backOff", .backOff, \.backOff, "The wait before a retry; none by default."),
        .optional(
          "retryBucket", .retryBucket, \.bucket, "Tokens that calls earn and retries cost."),
        .optional(
          "retryBreaker", .retryBreaker, \.breaker,
          "Stops retries while the lifetime ratio of failed tries is above a bound."),
        .optional(
          "propagateDeadline", .boolean, \.propagatesDeadline,
          "Whether the time left goes along with the call; false by default."),
      ]
    ).map(\.policy).named("Client")
  }
}

private struct ClientDraft {
  var timeout: SimDuration?
  var perTryTimeout: SimDuration?
  var numRetries = 0
  var retryOn: [ClientRetryOn] = []
  var backOff = ClientBackOff.none
  var bucket: RetryBucket?
  var breaker: LifetimeRatioBreaker?
  var propagatesDeadline = false

  var policy: ClientPolicy {
    ClientPolicy(
      perTryTimeout: perTryTimeout, timeout: timeout, numRetries: numRetries,
      retryOn: retryOn.isEmpty ? .failures : retryOn.reduce([]) { $0.union($1) },
      backOff: backOff, retryBucket: bucket, retryBreaker: breaker,
      propagatesDeadline: propagatesDeadline)
  }
}

extension Format where Value == SimDuration {
  /// A length of time that is not zero.
  static var atLeastMicrosecond: Format { .duration(.microseconds(1)...(.longestInFiles)) }
}

extension Format where Value == ClientRetryOn {
  fileprivate static var retryOn: Format {
    .choice([
      ("5xx", .serverError), ("timeout", .timeout), ("connectFailure", .connectionFailure),
      ("429", .tooManyRequests),
    ])
  }
}

extension Format where Value == ClientBackOff {
  fileprivate static var backOff: Format {
    let mapping = Format<BackOffDraft>.object(
      BackOffDraft.init,
      [
        .required("base", .atLeastMicrosecond, \.base, "The bound before the first retry."),
        .optional(
          "factor", .number(1...1000), \.factor, "How much each bound is longer; 2 by default."),
        .optional("max", .atLeastMicrosecond, \.maximum, "The longest bound; none by default."),
        .optional(
          "jitter",
          .choice([
            ("none", .none), ("full", .full), ("equal", .equal), ("decorrelated", .decorrelated),
          ]), \.jitter, "What chance does to the wait; none by default."),
      ])
    return .byKind(
      scalar: Format<SimDuration>.duration().map { .constant($0) }.or("none", .none),
      mapping: mapping.map(\.backOff), expected: "none, a length of time, or a mapping")
  }
}

private struct BackOffDraft {
  var base = SimDuration.zero
  var factor = 2.0
  var maximum: SimDuration?
  var jitter = ExponentialBackOff.Jitter.none

  var backOff: ClientBackOff {
    .exponential(
      ExponentialBackOff(base: base, factor: factor, maximum: maximum, jitter: jitter))
  }
}

extension Format where Value == RetryBucket {
  fileprivate static var retryBucket: Format {
    Format<BucketDraft>.object(
      BucketDraft.init,
      [
        .required("capacity", .number(0...1e9), \.capacity, "The most tokens it holds."),
        .required("perCall", .number(0...1e9), \.perCall, "Tokens that each new call adds."),
        .optional("perRetry", .number(0...1e9), \.perRetry, "Tokens a retry costs; 1 by default."),
        .optional(
          "initial", .number(0...1e9), \.initial, "Tokens at the start; full by default."),
      ]
    ).checked { draft, node, reading in
      let initial = draft.initial ?? draft.capacity
      if initial > draft.capacity {
        reading.error(
          .outOfRange, at: node.span,
          "'initial' must be 0...\(draft.capacity.short), is \(initial.short)")
      }
      return RetryBucket(
        capacity: draft.capacity, initial: initial, perCall: draft.perCall,
        perRetry: draft.perRetry)
    }
  }
}

private struct BucketDraft {
  var capacity = 0.0
  var perCall = 0.0
  var perRetry = 1.0
  var initial: Double?
}

extension Format where Value == LifetimeRatioBreaker {
  fileprivate static var retryBreaker: Format {
    .object(
      { LifetimeRatioBreaker(maximumFailureRatio: 0) },
      [
        .required(
          "maxFailureRatio", .percent(), \.maximumFailureRatio,
          "The largest share of failed tries at which retries go out.")
      ])
  }
}
