public import TimeAndChance

/// How a pod ends: preStop, SIGTERM, SIGKILL, and the race with its removal from endpoints.
///
/// At the deletion request two things begin at once and are not ordered: the kubelet runs the
/// preStop hooks, and the endpoint controllers take the pod out. Clients keep sending until their
/// own view changes. What preStop takes is part of the grace; when less than 2 s are left after it,
/// 2 s are granted. Sidecar proxies in plain containers get SIGTERM together with the application,
/// native sidecars after the main containers have gone, in reverse order.
///
/// - Source: Kubernetes `killContainer`, `killContainersWithSyncResult` in
///   `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `kuberuntime_termination_order.go`.
public struct PodTermination: Sendable, Equatable {
  /// How one container behaves when it is asked to stop.
  public struct Container: Sendable, Equatable {
    /// How long its preStop hook takes; nil without a hook.
    public var preStop: SimDuration?
    /// How long it lives after SIGTERM, draining what it has; nil when it ignores the signal.
    public var shutdown: SimDuration?
    /// A native sidecar waits for the main containers before it gets SIGTERM.
    public var isSidecar: Bool

    /// A main container without a hook that stops at once, by default.
    public init(
      preStop: SimDuration? = nil, shutdown: SimDuration? = .zero, isSidecar: Bool = false
    ) {
      self.preStop = preStop
      self.shutdown = shutdown
      self.isSidecar = isSidecar
    }
  }

  /// When one container is signalled and when it is gone, counted from the deletion request.
  public struct End: Sendable, Equatable {
    /// When it gets SIGTERM.
    public let terminated: SimDuration
    /// When it is gone.
    public let exited: SimDuration
    /// Whether SIGKILL was needed: requests it still held are lost.
    public let wasKilled: Bool
  }

  /// The least time between SIGTERM and SIGKILL.
  public static let minimumGracePeriod = SimDuration.seconds(2)

  /// The time from the request to SIGKILL; 30 s by default.
  public var gracePeriod: SimDuration
  /// The pod's containers: main ones, and sidecars in the order they started.
  public var containers: [Container]

  /// A pod with these containers.
  public init(gracePeriod: SimDuration = .seconds(30), containers: [Container]) {
    self.gracePeriod = gracePeriod
    self.containers = containers
  }

  /// The end of each container, in the order given; the pod is gone at the latest of them.
  public func timeline() -> [End] {
    var ends = [End?](repeating: nil, count: containers.count)
    var mainGone = SimDuration.zero
    for index in containers.indices where !containers[index].isSidecar {
      let end = end(of: containers[index], notBefore: .zero)
      mainGone = max(mainGone, end.exited)
      ends[index] = end
    }
    var turn = mainGone
    for index in containers.indices.reversed() where containers[index].isSidecar {
      let end = end(of: containers[index], notBefore: turn)
      turn = max(turn, end.exited)
      ends[index] = end
    }
    return ends.compactMap { $0 }
  }

  private func end(of container: Container, notBefore turn: SimDuration) -> End {
    // A hook that overruns is abandoned when the grace ends; waiting for a turn ends there too.
    let hook = gracePeriod > .zero ? min(container.preStop ?? .zero, gracePeriod) : .zero
    let terminated = max(hook, min(turn, gracePeriod))
    let killed = terminated + max(gracePeriod - terminated, Self.minimumGracePeriod)
    if let shutdown = container.shutdown, terminated + shutdown <= killed {
      return End(terminated: terminated, exited: terminated + shutdown, wasKilled: false)
    }
    return End(terminated: terminated, exited: killed, wasKilled: true)
  }

  /// How long a client still sends to a container that no longer accepts connections.
  ///
  /// - Parameters:
  ///   - listenerClosed: when the container closed its listener, usually at SIGTERM.
  ///   - clientNoticed: when that client's view lost the endpoint.
  /// - Returns: the time of refused or reset connections; zero when preStop outlasts propagation.
  public static func refusal(
    listenerClosed: SimDuration, clientNoticed: SimDuration
  ) -> SimDuration {
    max(.zero, clientNoticed - listenerClosed)
  }
}
