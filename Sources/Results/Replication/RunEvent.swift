public import TimeAndChance

/// An entry of the causal log: a change of state, what it concerned, and what led to it.
public struct RunEvent: Sendable, Equatable {
  /// What changed; the raw values are the `kind` of `events.ndjson`.
  public enum Kind: String, Sendable, Equatable, CaseIterable {
    /// A fault of the scenario began; ``RunEvent/fault`` says which.
    case faultBegan = "fault_began"
    /// A fault of the scenario ended.
    case faultEnded = "fault_ended"
    /// A proxy stopped sending to a pod.
    case ejected
    /// A proxy sends to a pod again.
    case released = "released"
    /// A detector would have ejected a pod; enforcement let it be.
    case ejectionNotEnforced = "ejection_not_enforced"
    /// Too few healthy hosts: a proxy sends to all of them.
    case panicBegan = "panic_began"
    /// Enough healthy hosts again.
    case panicEnded = "panic_ended"
    /// A limit of a proxy's circuit breaker refused its first request after a quiet second.
    case overflowBegan = "overflow_began"
    /// A pod's queue was full and refused its first request after a quiet second.
    case queueFull = "queue_full"
    /// A rate limit refused its first request after a quiet second.
    case rateLimited = "rate_limited"
    /// A pod was stopped or died.
    case podStopped = "pod_stopped"
    /// A pod answers.
    case podReady = "pod_ready"
    /// A pod was held back by its CPU limit for the first time after a quiet second.
    case throttled
  }

  /// When.
  public var at: SimTime
  /// What.
  public var kind: Kind
  /// The fault, as index in ``RunDescription/faults``.
  public var fault: Int?
  /// The traffic source, as index in ``RunDescription/sources``.
  public var source: Int?
  /// The service that it concerns, as index in ``RunDescription/services``.
  public var service: Int?
  /// The workload that it concerns, as index in ``RunDescription/workloads``.
  public var workload: Int?
  /// The pod of that workload, by ordinal.
  public var pod: Int?
  /// The proxy (or client) that acted: `sidecar of content`, `gateway shop/edge`.
  public var proxy: String?
  /// The instance of that proxy.
  public var instance: Int?
  /// How many instances that proxy has.
  public var instances: Int?
  /// More in the field's own words: `consecutive_5xx`, `max_requests`.
  public var detail: String
  /// The earlier event that led to it, as index in the log.
  public var cause: Int?
  /// Of a limit or queue that refuses: when it did for the last time before a quiet second.
  public var until: SimTime?
  /// Of a limit or queue that refuses: how many it refused from ``at`` to ``until``.
  public var refused: UInt64?
  /// Of a circuit breaker's limit: what it is.
  public var limit: Int?

  /// An event from its parts.
  public init(
    at: SimTime, kind: Kind, fault: Int? = nil, source: Int? = nil, service: Int? = nil,
    workload: Int? = nil, pod: Int? = nil, proxy: String? = nil, instance: Int? = nil,
    instances: Int? = nil, detail: String = "", cause: Int? = nil, until: SimTime? = nil,
    refused: UInt64? = nil, limit: Int? = nil
  ) {
    self.at = at
    self.kind = kind
    self.fault = fault
    self.source = source
    self.service = service
    self.workload = workload
    self.pod = pod
    self.proxy = proxy
    self.instance = instance
    self.instances = instances
    self.detail = detail
    self.cause = cause
    self.until = until
    self.refused = refused
    self.limit = limit
  }
}
