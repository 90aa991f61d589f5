/// How bad it looks in one zone, and how fast its nodes may be given up.
///
/// When most nodes of a zone fail together, the network between them and the control plane is the
/// likelier cause, so evictions slow down or stop. Pods are marked not ready all the same.
///
/// - Source: Kubernetes `ComputeZoneState`, `setLimiterInZone`, `ReducedQPSFunc` in
///   `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
public struct ZoneDisruption: Sendable, Equatable {
  /// The state of a zone, computed anew every 5 s.
  public enum State: Sendable, Equatable {
    /// Few nodes are not ready.
    case normal
    /// More than two are, and at least the unhealthy share.
    case partial
    /// None is ready.
    case full
  }

  /// Nodes tainted per second in a normal or wholly failed zone; 0.1 by default.
  public var evictionRate: Double
  /// Nodes tainted per second in a large, partly failed zone; 0.01 by default.
  public var secondaryEvictionRate: Double
  /// The share of nodes not ready that makes a zone partly failed; 0.55 by default.
  public var unhealthyZoneThreshold: Double
  /// Zones with at most this many nodes are small: partly failed, they are not tainted; 50.
  public var largeClusterSizeThreshold: Int

  /// The controller manager's defaults.
  public init(
    evictionRate: Double = 0.1, secondaryEvictionRate: Double = 0.01,
    unhealthyZoneThreshold: Double = 0.55, largeClusterSizeThreshold: Int = 50
  ) {
    self.evictionRate = evictionRate
    self.secondaryEvictionRate = secondaryEvictionRate
    self.unhealthyZoneThreshold = unhealthyZoneThreshold
    self.largeClusterSizeThreshold = largeClusterSizeThreshold
  }

  /// The state of a zone with these nodes.
  public func state(ready: Int, notReady: Int) -> State {
    if ready == 0 && notReady > 0 { return .full }
    let share = Double(notReady) / Double(max(1, ready + notReady))
    return notReady > 2 && share >= unhealthyZoneThreshold ? .partial : .normal
  }

  /// Nodes tainted per second in a zone of that state and size.
  ///
  /// - Parameters:
  ///   - state: the zone's state.
  ///   - zoneSize: all its nodes.
  ///   - everyZoneIsFull: no zone has a ready node: then nothing is tainted anywhere.
  /// - Returns: nodes per second; 0 when none may be tainted.
  public func taintRate(_ state: State, zoneSize: Int, everyZoneIsFull: Bool) -> Double {
    switch state {
    case .normal: evictionRate
    case .full: everyZoneIsFull ? 0 : evictionRate
    case .partial: zoneSize > largeClusterSizeThreshold ? secondaryEvictionRate : 0
    }
  }
}
