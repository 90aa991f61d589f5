/// The last step of admission: every quota of the namespace that is about the pod must agree.
///
/// - Source: Kubernetes `CheckRequest` in
///   `k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go`.
public struct QuotaAdmission: Sendable, Equatable {
  /// The answer; every refusal is a 403 to whoever creates the pod.
  public enum Decision: Sendable, Equatable {
    /// All quotas were charged.
    case admitted
    /// A quota bounds a compute resource that a container leaves out.
    case mustSpecify(quota: String, gaps: [QuotaCharge.Gap])
    /// A quota would be exceeded; nothing was charged.
    case exceeded(quota: String, [Excess])
  }

  /// One resource that would be exceeded.
  public struct Excess: Sendable, Equatable {
    /// Which resource.
    public let resource: ResourceName
    /// What the pod asks for.
    public let requested: ResourceQuantity
    /// What was used before.
    public let used: ResourceQuantity
    /// The bound.
    public let hard: ResourceQuantity
  }

  /// The namespace's quotas, in the order they are asked.
  public private(set) var quotas: [ResourceQuota]

  /// The quotas of a namespace.
  public init(quotas: [ResourceQuota]) { self.quotas = quotas }

  /// Decides about one pod; charges all its quotas, or none.
  public mutating func admit(_ charge: QuotaCharge) -> Decision {
    if !charge.gaps.isEmpty {
      for quota in quotas where quota.matches(charge) {
        let gaps = charge.gaps.filter { gap in
          quota.entries.contains { $0.name == gap.resource }
        }
        if !gaps.isEmpty { return .mustSpecify(quota: quota.name, gaps: gaps) }
      }
    }
    let usage = charge.usage.entries
    for index in quotas.indices where quotas[index].matches(charge) {
      if !quotas[index].fits(usage) {
        return .exceeded(
          quota: quotas[index].name, Self.excess(of: charge, in: quotas[index]))
      }
    }
    for index in quotas.indices where quotas[index].matches(charge) {
      quotas[index].charge(usage, givingBack: false)
    }
    return .admitted
  }

  /// Gives back what a pod was charged, when it is gone or has ended.
  public mutating func release(_ charge: QuotaCharge) {
    let usage = charge.usage.entries
    for index in quotas.indices where quotas[index].matches(charge) {
      quotas[index].charge(usage, givingBack: true)
    }
  }

  /// Counts everything anew, as the quota controller does on deletions and every 300 s.
  ///
  /// Until it has run, a pod that is gone may still be charged; and a recount that races with an
  /// admission may let the sum rise above the bound (issue kubernetes/kubernetes#123434).
  public mutating func recount(_ charges: [QuotaCharge]) {
    quotas = quotas.map { quota in
      var fresh = quota
      for index in fresh.entries.indices { fresh.entries[index].used = .zero }
      for charge in charges where quota.matches(charge) {
        fresh.charge(charge.usage.entries, givingBack: false)
      }
      return fresh
    }
  }

  private static func excess(of charge: QuotaCharge, in quota: ResourceQuota) -> [Excess] {
    quota.entries.compactMap { entry in
      guard let requested = charge.usage[entry.name], entry.used + requested > entry.hard
      else { return nil }
      return Excess(
        resource: entry.name, requested: requested, used: entry.used, hard: entry.hard)
    }
  }
}

extension QuotaAdmission.Decision {
  /// The API server's words; nil when the pod was admitted.
  public func message(names: ResourceNames) -> String? {
    switch self {
    case .admitted: return nil
    case .mustSpecify(let quota, let gaps):
      let resources = Self.sortedUnique(gaps.map { names.text($0.resource) })
      let texts = resources.map { resource in
        let containers = gaps.filter { names.text($0.resource) == resource }.map(\.container)
        return "\(resource) for: \(Self.sortedUnique(containers).joined(separator: ","))"
      }
      return "failed quota: \(quota): must specify \(texts.joined(separator: "; "))"
    case .exceeded(let quota, let excess):
      let requested = Self.list(excess.map { ($0.resource, $0.requested) }, names)
      let used = Self.list(excess.map { ($0.resource, $0.used) }, names)
      let hard = Self.list(excess.map { ($0.resource, $0.hard) }, names)
      return "exceeded quota: \(quota), requested: \(requested), used: \(used), limited: \(hard)"
    }
  }

  /// `name=amount` for each, ordered by name as the API server prints them.
  static func list(
    _ amounts: [(name: ResourceName, quantity: ResourceQuantity)], _ names: ResourceNames
  ) -> String {
    amounts.map { (text: names.text($0.name), quantity: $0.quantity) }
      .sorted { $0.text < $1.text }
      .map { "\($0.text)=\($0.quantity)" }
      .joined(separator: ",")
  }

  private static func sortedUnique(_ texts: [String]) -> [String] {
    var unique: [String] = []
    for text in texts.sorted() where unique.last != text { unique.append(text) }
    return unique
  }
}
