import Foundation
import Yams

/// The `hpa_*` files of the Kubernetes vectors: one mechanism of the HorizontalPodAutoscaler a
/// file, plain inputs and expected outputs a case.
///
/// A file is ours when its `schema` is that of the Kubernetes vectors and its `mechanism` begins
/// with `hpa_`. Only keys present in a case's `expect` are judged.
enum AutoscalerVectors: VectorFormat {
  static let schema = "foreshock-vectors/kubernetes/v1"

  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    guard file.text.contains("hpa_"), file.text.contains(schema) else { return nil }
    let root: Node
    do {
      guard let node = try Yams.compose(yaml: file.text) else { return nil }
      root = node
    } catch let error as YamlError {
      guard file.claimsAutoscalerMechanism else { return nil }
      throw MalformedVector(line: error.line(in: file.text), reason: error.problem)
    }
    guard root["schema"]?.string == schema, let name = root["mechanism"]?.string,
      name.hasPrefix("hpa_")
    else { return nil }
    guard let mechanism = Mechanism(rawValue: name) else {
      throw MalformedVector(
        line: root["mechanism"]?.mark?.line ?? 1, reason: "unknown mechanism '\(name)'")
    }
    return try Fields(root, "file").list("vectors").map { try mechanism.vectorCase($0) }
  }

  /// The mechanisms, by the name that a file gives.
  enum Mechanism: String {
    case replicaCalc = "hpa_replica_calc"
    case podGrouping = "hpa_pod_grouping"
    case requests = "hpa_requests"
    case reconcile = "hpa_reconcile"
    case limitsWithoutBehavior = "hpa_limits_without_behavior"
    case limitsWithBehavior = "hpa_limits_with_behavior"
    case stabilization = "hpa_stabilization"
    case scaleEventLog = "hpa_scale_event_log"
    case observedRun = "hpa_observed_run"

    /// Reads one case whole, so that a malformed one is found before anything is replayed.
    fileprivate func vectorCase(_ node: Node) throws -> VectorCase {
      let vector = try Fields(node, "vector")
      let name = try vector.string("id")
      let input = try vector.fields("input")
      let expect = try vector.fields("expect")
      if self == .observedRun {
        let run = try ObservedRun(input: input, expect: expect)
        let unread = input.unread + expect.unread
        return VectorCase(name: name) { unread.map(Mismatch.init(unknownKey:)) + run.replay() }
      }
      let expected = try Expectation(expect)
      let replay: @Sendable () -> Outcome =
        switch self {
        case .replicaCalc: try AutoscalerVectors.replicaCalc(input)
        case .podGrouping: try AutoscalerVectors.podGrouping(input)
        case .requests: try AutoscalerVectors.requests(input)
        case .reconcile: try AutoscalerVectors.reconcile(input)
        case .limitsWithoutBehavior: try AutoscalerVectors.limitsWithoutBehavior(input)
        case .limitsWithBehavior: try AutoscalerVectors.limitsWithBehavior(input)
        case .stabilization: try AutoscalerVectors.stabilization(input)
        case .scaleEventLog: try AutoscalerVectors.scaleEventLog(input)
        case .observedRun: { [:] }
        }
      let unread = input.unread
      return VectorCase(name: name) {
        unread.map(Mismatch.init(unknownKey:)) + expected.mismatches(with: replay())
      }
    }
  }

  /// What a case gave: values as text by the key of `expect`.
  typealias Outcome = [String: String]
}

extension AutoscalerVectors {
  /// What a case expects: values as text by key, in the order of the file.
  struct Expectation: Sendable {
    private let values: [(key: String, value: String)]

    init(_ fields: Fields) throws {
      values = try fields.entries.map { (try Fields.key($0.key), text(of: $0.value)) }
      if values.isEmpty {
        throw MalformedVector(line: fields.line, reason: "'expect' must hold at least one key")
      }
    }

    func mismatches(with outcome: Outcome) -> [Mismatch] {
      values.compactMap { key, expected in
        let got = outcome[key] ?? outcome["error"].map { "error \($0)" } ?? "nothing"
        return got == expected ? nil : Mismatch(metric: key, expected: expected, got: got)
      }
    }
  }

  /// A node in one line: lists in order, mappings by key.
  static func text(of node: Node) -> String {
    switch node {
    case .scalar(let scalar): return scalar.string
    case .sequence(let sequence):
      return "[" + sequence.map { text(of: $0) }.joined(separator: ", ") + "]"
    case .mapping(let mapping):
      let pairs = mapping.map { "\(text(of: $0.key)): \(text(of: $0.value))" }
      return "{" + pairs.sorted().joined(separator: ", ") + "}"
    case .alias: return "alias"
    }
  }
}

extension Mismatch {
  /// A key that the format does not document: what it asks for cannot have been judged.
  fileprivate init(unknownKey key: String) {
    self.init(metric: key, expected: "a documented key", got: "a key of no known meaning")
  }
}

extension VectorFile {
  /// Whether a file that is no YAML says on a line of its own that it is one of ours.
  fileprivate var claimsAutoscalerMechanism: Bool {
    text.split(separator: "\n").contains { $0.hasPrefix("mechanism: hpa_") }
  }
}

extension YamlError {
  /// The line where reading failed, counted from 1.
  fileprivate func line(in text: String) -> Int {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    case .reader(_, let offset, _, _):
      text.prefix(offset ?? 0).reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
    default: 1
    }
  }

  fileprivate var problem: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
      .composer(_, let problem, _, _), .reader(let problem, _, _, _):
      problem
    case .duplicatedKeysInMapping(let duplicates, _):
      "the key '\(duplicates.joined(separator: "', '"))' is given twice"
    default: "not YAML"
    }
  }
}
