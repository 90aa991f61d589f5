/// Who may call a workload, as Istio's AuthorizationPolicy says it: allow or deny.
///
/// Among the policies that select a workload: if a DENY policy matches the request, it is refused;
/// else, if there is no ALLOW policy, it passes; else it passes only if one of them matches. A
/// policy without rules matches nothing, so an ALLOW policy without rules refuses everything.
/// A refusal is 403 with `RBAC: access denied`, or a closed connection where only the ztunnel acts.
///
/// - Source: Istio docs reference/config/security/authorization-policy.
public struct AuthorizationPolicy: Sendable, Equatable {
  /// What a match does.
  public enum Action: Sendable, Equatable {
    /// Lets the request pass.
    case allow
    /// Refuses it.
    case deny
  }

  /// A request, as the server's proxy knows it.
  public struct Request: Sendable, Equatable {
    /// The caller's identity from its certificate,
    /// `cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT`; nil in plain text.
    public var principal: String?
    /// The method; nil where only connections are seen.
    public var method: String?
    /// The path without query; nil where only connections are seen.
    public var path: String?
    /// The host; nil where only connections are seen.
    public var host: String?
    /// The workload's port.
    public var port: Int

    /// A request.
    public init(
      principal: String?, method: String? = nil, path: String? = nil, host: String? = nil,
      port: Int
    ) {
      self.principal = principal
      self.method = method
      self.path = path
      self.host = host
      self.port = port
    }

    /// The caller's namespace, taken from its identity.
    public var namespace: String? {
      guard let parts = principal?.split(separator: "/"), parts.count == 5, parts[1] == "ns" else {
        return nil
      }
      return String(parts[2])
    }
  }

  /// Values of one property: any of the wanted, none of the unwanted.
  ///
  /// Both may be left out.
  public struct Match: Sendable, Equatable {
    /// One of these must match; nil does not look.
    public var values: [String]?
    /// None of these may match.
    public var notValues: [String]

    /// A match; of everything by default.
    public init(_ values: [String]? = nil, not notValues: [String] = []) {
      self.values = values
      self.notValues = notValues
    }

    /// Whether a property matches; an unknown one matches no wanted value, not even `*`.
    func matches(_ value: String?) -> Bool {
      if let values {
        guard let value, values.contains(where: { Self.pattern($0, matches: value) }) else {
          return false
        }
      }
      guard let value else { return true }
      return !notValues.contains { Self.pattern($0, matches: value) }
    }

    /// Exact, `prefix*`, `*suffix`, or `*` for anything that is there.
    static func pattern(_ pattern: String, matches value: String) -> Bool {
      if pattern == "*" { return !value.isEmpty }
      if pattern.hasSuffix("*") { return value.hasPrefix(pattern.dropLast()) }
      if pattern.hasPrefix("*") { return value.hasSuffix(pattern.dropFirst()) }
      return value == pattern
    }
  }

  /// Where a request comes from; all parts must match.
  public struct Source: Sendable, Equatable {
    /// Identities.
    public var principals: Match
    /// Namespaces of identities.
    public var namespaces: Match

    /// A source; any by default, identified or not.
    public init(principals: Match = Match(), namespaces: Match = Match()) {
      self.principals = principals
      self.namespaces = namespaces
    }
  }

  /// What a request wants; all parts must match.
  public struct Operation: Sendable, Equatable {
    /// Methods.
    public var methods: Match
    /// Paths.
    public var paths: Match
    /// Hosts.
    public var hosts: Match
    /// Ports.
    public var ports: Match

    /// An operation; any by default.
    public init(
      methods: Match = Match(), paths: Match = Match(), hosts: Match = Match(),
      ports: Match = Match()
    ) {
      self.methods = methods
      self.paths = paths
      self.hosts = hosts
      self.ports = ports
    }
  }

  /// One rule: any of its sources and any of its operations; an empty list means any.
  public struct Rule: Sendable, Equatable {
    /// Where from.
    public var from: [Source]
    /// What for.
    public var to: [Operation]

    /// A rule; matches every request by default.
    public init(from: [Source] = [], to: [Operation] = []) {
      self.from = from
      self.to = to
    }

    func matches(_ request: Request) -> Bool {
      let isFrom =
        from.isEmpty
        || from.contains {
          $0.principals.matches(request.principal) && $0.namespaces.matches(request.namespace)
        }
      let isTo =
        to.isEmpty
        || to.contains {
          $0.methods.matches(request.method) && $0.paths.matches(request.path)
            && $0.hosts.matches(request.host) && $0.ports.matches("\(request.port)")
        }
      return isFrom && isTo
    }
  }

  /// What a match does.
  public var action: Action
  /// Any of these must match.
  public var rules: [Rule]

  /// A policy; allows by default.
  public init(action: Action = .allow, rules: [Rule]) {
    self.action = action
    self.rules = rules
  }

  /// Whether a request passes the policies that select its workload.
  public static func allows(_ request: Request, policies: [AuthorizationPolicy]) -> Bool {
    let isMatched = { (action: Action) in
      policies.contains { $0.action == action && $0.rules.contains { $0.matches(request) } }
    }
    if isMatched(.deny) { return false }
    return !policies.contains { $0.action == .allow } || isMatched(.allow)
  }
}
