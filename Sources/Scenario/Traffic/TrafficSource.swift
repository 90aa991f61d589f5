public import TimeAndChance

/// A sender of requests.
public struct TrafficSource: Sendable, Equatable {
  /// Where requests enter.
  public enum Origin: Sendable, Equatable {
    /// Straight to a pod, picked at random: no proxy.
    case outside
    /// Through the gateway with that policy, as index in ``Scenario/proxies``.
    case gateway(Int)
    /// From the pods of that workload, as index in ``Scenario/workloads``, and through their proxy
    /// if they have one. ``TrafficSource/instances`` is then the number of those pods.
    case workload(Int)
  }

  /// How requests are made.
  public enum Pattern: Sendable, Equatable {
    /// They come whatever becomes of earlier ones.
    case open(OpenLoop)
    /// Users wait for an answer, think, and ask again.
    case closed(ClosedLoop)
  }

  /// The name in reports and expectations; unique.
  public var name: String
  /// Where requests enter.
  public var origin: Origin
  /// The number of client instances, at least 1, among which requests are drawn evenly: client
  /// proxies of a gateway or client processes outside, each with its own state.
  public var instances: Int
  /// The first instant of requests.
  public var start: SimTime
  /// No new request from here on; at most the scenario's duration.
  public var end: SimTime
  /// How requests are made.
  public var pattern: Pattern
  /// What is asked for; never empty.
  public var mix: [WeightedTarget]
  /// The kinds of requests by their headers; never empty.
  public var classes: [RequestClass]
  /// How the sender itself behaves.
  public var client: ClientPolicy

  /// A source from its parts.
  public init(
    name: String, origin: Origin = .outside, instances: Int = 1, start: SimTime = .zero,
    end: SimTime, pattern: Pattern, mix: [WeightedTarget],
    classes: [RequestClass] = [RequestClass()], client: ClientPolicy = .plain
  ) {
    self.name = name
    self.origin = origin
    self.instances = instances
    self.start = start
    self.end = end
    self.pattern = pattern
    self.mix = mix
    self.classes = classes
    self.client = client
  }
}

/// A target and its share of a source's requests.
public struct WeightedTarget: Sendable, Equatable {
  /// Where the request goes.
  public var target: CallTarget
  /// The weight relative to the sum over the mix, at least 0 and finite.
  public var weight: Double
  /// A target of that weight.
  public init(target: CallTarget, weight: Double = 1) {
    self.target = target
    self.weight = weight
  }
}

/// A kind of request, told apart by its headers.
public struct RequestClass: Sendable, Equatable {
  /// A header and its value.
  public struct Header: Sendable, Equatable {
    /// The name in lower case.
    public var name: String
    /// The value.
    public var value: String
    /// A header of that value.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }
  /// The name in reports; empty for the only class of a source.
  public var name: String
  /// The weight relative to the sum over the classes, at least 0 and finite.
  public var weight: Double
  /// The headers that its requests carry.
  public var headers: [Header]
  /// A class; requests without headers by default.
  public init(name: String = "", weight: Double = 1, headers: [Header] = []) {
    self.name = name
    self.weight = weight
    self.headers = headers
  }
}
