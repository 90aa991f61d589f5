/// The requests of a pod for one resource, as far as an autoscaler needs them: the denominator of
/// a utilisation.
///
/// - Source: Kubernetes `calculateRequests` (`pkg/controller/podautoscaler/replica_calculator.go`)
///   and `PodRequests` (`k8s.io/component-helpers/resource/helpers.go`).
public struct PodRequests: Sendable, Equatable {
  /// A container's request for the resource.
  public struct Container: Sendable, Equatable {
    /// The container's name, unique in its pod.
    public var name: String
    /// The request in thousandths; nil when the container has none.
    public var requestMilli: Int64?
    /// True for an init container with `restartPolicy: Always`, a native sidecar.
    public var isSidecar: Bool

    /// A container with that request.
    public init(name: String, requestMilli: Int64?, isSidecar: Bool = false) {
      self.name = name
      self.requestMilli = requestMilli
      self.isSidecar = isSidecar
    }
  }

  /// The containers, in the order of the manifest.
  public var containers: [Container]
  /// The init containers, in the order of the manifest.
  public var initContainers: [Container]
  /// True when the pod has requests of its own (`spec.resources.requests`) for any resource.
  public var hasPodLevelRequests: Bool
  /// The pod-level request for this resource in thousandths.
  public var podLevelMilli: Int64?
  /// What the runtime class adds, in thousandths; counts only beside pod-level requests.
  public var overheadMilli: Int64

  /// The requests of one pod.
  public init(
    containers: [Container], initContainers: [Container] = [], podLevelMilli: Int64? = nil,
    hasPodLevelRequests: Bool? = nil, overheadMilli: Int64 = 0
  ) {
    self.containers = containers
    self.initContainers = initContainers
    self.podLevelMilli = podLevelMilli
    self.hasPodLevelRequests = hasPodLevelRequests ?? (podLevelMilli != nil)
    self.overheadMilli = overheadMilli
  }

  /// The pod's request in thousandths.
  ///
  /// Pod-level requests win where the `PodLevelResources` gate is on and the metric is not about
  /// one container; otherwise containers and sidecars are summed, and each of them needs one.
  ///
  /// - Parameters:
  ///   - container: the container that a container metric names; nil for the whole pod.
  ///   - podLevelResources: the `PodLevelResources` gate; beta and on since 1.34.
  /// - Returns: the request in thousandths.
  /// - Throws: ``MetricFailure/missingRequest(container:)`` or ``MetricFailure/containerNotFound``.
  public func milli(
    container: String? = nil, podLevelResources: Bool = true
  ) throws(MetricFailure) -> Int64 {
    if podLevelResources, hasPodLevelRequests, container == nil {
      guard let own = podLevelMilli ?? aggregate else { throw .missingRequest(container: nil) }
      return own &+ overheadMilli
    }
    var sum: Int64 = 0
    for candidate in containers + initContainers.filter(\.isSidecar) {
      guard container == nil || candidate.name == container else { continue }
      guard let request = candidate.requestMilli else {
        throw .missingRequest(container: candidate.name)
      }
      sum &+= request
      if container != nil { return sum }
    }
    if container != nil { throw .containerNotFound }
    return sum
  }

  /// The sum over containers and sidecars, or what the hungriest init container needs beside the
  /// sidecars started before it; nil when nothing requests the resource.
  private var aggregate: Int64? {
    let requested = (containers + initContainers).contains { $0.requestMilli != nil }
    guard requested else { return nil }
    var running: Int64 = containers.reduce(0) { $0 + ($1.requestMilli ?? 0) }
    var sidecars: Int64 = 0
    var starting: Int64 = 0
    for container in initContainers {
      let request = container.requestMilli ?? 0
      if container.isSidecar {
        running += request
        sidecars += request
        starting = max(starting, sidecars)
      } else {
        starting = max(starting, sidecars + request)
      }
    }
    return max(running, starting)
  }
}
