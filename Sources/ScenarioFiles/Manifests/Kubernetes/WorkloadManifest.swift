import Scenario

/// A Deployment or StatefulSet, as far as traffic sees it.
struct WorkloadManifest {
  var meta: ObjectMeta
  /// `spec.replicas`; 1 when absent.
  var replicas: Int
  /// Whether the number of replicas is written.
  var statesReplicas: Bool
  /// The pods' labels, sorted.
  var labels: [Label]
  /// The pods' annotations, sorted.
  var annotations: [Label]
  /// `requests.cpu` of the container that serves, thousandths.
  var cpuRequest: Int
  /// `limits.cpu` of the container that serves, thousandths; nil when it has none.
  ///
  /// The kernel throttles each container by its own limit, whatever the others have.
  var cpuLimit: Int?
  /// Whether a container states CPU.
  var statesCPU: Bool
  /// `nodeName`; empty when absent.
  var nodeName: String
  /// `nodeSelector`, sorted.
  var nodeSelector: [Label]

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    let stated = spec["replicas"].integer(0...ReadingLimits.replicas, &diagnostics)
    replicas = stated ?? 1
    statesReplicas = stated != nil
    let template = spec["template"]
    labels = template["metadata"]["labels"].labels(&diagnostics)
    annotations = template["metadata"]["annotations"].labels(&diagnostics)
    let pod = template["spec"]
    nodeName = pod["nodeName"].text(&diagnostics) ?? ""
    nodeSelector = pod["nodeSelector"].labels(&diagnostics)
    let usual = annotations["kubectl.kubernetes.io/default-container"]
    var serving: (request: Int64?, limit: Int64?)?
    var states = false
    for container in pod["containers"].list(&diagnostics)
    where container["name"].node?.text != "istio-proxy" {
      let resources = container["resources"]
      Self.checkMemory(resources, &diagnostics)
      let limit = Self.cpu(resources["limits"]["cpu"], &diagnostics)
      let request = Self.cpu(resources["requests"]["cpu"], &diagnostics) ?? limit
      states = states || limit != nil || request != nil
      // As `kubectl logs` chooses: the container that is named, else the first.
      let isUsual = usual != nil && container["name"].node?.text == usual
      if serving == nil || isUsual { serving = (request, limit) }
    }
    cpuRequest = Int(serving?.request ?? 0)
    cpuLimit = serving?.limit.flatMap { $0 > 0 ? Int($0) : nil }
    statesCPU = states
  }

  /// A CPU quantity in thousandths; nil when it is absent or wrong.
  static func cpu(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) -> Int64? {
    guard let text = cursor.text(&diagnostics) else { return nil }
    guard let value = Quantity(text)?.thousandths, (0...1_000_000_000).contains(value) else {
      cursor.bad("a CPU quantity like 500m", &diagnostics)
      return nil
    }
    return value
  }

  private static func checkMemory(
    _ resources: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) {
    for kind in ["requests", "limits"] {
      let memory = resources[kind]["memory"]
      guard let text = memory.node?.text else { continue }
      guard let quantity = Quantity(text), quantity.units != nil else {
        memory.bad("a quantity like 256Mi", &diagnostics)
        continue
      }
      if quantity.suffix == "m" {
        diagnostics.warning(
          .suspiciousQuantity, at: memory.span, path: memory.path,
          "\(text.quoted) of memory is a fraction of a byte",
          help: "write \(text.dropLast())Mi for mebibytes or \(text.dropLast())M for megabytes")
      }
    }
  }
}

/// A Node: where it is and what it has.
struct NodeManifest {
  var meta: ObjectMeta
  /// `status.allocatable.cpu`, else `capacity.cpu`, in thousandths; nil when absent.
  var cpu: Int?

  init(_ meta: ObjectMeta, _ status: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    let allocatable = WorkloadManifest.cpu(status["allocatable"]["cpu"], &diagnostics)
    let capacity = WorkloadManifest.cpu(status["capacity"]["cpu"], &diagnostics)
    cpu = (allocatable ?? capacity).map(Int.init)
  }

  /// The node as a scenario knows it.
  var node: Node {
    Node(
      name: meta.name, region: meta.labels["topology.kubernetes.io/region"] ?? "",
      zone: meta.labels["topology.kubernetes.io/zone"] ?? "", allocatableMillicores: cpu)
  }
}
