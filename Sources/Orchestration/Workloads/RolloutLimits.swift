/// How far a rolling update may leave the wanted number of pods, as whole pods.
///
/// - Source: Kubernetes `ResolveFenceposts`, `MaxUnavailable`, `MaxSurge` in
///   `pkg/controller/deployment/util/deployment_util.go`.
@frozen public struct RolloutLimits: Sendable, Equatable {
  /// Pods allowed above the wanted number.
  public let surge: Int
  /// Pods allowed to be missing from the wanted number.
  public let unavailable: Int

  /// Resolves `maxSurge` (rounded up) and `maxUnavailable` (rounded down) for a number of replicas.
  ///
  /// An absent value counts as zero; the API's default of 25 % for both is the reader's business.
  /// When both come out as zero the update could not move, so one pod may be unavailable.
  public init(maxSurge: IntOrPercent?, maxUnavailable: IntOrPercent?, replicas: Int) {
    surge = maxSurge?.scaled(to: replicas, roundingUp: true) ?? 0
    let missing = maxUnavailable?.scaled(to: replicas, roundingUp: false) ?? 0
    unavailable = surge == 0 && missing == 0 ? 1 : missing
  }

  /// The number of missing pods a rollout really uses: never more than there are replicas.
  public func unavailable(of replicas: Int) -> Int {
    replicas == 0 ? 0 : min(unavailable, replicas)
  }
}

/// How a Deployment replaces old pods by new ones.
public enum DeploymentStrategy: Sendable, Equatable {
  /// Step by step within limits; both default to 25 % in the API.
  case rollingUpdate(maxSurge: IntOrPercent?, maxUnavailable: IntOrPercent?)
  /// All old pods go, terminating ones included, before the first new one is created.
  case recreate

  /// What the API fills in when a manifest gives no strategy.
  public static let apiDefault = DeploymentStrategy.rollingUpdate(
    maxSurge: .percent(25), maxUnavailable: .percent(25))

  /// The pods allowed above the wanted number; none when recreating.
  public func surge(replicas: Int) -> Int {
    guard case .rollingUpdate(let maxSurge, let maxUnavailable) = self else { return 0 }
    return RolloutLimits(
      maxSurge: maxSurge, maxUnavailable: maxUnavailable, replicas: replicas
    ).surge
  }

  /// The pods allowed to be missing; none when recreating, as upstream, where it does not apply.
  public func unavailable(replicas: Int) -> Int {
    guard case .rollingUpdate(let maxSurge, let maxUnavailable) = self else { return 0 }
    return RolloutLimits(
      maxSurge: maxSurge, maxUnavailable: maxUnavailable, replicas: replicas
    ).unavailable(of: replicas)
  }
}
