extension RetryPolicy {
  /// The policy of one request: the route's, with what the request's own headers say.
  ///
  /// `x-envoy-retry-on`, `x-envoy-retry-grpc-on` and `x-envoy-retriable-status-codes` add to the
  /// route's classes and codes; `x-envoy-max-retries` replaces the number. With such a header a
  /// request has a policy even if its route has none. `value` gives a header's value by its name.
  /// Nil when nothing is retried.
  ///
  /// - Source: Envoy `source/common/router/retry_state_impl.cc` (RetryStateImpl).
  public static func of(route: RetryPolicy?, value: (String) -> String?) -> RetryPolicy? {
    let lists = ["x-envoy-retry-on", "x-envoy-retry-grpc-on"].compactMap(value)
    let codes = value("x-envoy-retriable-status-codes")
    guard !lists.isEmpty || codes != nil || value("x-envoy-max-retries") != nil else {
      return route
    }
    var policy = route ?? RetryPolicy(retryOn: [])
    for list in lists { policy.retryOn.formUnion(RetryOn.parse(list).classes) }
    guard !policy.retryOn.isEmpty else { return nil }
    if let text = value("x-envoy-max-retries"), let number = Int(text), number >= 0 {
      policy.numRetries = number
    }
    for code in (codes ?? "").split(separator: ",") {
      if let code = Int(code.filter { !$0.isWhitespace }) {
        policy.retriableStatusCodes.append(code)
      }
    }
    return policy
  }
}
