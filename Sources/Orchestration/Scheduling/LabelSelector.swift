/// Which objects are meant, by their labels.
///
/// - Source: Kubernetes `k8s.io/apimachinery/pkg/labels/selector.go`.
public struct LabelSelector: Sendable, Equatable {
  /// One demand about one label.
  public enum Requirement: Sendable, Equatable {
    /// The label has one of these values.
    case isIn(key: String, values: [String])
    /// The label has none of these values, or is absent.
    case notIn(key: String, values: [String])
    /// The label is there.
    case exists(key: String)
    /// The label is not there.
    case doesNotExist(key: String)

    /// Whether labels meet it.
    public func matches(_ labels: [String: String]) -> Bool {
      switch self {
      case .isIn(let key, let values): labels[key].map(values.contains) ?? false
      case .notIn(let key, let values): !(labels[key].map(values.contains) ?? false)
      case .exists(let key): labels[key] != nil
      case .doesNotExist(let key): labels[key] == nil
      }
    }
  }

  /// All must be met.
  ///
  /// An empty selector means everything.
  public var requirements: [Requirement]

  /// A selector of these demands.
  public init(_ requirements: [Requirement] = []) { self.requirements = requirements }

  /// The selector that wants exactly these labels.
  public init(matchLabels: [String: String]) {
    requirements = matchLabels.sorted { $0.key < $1.key }.map {
      .isIn(key: $0.key, values: [$0.value])
    }
  }

  /// Whether labels meet every demand.
  public func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { $0.matches(labels) }
  }
}
