public import TimeAndChance

/// The pod counts a Deployment publishes.
@frozen public struct RolloutStatus: Sendable, Equatable {
  /// Pods of all its sets.
  public var replicas: Int
  /// Pods of the current template.
  public var updated: Int
  /// Ready pods.
  public var ready: Int
  /// Pods ready for `minReadySeconds`.
  public var available: Int

  /// A status with these counts.
  public init(replicas: Int, updated: Int, ready: Int, available: Int) {
    self.replicas = replicas
    self.updated = updated
    self.ready = ready
    self.available = available
  }

  /// Whether every wanted pod is new and available, and none of another template exists.
  public func isComplete(desired: Int) -> Bool {
    updated == desired && replicas == desired && available == desired
  }

  /// Whether this status is closer to completion than an earlier one.
  public func isProgress(from before: RolloutStatus) -> Bool {
    updated > before.updated || ready > before.ready || available > before.available
      || replicas - updated < before.replicas - before.updated
  }
}

/// Whether a rollout moves, is done, or is stuck: the `Progressing` condition of a Deployment.
///
/// Being stuck has no effect but the condition: nothing is rolled back. Once complete, later
/// scaling does not start the deadline again; only a new template does.
///
/// - Source: Kubernetes `syncRolloutStatus` in `pkg/controller/deployment/progress.go`,
///   `DeploymentComplete`, `DeploymentProgressing`, `DeploymentTimedOut` in
///   `util/deployment_util.go`.
public struct RolloutProgress: Sendable, Equatable {
  /// Why the condition is as it is.
  public enum Reason: String, Sendable {
    /// A set for the current template was created or found.
    case newReplicaSetCreated = "NewReplicaSetCreated"
    /// Pods are being replaced.
    case replicaSetUpdated = "ReplicaSetUpdated"
    /// The rollout is complete.
    case newReplicaSetAvailable = "NewReplicaSetAvailable"
    /// No progress within the deadline: the condition is False.
    case progressDeadlineExceeded = "ProgressDeadlineExceeded"
  }

  /// How long a rollout may stand still; nil never times out.
  ///
  /// 600 s by default.
  public let deadline: SimDuration?
  /// Why the condition is as it is.
  public private(set) var reason = Reason.newReplicaSetCreated
  /// When the rollout last moved.
  public private(set) var lastProgress: SimTime
  private var previous: RolloutStatus?

  /// A rollout that begins now.
  public init(deadline: SimDuration? = .seconds(600), startedAt now: SimTime) {
    self.deadline = deadline
    lastProgress = now
  }

  /// Starts the deadline again for a new template.
  public mutating func startRollout(at now: SimTime) {
    reason = .newReplicaSetCreated
    lastProgress = now
  }

  /// Takes in the counts of one sync and returns the condition's reason.
  public mutating func observe(_ status: RolloutStatus, desired: Int, at now: SimTime) -> Reason {
    defer { previous = status }
    guard let deadline else { return reason }
    if reason == .newReplicaSetAvailable && status.replicas == status.updated { return reason }
    if status.isComplete(desired: desired) {
      reason = .newReplicaSetAvailable
      lastProgress = now
    } else if status.isProgress(from: previous ?? status) {
      reason = .replicaSetUpdated
      lastProgress = now
    } else if Self.isTimedOut(deadline: deadline, sinceProgress: now - lastProgress, last: reason) {
      reason = .progressDeadlineExceeded
    }
    return reason
  }

  /// The instant after which standing still counts as stuck; nil when it can not happen.
  public var timesOutAfter: SimTime? {
    guard let deadline, reason != .newReplicaSetAvailable else { return nil }
    return lastProgress + deadline
  }

  /// Whether a rollout that last moved so long ago is stuck; the deadline itself is still fine.
  public static func isTimedOut(
    deadline: SimDuration?, sinceProgress: SimDuration, last: Reason?
  ) -> Bool {
    guard let deadline, last != .newReplicaSetAvailable else { return false }
    return last == .progressDeadlineExceeded || sinceProgress > deadline
  }
}

/// When a ready pod counts as available.
public enum PodAvailability {
  /// Whether a pod that has been ready since then is available now.
  ///
  /// - Parameters:
  ///   - readySince: when its Ready condition last became true; nil while it is not ready.
  ///   - minReady: `minReadySeconds`, 0 by default.
  ///   - now: the instant of the question; exactly `readySince + minReady` is available.
  /// - Returns: true from `readySince + minReady` on.
  /// - Source: Kubernetes `IsPodAvailable` in `pkg/api/v1/pod/util.go`.
  @inlinable public static func isAvailable(
    readySince: SimTime?, minReady: SimDuration, at now: SimTime
  ) -> Bool {
    guard let readySince else { return false }
    return readySince + minReady <= now
  }
}
