/// A bound on what the pods of a namespace may ask for together.
///
/// Used amounts are charged at admission and given back when a pod is gone, has ended, or should
/// long be gone: a terminating pod still holds its share, so rollouts without surge meet the quota
/// too. Scaling is never refused, only the creation of pods.
///
/// - Source: Kubernetes `k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go`.
public struct ResourceQuota: Sendable, Equatable {
  /// One bounded resource.
  @frozen public struct Entry: Sendable, Equatable {
    /// Which resource, by the name the quota uses.
    public let name: ResourceName
    /// The bound.
    public let hard: ResourceQuantity
    /// What is used of it.
    public var used: ResourceQuantity
  }

  /// Which pods a quota is about.
  public enum Scope: Sendable, Equatable {
    /// Pods with `activeDeadlineSeconds`.
    case terminating
    /// Pods without it.
    case notTerminating
    /// Pods of the class BestEffort.
    case bestEffort
    /// Pods of the other classes.
    case notBestEffort
    /// Pods whose priority class is one of these.
    case priorityClassIn([String])
    /// Pods whose priority class is none of these; also pods without one.
    case priorityClassNotIn([String])
    /// Pods with a priority class.
    case priorityClassExists
    /// Pods without one.
    case priorityClassDoesNotExist

    func contains(_ charge: QuotaCharge) -> Bool {
      switch self {
      case .terminating: charge.hasDeadline
      case .notTerminating: !charge.hasDeadline
      case .bestEffort: charge.qualityOfService == .bestEffort
      case .notBestEffort: charge.qualityOfService != .bestEffort
      case .priorityClassIn(let names): charge.priorityClass.map(names.contains) ?? false
      case .priorityClassNotIn(let names): !(charge.priorityClass.map(names.contains) ?? false)
      case .priorityClassExists: charge.priorityClass != nil
      case .priorityClassDoesNotExist: charge.priorityClass == nil
      }
    }
  }

  /// The quota's name, for messages.
  public let name: String
  /// All must hold for a pod to be charged; none by default: every pod is.
  public let scopes: [Scope]
  /// The bounds, by ascending name.
  public internal(set) var entries: [Entry]
  /// Whether it bounds anything that pods use; otherwise no pod is its business.
  private let isAboutPods: Bool

  /// A quota with these bounds and, for each of them, what is used already.
  public init(name: String, scopes: [Scope] = [], hard: ResourceList, used: ResourceList = [:]) {
    self.name = name
    self.scopes = scopes
    entries = hard.entries.map {
      Entry(name: $0.name, hard: $0.quantity, used: used.amount($0.name))
    }
    isAboutPods = hard.entries.contains { Self.isAboutPods($0.name) }
  }

  /// Whether the quota has a say about a pod: every scope holds and it bounds something of pods.
  public func matches(_ charge: QuotaCharge) -> Bool {
    if !scopes.isEmpty {
      for scope in scopes where !scope.contains(charge) { return false }
    }
    return isAboutPods
  }

  private static func isAboutPods(_ name: ResourceName) -> Bool {
    switch name.counting {
    case .plain: name <= .pods
    case .requests: name.counted(as: .plain) != .storage
    case .limits: name.counted(as: .plain) <= .ephemeralStorage
    case .count: name.counted(as: .plain) == .pods
    }
  }

  /// Whether the pod's cost still fits.
  func fits(_ usage: [ResourceList.Entry]) -> Bool {
    var index = 0
    for position in entries.indices {
      while index < usage.count && usage[index].name < entries[position].name { index += 1 }
      guard index < usage.count else { return true }
      if usage[index].name == entries[position].name,
        entries[position].used.nanoUnits + usage[index].quantity.nanoUnits
          > entries[position].hard.nanoUnits
      {
        return false
      }
    }
    return true
  }

  /// Adds the pod's cost to what is used, or takes it away again.
  mutating func charge(_ usage: [ResourceList.Entry], givingBack: Bool) {
    var index = 0
    for position in entries.indices {
      while index < usage.count && usage[index].name < entries[position].name { index += 1 }
      guard index < usage.count else { return }
      guard usage[index].name == entries[position].name else { continue }
      if givingBack {
        entries[position].used -= usage[index].quantity
      } else {
        entries[position].used += usage[index].quantity
      }
    }
  }
}
