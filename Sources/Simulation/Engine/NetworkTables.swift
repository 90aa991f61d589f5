import TimeAndChance

/// How long a way takes: constants and draws of laws, added up.
struct Way: BitwiseCopyable {
  /// The constants, in seconds.
  var seconds = 0.0
  /// The laws, in the table of the network's.
  var firstLaw: UInt32 = 0
  var lawCount: UInt32 = 0
}

/// Who sends or receives a message: a tag in the upper 8 bits and an index.
enum Party {
  /// A pod, with the proxy beside it.
  static let pod: UInt32 = 0 << 24
  /// A source outside.
  static let source: UInt32 = 1 << 24
  /// A proxy that stands by itself, by its kind.
  static let proxy: UInt32 = 2 << 24
  /// Nobody that a rule could name.
  static let unknown: UInt32 = 3 << 24
}

/// A message under way on a network that is not the same for all.
struct Message: BitwiseCopyable {
  /// The job, call or connection that ``event`` concerns.
  var handle: UInt32
  /// What its arrival is.
  var event: EventKind
  /// It goes from the server to the client.
  var isAnswer: Bool
  /// How often it was lost.
  var losses: UInt8 = 0
  /// See ``Party``.
  var client: UInt32
  var server: UInt32
  /// How long its way takes while no rule concerns it; of a handshake, there and back.
  var delay: SimDuration
  /// When the connection that it opens was begun.
  var begun = SimTime.zero
}

/// When TCP sends again what was lost.
///
/// A request and an answer are one packet each; acknowledgements, tail-loss probes and fast
/// retransmission, which need further packets under way, are left out.
///
/// - Source: RFC 6298; Linux `net/ipv4/tcp_input.c` (tcp_set_rto: the round trip and a floor of
///   `TCP_RTO_MIN`), `include/net/tcp.h`, `net/ipv4/tcp_timer.c` (`tcp_retries2`).
enum Retransmission {
  /// `TCP_RTO_MIN`.
  static let floor = SimDuration.milliseconds(200)
  /// `TCP_RTO_MAX`.
  static let cap = SimDuration.seconds(120)
  /// The first wait of a handshake, whose round trip is not known yet: RFC 6298, section 2.1.
  static let initial = SimDuration.seconds(1)
  /// `tcp_retries2`: after so many more tries the connection breaks.
  static let most = 15

  /// The wait after a message was lost for the nth time, from 1; it doubles with each.
  static func wait(_ message: Message) -> SimDuration {
    let first = message.event == .connectDone ? initial : message.delay * 2 + floor
    let doublings = Int64(message.losses) - 1
    guard doublings < 20, first < cap else { return cap }
    return min(cap, first * (Int64(1) << doublings))
  }
}

/// The ways of a proxy kind's instances.
struct ProxyWays {
  /// Where instances stand.
  enum Site: UInt8 {
    /// Beside, or in front of, the pods from ``ProxyWays/firstPod`` on.
    case pods
    /// By themselves.
    case itself
    /// With whoever calls.
    case caller
  }
  var site: Site
  var firstPod: UInt32 = 0
  /// What is added between the caller and the proxy.
  var callerThere = Way()
  var callerBack = Way()
  /// What is added on this side between the proxy and a host.
  var hostThere = Way()
  var hostBack = Way()
  /// Draws of ways.
  var random: RandomStream
}

/// A rule at run time.
struct Rule {
  /// One side, as marks.
  struct Side {
    var pods: [Bool]
    var sources: [Bool]
    var proxies: [Bool]
    var isEverybody: Bool

    func contains(_ party: UInt32) -> Bool {
      if isEverybody { return true }
      let index = Int(party & 0xFF_FFFF)
      switch party & 0xFF00_0000 {
      case Party.pod: return pods[index]
      case Party.source: return sources[index]
      case Party.proxy: return proxies[index]
      default: return false
      }
    }
  }
  struct Relation {
    var clients: Side
    var servers: Side
    var requests: Bool
    var answers: Bool
  }
  enum Effect {
    case delay(CompiledDistribution)
    case loss(Double)
    case partition
    case heldBack
  }
  var relations: [Relation]
  var effect: Effect
  var isActive = false
  /// Draws of delays and losses.
  var random: RandomStream

  /// How many of a message's ways it concerns: one at most, of a handshake two.
  func concerns(_ message: Message) -> Int {
    var request = false
    var answer = false
    for relation in relations
    where relation.clients.contains(message.client) && relation.servers.contains(message.server) {
      request = request || relation.requests
      answer = answer || relation.answers
    }
    if message.event == .connectDone { return (request ? 1 : 0) + (answer ? 1 : 0) }
    return message.isAnswer ? (answer ? 1 : 0) : (request ? 1 : 0)
  }
}

/// The network at run time.
struct NetworkTables {
  /// The laws that ways name.
  var laws: [CompiledDistribution] = []
  /// The way of each law of the model, and the law between two places.
  var ways: [Way] = []
  var between: [UInt32] = []
  var placeCount = 1
  var outside: UInt32 = 0
  /// By pod.
  var podPlaces: [UInt32] = []
  /// By service: what the proxy in front of its pods adds.
  var hops: [(there: Way, back: Way)] = []
  /// By proxy instance; of proxies that stand with their callers the first caller's.
  var instancePlaces: [UInt32] = []
  /// By proxy kind.
  var proxies: [ProxyWays] = []
  /// By cluster kind: the time one way when it is the same for all, else nil.
  var toHost: [Double?] = []
  /// By edge: the time one way from the caller when it is the same for all, else nil.
  var fromCaller: [Double?] = []
  var rules: [Rule] = []
  /// By service: the rule of ``ActionKind/networkHold(toService:_:)``, or -1.
  var holds: [Int] = []
}
