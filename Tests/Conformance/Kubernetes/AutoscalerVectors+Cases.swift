import Orchestration
import TimeAndChance
import Yams

// One function a mechanism: reads a case's input and returns its replay.
extension AutoscalerVectors {
  static func replicaCalc(_ input: Fields) throws -> @Sendable () -> Outcome {
    let current = try input.replicas("current_replicas")
    let metric = try Metric(input.fields("metric"))
    let pods = try pods(input)
    let strays = try strays(input)
    let calculator = ReplicaCalculator(try settings(input))
    return {
      do throws(MetricFailure) {
        let proposal = try calculator.proposal(
          for: metric.spec, reading: metric.reading(of: pods, strays: strays),
          pods: pods.map(\.state), currentReplicas: current, statusReplicas: current, now: now)
        var outcome = ["replicas": "\(proposal.replicas)"]
        outcome["utilization_percent"] = proposal.utilizationPercent.map { "\($0)" }
        outcome["average_milli"] = proposal.averageMilli.map { "\($0)" }
        outcome["usage_milli"] = proposal.valueMilli.map { "\($0)" }
        return outcome
      } catch {
        return failure(error)
      }
    }
  }

  static func podGrouping(_ input: Fields) throws -> @Sendable () -> Outcome {
    let resource = try input.optionalString("resource") ?? ""
    let pods = try pods(input)
    let grouping = PodGrouping(try settings(input))
    return {
      var names: [PodGroup: [String]] = [:]
      for pod in pods {
        let memory = pod.sample(isMemory: true, container: nil)
        let sample = pod.sample(isMemory: false, container: nil)
        let group = grouping.group(
          pod.state, sample: resource == "memory" && sample.isMissing ? memory : sample,
          isCPU: resource == "cpu", now: now)
        names[group, default: []].append(pod.name)
      }
      func list(_ group: PodGroup) -> String {
        "[" + names[group, default: []].joined(separator: ", ") + "]"
      }
      return [
        "counted": "\(names[.counted, default: []].count)", "unready": list(.unready),
        "missing": list(.missing), "ignored": list(.ignored),
      ]
    }
  }

  static func requests(_ input: Fields) throws -> @Sendable () -> Outcome {
    func containers(_ key: String) throws -> [PodRequests.Container] {
      try input.fieldsList(key)?.map { container in
        let policy = try container.optionalString("restart_policy")
        let isSidecar = try container.bool("sidecar", default: policy == "Always")
        return PodRequests.Container(
          name: try container.string("name"),
          requestMilli: try container.optionalInt("request_milli"), isSidecar: isSidecar)
      } ?? []
    }
    let pod = PodRequests(
      containers: try containers("containers"), initContainers: try containers("init_containers"),
      podLevelMilli: try input.optionalInt("pod_request_milli"))
    let podLevel = try input.bool("pod_level_resources_enabled", default: true)
    let container = try input.optionalString("metric_container")
    return {
      do throws(MetricFailure) {
        let request = try pod.milli(container: container, podLevelResources: podLevel)
        return ["request_milli": "\(request)"]
      } catch {
        return failure(error)
      }
    }
  }

  static func reconcile(_ input: Fields) throws -> @Sendable () -> Outcome {
    let current = try input.replicas("spec_replicas")
    let status = input.has("status_replicas") ? try input.replicas("status_replicas") : current
    let metrics = try (input.fieldsList("metrics") ?? []).map { try Metric($0) }
    let spec = HorizontalPodAutoscalerSpec(
      minReplicas: input.has("min_replicas") ? try input.replicas("min_replicas") : 1,
      maxReplicas: try input.replicas("max_replicas"), metrics: metrics.map(\.spec),
      behavior: try behavior(input))
    let autoscaler = HorizontalPodAutoscaler(
      spec: spec, settings: try settings(input), recommendations: try recommendations(input),
      scaleUpEvents: try events(input, "scale_up_events"),
      scaleDownEvents: try events(input, "scale_down_events"))
    let pods = try pods(input)
    let strays = try strays(input)
    return {
      var autoscaler = autoscaler
      let decision = autoscaler.sync(
        now: now,
        observation: AutoscalerObservation(
          scale: .replicas(spec: current, status: status), pods: pods.map(\.state),
          readings: metrics.map { $0.reading(of: pods, strays: strays) }))
      var desired = current
      if case .scale(let replicas, _) = decision.action { desired = replicas }
      let conditions = autoscaler.conditions
      var outcome = ["desired_replicas": "\(desired)"]
      outcome["able_to_scale"] = conditions.ableToScale?.reason.rawValue
      outcome["scaling_active"] = conditions.scalingActive?.reason.rawValue
      outcome["scaling_limited"] = conditions.scalingLimited?.reason.rawValue
      return outcome
    }
  }

  private static func limits(_ input: Fields) throws -> ReplicaLimits {
    ReplicaLimits(
      currentReplicas: try input.replicas("current_replicas"),
      desiredReplicas: try input.replicas("desired_replicas"),
      minReplicas: try input.replicas("min_replicas"),
      maxReplicas: try input.replicas("max_replicas"))
  }

  static func limitsWithoutBehavior(_ input: Fields) throws -> @Sendable () -> Outcome {
    let limits = try limits(input)
    return { outcome(limits.withoutBehavior()) }
  }

  static func limitsWithBehavior(_ input: Fields) throws -> @Sendable () -> Outcome {
    let limits = try limits(input)
    let behavior = try behavior(input) ?? ScalingBehavior()
    let history = ScaleHistory(
      scaleUpEvents: try events(input, "scale_up_events"),
      scaleDownEvents: try events(input, "scale_down_events"), now: now)
    return { outcome(limits.withBehavior(behavior, history: history)) }
  }

  private static func outcome(_ limited: ReplicaLimits.Limited) -> Outcome {
    ["replicas": "\(limited.replicas)", "reason": limited.reason.rawValue]
  }

  static func stabilization(_ input: Fields) throws -> @Sendable () -> Outcome {
    let desired = try input.replicas("desired_replicas")
    let log = try recommendations(input) ?? RecommendationLog()
    let stabilize: @Sendable (inout RecommendationLog) -> Int32
    switch try input.string("mode") {
    case "without_behavior":
      let window = try input.duration("downscale_window_s") ?? .seconds(300)
      if input.has("current_replicas") { _ = try input.replicas("current_replicas") }
      stabilize = { $0.stabilize(raw: desired, downscaleWindow: window, now: now) }
    case "with_behavior":
      let current = try input.replicas("current_replicas")
      let up = try input.duration("scale_up_window_s") ?? .zero
      let down = try input.duration("scale_down_window_s") ?? .seconds(300)
      stabilize = {
        $0.stabilize(
          raw: desired, current: current, scaleUpWindow: up, scaleDownWindow: down, now: now)
      }
    case let mode:
      throw input.fail("mode", "must be without_behavior or with_behavior, is '\(mode)'")
    }
    return {
      var log = log
      let replicas = stabilize(&log)
      let sizes = log.entries.map { "\($0.replicas)" }.joined(separator: ", ")
      return [
        "replicas": "\(replicas)", "log": "[\(sizes)]", "log_length": "\(log.entries.count)",
      ]
    }
  }

  static func scaleEventLog(_ input: Fields) throws -> @Sendable () -> Outcome {
    let log = try events(input, "events")
    let change = try input.replicas("new_change")
    let policies = try policies(input)
    return {
      var log = log
      var outcome = ["change_in_last_60_s": "\(log.change(within: .seconds(60), now: now))"]
      // Without a behavior the controller stores nothing.
      if let policies {
        let rules = ScalingRules.scaleUp(policies: policies)
        log.record(change, longestPeriod: rules.longestPolicyPeriod, now: now)
      }
      let events = log.events.map { "{change: \($0.change), outdated: \($0.isOutdated)}" }
      outcome["log"] = "[" + events.joined(separator: ", ") + "]"
      return outcome
    }
  }

  private static func failure(_ failure: MetricFailure) -> Outcome {
    switch failure {
    case .unavailable, .noMetrics: return ["error": "no_metrics"]
    case .noPods, .noMatchingPods: return ["error": "no_matching_pods"]
    case .missingRequest(let container):
      var outcome = ["error": "missing_request"]
      outcome["container"] = container
      return outcome
    case .containerNotFound: return ["error": "container_not_found"]
    case .invalidSource: return ["error": "invalid_source"]
    }
  }
}
