import Scenario
import TimeAndChance

extension ScenarioResolver {
  /// The pods behind the services, from manifests or as the scenario states them.
  mutating func resolveWorkloads() {
    var selectors = SelectorIndex(services)
    for manifest in manifests.workloads { add(manifest, &selectors) }
    for group in selectors.groups {
      for index in group.services { scenario.services[index].workloads = group.workloads }
    }
    for index in scenario.services.indices where scenario.services[index].workloads.isEmpty {
      addStatedWorkloads(of: index)
    }
    for index in scenario.services.indices { shareOperations(of: index) }
    for index in scenario.services.indices { checkVersions(of: index) }
    for index in scenario.workloads.indices { applySettings(to: index) }
  }

  private mutating func add(_ manifest: WorkloadManifest, _ selectors: inout SelectorIndex) {
    let groups = selectors.selecting(manifest.labels, in: manifest.meta.namespace)
    let number = scenario.workloads.count
    let owner: Int
    if groups.isEmpty {
      // Pods without a Service can still be described, or send traffic.
      let name = manifest.meta.name
      guard let own = index.services[name], services[own].manifest == nil else { return }
      owner = own
      scenario.services[own].namespace = manifest.meta.namespace
      scenario.services[own].host = "\(name).\(manifest.meta.namespace).svc.cluster.local"
      index.hosts[scenario.services[own].host] = own
      scenario.services[own].workloads.append(number)
    } else {
      for group in groups { selectors.groups[group].workloads.append(number) }
      owner = self.owner(of: manifest, groups.map { selectors.groups[$0] })
    }
    append(
      Workload(
        name: manifest.meta.name, namespace: manifest.meta.namespace, service: owner,
        replicas: manifest.replicas, nodes: nodes(of: manifest),
        cpu: CPUResources(
          requestMillicores: manifest.cpuRequest, limitMillicores: manifest.cpuLimit)),
      labels: manifest.labels, manifest: manifest)
  }

  /// The service under which pods are described: that which describes them, else the first.
  private mutating func owner(
    of manifest: WorkloadManifest, _ groups: [SelectorIndex.Group]
  ) -> Int {
    let described = groups.flatMap { $0.described.prefix(2) }.sorted()
    if described.count > 1, let first = services[described[0]].draft,
      let second = services[described[1]].draft
    {
      diagnostics.error(
        .sharedWorkload, at: second.span, path: second.path,
        "services \(first.name.quoted) and \(second.name.quoted) select the same pods of "
          + manifest.meta.title,
        help: "describe the pods under one of them",
        note: Diagnostic.Note(message: "the other stands", span: first.span))
    }
    return described.first ?? groups.compactMap(\.services.first).min() ?? 0
  }

  private mutating func append(
    _ workload: Workload, labels: [Label], manifest: WorkloadManifest?
  ) {
    var workload = workload
    workload.labels = labels.map { Workload.Label(name: $0.name, value: $0.value) }
    workload.version = labels["version"] ?? labels["app.kubernetes.io/version"] ?? ""
    scenario.workloads.append(workload)
    let draft = services[workload.service].draft?.value
    let version = draft.flatMap { self.version(of: workload, in: $0) }
    workloads.append(
      WorkloadKnowledge(
        manifest: manifest, labels: labels, common: draft?.common, version: version?.value))
  }

  /// The version of its service that a workload is, by its own name or its label.
  private mutating func version(
    of workload: Workload, in draft: ServiceDraft
  ) -> Named<PodsDraft>? {
    guard !draft.versions.isEmpty else { return nil }
    let known =
      versionIndex[workload.service]
      ?? Dictionary(
        draft.versions.enumerated().map { ($0.element.name, $0.offset) },
        uniquingKeysWith: { first, _ in first })
    versionIndex[workload.service] = known
    let labelled = workload.version.isEmpty ? nil : known[workload.version]
    return [known[workload.name], labelled].compactMap { $0 }.min().map { draft.versions[$0] }
  }

  private func nodes(of manifest: WorkloadManifest) -> [Int] {
    if let index = nodeIndex[manifest.nodeName] { return [index] }
    if manifest.nodeSelector.isEmpty { return allNodes }
    let keys = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"]
    let chosen = allNodes.filter { index in
      let node = scenario.nodes[index]
      return manifest.nodeSelector.allSatisfy { label in
        switch label.name {
        case keys[0]: node.zone == label.value
        case keys[1]: node.region == label.value
        case "kubernetes.io/hostname": node.name == label.value
        default: true
        }
      }
    }
    return chosen.isEmpty ? allNodes : chosen
  }

  /// Pods that only the scenario states, or the one pod that a service has by default.
  private mutating func addStatedWorkloads(of index: Int) {
    let service = scenario.services[index]
    let known = services[index]
    if service.kind == .routedOnly { return }
    if service.kind == .external {
      let entry = self.index.serviceEntry(of: service.host).map { manifests.serviceEntries[$0] }
      addStated(index, name: service.name, labels: [], replicas: entry?.endpoints)
      return
    }
    let selector = known.manifest?.selector ?? []
    guard let draft = known.draft else { return }
    let versions = draft.value.versions
    if known.manifest != nil, draft.value.common.pods == nil,
      versions.allSatisfy({ $0.value.pods == nil })
    {
      diagnostics.error(
        .noPods, at: draft.span, path: draft.path,
        "\(known.manifest?.meta.title ?? service.name) selects no pods",
        help: "add its Deployment to 'manifests', or state 'pods'")
    }
    let base = selector.isEmpty ? [Label(name: "app", value: service.name)] : selector
    if versions.isEmpty {
      addStated(index, name: service.name, labels: base, replicas: draft.value.common.pods?.value)
    }
    for version in versions {
      let labels =
        base.filter { $0.name != "version" } + [Label(name: "version", value: version.name)]
      addStated(
        index, name: "\(service.name)-\(version.name)",
        labels: labels.sorted { $0.name < $1.name },
        replicas: (version.value.pods ?? draft.value.common.pods)?.value)
    }
  }

  private mutating func addStated(
    _ service: Int, name: String, labels: [Label], replicas: Int?
  ) {
    scenario.services[service].workloads.append(scenario.workloads.count)
    if replicas == nil {
      defaults.add("services.\(scenario.services[service].name)", "pods", "1", by: "Foreshock")
    }
    append(
      Workload(
        name: name, namespace: scenario.services[service].namespace, service: service,
        replicas: replicas ?? 1, nodes: allNodes),
      labels: labels, manifest: nil)
  }

  /// A service that nobody describes and whose pods another describes answers as the other does.
  private mutating func shareOperations(of index: Int) {
    guard services[index].draft == nil,
      let first = scenario.services[index].workloads.first
    else { return }
    let owner = scenario.workloads[first].service
    if owner != index { services[index].alias = owner }
  }

  private mutating func checkVersions(of index: Int) {
    guard let draft = services[index].draft else { return }
    let owned = scenario.services[index].workloads.filter {
      scenario.workloads[$0].service == index
    }
    let names = owned.flatMap { [scenario.workloads[$0].version, scenario.workloads[$0].name] }
    let set = Set(names)
    for version in draft.value.versions where !set.contains(version.name) {
      let known = names.filter { !$0.isEmpty }
      diagnostics.error(
        .unknownPods, at: version.span, path: version.path,
        "no pods of \(draft.name.quoted) have the version or Deployment \(version.name.quoted)",
        help: Spelling.help(
          for: version.name, among: known,
          otherwise: NameList.known(known)))
    }
  }

  /// The settings of the pods: the version's, else the service's, else defaults.
  private mutating func applySettings(to index: Int) {
    let known = workloads[index]
    checkSaidOnce(known)
    var workload = scenario.workloads[index]
    let parts = [known.version, known.common].compactMap { $0 }
    let subject = "services.\(scenario.services[workload.service].name)"
    if let nodes = parts.lazy.compactMap(\.nodes).first {
      let chosen = nodeIndices(nodes.value)
      if !chosen.isEmpty { workload.nodes = chosen }
    }
    switch parts.lazy.compactMap(\.workers).first {
    case .limited(let count): workload.workers = count
    case .unlimited: workload.workers = nil
    case nil: defaults.add(subject, "workers", "200 per pod", by: "Foreshock")
    }
    if let queue = parts.lazy.compactMap(\.queue).first {
      workload.queue = queue
    } else {
      defaults.add(subject, "queue", "unbounded, first in, first out", by: "Foreshock")
    }
    if let abandoned = parts.lazy.compactMap(\.abandoned).first {
      workload.abandonedWork = abandoned
    }
    if let holds = parts.lazy.compactMap(\.holdsWorker).first {
      workload.holdsWorkerWhileCalling = holds
    }
    if let cpu = parts.lazy.compactMap(\.cpu).first {
      workload.cpu = CPUResources(
        requestMillicores: cpu.value.request ?? cpu.value.limit ?? 0,
        limitMillicores: cpu.value.limit)
    }
    if let startup = parts.lazy.compactMap(\.startup).first {
      workload.startup = startup
    } else {
      workload.startup = .seconds(10)
      defaults.add(subject, "startup", "10s", by: "Foreshock")
    }
    scenario.workloads[index] = workload
  }

  /// What a manifest states, a scenario does not state again.
  private mutating func checkSaidOnce(_ known: WorkloadKnowledge) {
    guard let manifest = known.manifest else { return }
    for part in [known.version, known.common].compactMap({ $0 }) {
      if let pods = part.pods {
        diagnostics.error(
          .saidTwice, at: pods.span, path: pods.path,
          "\(manifest.meta.title) states the number of pods",
          help: "leave 'pods' out here and change spec.replicas there",
          note: Diagnostic.Note(message: "the manifest stands", span: manifest.meta.span))
      }
      if let cpu = part.cpu, manifest.statesCPU {
        diagnostics.error(
          .saidTwice, at: cpu.span, path: cpu.path, "\(manifest.meta.title) states CPU",
          help: "leave 'cpu' out here and change the container's resources there",
          note: Diagnostic.Note(message: "the manifest stands", span: manifest.meta.span))
      }
    }
  }
}
