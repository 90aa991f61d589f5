/// Defaults and bounds for the containers and pods of a namespace.
///
/// At admission the defaults fill what a container leaves out, then every bound is checked, before
/// the quota looks. Pods that already run are not touched by later changes.
///
/// - Source: Kubernetes `plugin/pkg/admission/limitranger/admission.go`.
public struct LimitRange: Sendable, Equatable {
  /// What a set of bounds is about.
  public enum LimitType: String, Sendable {
    /// Each container, init containers included.
    case container = "Container"
    /// The sum over a pod's containers.
    case pod = "Pod"
    /// A claim of storage; not looked at when pods are admitted.
    case persistentVolumeClaim = "PersistentVolumeClaim"
  }

  /// One set of bounds.
  public struct Item: Sendable, Equatable {
    /// What it is about.
    public var type: LimitType
    /// The least that may be asked for, and be the limit.
    public var min: ResourceList
    /// The most.
    public var max: ResourceList
    /// Limits for containers that have none.
    public var defaultLimits: ResourceList
    /// Requests for containers that have none.
    public var defaultRequests: ResourceList
    /// The largest allowed quotient of limit and request.
    public var maxLimitRequestRatio: ResourceList

    /// A set of bounds as written, empty by default.
    public init(
      type: LimitType, min: ResourceList = [:], max: ResourceList = [:],
      defaultLimits: ResourceList = [:], defaultRequests: ResourceList = [:],
      maxLimitRequestRatio: ResourceList = [:]
    ) {
      self.type = type
      self.min = min
      self.max = max
      self.defaultLimits = defaultLimits
      self.defaultRequests = defaultRequests
      self.maxLimitRequestRatio = maxLimitRequestRatio
    }

    /// Fills in what the API server fills in when the LimitRange is stored: a missing default limit
    /// is the maximum; a missing default request is the default limit, else the minimum.
    ///
    /// - Source: `SetDefaults_LimitRangeItem` in `pkg/apis/core/v1/defaults.go`.
    public mutating func applyAPIDefaults() {
      guard type == .container else { return }
      defaultLimits.fillMissing(from: max)
      defaultRequests.fillMissing(from: defaultLimits)
      defaultRequests.fillMissing(from: min)
    }
  }

  /// Its sets of bounds.
  public var items: [Item]

  /// A LimitRange of these items.
  public init(items: [Item]) { self.items = items }

  /// Fills what the pod's containers leave out.
  ///
  /// Of several defaults for a resource the last counts.
  public func applyDefaults(to pod: inout PodRequirements) {
    var requests = ResourceList()
    var limits = ResourceList()
    for item in items where item.type == .container {
      for entry in item.defaultRequests.entries { requests[entry.name] = entry.quantity }
      for entry in item.defaultLimits.entries { limits[entry.name] = entry.quantity }
    }
    pod.updateEveryContainer {
      $0.limits.fillMissing(from: limits)
      $0.requests.fillMissing(from: requests)
    }
  }

  /// Checks a pod whose defaults are filled in; returns what it breaks, empty when it may pass.
  public func violations(of pod: PodRequirements) -> [LimitRangeViolation] {
    var violations: [LimitRangeViolation] = []
    for item in items {
      switch item.type {
      case .container:
        for container in pod.everyContainer {
          item.check(requests: container.requests, limits: container.limits, into: &violations)
        }
      case .pod:
        var sums = pod
        sums.overhead = [:]
        item.check(
          requests: sums.effectiveRequests, limits: sums.effectiveLimits, into: &violations)
      case .persistentVolumeClaim: break
      }
    }
    return violations
  }
}

extension LimitRange.Item {
  func check(
    requests: ResourceList, limits: ResourceList, into violations: inout [LimitRangeViolation]
  ) {
    for entry in min.entries {
      let (request, limit) = (requests[entry.name], limits[entry.name])
      let low = Comparison(request, limit, bound: entry.quantity)
      if request == nil {
        violations.append(.init(type, entry, .minimumWithoutRequest))
      } else if let request, low.request < low.bound {
        violations.append(.init(type, entry, .belowMinimum(.request, request)))
      } else if let limit, low.limit < low.bound {
        violations.append(.init(type, entry, .belowMinimum(.limit, limit)))
      }
    }
    for entry in max.entries {
      let (request, limit) = (requests[entry.name], limits[entry.name])
      let high = Comparison(request, limit, bound: entry.quantity)
      if limit == nil {
        violations.append(.init(type, entry, .maximumWithoutLimit))
      } else if let limit, high.limit > high.bound {
        violations.append(.init(type, entry, .aboveMaximum(.limit, limit)))
      } else if let request, high.request > high.bound {
        violations.append(.init(type, entry, .aboveMaximum(.request, request)))
      }
    }
    for entry in maxLimitRequestRatio.entries {
      let (request, limit) = (requests.amount(entry.name), limits.amount(entry.name))
      if request.isZero {
        violations.append(.init(type, entry, .ratioWithoutRequest))
      } else if limit.isZero {
        violations.append(.init(type, entry, .ratioWithoutLimit))
      } else {
        let compared = Comparison(request, limit, bound: entry.quantity)
        let ratio = Double(compared.limit) / Double(compared.request)
        let most = entry.quantity
        let isAbove =
          most.value <= Comparison.maxMilliValue
          ? ratio * 1000 > Double(most.milliValue) : ratio > Double(most.value)
        if isAbove { violations.append(.init(type, entry, .aboveRatio(ratio))) }
      }
    }
  }

  /// Three amounts at a common precision: thousandths if all fit, else whole units.
  private struct Comparison {
    static let maxMilliValue = Int64.max / 1000
    let request: Int64
    let limit: Int64
    let bound: Int64

    init(_ request: ResourceQuantity?, _ limit: ResourceQuantity?, bound: ResourceQuantity) {
      let all = [request ?? .zero, limit ?? .zero, bound]
      let fits = all.allSatisfy { $0.value <= Self.maxMilliValue }
      self.request = fits ? all[0].milliValue : all[0].value
      self.limit = fits ? all[1].milliValue : all[1].value
      self.bound = fits ? all[2].milliValue : all[2].value
    }
  }
}
