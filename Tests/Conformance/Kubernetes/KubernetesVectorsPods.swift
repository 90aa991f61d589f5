import Orchestration
import TimeAndChance

/// Probes, restarts, budgets, evictions and failing zones.
extension KubernetesVectors {
  @Sendable static func probeState(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let kind: ProbeState.Kind
    switch try input.required("probe").text() {
    case "readiness": kind = .readiness
    case "liveness": kind = .liveness
    case "startup": kind = .startup
    case let other: throw input.malformed("unknown probe '\(other)'")
    }
    var probe = ProbeState(
      kind: kind,
      successThreshold: try input.optional("success_threshold")?.count() ?? 1,
      failureThreshold: try input.optional("failure_threshold")?.count() ?? 3)
    let published = try input.required("results").list().map { entry -> String in
      switch try entry.text() {
      case "success": _ = probe.record(.success)
      case "failure": _ = probe.record(.failure)
      case "new_container": probe.containerReplaced()
      case let other: throw entry.malformed("unknown result '\(other)'")
      }
      switch (kind, probe.published) {
      case (.readiness, let state): return state == .success ? "ready" : "not_ready"
      case (.liveness, .failure), (.startup, .failure): return "restart"
      case (.liveness, _): return "healthy"
      case (.startup, let state): return state == .success ? "started" : "starting"
      }
    }
    return ["published": .list(published)]
  }

  @Sendable static func restartBackOff(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let initial = try input.required("initial_s").seconds()
    let maximum = try input.required("max_s").seconds()
    var delays: [SimDuration] = []
    switch try input.required("kind").text() {
    case "container_restart":
      var backOff = RestartBackOff(initial: initial, maximum: maximum)
      let running = try input.required("run_time_before_crash_s").seconds()
      var now = SimTime.zero
      for _ in 0..<(try input.required("crashes").count(atMost: 100_000)) {
        now = now + running
        delays.append(backOff.delay(afterExitAt: now))
        now = now + (delays.last ?? .zero)
      }
    case "image_pull":
      var backOff = ImagePullBackOff(initial: initial, maximum: maximum)
      let attempts = try input.optional("attempts")
      let failures = try input.optional("failures") ?? input.optional("failed_pulls")
      guard let counted = try attempts ?? failures ?? input.optional("crashes") else {
        throw input.malformed("'failures' or 'attempts' is missing")
      }
      var now = SimTime.zero
      // Attempts are listed with the first, which waits for nothing.
      if attempts != nil { delays.append(.zero) }
      while delays.count < (try counted.count(atMost: 100_000)) {
        delays.append(backOff.delay(afterFailureAt: now))
        now = now + (delays.last ?? .zero)
      }
    case let other: throw input.malformed("unknown kind '\(other)'")
    }
    return ["delays_s": .list(delays.map { "\($0.inSeconds)" })]
  }

  @Sendable static func pdbStatus(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let spec = try input.required("spec")
    let requirement: PodDisruptionBudget.Requirement
    if let share = try spec.optional("max_unavailable") {
      requirement = .maxUnavailable(try share.validIntOrPercent())
    } else {
      requirement = .minAvailable(try spec.required("min_available").validIntOrPercent())
    }
    let pods = try input.required("pods")
    let status = PodDisruptionBudget.status(
      requirement,
      podCount: try pods.required("count").count(), healthy: try pods.required("healthy").count(),
      controllerScales: try input.optional("controller_scales")?.list().map { try $0.count() })
    guard let status else { return ["disruptions_allowed": .int(0)] }
    return [
      "disruptions_allowed": .int(status.disruptionsAllowed),
      "current_healthy": .int(status.currentHealthy),
      "desired_healthy": .int(status.desiredHealthy),
      "expected_pods": .int(status.expectedPods),
    ]
  }

  @Sendable static func evictionRequest(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let pod = try input.required("pod")
    let phase: EvictionRequest.Phase
    switch try pod.required("phase").text() {
    case "Pending": phase = .pending
    case "Running": phase = .running
    case "Succeeded": phase = .succeeded
    case "Failed": phase = .failed
    case "Unknown": phase = .unknown
    case let other: throw pod.malformed("unknown phase '\(other)'")
    }
    let request = EvictionRequest(
      phase: phase, isReady: try pod.required("ready").bool(),
      isTerminating: try pod.optional("deleting")?.bool() ?? false)
    var budgets = try input.required("pdbs").list().map(budget)
    switch request.answer(budgets: &budgets, at: .zero) {
    case .evicted: return ["outcome": .text("evicted")]
    case .evictedBudgetSkipped: return ["outcome": .text("evicted_pdb_skipped")]
    case .tooManyRequests: return ["outcome": .text("denied_429")]
    case .forbidden: return ["outcome": .text("denied_403")]
    case .multipleBudgets: return ["outcome": .text("error_multiple_pdbs")]
    }
  }

  private static func budget(_ node: KubernetesNode) throws -> PodDisruptionBudget {
    let policy: PodDisruptionBudget.UnhealthyPodEvictionPolicy
    switch try node.optional("unhealthy_pod_eviction_policy")?.text() {
    case nil, "IfHealthyBudget": policy = .ifHealthyBudget
    case "AlwaysAllow": policy = .alwaysAllow
    case let other?: throw node.malformed("unknown policy '\(other)'")
    }
    let desired = try node.required("desired_healthy").count()
    var budget = PodDisruptionBudget(
      .minAvailable(.int(desired)), unhealthyPodEvictionPolicy: policy,
      status: .init(
        disruptionsAllowed: try node.required("disruptions_allowed").count(),
        currentHealthy: try node.required("current_healthy").count(), desiredHealthy: desired))
    let observed = try node.optional("observed_generation")?.count() ?? 0
    let generation = try node.optional("generation")?.count() ?? observed
    if observed < generation { budget.update(budget.requirement) }
    return budget
  }

  @Sendable static func nodeZoneEviction(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let defaults = ZoneDisruption()
    let zone = ZoneDisruption(
      evictionRate: try input.optional("eviction_rate")?.number() ?? defaults.evictionRate,
      secondaryEvictionRate: try input.optional("secondary_eviction_rate")?.number()
        ?? defaults.secondaryEvictionRate,
      unhealthyZoneThreshold: try input.optional("unhealthy_zone_threshold")?.number()
        ?? defaults.unhealthyZoneThreshold,
      largeClusterSizeThreshold: try input.optional("large_cluster_size_threshold")?.count()
        ?? defaults.largeClusterSizeThreshold)
    let ready = try input.required("zone_ready_nodes").count()
    let notReady = try input.required("zone_not_ready_nodes").count()
    let state = zone.state(ready: ready, notReady: notReady)
    let isOnly = try input.optional("zone_is_only_zone")?.bool() ?? false
    let rate = zone.taintRate(
      state, zoneSize: ready + notReady, everyZoneIsFull: isOnly && state == .full)
    return ["zone_state": .text("\(state)"), "taint_rate_nodes_per_s": .number(rate)]
  }
}
