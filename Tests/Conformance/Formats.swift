/// Every format the runner knows.
///
/// A file is offered to each in turn; the first that accepts wins.
let formats: [any VectorFormat.Type] = [
  EnvoyVectors.self, QueueingRows.self, TwinVectors.self, AutoscalerVectors.self,
  KubernetesVectors.self,
  Resilience4jTraces.self, NginxTraces.self, HAProxyTraces.self,
]
