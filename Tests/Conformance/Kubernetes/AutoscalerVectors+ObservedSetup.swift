import Orchestration
import TimeAndChance
import Yams

extension AutoscalerVectors {
  /// The setup of a recorded run, and a play of it second by second with given phases.
  ///
  /// What the recording leaves open is taken as small: pods exist a second after they are asked
  /// for and are ready five seconds after that; counters of all containers are read together.
  struct ObservedSetup: Sendable {
    let spec: HorizontalPodAutoscalerSpec
    let settings: AutoscalerSettings
    let resolution: Int
    let requestMilli: Int64
    private let limitMilli: Int64
    private let initialReplicas: Int
    private let loads: [Load]

    /// What the clients ask of the pods from one moment on.
    private struct Load: Sendable {
      /// The second of the run; nil when it is the stop.
      var from: Int?
      var demandAtOnePod: Int64
      var demandSpread: Int64
    }

    var syncPeriod: Int { Int(settings.syncPeriod.inSeconds) }

    init(_ input: Fields) throws {
      let metrics = try (input.fieldsList("metrics") ?? []).map { try Metric($0).spec }
      for metric in metrics {
        guard case .resource = metric else {
          throw input.fail("metrics", "of an observed run must be resource metrics")
        }
      }
      spec = HorizontalPodAutoscalerSpec(
        minReplicas: try input.replicas("min_replicas"),
        maxReplicas: try Int32(input.int("max_replicas", in: 1...200)), metrics: metrics,
        behavior: try behavior(input))
      if let fields = try input.optionalFields("settings") {
        resolution = Int(try fields.optionalInt("metrics_resolution_s", in: 1...600) ?? 15)
      } else {
        resolution = 15
      }
      settings = try AutoscalerVectors.settings(input)
      guard (1...600).contains(settings.syncPeriod.inSeconds) else {
        throw input.fail("settings", "must have a 'sync_period_s' in 1...600")
      }
      let pod = try input.fields("pod")
      requestMilli = try pod.int("request_milli", in: 1...1_000_000)
      limitMilli = try pod.optionalInt("limit_milli", in: 1...1_000_000) ?? 1_000_000
      initialReplicas = Int(try input.int("initial_replicas", in: 1...200))
      loads = try (input.fieldsList("load") ?? []).map { load in
        let from = try load.string("from_s")
        guard from == "stop" || Int(from) != nil else {
          throw load.fail("from_s", "must be a second or 'stop'")
        }
        switch try load.string("kind") {
        case "none":
          return Load(from: Int(from), demandAtOnePod: 0, demandSpread: 0)
        case "closed_loop_clients":
          _ = try load.optionalInt("clients")
          let one = try load.int("cpu_demand_milli_at_one_pod", in: 0...1_000_000)
          let spread = try load.optionalInt("cpu_demand_milli_spread", in: 0...1_000_000)
          return Load(from: Int(from), demandAtOnePod: one, demandSpread: spread ?? one)
        case let kind:
          throw load.fail("kind", "must be closed_loop_clients or none, is '\(kind)'")
        }
      }
    }

    /// The run with the autoscaler's first sync and metrics-server's first scrape at those seconds.
    func play(until end: Int, stop: Int, syncPhase: Int, scrapePhase: Int) -> [ObservedInstant] {
      var autoscaler = HorizontalPodAutoscaler(spec: spec, settings: settings)
      var pods = (0..<initialReplicas).map { _ in PlayedPod(created: -3600, ready: -3595) }
      var trace: [ObservedInstant] = []
      for second in 0..<end {
        let load = loads.last { ($0.from ?? stop) <= second }
        let ready = pods.filter { $0.ready <= second }.count
        let demand = ready <= 1 ? load?.demandAtOnePod ?? 0 : load?.demandSpread ?? 0
        let each = ready == 0 ? 0 : min(limitMilli, demand / Int64(ready))
        for index in pods.indices {
          if second % 10 == 0 { pods[index].read(at: second) }
          if second % resolution == scrapePhase {
            pods[index].usage.scrape(resolution: .seconds(Int64(resolution)))
          }
          // What is used from this second to the next shows in later readings.
          if pods[index].ready <= second { pods[index].cpuCoreNanoseconds += each * 1_000_000 }
        }
        if second % syncPeriod == syncPhase {
          let wanted = sync(&autoscaler, pods, second)
          while pods.count > wanted { pods.removeLast() }
          while pods.count < wanted {
            pods.append(PlayedPod(created: second + 1, ready: second + 6))
          }
        }
        trace.append(instant(autoscaler, pods, second))
      }
      return trace
    }

    private func sync(
      _ autoscaler: inout HorizontalPodAutoscaler, _ pods: [PlayedPod], _ second: Int
    ) -> Int {
      let size = Int32(pods.count)
      let decision = autoscaler.sync(
        now: PlayedPod.time(second),
        observation: AutoscalerObservation(
          scale: .replicas(spec: size, status: size), pods: pods.map { $0.state(at: second) },
          readings: spec.metrics.map { metric in
            guard case .resource(let resource, _) = metric else { return .unavailable }
            return .pods(
              PodMetricReading(
                samples: pods.map { PodSample(resource, of: CollectionOfOne($0.usage)) },
                requests: pods.map { _ in requestMilli }))
          }))
      if case .scale(let replicas, _) = decision.action { return Int(replicas) }
      return pods.count
    }

    private func instant(
      _ autoscaler: HorizontalPodAutoscaler, _ pods: [PlayedPod], _ second: Int
    ) -> ObservedInstant {
      var shown: Int?
      if case .success(let proposal)? = autoscaler.currentMetrics.first {
        shown = proposal.utilizationPercent.map(Int.init)
      }
      let newest = pods.last { $0.created >= 0 && $0.created <= second }
      return ObservedInstant(
        replicas: pods.count, utilization: shown, newPodAge: newest.map { second - $0.created },
        newPodReady: newest.map { $0.ready <= second } ?? false,
        perPod: pods.compactMap { $0.usage.usage?.cpuMilli })
    }
  }

  /// A pod of a played run.
  private struct PlayedPod {
    /// The second it exists from; negative for one that was there before.
    let created: Int
    let ready: Int
    var cpuCoreNanoseconds: Int64 = 0
    var usage = ContainerUsageHistory()

    init(created: Int, ready: Int) {
      self.created = created
      self.ready = ready
    }

    static func time(_ second: Int) -> SimTime { .zero + .seconds(Int64(second)) }

    mutating func read(at second: Int) {
      guard created <= second else { return }
      usage.read(
        ContainerUsagePoint(
          startTime: Self.time(created), timestamp: Self.time(second),
          cpuCoreNanoseconds: cpuCoreNanoseconds))
    }

    func state(at second: Int) -> AutoscaledPod {
      AutoscaledPod(
        phase: created <= second ? .running : .pending, ready: ready <= second ? .ready : .notReady,
        startTime: Self.time(created), readyChange: Self.time(ready <= second ? ready : created))
    }
  }
}
