/// The order in which a pod's containers start: init containers one by one, sidecars in between.
///
/// An init container must run to its end before the next one starts. A native sidecar (an init
/// container with `restartPolicy: Always`) only has to have started, that is, its startup probe has
/// passed; it then keeps running. The main containers start together after the last of them.
/// Image pulls and waits between restarts are the caller's: see ``ImagePullPolicy`` and
/// ``RestartBackOff``.
///
/// - Source: Kubernetes `computeInitContainerActions` in
///   `pkg/kubelet/kuberuntime/kuberuntime_container.go`.
public struct PodStartup: Sendable, Equatable {
  /// A container that starts before the main ones.
  public enum InitKind: Sendable, Equatable {
    /// Runs to its end.
    case plain
    /// Starts and stays.
    case sidecar
  }

  /// When a container is started again after it ended.
  public enum RestartPolicy: Sendable, Equatable {
    /// Whatever its exit code; the default.
    case always
    /// When its exit code is not 0.
    case onFailure
    /// Not at all.
    case never
  }

  /// What the kubelet does next.
  public enum Action: Sendable, Equatable {
    /// Nothing, until something happens.
    case wait
    /// Start the init container of that index.
    case startInit(Int)
    /// Start it again, after its back-off.
    case restartInit(Int)
    /// Start the main containers.
    case startMain
    /// The pod has failed: an init container failed and may not be restarted.
    case fail
  }

  /// The init containers, in order.
  public let initContainers: [InitKind]
  /// The pod's restart policy; it decides about plain init containers, sidecars always restart.
  public let restartPolicy: RestartPolicy
  private var position = 0
  private var hasFailed = false

  /// A pod whose sandbox is not there yet.
  public init(initContainers: [InitKind], restartPolicy: RestartPolicy = .always) {
    self.initContainers = initContainers
    self.restartPolicy = restartPolicy
  }

  /// Whether every init container is done, so that the main ones run.
  public var isInitialized: Bool { !hasFailed && position == initContainers.count }

  /// The sandbox is there: what starts first.
  public func begin() -> Action { next }

  private var next: Action {
    position < initContainers.count ? .startInit(position) : .startMain
  }

  /// A container that runs first has ended.
  public mutating func initExited(_ index: Int, succeeded: Bool) -> Action {
    guard !hasFailed, initContainers.indices.contains(index) else { return .wait }
    if initContainers[index] == .sidecar { return .restartInit(index) }
    guard index == position else { return .wait }
    if succeeded {
      position += 1
      return next
    }
    guard restartPolicy != .never else {
      hasFailed = true
      return .fail
    }
    return .restartInit(index)
  }

  /// A sidecar counts as started: its startup probe passed, or it runs and has none.
  public mutating func sidecarStarted(_ index: Int) -> Action {
    guard !hasFailed, index == position, position < initContainers.count,
      initContainers[index] == .sidecar
    else { return .wait }  // a restarted sidecar holds nothing up
    position += 1
    return next
  }

  /// Whether a main container that ended is started again.
  public func restartsMain(exitCode: Int) -> Bool {
    switch restartPolicy {
    case .always: true
    case .onFailure: exitCode != 0
    case .never: false
    }
  }
}
