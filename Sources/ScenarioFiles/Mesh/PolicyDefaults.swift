import TimeAndChance
import TrafficPolicy

/// A field of a policy and what it is when nobody states it, as a manifest would write it.
struct PolicyField {
  /// The field, with the block that holds it: `outlierDetection.interval`.
  var name: String
  /// The value without a statement.
  var usual: String
  /// Whether it is stated.
  var isStated: Bool
}

/// What proxies use where their routes and clusters leave fields out.
///
/// One line stands for all routes and clusters of a service. Where only some leave a field out, the
/// line says that it is for these.
struct PolicyDefaults {
  /// What carries a field.
  enum Holder: String {
    case routes
    case clusters
  }

  private struct Note {
    var service: String
    var holder: Holder
    var field: PolicyField
    var isStatedSomewhere = false
    var isMissingSomewhere = false
  }

  private var notes: [Note] = []
  private var indices: [String: Int] = [:]

  /// Adds the fields of one route or cluster.
  mutating func add(_ service: String, _ holder: Holder, _ fields: [PolicyField]) {
    for field in fields {
      let key = "\(service)\u{0}\(holder)\u{0}\(field.name)"
      let index = indices[key] ?? notes.count
      if index == notes.count {
        indices[key] = index
        notes.append(Note(service: service, holder: holder, field: field))
      }
      if field.isStated {
        notes[index].isStatedSomewhere = true
      } else {
        notes[index].isMissingSomewhere = true
      }
    }
  }

  /// The defaults as reports list them.
  func fill(_ defaults: inout DefaultList) {
    for note in notes where note.isMissingSomewhere {
      let those = ", \(note.holder.rawValue) without own \(note.field.name)"
      defaults.add(
        "calls to \(note.service)" + (note.isStatedSomewhere ? those : ""), note.field.name,
        note.field.usual, by: "Istio")
    }
  }
}

extension HTTPRule {
  /// What the rule may state of how requests are forwarded.
  var fields: [PolicyField] {
    [PolicyField(name: "timeout", usual: "off", isStated: timeout != nil)]
      + RetryManifest.fields(retries)
  }
}

extension RetryManifest {
  private static let classes = "connect-failure, refused-stream, unavailable, cancelled"

  /// What a route may state of retries; `block` is nil when it states nothing.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/route/retry/retry.go`; Envoy's back-off.
  static func fields(_ block: RetryManifest?) -> [PolicyField] {
    let whole = PolicyField(name: "retries", usual: "2 on \(classes)", isStated: block != nil)
    guard let block else { return [whole] }
    let attempts = PolicyField(
      name: "retries.attempts", usual: "0: no retries", isStated: block.statesAttempts)
    // Retries that are off have no other field.
    guard block.attempts > 0 else { return [whole, attempts] }
    return [
      whole, attempts,
      PolicyField(name: "retries.retryOn", usual: classes, isStated: block.retryOn != nil),
      PolicyField(
        name: "retries.perTryTimeout", usual: "off: the route's timeout",
        isStated: block.perTryTimeout != nil),
      PolicyField(
        name: "retries.backoff", usual: "25ms (max 250ms)", isStated: block.backOff != nil),
    ]
  }
}

extension TrafficPolicyManifest {
  /// What a cluster's policy may state.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/cluster_traffic_policy.go`.
  var fields: [PolicyField] {
    var fields = [
      PolicyField(
        name: "loadBalancer", usual: "LEAST_REQUEST, 2 choices",
        isStated: loadBalancer?.statesPolicy == true),
      PolicyField(name: "connectionPool", usual: "no limits", isStated: connectionPool != nil),
      PolicyField(
        name: "connectTimeout", usual: "10s", isStated: connectionPool?.connectTimeout != nil),
      PolicyField(name: "outlierDetection", usual: "none", isStated: outlierDetection != nil),
    ]
    if let pool = connectionPool {
      fields += pool.fields.filter { retryBudget == nil || $0.name != "connectionPool.maxRetries" }
    }
    return fields + (outlierDetection?.fields ?? []) + retryBudgetFields
  }
}

extension ConnectionPoolManifest {
  fileprivate var fields: [PolicyField] {
    let unlimited = CircuitBreakerThresholds.unlimited
    let limits = [
      ("maxConnections", thresholds.maxConnections),
      ("http1MaxPendingRequests", thresholds.maxPendingRequests),
      ("http2MaxRequests", thresholds.maxRequests), ("maxRetries", thresholds.maxRetries),
    ]
    return limits.map { name, value in
      PolicyField(
        name: "connectionPool.\(name)", usual: "unlimited (2^32-1)", isStated: value != unlimited)
    } + [
      PolicyField(
        name: "connectionPool.maxRequestsPerConnection", usual: "unlimited",
        isStated: maxRequestsPerConnection != nil),
      PolicyField(name: "connectionPool.idleTimeout", usual: "1h", isStated: idleTimeout != nil),
    ]
  }
}
