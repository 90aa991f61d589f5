import Orchestration
import Yams

/// The vectors of Kubernetes mechanisms: YAML files with a `schema`, a `mechanism` and `vectors`.
///
/// The autoscaler's mechanisms (`hpa_…`) have a format of their own beside this one.
enum KubernetesVectors: VectorFormat {
  static let schema = "foreshock-vectors/kubernetes/v1"

  /// Turns a case's input into a computation of everything its `expect` may ask for.
  typealias Mechanism = @Sendable (KubernetesNode) throws -> KubernetesOutputs

  static let mechanisms: [String: Mechanism] = [
    "rollout_limits": rolloutLimits,
    "rollout_new_replicaset": rolloutNewReplicaSet,
    "rollout_old_replicaset": rolloutOldReplicaSet,
    "rollout_proportional_scale": rolloutProportionalScale,
    "rollout_status": rolloutStatus,
    "slow_start_batch": slowStartBatch,
    "pod_deletion_order": podDeletionOrder,
    "pdb_status": pdbStatus,
    "eviction_request": evictionRequest,
    "node_zone_eviction": nodeZoneEviction,
    "probe_state": probeState,
    "restart_backoff": restartBackOff,
    "limit_range": limitRange,
    "quota_admission": quotaAdmission,
  ]

  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    guard file.text.contains(schema) else { return nil }
    let root: Node?
    do {
      root = try Yams.compose(yaml: file.text)
    } catch let error as YamlError {
      throw MalformedVector(line: error.kubernetesLine, reason: "not YAML: \(error)")
    }
    guard let root, case .mapping = root else { return nil }
    let document = KubernetesNode(node: root, path: "")
    guard try document.optional("schema")?.text() == schema else { return nil }
    let name = try document.required("mechanism").text()
    guard let mechanism = mechanisms[name] else { return nil }
    return try document.required("vectors").list().map { vector in
      let id = try vector.required("id").text()
      let outputs = try mechanism(try vector.required("input"))
      let expectations = try vector.required("expect").leaves()
      guard !expectations.isEmpty else {
        throw vector.malformed("'expect' of \(id) states nothing")
      }
      return VectorCase(name: id) {
        expectations.compactMap { expectation in
          let output = outputs[expectation.path]
          if let output, output.agrees(with: expectation.value) { return nil }
          return Mismatch(
            metric: expectation.path, expected: expectation.value.shown,
            got: output?.shown ?? "nothing")
        }
      }
    }
  }
}

/// What a mechanism answered, by the path inside `expect`.
typealias KubernetesOutputs = [String: KubernetesOutput]

/// One answer, with the way it is compared.
enum KubernetesOutput: Sendable {
  case text(String)
  case number(Double)
  case quantity(ResourceQuantity)
  case list([String])
  /// A list whose order means nothing.
  case unordered([String])
  /// Several wordings are right: any one of these.
  case oneOf([String])

  static func int(_ value: Int) -> KubernetesOutput { .number(Double(value)) }
  static func bool(_ value: Bool) -> KubernetesOutput { .text(value ? "true" : "false") }

  func agrees(with expected: KubernetesExpectation.Value) -> Bool {
    switch (self, expected) {
    case (.text(let text), .scalar(let wanted)): text == wanted
    case (.oneOf(let texts), .scalar(let wanted)): texts.contains(wanted)
    case (.number(let number), .scalar(let wanted)):
      Double(wanted).map { abs($0 - number) <= 1e-9 * max(1, abs(number)) } ?? false
    case (.quantity(let quantity), .scalar(let wanted)):
      (try? ResourceQuantity(parsing: wanted)) == quantity
    case (.list(let texts), .list(let wanted)):
      texts.count == wanted.count && zip(texts, wanted).allSatisfy { Self.isSame($0, $1) }
    case (.unordered(let texts), .list(let wanted)): texts.sorted() == wanted.sorted()
    default: false
    }
  }

  private static func isSame(_ text: String, _ wanted: String) -> Bool {
    if text == wanted { return true }
    guard let number = Double(text), let other = Double(wanted) else { return false }
    return number == other
  }

  var shown: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .quantity(let quantity): "\(quantity)"
    case .list(let texts), .unordered(let texts): "[\(texts.joined(separator: ", "))]"
    case .oneOf(let texts): texts.joined(separator: " or ")
    }
  }
}

/// One demand of a case's `expect`.
struct KubernetesExpectation: Sendable {
  enum Value: Sendable {
    case scalar(String)
    case list([String])

    var shown: String {
      switch self {
      case .scalar(let text): text
      case .list(let texts): "[\(texts.joined(separator: ", "))]"
      }
    }
  }

  /// The keys from `expect` down, joined by `/`.
  let path: String
  let value: Value
}

extension YamlError {
  /// The line the parser stopped at, 1 when it does not say.
  var kubernetesLine: Int {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    default: 1
    }
  }
}
