/// A setting that Resilience4j refuses when the configuration is built, or that we refuse because
/// the library is known to break on it.
public struct Resilience4jProblem: Error, Hashable, Sendable {
  /// The setting, spelled as in `application.yml`.
  public let property: String
  /// What is wrong, with the value and the range.
  public let reason: String

  /// A refusal of a setting.
  public init(property: String, reason: String) {
    self.property = property
    self.reason = reason
  }
}
