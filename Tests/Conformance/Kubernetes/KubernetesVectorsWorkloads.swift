import Orchestration
import TimeAndChance

/// Rollouts, ReplicaSets and the order of deletion.
extension KubernetesVectors {
  private static func rollingStrategy(_ input: KubernetesNode) throws -> DeploymentStrategy {
    switch try input.optional("strategy")?.text() {
    case nil, "RollingUpdate": break
    case "Recreate": return .recreate
    case let other?:
      throw input.malformed("'strategy' must be RollingUpdate or Recreate, is '\(other)'")
    }
    return .rollingUpdate(
      maxSurge: try input.optional("max_surge")?.validIntOrPercent(),
      maxUnavailable: try input.optional("max_unavailable")?.validIntOrPercent())
  }

  @Sendable static func rolloutLimits(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let desired = try input.required("desired").count()
    switch try input.required("op").text() {
    case "fenceposts":
      let surge = try input.optional("max_surge")?.intOrPercent()
      let unavailable = try input.optional("max_unavailable")?.intOrPercent()
      do {
        let limits = RolloutLimits(
          maxSurge: try surge?.get(), maxUnavailable: try unavailable?.get(), replicas: desired)
        return ["surge": .int(limits.surge), "unavailable": .int(limits.unavailable)]
      } catch {
        return ["error": .text("invalid_value")]
      }
    case "max_unavailable":
      let strategy = try rollingStrategy(input)
      return [
        "unavailable": .int(strategy.unavailable(replicas: desired)),
        "surge": .int(strategy.surge(replicas: desired)),
      ]
    case let other: throw input.malformed("unknown 'op' \(other)")
    }
  }

  @Sendable static func rolloutNewReplicaSet(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let rollout = DeploymentRollout(
      replicas: try input.required("desired").count(), strategy: try rollingStrategy(input))
    let size = rollout.newReplicaSetSize(
      new: try input.required("new_replicas").count(),
      total: try input.required("total_pods").count())
    return ["new_replicas": .int(size)]
  }

  @Sendable static func rolloutOldReplicaSet(_ input: KubernetesNode) throws -> KubernetesOutputs {
    var old = [
      ReplicaSetObservation(
        replicas: try input.required("old_replicas").count(),
        available: try input.optional("old_available")?.count() ?? 0)
    ]
    let before = old[0].replicas
    let operation = try input.required("op").text()
    // Cleaning up does not look at the wanted number at all.
    let rollout = DeploymentRollout(
      replicas: operation == "cleanup_unhealthy" ? 0 : try input.required("desired").count(),
      strategy: try rollingStrategy(input))
    switch operation {
    case "reconcile_old":
      let new = ReplicaSetObservation(
        replicas: try input.required("new_replicas").count(),
        available: try input.required("new_available").count())
      _ = rollout.reconcileOld(new: new, old: &old)
    case "cleanup_unhealthy":
      _ = rollout.cleanUpUnhealthy(old: &old, atMost: try input.required("max_cleanup").count())
    case "scale_down_old":
      _ = rollout.scaleDownOld(
        old: &old, totalAvailable: try input.required("total_available").count())
    case let other: throw input.malformed("unknown 'op' \(other)")
    }
    return ["old_replicas": .int(old[0].replicas), "removed": .int(before - old[0].replicas)]
  }

  @Sendable static func rolloutProportionalScale(
    _ input: KubernetesNode
  ) throws -> KubernetesOutputs {
    let rollout = DeploymentRollout(
      replicas: try input.required("desired").count(), strategy: try rollingStrategy(input))
    var names: [String] = []
    var sets: [ReplicaSetObservation] = []
    var new: Int?
    for (position, entry) in try input.required("replica_sets").list().reversed().enumerated() {
      if try entry.optional("new")?.bool() ?? false { new = position }
      names.append(try entry.required("name").text())
      var set = ReplicaSetObservation(
        replicas: try entry.required("replicas").count(),
        available: try entry.optional("available")?.count() ?? 0,
        recordedDesired: try entry.optional("recorded_desired")?.count(),
        recordedMax: try entry.optional("recorded_max")?.count())
      set.creationOrder = position
      sets.append(set)
    }
    if let new {
      var newSet = sets.remove(at: new)
      names.append(names.remove(at: new))
      _ = rollout.scale(new: &newSet, old: &sets)
      sets.append(newSet)
    } else {
      rollout.scaleOld(&sets)
    }
    return Dictionary(
      zip(names, sets).map { ("replicas/\($0)", .int($1.replicas)) }, uniquingKeysWith: { $1 })
  }

  @Sendable static func rolloutStatus(_ input: KubernetesNode) throws -> KubernetesOutputs {
    func status(_ node: KubernetesNode) throws -> RolloutStatus {
      RolloutStatus(
        replicas: try node.required("replicas").count(),
        updated: try node.required("updated").count(),
        ready: try node.optional("ready")?.count() ?? 0,
        available: try node.required("available").count())
    }
    switch try input.required("op").text() {
    case "complete":
      let desired = try input.required("desired").count()
      return ["complete": .bool(try status(input).isComplete(desired: desired))]
    case "progressing":
      let before = try status(try input.required("before"))
      let after = try status(try input.required("after"))
      return ["progressing": .bool(after.isProgress(from: before))]
    case "timed_out":
      let word = try input.optional("last_reason")?.text() ?? ""
      let isOut = RolloutProgress.isTimedOut(
        deadline: try input.optional("progress_deadline_s")?.seconds(),
        sinceProgress: try input.required("seconds_since_last_progress").seconds(),
        last: RolloutProgress.Reason(rawValue: word))
      return ["timed_out": .bool(isOut)]
    case let other: throw input.malformed("unknown 'op' \(other)")
    }
  }

  @Sendable static func slowStartBatch(_ input: KubernetesNode) throws -> KubernetesOutputs {
    let successes = try input.required("first_n_succeed").count()
    let outcome = SlowStartBatches.run(
      count: try input.required("count").count(atMost: 1_000_000),
      initialBatch: try input.required("initial_batch").count(atMost: 1_000_000),
      request: { $0 < successes })
    return ["succeeded": .int(outcome.succeeded), "attempted": .int(outcome.attempted)]
  }

  @Sendable static func podDeletionOrder(_ input: KubernetesNode) throws -> KubernetesOutputs {
    func candidate(_ node: KubernetesNode) throws -> PodDeletionCandidate {
      let phase: PodDeletionCandidate.Phase
      switch try node.required("phase").text() {
      case "Pending": phase = .pending
      case "Unknown": phase = .unknown
      case "Running": phase = .running
      case let other: throw node.malformed("unknown phase '\(other)'")
      }
      let cost = try node.optional("deletion_cost")?.text() ?? "0"
      guard let deletionCost = Int32(cost) else {
        throw node.malformed("'deletion_cost' must be a 32-bit number, is '\(cost)'")
      }
      return PodDeletionCandidate(
        isScheduled: try node.optional("node").map { try !$0.text().isEmpty } ?? false,
        phase: phase,
        isReady: try node.required("ready").bool(),
        deletionCost: deletionCost,
        colocatedRank: try node.optional("colocated_rank")?.count() ?? 1,
        readyAgeNanoseconds: try node.optional("ready_age_s")?.seconds().nanoseconds,
        restarts: try node.optional("restarts")?.count() ?? 0,
        ageNanoseconds: try node.optional("age_s")?.seconds().nanoseconds)
    }
    let first = try candidate(try input.required("first"))
    let second = try candidate(try input.required("second"))
    switch PodDeletionCandidate.order(first, second) {
    case .firstGoesFirst: return ["order": .text("first_is_deleted_first")]
    case .secondGoesFirst: return ["order": .text("second_is_deleted_first")]
    case .byUID: return ["order": .text("equivalent")]
    }
  }
}
