public import TimeAndChance

/// How fast an autoscaler may move, `spec.behavior`: rules for either direction.
///
/// Setting it, even to the defaults, takes another code path than leaving it out: one replica may
/// then grow to five instead of four in one step, and scale events are remembered.
///
/// - Source: Kubernetes `autoscaling/v2` `HorizontalPodAutoscalerBehavior`.
public struct ScalingBehavior: Sendable, Equatable {
  /// The rules for growing; see ``ScalingRules/scaleUp(selectPolicy:stabilizationWindow:policies:tolerance:)``.
  public var scaleUp: ScalingRules
  /// The rules for shrinking; see ``ScalingRules/scaleDown(selectPolicy:stabilizationWindow:policies:tolerance:)``.
  public var scaleDown: ScalingRules

  /// Rules for either side; a side left out has the API's defaults.
  public init(scaleUp: ScalingRules = .scaleUp(), scaleDown: ScalingRules = .scaleDown()) {
    self.scaleUp = scaleUp
    self.scaleDown = scaleDown
  }
}

/// The rules for one direction of scaling, `HPAScalingRules`.
public struct ScalingRules: Sendable, Equatable {
  /// Which of several policies decides.
  public enum SelectPolicy: String, Sendable, Equatable {
    /// The policy that allows the biggest change; the default.
    case max = "Max"
    /// The policy that allows the smallest change.
    case min = "Min"
    /// No scaling in this direction.
    case disabled = "Disabled"
  }

  /// Which policy decides; ``SelectPolicy/max`` by default.
  public var selectPolicy: SelectPolicy
  /// How long recommendations are remembered, 0 to 3600 s.
  ///
  /// Nil for scaling down means the controller's
  /// `--horizontal-pod-autoscaler-downscale-stabilization`.
  public var stabilizationWindow: SimDuration?
  /// How much may change in how long; at least one.
  ///
  /// Listing any replaces all the defaults.
  public var policies: [ScalingPolicy]
  /// How far from 1 the ratio may be without a change, 0 or more; nil is the controller's own.
  ///
  /// Honoured only with the `HPAConfigurableTolerance` gate (alpha 1.33, on by default since 1.35).
  public var tolerance: Double?

  /// Rules for growing; whatever is left out has the API's default: 4 pods or 100 % in 15 s,
  /// whichever is more, without a window.
  ///
  /// - Source: Kubernetes `pkg/apis/autoscaling/v2/defaults.go`, `GenerateHPAScaleUpRules`.
  public static func scaleUp(
    selectPolicy: SelectPolicy = .max, stabilizationWindow: SimDuration = .zero,
    policies: [ScalingPolicy] = [
      ScalingPolicy(.pods, value: 4, period: .seconds(15)),
      ScalingPolicy(.percent, value: 100, period: .seconds(15)),
    ], tolerance: Double? = nil
  ) -> ScalingRules {
    ScalingRules(
      selectPolicy: selectPolicy, stabilizationWindow: stabilizationWindow, policies: policies,
      tolerance: tolerance)
  }

  /// Rules for shrinking; whatever is left out has the API's default: 100 % in 15 s and the
  /// controller's window of 300 s.
  ///
  /// - Source: Kubernetes `pkg/apis/autoscaling/v2/defaults.go`, `GenerateHPAScaleDownRules`.
  public static func scaleDown(
    selectPolicy: SelectPolicy = .max, stabilizationWindow: SimDuration? = nil,
    policies: [ScalingPolicy] = [ScalingPolicy(.percent, value: 100, period: .seconds(15))],
    tolerance: Double? = nil
  ) -> ScalingRules {
    ScalingRules(
      selectPolicy: selectPolicy, stabilizationWindow: stabilizationWindow, policies: policies,
      tolerance: tolerance)
  }

  /// The longest period of any policy: an older scale event can no longer matter.
  public var longestPolicyPeriod: SimDuration {
    policies.reduce(.zero) { longest, policy in max(longest, policy.period) }
  }
}

/// How many replicas may come or go within a period, `HPAScalingPolicy`.
public struct ScalingPolicy: Sendable, Equatable {
  /// What ``ScalingPolicy/value`` counts.
  public enum Kind: String, Sendable, Equatable {
    /// Replicas.
    case pods = "Pods"
    /// Per cent of the replicas at the start of the period.
    case percent = "Percent"
  }

  /// What ``value`` counts.
  public var kind: Kind
  /// The allowed change, above 0.
  public var value: Int32
  /// The period that the change is counted over, 1 to 1800 s.
  public var period: SimDuration

  /// A policy of that kind.
  public init(_ kind: Kind, value: Int32, period: SimDuration) {
    self.kind = kind
    self.value = value
    self.period = period
  }
}
