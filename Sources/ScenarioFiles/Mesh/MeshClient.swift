import Scenario
import TrafficPolicy

/// A proxy that sends requests, as policies see it.
struct MeshClient {
  /// The name in reports.
  var name: String
  var kind: ProxyPolicy.Kind
  var namespace: String
  /// The labels of the pods that it serves.
  var labels: [Label]
  /// The gateways whose routes it runs: `mesh`, or references to Gateways.
  var gateways: [String]
  /// Instances by the proxy's own manifest; nil when there is none.
  var replicas: Int?
  /// The gateway deployment; nil for proxies inside the mesh.
  var entrance: Entrance?
}

/// A request that a proxy must be able to route.
struct MeshRequest {
  var target: CallTarget
  /// The step that makes it; nil for traffic.
  var site: ScenarioResolver.CallSite?
}

/// The DestinationRules of a host, merged.
struct MergedDestinationRule {
  /// The manifests, as reports name them.
  let titles: [String]
  let policy: TrafficPolicyManifest?
  /// By name; the first of a name stands.
  let subsets: [String: DestinationRuleManifest.Subset]

  /// What rules say together, the first of each.
  init(_ rules: [DestinationRuleManifest]) {
    titles = rules.map(\.meta.title)
    policy = rules.lazy.compactMap(\.policy).first
    subsets = Dictionary(
      rules.flatMap(\.subsets).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// How requests for an authority come to a proxy.
struct RequestWay {
  var host: String
  /// The gateway's port by which they come; nil inside the mesh.
  var entry: EntrancePort?
  /// The port that routes see: the gateway's, or the service's.
  var port: Int
  /// The gateways whose routes apply: `mesh`, or references to Gateways.
  var gateways: [String]
}
