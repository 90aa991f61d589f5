/// What one container asks for and may use at most.
public struct ContainerRequirements: Sendable, Equatable {
  /// The container's name, for messages.
  public var name: String
  /// What the scheduler and the quota count.
  public var requests: ResourceList
  /// What the kernel enforces.
  public var limits: ResourceList

  /// A container with these requests and limits; both empty by default.
  public init(name: String = "", requests: ResourceList = [:], limits: ResourceList = [:]) {
    self.name = name
    self.requests = requests
    self.limits = limits
  }
}

/// What a whole pod asks for: its containers, and how init containers and sidecars add up.
///
/// - Source: Kubernetes `k8s.io/component-helpers/resource/helpers.go` (`PodRequests`,
///   `PodLimits`).
public struct PodRequirements: Sendable, Equatable {
  /// A container that starts before the others.
  public struct InitContainer: Sendable, Equatable {
    /// What it asks for.
    public var requirements: ContainerRequirements
    /// A native sidecar (`restartPolicy: Always`): it keeps running beside the others.
    public var isSidecar: Bool

    /// An init container, a plain one by default.
    public init(_ requirements: ContainerRequirements, isSidecar: Bool = false) {
      self.requirements = requirements
      self.isSidecar = isSidecar
    }
  }

  /// The containers that run together.
  public var containers: [ContainerRequirements]
  /// The containers that run first, in order.
  public var initContainers: [InitContainer]
  /// What the runtime itself needs for the pod; none by default.
  public var overhead: ResourceList
  /// Requests of the whole pod, which replace the sum of its containers' (1.34, beta).
  public var podRequests: ResourceList
  /// Limits of the whole pod, which replace the sum of its containers'.
  public var podLimits: ResourceList

  /// A pod of these containers, without overhead and without pod-level resources.
  public init(
    containers: [ContainerRequirements], initContainers: [InitContainer] = [],
    overhead: ResourceList = [:], podRequests: ResourceList = [:], podLimits: ResourceList = [:]
  ) {
    self.containers = containers
    self.initContainers = initContainers
    self.overhead = overhead
    self.podRequests = podRequests
    self.podLimits = podLimits
  }

  /// What the scheduler and quotas count: the larger of what runs together (sidecars included) and
  /// the hungriest moment of the init phase, plus overhead.
  public var effectiveRequests: ResourceList {
    var total = aggregate(\.requests)
    for entry in podRequests.entries { total[entry.name] = entry.quantity }
    total.add(overhead)
    return total
  }

  /// The limits in the same way; overhead counts only where a limit exists.
  public var effectiveLimits: ResourceList {
    var total = aggregate(\.limits)
    for entry in podLimits.entries { total[entry.name] = entry.quantity }
    for entry in overhead.entries where total[entry.name] != nil {
      total[entry.name] = total.amount(entry.name) + entry.quantity
    }
    return total
  }

  private func aggregate(_ list: KeyPath<ContainerRequirements, ResourceList>) -> ResourceList {
    var together = ResourceList()
    for container in containers { together.add(container[keyPath: list]) }
    var sidecars = ResourceList()
    var initPeak = ResourceList()
    for container in initContainers {
      let own = container.requirements[keyPath: list]
      if container.isSidecar {
        together.add(own)
        sidecars.add(own)
        initPeak.formMaximum(sidecars)
      } else {
        var moment = sidecars
        moment.add(own)
        initPeak.formMaximum(moment)
      }
    }
    together.formMaximum(initPeak)
    return together
  }

  /// Every container, those that run first included, changed in place.
  mutating func updateEveryContainer(_ update: (inout ContainerRequirements) -> Void) {
    for index in containers.indices { update(&containers[index]) }
    for index in initContainers.indices { update(&initContainers[index].requirements) }
  }

  var everyContainer: [ContainerRequirements] {
    containers + initContainers.map(\.requirements)
  }

  /// Fills in what the API server fills in: a limit without a request becomes the request.
  ///
  /// - Source: `SetDefaults_Pod` in `pkg/apis/core/v1/defaults.go`.
  public mutating func applyAPIDefaults() {
    updateEveryContainer { $0.requests.fillMissing(from: $0.limits) }
  }
}
