/// One bound of a LimitRange that a pod breaks.
public struct LimitRangeViolation: Sendable, Equatable {
  /// Which of a container's two amounts broke the bound.
  public enum Side: String, Sendable {
    /// What it asks for.
    case request
    /// What it may use.
    case limit
  }

  /// How the bound is broken.
  public enum Problem: Sendable, Equatable {
    /// A minimum is set and nothing is asked for.
    case minimumWithoutRequest
    /// An amount is below the minimum.
    case belowMinimum(Side, ResourceQuantity)
    /// A maximum is set and there is no limit.
    case maximumWithoutLimit
    /// An amount is above the maximum.
    case aboveMaximum(Side, ResourceQuantity)
    /// A ratio is set and nothing is asked for.
    case ratioWithoutRequest
    /// A ratio is set and there is no limit.
    case ratioWithoutLimit
    /// The limit is too many times the request.
    case aboveRatio(Double)
  }

  /// Whether a container or the whole pod broke it.
  public let type: LimitRange.LimitType
  /// Which resource.
  public let resource: ResourceName
  /// The bound.
  public let bound: ResourceQuantity
  /// How it is broken.
  public let problem: Problem

  init(_ type: LimitRange.LimitType, _ entry: ResourceList.Entry, _ problem: Problem) {
    self.type = type
    resource = entry.name
    bound = entry.quantity
    self.problem = problem
  }

  /// The API server's words.
  ///
  /// - Source: Kubernetes `minConstraint`, `maxConstraint`, `limitRequestRatioConstraint`.
  public func message(names: ResourceNames) -> String {
    let name = names.text(resource)
    let minimum = "minimum \(name) usage per \(type.rawValue) is \(bound)"
    let maximum = "maximum \(name) usage per \(type.rawValue) is \(bound)"
    let ratio = "\(name) max limit to request ratio per \(type.rawValue) is \(bound)"
    switch problem {
    case .minimumWithoutRequest: return "\(minimum).  No request is specified"
    case .belowMinimum(let side, let amount):
      return "\(minimum), but \(side.rawValue) is \(amount)"
    case .maximumWithoutLimit: return "\(maximum).  No limit is specified"
    case .aboveMaximum(let side, let amount):
      return "\(maximum), but \(side.rawValue) is \(amount)"
    case .ratioWithoutRequest: return "\(ratio), but no request is specified or request is 0"
    case .ratioWithoutLimit: return "\(ratio), but no limit is specified or limit is 0"
    case .aboveRatio(let observed):
      return "\(ratio), but provided ratio is \(Self.sixDecimals(observed))"
    }
  }

  /// A number as C's `%f` prints it.
  private static func sixDecimals(_ number: Double) -> String {
    let scaled = (number * 1_000_000).rounded(.toNearestOrEven)
    guard scaled < 9e18 else { return "\(number)" }
    let whole = Int64(scaled)
    let fraction = String(whole % 1_000_000)
    return "\(whole / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
