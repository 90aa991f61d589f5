/// What an EndpointSlice says about one pod.
///
/// - Source: Kubernetes `podToEndpoint` in `k8s.io/endpointslice/utils.go`; fallback to terminating
///   endpoints in `pkg/proxy/topology.go`.
@frozen public struct EndpointCondition: Sendable, Equatable {
  /// Gets traffic: serving and not terminating, or published regardless.
  public let isReady: Bool
  /// The pod is Ready, even if it is terminating.
  public let isServing: Bool
  /// The pod has a deletion timestamp.
  public let isTerminating: Bool

  /// The conditions of a pod's endpoint.
  ///
  /// - Parameters:
  ///   - podIsReady: its Ready condition.
  ///   - podIsTerminating: it has a deletion timestamp.
  ///   - publishesNotReady: the Service has `publishNotReadyAddresses`.
  public init(podIsReady: Bool, podIsTerminating: Bool, publishesNotReady: Bool = false) {
    isServing = podIsReady
    isTerminating = podIsTerminating
    isReady = publishesNotReady || (podIsReady && !podIsTerminating)
  }

  /// The endpoints kube-proxy sends to: the ready ones, or, if there is none, those that still
  /// serve while they terminate.
  ///
  /// Positions in the array given.
  public static func usable(_ endpoints: [EndpointCondition]) -> [Int] {
    let ready = endpoints.indices.filter { endpoints[$0].isReady }
    if !ready.isEmpty { return ready }
    return endpoints.indices.filter { endpoints[$0].isServing && endpoints[$0].isTerminating }
  }
}
