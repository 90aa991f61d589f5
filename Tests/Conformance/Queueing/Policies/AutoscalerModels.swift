import Orchestration
import TimeAndChance

/// `hpa_ratio`: what the autoscaler proposes for an observed average per pod.
struct AutoscalerRatio: QueueingModel {
  private let replicas: Int
  private let target: Double
  private let calculator: ReplicaCalculator

  /// Parts of the metric's unit that are told apart: the calculator computes in whole numbers.
  private static let parts = 1e6

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    replicas = try parameters.count("replicas", in: 1...10_000)
    target = try parameters.number("target", in: 1e-3...1e8)
    let tolerance = try parameters.number("tolerance", in: 0...1_000)
    calculator = ReplicaCalculator(
      AutoscalerSettings(), tolerances: AutoscalerTolerances(both: tolerance))
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    metrics.map { metric in
      guard metric.name == "replicas", let observed = metric.at, (0...1e8).contains(observed)
      else { return nil }
      let now = SimTime.zero + .seconds(3600)
      let pods = Array(
        repeating: AutoscaledPod(startTime: .zero, readyChange: .zero), count: replicas)
      let sample = PodSample(
        value: Int64((observed * Self.parts).rounded()), timestamp: now)
      let proposal = try? calculator.averageValue(
        target: Int64((target * Self.parts).rounded()), isCPU: false,
        reading: PodMetricReading(samples: Array(repeating: sample, count: replicas)), pods: pods,
        currentReplicas: Int32(replicas), now: now)
      return proposal.map { Double($0.replicas) }
    }
  }
}

/// `hpa_scale_up`, `hpa_scale_down`: an autoscaler whose demand changes just after its first sync.
///
/// Scaling up is limited by the policies that `spec.behavior` has by default. Scaling down is
/// delayed by the controller's own window, which a recommendation as old as the window still holds;
/// without `spec.behavior`, since with it such a recommendation would not count any more.
///
/// - Source: Kubernetes `stabilizeRecommendation`, `stabilizeRecommendationWithBehaviors`
///   (`pkg/controller/podautoscaler/horizontal.go`).
struct AutoscalerSteps: QueueingModel {
  private let start: Int32
  private let wanted: Int32
  private let spec: HorizontalPodAutoscalerSpec

  /// The replicas that unlimited demand asks for.
  private static let unlimited: Int32 = 1_000_000_000
  /// A metric that asks for a number of replicas and says so in thousandths.
  private static let metric = MetricSpec.external(metric: "demand", .averageValue(1000))
  /// What the controller is started with; the demand is a recommendation as it stands.
  private static let settings = AutoscalerSettings(tolerance: AutoscalerTolerances(both: 0))

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let start = try parameters.count("start", in: 1...1e6)
    self.start = Int32(start)
    if row.family == "hpa_scale_up" {
      let maximum = try parameters.count("maximum", in: Double(start)...1e8)
      wanted = Self.unlimited
      spec = HorizontalPodAutoscalerSpec(
        maxReplicas: Int32(maximum), metrics: [Self.metric], behavior: ScalingBehavior())
    } else {
      wanted = Int32(try parameters.count("recommended", in: 1...Double(start)))
      spec = HorizontalPodAutoscalerSpec(maxReplicas: Int32(start), metrics: [Self.metric])
    }
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    let end = SimTime.zero + SimDuration(seconds: min(1e6, metrics.compactMap(\.at).max() ?? 0))
    var autoscaler = HorizontalPodAutoscaler(spec: spec, settings: Self.settings)
    var replicas = start
    /// The size from each sync on.
    var sizes: [(time: SimTime, replicas: Int32)] = []
    var now = SimTime.zero
    while now <= end {
      let demand = now == .zero ? start : wanted
      let observation = AutoscalerObservation(
        scale: .replicas(spec: replicas, status: replicas), pods: [],
        readings: [.series([Int64(demand) * 1000])])
      let decision = autoscaler.sync(now: now, observation: observation)
      if case .scale(let size, _) = decision.action { replicas = size }
      sizes.append((now, replicas))
      now = now + Self.settings.syncPeriod
    }
    return metrics.map { metric in
      guard metric.name == "replicas", let at = metric.at, at <= 1e6 else { return nil }
      let moment = SimTime.zero + SimDuration(seconds: at)
      return sizes.last { $0.time <= moment }.map { Double($0.replicas) }
    }
  }
}
