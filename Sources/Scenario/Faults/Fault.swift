public import TimeAndChance

/// Something that goes wrong at a stated time.
public struct Fault: Sendable, Equatable {
  /// A repetition.
  public struct Repeat: Sendable, Equatable {
    /// From one start to the next; longer than the fault lasts.
    public var every: SimDuration
    /// How often in all, at least 1; nil: until the end of the run.
    public var times: Int?
    /// A repetition of that pace.
    public init(every: SimDuration, times: Int? = nil) {
      self.every = every
      self.times = times
    }
  }

  /// The name by which expectations and reports speak of it; unique.
  public var name: String
  /// Its start.
  public var at: SimTime
  /// How long it lasts; nil: until the end of the run, or for a kill until the pod is back.
  public var duration: SimDuration?
  /// Its repetition; nil: once.
  public var repetition: Repeat?
  /// What goes wrong.
  public var effect: FaultEffect

  /// A fault from its parts.
  public init(
    name: String, at: SimTime, duration: SimDuration? = nil, repetition: Repeat? = nil,
    effect: FaultEffect
  ) {
    self.name = name
    self.at = at
    self.duration = duration
    self.repetition = repetition
    self.effect = effect
  }
}

/// What goes wrong, and where.
public enum FaultEffect: Sendable, Equatable {
  /// When an injected error is answered.
  public enum ErrorTiming: Sendable, Equatable {
    /// On arrival: no queue, no worker, no service time.
    case atOnce
    /// After the operation's own work.
    case afterService
  }

  /// Pods die: connections are reset, queue and work are lost, connects are refused. They are back
  /// and empty after the fault's duration, or after their own start-up when it has none.
  case kill(PodSet)
  /// Pods die, come back after their start-up and the kubelet's back-off (10 s doubling to 300 s),
  /// live that long and die again, until the fault ends.
  case crashLoop(PodSet, uptime: Distribution)
  /// Service times (`cpu` and `wait`) that begin in the window are multiplied, factor above 0.
  case slow(PodSet, factor: Double)
  /// Requests that arrive are never answered, not even later, and take no worker.
  case hang(PodSet)
  /// A share in 0...1 of the requests is answered with that status.
  case error(PodSet, status: Int, share: Double, timing: ErrorTiming)
  /// Neighbours take that share in 0..<1 of the processors: the pod gets the rest of its CPU.
  case cpuSteal(PodSet, share: Double)
  /// The network between two sets misbehaves.
  case network(NetworkFault)
  /// Every connection to the service fails: refused at once, or with silence.
  case unreachable(service: Int, silent: Bool)
}

/// Trouble on the way between two sets of places.
public struct NetworkFault: Sendable, Equatable {
  /// What happens to what is sent.
  public enum Effect: Sendable, Equatable {
    /// It takes that much longer, each way of ``NetworkFault/direction``.
    case delay(Distribution)
    /// A share in 0...1 of packets is lost; TCP sends them again.
    case loss(share: Double)
    /// Nothing arrives, and nobody is told.
    case partition
    /// Nothing arrives until the fault ends; then everything held back arrives at once.
    case heldBack
  }
  /// Which way is hit.
  public enum Direction: Sendable, Equatable {
    /// Both.
    case both
    /// From ``NetworkFault/from`` to ``NetworkFault/to`` only.
    case forward
  }
  /// One side.
  public var from: PlaceSet
  /// The other side.
  public var to: PlaceSet
  /// Which way is hit.
  public var direction: Direction
  /// What happens.
  public var effect: Effect
  /// Trouble between two sets.
  public init(from: PlaceSet, to: PlaceSet, direction: Direction = .both, effect: Effect) {
    self.from = from
    self.to = to
    self.direction = direction
    self.effect = effect
  }
}
