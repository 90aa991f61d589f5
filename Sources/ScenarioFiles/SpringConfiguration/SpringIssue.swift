/// Something to tell the reader of a Spring `application.yml`.
public struct SpringIssue: Hashable, Sendable {
  /// How much it matters.
  public enum Severity: Hashable, Sendable {
    /// The application would not start with it.
    case error
    /// The application starts and does not do what was probably meant.
    case warning
    /// An assumption of ours.
    case note
  }

  /// How much it matters.
  public let severity: Severity
  /// Where it stands, from 1; 0 when it stands nowhere.
  public let line: Int
  /// Where it stands in the line, from 1; 0 when it stands nowhere.
  public let column: Int
  /// The key's full path as written, such as `resilience4j.retry.instances.cart.max-attempts`.
  public let path: String
  /// The fact, in lower case and without a full stop.
  public let message: String
  /// What to do about it, where we know.
  public let help: String?
}

/// Collects issues; the same one is kept once, since a shared block is read for each of its users.
struct SpringIssues {
  private(set) var list: [SpringIssue] = []
  private var seen: Set<SpringIssue> = []

  mutating func add(
    _ severity: SpringIssue.Severity, at property: SpringProperty?, _ message: String,
    help: String? = nil
  ) {
    let issue = SpringIssue(
      severity: severity, line: property?.line ?? 0, column: property?.column ?? 0,
      path: property?.path ?? "", message: message, help: help)
    if seen.insert(issue).inserted { list.append(issue) }
  }
}
