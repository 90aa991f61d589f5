public import TimeAndChance

/// Where pods and proxies stand, how long ways between those places take, and what may go wrong on
/// them.
///
/// A place is a node, or the outside; pods and proxy instances name theirs by index. A model whose
/// ways all take the same time need not say anything here, see ``ProxyModel/toHost``.
public struct NetworkModel: Sendable {
  /// The number of places.
  public var placeCount: Int
  /// The place of everybody outside; sources that are no pods stand there.
  public var outside: Int
  /// The laws of one-way times, in seconds.
  public var laws: [Distribution]
  /// The law of the way from place `a` to place `b`, as index in ``laws``, at `a * placeCount + b`.
  public var between: [Int]
  /// What goes wrong while ``ActionKind/network(rule:isActive:)`` says so.
  public var rules: [NetworkRule]

  /// A network; by default of one place in which no way takes any time.
  public init(
    placeCount: Int = 1, outside: Int = 0, laws: [Distribution] = [], between: [Int] = [],
    rules: [NetworkRule] = []
  ) {
    self.placeCount = placeCount
    self.outside = outside
    self.laws = laws
    self.between = between
    self.rules = rules
  }
}

/// What a proxy on the way adds to it.
public struct HopModel: Sendable, Equatable {
  /// To the request, in seconds; each is drawn and all are added up.
  public var there: [Distribution]
  /// To the answer.
  public var back: [Distribution]

  /// A hop; without laws it takes no time.
  public init(there: [Distribution] = [], back: [Distribution] = []) {
    self.there = there
    self.back = back
  }
}

/// Trouble on the ways between some clients and some servers.
///
/// A message goes from a client to a server or back. Clients are pods (with the proxy beside
/// them), sources, and proxies that stand by themselves; servers are pods and such proxies.
public struct NetworkRule: Sendable, Equatable {
  /// Some of the places between which messages pass.
  public struct Side: Sendable, Equatable {
    /// Pods, with the proxies beside them.
    public var pods: [PodReference]
    /// Sources that are not among the pods, by index.
    public var sources: [Int]
    /// Gateways and waypoints, as indices in ``SimulationModel/proxies``.
    public var proxies: [Int]
    /// Everybody, whatever the lists say.
    public var isEverybody: Bool
    /// A side.
    public init(
      pods: [PodReference] = [], sources: [Int] = [], proxies: [Int] = [],
      isEverybody: Bool = false
    ) {
      self.pods = pods
      self.sources = sources
      self.proxies = proxies
      self.isEverybody = isEverybody
    }
  }

  /// Clients, servers, and which of the messages between them are meant.
  public struct Relation: Sendable, Equatable {
    /// Who asks.
    public var clients: Side
    /// Who is asked.
    public var servers: Side
    /// Whether requests are meant.
    public var requests: Bool
    /// Whether answers are meant.
    public var answers: Bool
    /// A relation; both ways unless said.
    public init(clients: Side, servers: Side, requests: Bool = true, answers: Bool = true) {
      self.clients = clients
      self.servers = servers
      self.requests = requests
      self.answers = answers
    }
  }

  /// What becomes of a message.
  public enum Effect: Sendable, Equatable {
    /// It takes so much longer, in seconds, drawn for each.
    case delay(Distribution)
    /// That share is lost, and TCP sends it again: after the round trip and 200 ms, then after twice
    /// as long and so on, fifteen times; then the connection breaks.
    ///
    /// A request and an answer are one packet each. A handshake's first wait is 1 s. RFC 6298 with
    /// Linux's `TCP_RTO_MIN` and `tcp_retries2`.
    case loss(Double)
    /// It vanishes; a connection cannot be opened.
    case partition
    /// It waits until the rule ends.
    case heldBack
  }

  /// Between whom; the rule acts once on a message that several of them mean.
  public var relations: [Relation]
  /// What becomes of a message.
  public var effect: Effect

  /// A rule.
  public init(relations: [Relation], effect: Effect) {
    self.relations = relations
    self.effect = effect
  }
}
