public import TimeAndChance

/// Everything a run needs: what the services do, who calls them, through which policies, what goes
/// wrong and what is expected.
///
/// A scenario is already checked: names are indices into the arrays of this value, lengths of time
/// are ``SimDuration``, and an absent field means "off" or "unlimited", never "default". What was
/// filled in by the reader stands in ``provenance``.
public struct Scenario: Sendable, Equatable {
  /// The scenario's name, as in its file.
  public var name: String
  /// What it shows, in a sentence; may be empty.
  public var about: String
  /// The length of the simulated time.
  public var duration: SimDuration
  /// The beginning that is simulated and not counted; inside ``duration``.
  public var warmup: SimDuration
  /// The seed of every stream of random numbers.
  public var seed: UInt64
  /// How many replications are run when the command line does not say.
  public var replications: Replications
  /// The services, by name; first those of the scenario in its order, then those that only
  /// manifests name, in theirs.
  public var services: [Service]
  /// The sets of equal pods behind the services.
  public var workloads: [Workload]
  /// The machines, in the order of their mention; never empty.
  public var nodes: [Node]
  /// How long the network takes.
  public var network: Network
  /// The proxies' policies; workloads, services and traffic sources refer to them by index.
  public var proxies: [ProxyPolicy]
  /// Who sends requests.
  public var traffic: [TrafficSource]
  /// What goes wrong.
  public var faults: [Fault]
  /// What must hold.
  public var expectations: [Expectation]
  /// Where the values come from.
  public var provenance: Provenance

  /// A scenario from its parts.
  public init(
    name: String, about: String = "", duration: SimDuration, warmup: SimDuration = .zero,
    seed: UInt64 = 1, replications: Replications = .untilDecided, services: [Service] = [],
    workloads: [Workload] = [], nodes: [Node] = [Node(name: "node-1")],
    network: Network = .instant, proxies: [ProxyPolicy] = [], traffic: [TrafficSource] = [],
    faults: [Fault] = [], expectations: [Expectation] = [], provenance: Provenance = Provenance()
  ) {
    self.name = name
    self.about = about
    self.duration = duration
    self.warmup = warmup
    self.seed = seed
    self.replications = replications
    self.services = services
    self.workloads = workloads
    self.nodes = nodes
    self.network = network
    self.proxies = proxies
    self.traffic = traffic
    self.faults = faults
    self.expectations = expectations
    self.provenance = provenance
  }
}

/// How many replications a scenario wants.
public enum Replications: Sendable, Equatable {
  /// Batches are added until each expectation is decided, up to the engine's stated maximum.
  case untilDecided
  /// Exactly that many, at least 1.
  case exactly(Int)
}
