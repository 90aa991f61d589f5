/// The shares of requests that faults make a pod fail, put together: each strikes whatever the
/// others do, and the first that strikes gives the status.
public struct FailureShares: Sendable, Equatable {
  /// A cause and the share of all requests that it or one before it strikes.
  private struct Cause: Sendable, Equatable {
    var below: Double
    var status: UInt16
  }
  private var causes: [Cause] = []

  /// Nothing fails.
  public init() {}

  /// One cause.
  public init(share: Double, status: Int) { add(share: share, status: status) }

  /// Adds a cause after those that there are: it strikes that share, 0...1, of what they leave.
  public mutating func add(share: Double, status: Int) {
    guard share > 0 else { return }
    let before = causes.last?.below ?? 0
    causes.append(Cause(below: before + (1 - before) * share, status: UInt16(clamping: status)))
  }

  /// Whether nothing fails.
  public var isEmpty: Bool { causes.isEmpty }

  /// The status that a request fails with, by one number drawn from 0 ..< 1; nil when it does not.
  public func status(at draw: Double) -> UInt16? { causes.first { draw < $0.below }?.status }
}
