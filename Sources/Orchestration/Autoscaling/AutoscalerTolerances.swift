/// How far the ratio of observed to wanted may be from 1 before the size changes.
///
/// - Source: Kubernetes `pkg/controller/podautoscaler/replica_calculator.go`, `Tolerances`.
@frozen public struct AutoscalerTolerances: Sendable, Equatable {
  /// The tolerated part above 1; 0.1 by default.
  public var scaleUp: Double
  /// The tolerated part below 1; 0.1 by default.
  public var scaleDown: Double

  /// A tolerance for either direction.
  public init(scaleUp: Double, scaleDown: Double) {
    self.scaleUp = scaleUp
    self.scaleDown = scaleDown
  }

  /// The same tolerance in both directions, as the controller's flag sets it.
  public init(both tolerance: Double) { self.init(scaleUp: tolerance, scaleDown: tolerance) }

  /// True when the ratio asks for no change; bounds included, in IEEE doubles like the controller.
  @inlinable public func isWithin(_ ratio: Double) -> Bool {
    (1.0 - scaleDown) <= ratio && ratio <= (1.0 + scaleUp)
  }
}
