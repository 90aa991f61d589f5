/// The answer of a balancer: a host or none, and how often panic was met on the way.
@frozen public struct HostPick: Sendable, Hashable {
  /// The host's index; `UInt32.max` when no host could be picked (503 UH).
  public var host: UInt32
  /// What to add to `lb_healthy_panic`: picks made while the level was in panic.
  public var panicPicks: UInt32

  /// A pick of that host.
  @inlinable @inline(__always)
  public init(host: UInt32, panicPicks: UInt32 = 0) {
    self.host = host
    self.panicPicks = panicPicks
  }

  /// True when no host could be picked.
  @inlinable @inline(__always) public var isNone: Bool { host == .max }
}

/// A pick that needs nothing but a list of hosts of equal weight: the common case.
///
/// Trivial. The list belongs to the view that the balancer holds.
@frozen @usableFromInline struct FastPick {
  @frozen @usableFromInline enum Mode: UInt8 {
    /// Not the common case.
    case general
    /// The less active of two hosts drawn with replacement.
    case twoChoices
    /// One host drawn.
    case random
    /// Hosts in turn.
    case roundRobin
  }
  @usableFromInline var mode: Mode
  /// 1 in panic.
  @usableFromInline var panicPicks: UInt8
  /// The next turn's position in the list.
  @usableFromInline var position: UInt32
  /// Turns taken since the list was made.
  @usableFromInline var turns: UInt64
  /// The eligible hosts, at least 1 unless ``mode`` is general.
  @usableFromInline var hosts: UnsafeBufferPointer<UInt32>

  /// Not the common case.
  static var general: FastPick {
    FastPick(
      mode: .general, panicPicks: 0, position: 0, turns: 0,
      hosts: UnsafeBufferPointer(start: nil, count: 0))
  }

  init(
    mode: Mode, panicPicks: UInt8, position: UInt32, turns: UInt64,
    hosts: UnsafeBufferPointer<UInt32>
  ) {
    self.mode = mode
    self.panicPicks = panicPicks
    self.position = position
    self.turns = turns
    self.hosts = hosts
  }
}
