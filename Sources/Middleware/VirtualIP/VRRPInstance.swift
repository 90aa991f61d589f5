public import TimeAndChance

/// The settings of one keepalived `vrrp_instance`.
///
/// - Source: keepalived `doc/man/man5/keepalived.conf.5.in` and `keepalived/vrrp/vrrp.c`, RFC 3768,
///   RFC 5798.
public struct VRRPSettings: Sendable, Equatable {
  /// `priority`, 1 to 255 (255 owns the address); 100 by default.
  public var priority: Int
  /// `advert_int`; 1 s by default.
  public var advertInterval: SimDuration
  /// `down_timer_adverts`: adverts that may be missed; 3 by default.
  public var downTimerAdverts: Int
  /// VRRP version, 2 (default) or 3; version 3 scales the skew with the interval.
  public var version: Int
  /// `preempt`: a higher priority takes the address back; true by default, false for `nopreempt`.
  public var preempts: Bool
  /// `preempt_delay`: extra wait of a higher priority that has just started; zero by default.
  public var preemptDelay: SimDuration

  /// An instance with keepalived's defaults for what is not given.
  public init(
    priority: Int = 100, advertInterval: SimDuration = .seconds(1), downTimerAdverts: Int = 3,
    version: Int = 2, preempts: Bool = true, preemptDelay: SimDuration = .zero
  ) {
    precondition((1...255).contains(priority), "a VRRP priority must be 1...255, is \(priority)")
    self.priority = priority
    self.advertInterval = advertInterval
    self.downTimerAdverts = downTimerAdverts
    self.version = version
    self.preempts = preempts
    self.preemptDelay = preemptDelay
  }

  /// The share of a second (or of the interval in version 3) that lower priorities wait longer.
  public func skew(priority: Int) -> SimDuration {
    let unit = version >= 3 ? advertInterval : SimDuration.seconds(1)
    return SimDuration(nanoseconds: unit.nanoseconds * Int64(256 - priority) / 256)
  }

  /// Time without adverts after which a backup takes over; 3.609 s at priority 100.
  public func masterDown(priority: Int) -> SimDuration {
    advertInterval * Int64(downTimerAdverts) + skew(priority: priority)
  }
}

/// One keepalived node's view of a virtual address.
///
/// The node tells nobody the time: call ``advertReceived(priority:at:)`` for each advert and
/// ``tick(at:)`` at ``deadline``. A crash is noticed one master-down time after the last advert; an
/// orderly stop sends priority 0 and the best backup takes over after its skew alone. Taking the
/// address sends five gratuitous ARPs at once and again after 5 s; established TCP connections die.
public struct VRRPInstance: Sendable, Equatable {
  /// Who holds the address, as this node sees it.
  public enum State: Sendable, Equatable {
    /// Waits for adverts to stop.
    case backup
    /// Holds the address and sends adverts.
    case master
    /// A tracked script failed: takes no part.
    case fault
  }

  /// What the node does.
  public enum Action: Sendable, Equatable {
    /// Nothing.
    case none
    /// Takes the address: gratuitous ARPs go out.
    case takeAddress
    /// Sends an advert with this priority.
    case advertise(priority: Int)
    /// Gives the address up; `goodbye` when it says so with priority 0.
    case giveUp(goodbye: Bool)
  }

  /// The settings.
  public let settings: VRRPSettings
  /// The state; a node starts as backup.
  public private(set) var state = State.backup
  /// `priority` plus the (negative) weights of failed scripts, at least 1.
  public private(set) var effectivePriority: Int
  /// When ``tick(at:)`` must be called; never in fault.
  public private(set) var deadline: SimTime
  private var preemptFrom: SimTime

  /// A node that starts now as backup.
  public init(settings: VRRPSettings, start: SimTime) {
    self.settings = settings
    effectivePriority = settings.priority
    deadline = start + settings.masterDown(priority: settings.priority)
    preemptFrom = start + settings.preemptDelay
  }

  /// An advert of another node.
  public mutating func advertReceived(priority: Int, at now: SimTime) -> Action {
    switch state {
    case .fault:
      return .none
    case .backup:
      if priority == 0 {
        deadline = now + settings.skew(priority: effectivePriority)
      } else if priority >= effectivePriority || !settings.preempts || now < preemptFrom {
        deadline = now + settings.masterDown(priority: effectivePriority)
      }
      // A lower priority is ignored: the timer runs on and this node takes over.
      return .none
    case .master:
      if priority == 0 { return .advertise(priority: effectivePriority) }
      if priority <= effectivePriority { return .none }
      state = .backup
      deadline = now + settings.masterDown(priority: effectivePriority)
      return .giveUp(goodbye: false)
    }
  }

  /// The timer: adverts of a master, take-over of a backup.
  public mutating func tick(at now: SimTime) -> Action {
    if now < deadline || state == .fault { return .none }
    deadline = now + settings.advertInterval
    if state == .master { return .advertise(priority: effectivePriority) }
    state = .master
    return .takeAddress
  }

  /// An orderly stop.
  public mutating func stop() -> Action {
    let wasMaster = state == .master
    state = .fault
    deadline = .never
    return wasMaster ? .giveUp(goodbye: true) : .none
  }

  /// A tracked script changed: without a weight a failure means fault at once, with a negative one
  /// the priority drops by it.
  public mutating func scriptChanged(isHealthy: Bool, weight: Int?, at now: SimTime) -> Action {
    if let weight {
      let change = isHealthy ? 0 : weight
      effectivePriority = min(254, max(1, settings.priority + change))
      return .none
    }
    if isHealthy {
      if state != .fault { return .none }
      state = .backup
      deadline = now + settings.masterDown(priority: effectivePriority)
      preemptFrom = now + settings.preemptDelay
      return .none
    }
    return state == .fault ? .none : stop()
  }
}
