import TimeAndChance

/// What a twin says was built: services, policies, load and faults.
struct TwinDocument: Sendable {
  /// A service of the file.
  struct Service: Sendable {
    /// The name.
    var name: String
    /// How many pods, named `name-0`, `name-1` and so on.
    var pods: Int
    /// Workers of one pod.
    var workers: Int
    /// Waiting places of one pod; nil is unbounded.
    var queue: Int?
    /// The time of service.
    var serviceTime: Distribution
    /// The services that are called after the own service time.
    var calls: [String]
    /// True when the calls run side by side.
    var callsInParallel: Bool
    /// The answer when a call fails.
    var onCallFailure: Int
  }

  /// What a fault does.
  enum FaultKind: Sendable {
    /// Service times drawn in the window are multiplied.
    case slow(Double)
    /// A share of the requests is answered with a status.
    case fail(status: Int, share: Double, afterService: Bool)
    /// Requests that arrive are never answered.
    case hang
    /// Nothing listens, and queue and work are lost.
    case down
  }

  /// A fault and its window.
  struct Fault: Sendable {
    /// When it begins.
    var at: SimDuration
    /// How long it lasts.
    var length: SimDuration
    /// A pod or a service.
    var target: String
    /// What it does.
    var kind: FaultKind
    /// The line in the file.
    var line: Int
  }

  /// A step of the load.
  struct Step: Sendable {
    /// From when on.
    var at: SimDuration
    /// Requests per second.
    var rps: Double
  }

  /// The word that twins of one phenomenon share.
  var phenomenon: String
  /// The length of the load.
  var duration: SimDuration
  /// The start that is not measured.
  var warmup: SimDuration
  /// The fault, or the spike.
  var window: Range<SimDuration>
  /// The services, in order.
  var services: [Service]
  /// The policies of clients towards services.
  var edges: [TwinEdge]
  /// What the load calls.
  var target: String
  /// The load's rate.
  var steps: [Step]
  /// Ingress proxies; each request takes one at random.
  var ingressProxies: Int
  /// The faults.
  var faults: [Fault]
  /// What one proxy hop adds to a clean request.
  var hopOverhead: SimDuration

  /// The twin of a document.
  /// - Throws: ``MalformedVector``.
  init(_ root: VectorNode) throws {
    self = try VectorBlock.read(root, "twin") { block in
      block.ignore(
        "schema", "name", "about", "reference", "observed", "series_per_second", "tolerance")
      let window = try block.block("window") { window in
        (
          try window.required("from", window.duration("from")),
          try window.required("to", window.duration("to"))
        )
      }
      guard let window, window.0 < window.1 else { throw block.missing("window") }
      let load = try block.block("load") { try Self.load(&$0) }
      guard let load else { throw block.missing("load") }
      let services = try (block.node("services")?.entries ?? []).map { entry in
        try VectorBlock.read(entry.value, entry.key) { try Self.service(entry.key, &$0) }
      }
      let phenomenon = try block.text("phenomenon")
      return TwinDocument(
        phenomenon: try block.required("phenomenon", phenomenon),
        duration: try block.required("duration", block.duration("duration")),
        warmup: try block.duration("warmup") ?? .zero, window: window.0..<window.1,
        services: services, edges: try block.blocks("edges") { try TwinEdge(&$0) },
        target: load.to, steps: load.steps, ingressProxies: load.proxies,
        faults: try block.blocks("faults") { try Self.fault(&$0) },
        hopOverhead: Self.hopOverhead(block.node("measured_machine")))
    }
  }

  private init(
    phenomenon: String, duration: SimDuration, warmup: SimDuration, window: Range<SimDuration>,
    services: [Service], edges: [TwinEdge], target: String, steps: [Step], ingressProxies: Int,
    faults: [Fault], hopOverhead: SimDuration
  ) {
    self.phenomenon = phenomenon
    self.duration = duration
    self.warmup = warmup
    self.window = window
    self.services = services
    self.edges = edges
    self.target = target
    self.steps = steps
    self.ingressProxies = ingressProxies
    self.faults = faults
    self.hopOverhead = hopOverhead
  }

  /// The median overhead of a hop; at most 0.6 ms, since with a limit on connections the measured
  /// figure also holds the wait for a free one, which is policy and not machine.
  private static func hopOverhead(_ machine: VectorNode?) -> SimDuration {
    let median = machine?["hop_overhead_ms"]?["p50"]?["mean"]?.number ?? 0.4
    return SimDuration(seconds: min(max(median, 0), 0.6) / 1e3)
  }
}

extension TwinDocument {
  private static func service(_ name: String, _ block: inout VectorBlock) throws -> Service {
    let isUnbounded = block.node("queue").map { $0.text == "unbounded" } ?? true
    return Service(
      name: name, pods: try block.int("pods", in: 1...10_000) ?? 1,
      workers: try block.required("workers", block.int("workers", in: 1...1_000_000)),
      queue: isUnbounded ? nil : try block.int("queue"),
      serviceTime: try block.required("serviceTime", block.serviceTime("serviceTime")),
      calls: try block.items("calls").compactMap(\.text),
      callsInParallel: try block.choice("callsIn", [("sequence", false), ("parallel", true)])
        ?? false,
      onCallFailure: try block.int("onCallFailure", in: 400...599) ?? 503)
  }

  private static func load(
    _ block: inout VectorBlock
  ) throws -> (to: String, steps: [Step], proxies: Int) {
    let arrivals = try block.text("arrivals") ?? "poisson"
    guard arrivals == "poisson" else {
      throw MalformedVector(line: block.node.line, reason: "arrivals '\(arrivals)' are unknown")
    }
    let steps = try block.blocks("steps") { step in
      Step(
        at: try step.required("at", step.duration("at")),
        rps: try step.required("rps", step.double("rps", in: 0...1e7)))
    }
    return (
      try block.required("to", block.text("to")), steps,
      try block.int("proxies", in: 1...10_000) ?? 1
    )
  }

  private static func fault(_ block: inout VectorBlock) throws -> Fault {
    let slow = try block.double("slow", in: 1e-3...1e6).map { FaultKind.slow($0) }
    let fail = try block.block("fail") { fail in
      FaultKind.fail(
        status: try fail.required("status", fail.int("status", in: 100...599)),
        share: try fail.double("share", in: 0...1) ?? 1,
        afterService: try fail.choice("answer", [("at once", false), ("after service", true)])
          ?? false)
    }
    let hang = try block.bool("hang") == true ? FaultKind.hang : nil
    let down = try block.bool("down") == true ? FaultKind.down : nil
    return Fault(
      at: try block.required("at", block.duration("at")),
      length: try block.required("for", block.duration("for")),
      target: try block.required("target", block.text("target")),
      kind: try block.required("slow", slow ?? fail ?? hang ?? down), line: block.node.line)
  }
}

extension VectorBlock {
  /// A law of service times in seconds.
  fileprivate mutating func serviceTime(_ key: String) throws -> Distribution? {
    try block(key) { block in
      let exponential = try block.block("exponential") { law in
        Distribution.Law.exponential(
          mean: try law.required("mean", law.duration("mean")).inSeconds)
      }
      let lognormal = try block.block("lognormal") { law in
        Distribution.Law.lognormal(
          p50: try law.required("p50", law.duration("p50")).inSeconds,
          p99: try law.required("p99", law.duration("p99")).inSeconds)
      }
      let constant = try block.duration("constant").map { Distribution.Law.constant($0.inSeconds) }
      do {
        return try Distribution(
          try block.required("exponential", exponential ?? lognormal ?? constant))
      } catch let error as DistributionError {
        throw MalformedVector(line: block.node.line, reason: error.description)
      }
    }
  }
}
