/// How a pod's requests and limits relate, which decides who suffers first when a node runs short.
///
/// - Source: Kubernetes `ComputePodQOS` in `pkg/apis/core/v1/helper/qos/qos.go`.
@frozen public enum QualityOfService: UInt8, Sendable {
  /// Every container's cpu and memory limits are set and equal its requests.
  case guaranteed
  /// Something in between.
  case burstable
  /// No container asks for, or is limited in, cpu or memory.
  case bestEffort

  /// The class of a pod after defaults were filled in; amounts of zero count as not set.
  public init(_ pod: PodRequirements) {
    let compute: [ResourceName] = [.cpu, .memory]
    let usesPodLevel = !(pod.podRequests.isEmpty && pod.podLimits.isEmpty)
    let parts =
      usesPodLevel
      ? [ContainerRequirements(requests: pod.podRequests, limits: pod.podLimits)]
      : pod.everyContainer
    var requests = ResourceList()
    var limits = ResourceList()
    var everyLimitIsSet = true
    for part in parts {
      for name in compute {
        let (request, limit) = (part.requests.amount(name), part.limits.amount(name))
        if request > .zero { requests[name] = requests.amount(name) + request }
        if limit > .zero {
          limits[name] = limits.amount(name) + limit
        } else {
          everyLimitIsSet = false
        }
      }
    }
    if requests.isEmpty && limits.isEmpty {
      self = .bestEffort
    } else if everyLimitIsSet && requests == limits {
      self = .guaranteed
    } else {
      self = .burstable
    }
  }
}
