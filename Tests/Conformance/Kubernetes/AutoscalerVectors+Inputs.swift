import Orchestration
import TimeAndChance
import Yams

extension AutoscalerVectors {
  /// The instant that ages count back from: far enough from the start for every age.
  static let now = SimTime(nanoseconds: 2_000_000_000_000_000_000)

  static func settings(_ input: Fields) throws -> AutoscalerSettings {
    var settings = AutoscalerSettings(scaleToZero: true, configurableTolerance: true)
    guard let fields = try input.optionalFields("settings") else { return settings }
    settings.tolerance.scaleUp =
      try fields.optionalDouble("tolerance_up") ?? settings.tolerance.scaleUp
    settings.tolerance.scaleDown =
      try fields.optionalDouble("tolerance_down") ?? settings.tolerance.scaleDown
    settings.cpuInitializationPeriod =
      try fields.duration("cpu_initialization_period_s") ?? settings.cpuInitializationPeriod
    settings.initialReadinessDelay =
      try fields.duration("initial_readiness_delay_s") ?? settings.initialReadinessDelay
    settings.downscaleStabilization =
      try fields.duration("downscale_window_s") ?? settings.downscaleStabilization
    settings.syncPeriod = try fields.duration("sync_period_s") ?? settings.syncPeriod
    return settings
  }

  /// A behavior; a side or key left out has the API's default.
  static func behavior(_ input: Fields) throws -> ScalingBehavior? {
    guard let fields = try input.optionalFields("behavior") else { return nil }
    return ScalingBehavior(
      scaleUp: try rules(fields, "scale_up", default: .scaleUp()),
      scaleDown: try rules(fields, "scale_down", default: .scaleDown()))
  }

  private static func rules(
    _ behavior: Fields, _ side: String, default fallback: ScalingRules
  ) throws -> ScalingRules {
    var rules = fallback
    guard let fields = try behavior.optionalFields(side) else { return rules }
    if let word = try fields.optionalString("select_policy") {
      guard let policy = ScalingRules.SelectPolicy(rawValue: word) else {
        throw fields.fail("select_policy", "must be Max, Min or Disabled, is '\(word)'")
      }
      rules.selectPolicy = policy
    }
    rules.stabilizationWindow =
      try fields.duration("stabilization_window_s") ?? rules.stabilizationWindow
    rules.policies = try policies(fields) ?? rules.policies
    rules.tolerance = try fields.optionalDouble("tolerance") ?? rules.tolerance
    return rules
  }

  static func policies(_ fields: Fields) throws -> [ScalingPolicy]? {
    try fields.fieldsList("policies")?.map { policy in
      let word = try policy.string("type")
      guard let kind = ScalingPolicy.Kind(rawValue: word) else {
        throw policy.fail("type", "must be Pods or Percent, is '\(word)'")
      }
      return ScalingPolicy(
        kind, value: try policy.replicas("value"), period: try policy.requiredDuration("period_s"))
    }
  }

  static func events(_ input: Fields, _ key: String) throws -> ScaleEventLog {
    ScaleEventLog(
      try input.fieldsList(key)?.map { event in
        ScaleEventLog.Event(
          change: try event.replicas("change"), time: now - (try event.requiredDuration("age_s")),
          isOutdated: try event.bool("outdated", default: false))
      } ?? [])
  }

  /// The recommendation log; nil when the controller has just started.
  static func recommendations(_ input: Fields) throws -> RecommendationLog? {
    try input.fieldsList("recommendations").map { list in
      RecommendationLog(
        try list.map { entry in
          RecommendationLog.Entry(
            replicas: try entry.replicas("replicas"),
            time: now - (try entry.requiredDuration("age_s")))
        })
    }
  }

  /// A metric of a vector: what is asked for, and what its source answers.
  struct Metric: Sendable {
    let spec: MetricSpec
    let isUnavailable: Bool
    let series: [Int64]

    init(_ fields: Fields) throws {
      let kind = try fields.string("kind")
      isUnavailable = try fields.bool("unavailable", default: false)
      series =
        try fields.optionalList("samples_milli")?.map {
          try Fields.int($0, "samples_milli")
        } ?? []
      func resource() throws -> MetricSpec.Resource {
        switch try fields.string("resource") {
        case "cpu": .cpu
        case "memory": .memory
        case let name: .other(name)
        }
      }
      func percent() throws -> Int32 {
        Int32(try fields.int("target_percent", in: 1...Int64(Int32.max)))
      }
      func target() throws -> Int64 {
        try fields.int("target_milli", in: 1...1_000_000_000_000_000)
      }
      switch kind {
      case "resource_utilization":
        spec = .resource(try resource(), .averageUtilization(percent: try percent()))
      case "resource_average_value":
        spec = .resource(try resource(), .averageValue(try target()))
      case "container_resource_utilization":
        spec = .containerResource(
          try resource(), container: try fields.string("container"),
          .averageUtilization(percent: try percent()))
      case "container_resource_average_value":
        spec = .containerResource(
          try resource(), container: try fields.string("container"), .averageValue(try target()))
      case "pods_average_value":
        spec = .pods(metric: "metric", averageValue: try target())
      case "object_value": spec = .object(metric: "metric", .value(try target()))
      case "object_average_value": spec = .object(metric: "metric", .averageValue(try target()))
      case "external_value": spec = .external(metric: "metric", .value(try target()))
      case "external_average_value":
        spec = .external(metric: "metric", .averageValue(try target()))
      case "unknown": spec = .unknown(type: "unknown")
      default: throw fields.fail("kind", "is of no known metric: '\(kind)'")
      }
    }

    /// What the metric's source answers about those pods.
    func reading(of pods: [Pod], strays: [Int64]) -> MetricReading {
      if isUnavailable { return .unavailable }
      var isMemory = false
      var container: String?
      switch spec {
      case .object, .external: return .series(series)
      case .unknown: return .unavailable
      case .resource(let resource, _): isMemory = resource == .memory
      case .containerResource(let resource, let name, _):
        isMemory = resource == .memory
        container = name
      case .pods: break
      }
      var reading = PodMetricReading(samples: [], straySamples: strays)
      for pod in pods {
        reading.samples.append(pod.sample(isMemory: isMemory, container: container))
        do throws(MetricFailure) {
          reading.requests.append(
            try pod.requests(isMemory: isMemory).milli(container: container))
        } catch {
          reading.requests.append(0)
          reading.requestFailure = reading.requestFailure ?? error
        }
      }
      return .pods(reading)
    }
  }
}

extension AutoscalerVectors.Fields {
  /// Seconds, at most 1e9.
  func duration(_ key: String) throws -> SimDuration? {
    try optionalDouble(key).map { SimDuration(seconds: $0) }
  }

  func requiredDuration(_ key: String) throws -> SimDuration {
    _ = try required(key)
    return try duration(key) ?? .zero
  }
}
