import Scenario

/// What every manifest has.
struct ObjectMeta {
  /// The kind.
  var kind: String
  /// The name.
  var name: String
  /// The namespace; `default` when none is written.
  var namespace: String
  /// The labels, sorted by name.
  var labels: [Label]
  /// The annotations, sorted by name.
  var annotations: [Label]
  /// Where the name is written.
  var span: SourceSpan

  /// As diagnostics and reports name it: `VirtualService shop/payments`.
  var title: String { "\(kind) \(namespace)/\(name)" }
}

/// All manifests of a scenario, by kind, in the order of reading.
struct ManifestSet {
  var workloads: [WorkloadManifest] = []
  var services: [ServiceManifest] = []
  var serviceEntries: [ServiceEntryManifest] = []
  var namespaces: [ObjectMeta] = []
  var nodes: [NodeManifest] = []
  var virtualServices: [VirtualServiceManifest] = []
  var destinationRules: [DestinationRuleManifest] = []
  var gateways: [GatewayManifest] = []
  var peerAuthentications: [PeerAuthenticationManifest] = []
  var envoyFilters: [EnvoyFilterManifest] = []
  /// What became of the fields.
  var fields = FieldCounts()
  /// How many documents of each kind there were, sorted by kind.
  var documents: [DocumentCount] = []
  /// The tables of fields that were needed so far, by kind.
  private var tables: [String: FieldTable] = [:]
  /// Kinds and names that were seen, against objects written twice.
  private var seen: [String: SourceSpan] = [:]

  /// Whether anything is there that only a mesh reads.
  var mentionsIstio: Bool {
    !virtualServices.isEmpty || !destinationRules.isEmpty || !gateways.isEmpty
      || !peerAuthentications.isEmpty || !envoyFilters.isEmpty
  }

  /// Adds a document: a manifest, or a list of them.
  mutating func add(_ document: YAMLNode, _ diagnostics: inout DiagnosticList) {
    guard let kind = document["kind"]?.text else {
      let keys = document.entries?.prefix(4).map(\.key).joined(separator: ", ") ?? ""
      let isScenario = document["services"] != nil || document["traffic"] != nil
      diagnostics.error(
        .strangeDocument, at: document.span,
        "this document is neither a scenario nor a manifest"
          + (keys.isEmpty ? "" : ": its keys are \(keys.shortened(to: 80))"),
        help: isScenario ? "a scenario begins with 'scenario: NAME'" : nil)
      return
    }
    if kind == "List" || (kind.hasSuffix("List") && document["items"] != nil) {
      count(kind, isRead: true)
      for item in document["items"]?.elements ?? [] { add(item, &diagnostics) }
      return
    }
    let version = document["apiVersion"]?.text ?? ""
    let isIstio = version.contains("istio.io/")
    guard Self.isOurs(kind, version), let table = table(kind, isIstio) else {
      count(kind, isRead: false)
      if ManifestTables.behavioural.contains(kind) {
        diagnostics.warning(
          .skippedKind, at: document["kind"]?.span ?? document.span,
          "\(kind) \((document["metadata"]?["name"]?.text ?? "").quoted) changes behaviour "
            + "and is not simulated")
      }
      return
    }
    count(kind, isRead: true)
    table.check(document, kind: kind, &fields, &diagnostics)
    guard let meta = meta(kind, document, &diagnostics) else { return }
    let identity = meta.title + (isIstio ? " istio" : "")
    if let first = seen[identity] {
      diagnostics.error(
        .objectTwice, at: meta.span, "\(meta.title) is there twice",
        note: Diagnostic.Note(message: "first", span: first))
      return
    }
    seen[identity] = meta.span
    read(meta, ManifestCursor(manifest: meta.title, node: document), isIstio, &diagnostics)
  }

  private mutating func table(_ kind: String, _ isIstio: Bool) -> FieldTable? {
    let key = isIstio ? "istio \(kind)" : kind
    if let known = tables[key] { return known }
    let table = ManifestTables.table(kind: kind, isIstio: isIstio)
    tables[key] = table
    return table
  }

  /// Whether a kind is the one we know and not a namesake of another product.
  private static func isOurs(_ kind: String, _ version: String) -> Bool {
    switch kind {
    case "Service", "Namespace", "Node": version == "v1" || version.isEmpty
    case "Deployment", "StatefulSet": version.hasPrefix("apps/") || version.isEmpty
    case "Gateway":
      version.contains("networking.istio.io/") || version.contains("gateway.networking.k8s.io/")
    case "HTTPRoute": version.contains("gateway.networking.k8s.io/")
    case "PeerAuthentication": version.contains("security.istio.io/")
    default: version.contains("networking.istio.io/")
    }
  }

  private mutating func count(_ kind: String, isRead: Bool) {
    let name = kind.shortened(to: 60)
    if let index = documents.firstIndex(where: { $0.kind == name && $0.isRead == isRead }) {
      documents[index].count += 1
    } else {
      let count = DocumentCount(kind: name, count: 1, isRead: isRead)
      let place = documents.firstIndex { $0.kind > name } ?? documents.count
      documents.insert(count, at: place)
    }
  }

  private func meta(
    _ kind: String, _ document: YAMLNode, _ diagnostics: inout DiagnosticList
  ) -> ObjectMeta? {
    let cursor = ManifestCursor(manifest: kind, node: document)["metadata"]
    guard let name = cursor["name"].text(&diagnostics), !name.isEmpty else {
      diagnostics.error(
        .missingField, at: document.span, "this \(kind) has no 'metadata.name'")
      return nil
    }
    let namespace = cursor["namespace"].text(&diagnostics) ?? "default"
    for (text, place) in [(name, cursor["name"]), (namespace, cursor["namespace"])]
    where text.utf8.count > ReadingLimits.nameLength || !text.unicodeScalars.allSatisfy(isPlain) {
      place.bad(
        "a name of at most \(ReadingLimits.nameLength) letters, digits, '-' and '.'", &diagnostics)
      return nil
    }
    return ObjectMeta(
      kind: kind, name: name, namespace: namespace,
      labels: cursor["labels"].labels(&diagnostics),
      annotations: cursor["annotations"].labels(&diagnostics), span: cursor["name"].span)
  }

  private func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      && (scalar.properties.isAlphabetic || "0123456789-._:".unicodeScalars.contains(scalar))
  }

  private mutating func read(
    _ meta: ObjectMeta, _ document: ManifestCursor, _ isIstio: Bool,
    _ diagnostics: inout DiagnosticList
  ) {
    let spec = document["spec"]
    switch meta.kind {
    case "Deployment", "StatefulSet":
      workloads.append(WorkloadManifest(meta, spec, &diagnostics))
    case "Service": services.append(ServiceManifest(meta, spec, &diagnostics))
    case "ServiceEntry":
      serviceEntries.append(ServiceEntryManifest(meta, spec, &diagnostics))
    case "Namespace": namespaces.append(meta)
    case "Node": nodes.append(NodeManifest(meta, document["status"], &diagnostics))
    case "VirtualService":
      virtualServices.append(VirtualServiceManifest(meta, spec, &diagnostics))
    case "DestinationRule":
      if let rule = DestinationRuleManifest(meta, spec, &diagnostics) {
        destinationRules.append(rule)
      }
    case "Gateway":
      gateways.append(
        isIstio
          ? GatewayManifest(istio: meta, spec, &diagnostics)
          : GatewayManifest(gatewayAPI: meta, spec, &diagnostics))
    case "HTTPRoute":
      virtualServices += VirtualServiceManifest.routes(of: meta, spec, &diagnostics)
    case "PeerAuthentication":
      peerAuthentications.append(PeerAuthenticationManifest(meta, spec, &diagnostics))
    case "EnvoyFilter": envoyFilters.append(EnvoyFilterManifest(meta, spec, &diagnostics))
    default: break
    }
  }
}
