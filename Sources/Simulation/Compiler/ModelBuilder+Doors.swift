import Scenario
import TimeAndChance
import TrafficPolicy

// Sidecars in front of servers.
extension ModelBuilder {
  /// The proxies in front of the pods that run a policy, where it does more than take its time.
  ///
  /// Istio's own inbound retries, on `reset-before-request`, have nothing to do here: they repair
  /// the race with an application that closes an idle connection, and no pod of the model does.
  mutating func addDoors(_ policy: ProxyPolicy, _ index: Int) {
    guard acts(policy) else { return }
    for workload in inboundWorkloads[index] ?? [] where scenario.workloads[workload].replicas > 0 {
      let pods = scenario.workloads[workload]
      var configuration = policy.configuration
      let limits = addRouteFilters(policy, to: &configuration)
      // Connections to the application are local: they matter where they are counted.
      let counts = configuration.clusters.contains { cluster in
        cluster.thresholds.maxConnections < CircuitBreakerThresholds.unlimited
          || cluster.thresholds.maxPendingRequests < CircuitBreakerThresholds.unlimited
      }
      map.proxies.append(
        ModelMap.ProxyOrigin(
          name: policy.name, instances: pods.replicas, services: policy.upstreams.map(\.service)))
      proxies.append(
        ProxyModel(
          name: policy.name, configuration: configuration,
          endpoints: configuration.clusters.map { _ in [] },
          placement: .inFrontOfEachPod(service: workload), connect: counts ? .zero : nil,
          upFor: .minutes(60), routeRateLimits: limits))
      furtherEdges += 1
    }
  }

  /// Whether a policy in front of a server changes what becomes of any request.
  private func acts(_ policy: ProxyPolicy) -> Bool {
    let configuration = policy.configuration
    return !configuration.filters.isEmpty
      || policy.routeFilters.contains { $0.fault != nil || $0.localRateLimit != nil }
      || configuration.clusters.contains { $0.thresholds != .none }
      || configuration.streamIdleTimeout != nil
      || configuration.routes.contains { acts($0.action) }
  }

  private func acts(_ action: RouteAction) -> Bool {
    guard case .forward(let forward) = action else { return true }
    let retries = forward.retryPolicy?.retryOn ?? []
    return forward.timeout != nil || forward.idleTimeout != nil
      || forward.maxStreamDuration != nil || !forward.mirrors.isEmpty
      || !retries.isSubset(of: .resetBeforeRequest)
  }
}
