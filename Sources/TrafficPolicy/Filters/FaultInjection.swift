public import TimeAndChance

/// The fault filter of one proxy: a delay, an abort, both or neither.
///
/// Trivial. A request that any fault was injected into counts as one active fault until it ends.
///
/// - Source: Envoy `source/extensions/filters/http/fault/fault_filter.cc` (decodeHeaders,
///   faultOverflow, postDelayInjection).
@frozen public struct FaultInjection: Sendable {
  /// The filter's counters, `fault.` in front.
  @frozen public struct Statistics: Sendable, Hashable {
    /// Delays.
    public var delaysInjected: UInt64 = 0
    /// Aborts.
    public var abortsInjected: UInt64 = 0
    /// Requests passed over because `max_active_faults` was reached.
    public var faultsOverflow: UInt64 = 0
    /// Requests under way with a fault (a gauge).
    public var activeFaults: UInt32 = 0
    /// All zero.
    public init() {}
    /// Every counter with its name.
    public var named: [(name: String, value: UInt64)] {
      [
        ("fault.delays_injected", delaysInjected), ("fault.aborts_injected", abortsInjected),
        ("fault.faults_overflow", faultsOverflow), ("fault.active_faults", UInt64(activeFaults)),
      ]
    }
  }
  /// What the filter does with a request.
  @frozen public enum Decision: Sendable, Hashable {
    /// It goes on.
    case proceed
    /// Flag DI; after that time, ``FaultInjection/delayed(using:)`` decides.
    case delay(SimDuration)
    /// It is answered with ``FaultInjection/abortStatus``: flag FI, `fault_filter_abort`.
    case abort
  }

  @usableFromInline let delay: SimDuration
  @usableFromInline let delayFraction: Fraction
  @usableFromInline let abortFraction: Fraction
  @usableFromInline let maxActiveFaults: UInt32
  /// The status of an abort; 0 without one.
  public let abortStatus: UInt16
  /// The counters.
  public var statistics = Statistics()

  /// A filter of those settings.
  public init(_ settings: FaultInjectionSettings) {
    delay = settings.delay ?? .zero
    delayFraction = delay > .zero ? settings.delayFraction : .none
    abortFraction = settings.abortStatus == nil ? .none : settings.abortFraction
    abortStatus = UInt16(clamping: settings.abortStatus ?? 0)
    maxActiveFaults = settings.maxActiveFaults.map { UInt32(clamping: $0) } ?? .max
  }

  /// Decides about a request that arrives.
  ///
  /// `isMatched` says that the request has the filter's headers. Draws one number for each share
  /// that is neither none nor all; none while `max_active_faults` is reached. When the decision is
  /// not to proceed, the request holds a fault: ``ended()`` once it ends.
  @inlinable
  public mutating func decide(
    isMatched: Bool = true, using random: inout RandomStream
  ) -> Decision {
    if statistics.activeFaults >= maxActiveFaults {
      statistics.faultsOverflow &+= 1
      return .proceed
    }
    guard isMatched else { return .proceed }
    if delayFraction.draws(using: &random) {
      statistics.delaysInjected &+= 1
      statistics.activeFaults &+= 1
      return .delay(delay)
    }
    guard abortFraction.draws(using: &random) else { return .proceed }
    statistics.abortsInjected &+= 1
    statistics.activeFaults &+= 1
    return .abort
  }

  /// The delay is over: true when the request is aborted.
  ///
  /// One draw unless the share is none or all.
  @inlinable public mutating func delayed(using random: inout RandomStream) -> Bool {
    guard abortFraction.draws(using: &random) else { return false }
    statistics.abortsInjected &+= 1
    return true
  }

  /// A request that a fault was injected into has ended.
  @inlinable public mutating func ended() { statistics.activeFaults &-= 1 }
}
