/// A selector of objects by their labels: all its requirements must hold, and without any it
/// selects everything.
///
/// - Source: Kubernetes `apimachinery/pkg/apis/meta/v1/helpers.go` (`LabelSelectorAsSelector`) and
///   `apimachinery/pkg/labels/selector.go` (`Requirement.Matches`): `NotIn` also selects what has
///   no such label.
struct LabelSelector {
  /// What is asked of one label.
  enum Requirement: Equatable {
    case among(_ name: String, _ values: [String])
    case notAmong(_ name: String, _ values: [String])
    case present(_ name: String)
    case absent(_ name: String)
  }

  /// In the order of writing, `matchLabels` first.
  var requirements: [Requirement]

  /// The selector at a place; nil after a diagnostic.
  init?(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    let equal = cursor["matchLabels"].labels(&diagnostics)
      .map { Requirement.among($0.name, [$0.value]) }
    let expressions = cursor["matchExpressions"].list(&diagnostics)
    let others = expressions.compactMap { Self.requirement($0, &diagnostics) }
    guard others.count == expressions.count else { return nil }
    requirements = equal + others
  }

  private static func requirement(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> Requirement? {
    guard cursor["key"].exists, cursor["operator"].exists else {
      cursor.missing(cursor["key"].exists ? "operator" : "key", &diagnostics)
      return nil
    }
    guard let name = cursor["key"].text(&diagnostics),
      let word = cursor["operator"].choice(
        ["In", "NotIn", "Exists", "DoesNotExist"], &diagnostics)
    else { return nil }
    let values = cursor["values"].texts(&diagnostics)
    let comparesValues = word == "In" || word == "NotIn"
    guard values.isEmpty != comparesValues else {
      if comparesValues {
        cursor.missing("values", &diagnostics)
      } else {
        cursor["values"].bad("left out beside 'operator: \(word)'", &diagnostics)
      }
      return nil
    }
    switch word {
    case "In": return .among(name, values)
    case "NotIn": return .notAmong(name, values)
    case "Exists": return .present(name)
    default: return .absent(name)
    }
  }

  /// Whether something with such labels is selected.
  func selects(_ labels: [Label]) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .among(let name, let values): labels[name].map(values.contains) ?? false
      case .notAmong(let name, let values): !(labels[name].map(values.contains) ?? false)
      case .present(let name): labels[name] != nil
      case .absent(let name): labels[name] == nil
      }
    }
  }

  /// The selector as `kubectl get --selector` takes it: `team=shop,env in (a,b),!old`.
  var text: String {
    requirements.map { requirement in
      switch requirement {
      case .among(let name, let values) where values.count == 1: "\(name)=\(values[0])"
      case .among(let name, let values): "\(name) in (\(values.joined(separator: ",")))"
      case .notAmong(let name, let values): "\(name) notin (\(values.joined(separator: ",")))"
      case .present(let name): name
      case .absent(let name): "!\(name)"
      }
    }.joined(separator: ",")
  }
}
