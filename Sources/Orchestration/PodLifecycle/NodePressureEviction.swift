public import TimeAndChance

/// The kubelet's own evictions when a node runs short: no budget is asked, no grace is given.
///
/// - Source: Kubernetes `pkg/kubelet/eviction/{eviction_manager,helpers}.go`, defaults in
///   `pkg/kubelet/apis/config/v1beta1/defaults_linux.go`.
public struct NodePressureEviction: Sendable, Equatable {
  /// What a node can run short of.
  public enum Signal: String, Sendable, CaseIterable {
    /// Memory that can still be given out.
    case memoryAvailable = "memory.available"
    /// Space of the kubelet's file system.
    case nodefsAvailable = "nodefs.available"
    /// Inodes of the kubelet's file system.
    case nodefsInodesFree = "nodefs.inodesFree"
    /// Space of the images' file system.
    case imagefsAvailable = "imagefs.available"
  }

  /// A hard threshold.
  public enum Threshold: Sendable, Equatable {
    /// That much must be free.
    case quantity(ResourceQuantity)
    /// That share of the capacity must be free, in hundredths.
    case percent(Int)

    /// The amount that must be free of a capacity.
    public func amount(of capacity: ResourceQuantity) -> ResourceQuantity {
      switch self {
      case .quantity(let amount): amount
      case .percent(let percent):
        ResourceQuantity(
          nanoUnits: capacity.nanoUnits * Int128(percent) / 100, format: capacity.format)
      }
    }
  }

  /// The default threshold of a signal.
  public static func defaultThreshold(_ signal: Signal) -> Threshold {
    switch signal {
    case .memoryAvailable: .quantity(.bytes(100 << 20))
    case .nodefsAvailable: .percent(10)
    case .nodefsInodesFree: .percent(5)
    case .imagefsAvailable: .percent(15)
    }
  }

  /// Time between checks.
  public static let checkInterval = SimDuration.seconds(10)

  /// The threshold below which pods are evicted.
  public let threshold: Threshold
  /// How long the node keeps its pressure condition after the last shortage; 300 s by default.
  public let transitionPeriod: SimDuration
  private var lastShort: SimTime?

  /// A node that is not short of that signal.
  public init(signal: Signal, transitionPeriod: SimDuration = .seconds(300)) {
    threshold = Self.defaultThreshold(signal)
    self.transitionPeriod = transitionPeriod
  }

  /// A node with a threshold of its own.
  public init(threshold: Threshold, transitionPeriod: SimDuration = .seconds(300)) {
    self.threshold = threshold
    self.transitionPeriod = transitionPeriod
  }

  /// One check.
  ///
  /// - Parameters:
  ///   - available: what is free now.
  ///   - capacity: what the node has.
  ///   - now: the instant of the check.
  /// - Returns: whether one pod is to be evicted now.
  public mutating func check(
    available: ResourceQuantity, capacity: ResourceQuantity, at now: SimTime
  ) -> Bool {
    let isShort = available < threshold.amount(of: capacity)
    if isShort { lastShort = now }
    return isShort
  }

  /// Whether the node still carries its pressure condition: it then takes no BestEffort pods under
  /// memory pressure, and no pods at all under disk pressure.
  public func hasPressure(at now: SimTime) -> Bool {
    lastShort.map { now - $0 < transitionPeriod } ?? false
  }

  /// A pod that may be evicted.
  public struct Candidate: Sendable, Equatable {
    /// Its priority.
    public var priority: Int32
    /// What it asks for of the scarce resource; zero for BestEffort pods.
    public var request: ResourceQuantity
    /// What it uses of it.
    public var usage: ResourceQuantity

    /// A pod with this priority, request and use.
    public init(priority: Int32, request: ResourceQuantity, usage: ResourceQuantity) {
      self.priority = priority
      self.request = request
      self.usage = usage
    }
  }

  /// The order in which pods go: those that use more than they asked for first, then the lower
  /// priority, then the larger excess.
  ///
  /// Positions in the array given, ties in its order.
  ///
  /// BestEffort pods therefore go first, Burstable ones above their request next, and Guaranteed
  /// ones last, unless priorities say otherwise.
  public static func order(_ pods: [Candidate]) -> [Int] {
    pods.indices.sorted {
      let (left, right) = (pods[$0], pods[$1])
      let (leftExceeds, rightExceeds) = (left.usage > left.request, right.usage > right.request)
      if leftExceeds != rightExceeds { return leftExceeds }
      if left.priority != right.priority { return left.priority < right.priority }
      let (leftExcess, rightExcess) = (left.usage - left.request, right.usage - right.request)
      return leftExcess != rightExcess ? leftExcess > rightExcess : $0 < $1
    }
  }
}
