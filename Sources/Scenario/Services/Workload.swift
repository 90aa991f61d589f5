public import TimeAndChance

/// A set of equal pods: a Deployment, a StatefulSet, or what a scenario states instead.
///
/// Its pods are named `<name>-0`, `<name>-1` and so on.
public struct Workload: Sendable, Equatable {
  /// What an inbound connection must bring.
  public enum MutualTLS: Sendable, Equatable {
    /// Plaintext and mTLS (Istio's default).
    case permissive
    /// mTLS only: a caller without a mesh is cut off at the connection.
    case strict
    /// Plaintext only.
    case disabled
  }

  /// How the workload's own calls meet the mesh.
  public enum DataPlane: Sendable, Equatable {
    /// No proxy of its own: calls go straight to a pod, each picked at random.
    case none
    /// A sidecar per pod with the outbound policy of that index in ``Scenario/proxies``.
    case sidecar(outbound: Int)
    /// ztunnel on the node; policy is where the destination's waypoint is.
    case ambient
  }

  /// The name, as in its manifest.
  public var name: String
  /// The Kubernetes namespace.
  public var namespace: String
  /// The pods' labels, sorted by name.
  public var labels: [Label]
  /// The `version` label (or `app.kubernetes.io/version`), for reports; may be empty.
  public var version: String
  /// The service whose operations it serves, as index in ``Scenario/services``.
  public var service: Int
  /// The number of pods at the start, 0 or more.
  public var replicas: Int
  /// The nodes on which pods are placed in turn, as indices in ``Scenario/nodes``; never empty.
  public var nodes: [Int]
  /// What each operation of ``service`` does here, by the operation's index.
  public var steps: [[Step]]
  /// Requests that one pod works on at once; nil is unlimited.
  public var workers: Int?
  /// Where requests wait for a worker.
  public var queue: WorkQueue
  /// What becomes of work whose caller has gone.
  public var abandonedWork: AbandonedWork
  /// Whether a worker waits with its request while a call is out; true for thread-per-request
  /// servers, false for event loops.
  public var holdsWorkerWhileCalling: Bool
  /// The pod's CPU.
  public var cpu: CPUResources
  /// The time from a container's start to its first request.
  public var startup: SimDuration
  /// How its own calls meet the mesh.
  public var dataPlane: DataPlane
  /// The policy of the proxy in front of each pod, as index in ``Scenario/proxies``; nil: none.
  public var inbound: Int?
  /// What an inbound connection must bring.
  public var mutualTLS: MutualTLS

  /// A label.
  public struct Label: Sendable, Equatable {
    /// The label's name.
    public var name: String
    /// The label's value.
    public var value: String
    /// A label of that value.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A workload from its parts.
  public init(
    name: String, namespace: String = "default", labels: [Label] = [], version: String = "",
    service: Int, replicas: Int = 1, nodes: [Int] = [0], steps: [[Step]] = [],
    workers: Int? = 200, queue: WorkQueue = WorkQueue(), abandonedWork: AbandonedWork = .finished,
    holdsWorkerWhileCalling: Bool = true, cpu: CPUResources = CPUResources(),
    startup: SimDuration = .zero, dataPlane: DataPlane = .none, inbound: Int? = nil,
    mutualTLS: MutualTLS = .permissive
  ) {
    self.name = name
    self.namespace = namespace
    self.labels = labels
    self.version = version
    self.service = service
    self.replicas = replicas
    self.nodes = nodes
    self.steps = steps
    self.workers = workers
    self.queue = queue
    self.abandonedWork = abandonedWork
    self.holdsWorkerWhileCalling = holdsWorkerWhileCalling
    self.cpu = cpu
    self.startup = startup
    self.dataPlane = dataPlane
    self.inbound = inbound
    self.mutualTLS = mutualTLS
  }
}

/// A pod's share of its node's processors.
public struct CPUResources: Sendable, Equatable {
  /// `requests.cpu` in thousandths of a core; 0: none.
  public var requestMillicores: Int
  /// `limits.cpu` in thousandths of a core, served in periods of 100 ms; nil is unlimited.
  public var limitMillicores: Int?
  /// A pod's CPU; no request and no limit by default.
  public init(requestMillicores: Int = 0, limitMillicores: Int? = nil) {
    self.requestMillicores = requestMillicores
    self.limitMillicores = limitMillicores
  }
}
