public import TimeAndChance

/// How long the network takes, one way, and what proxies add.
///
/// Between two pods the first that holds applies: a pair of ``pairs``, the same node, the same zone,
/// the same region, else different regions. Everything is zero unless a scenario says otherwise.
public struct Network: Sendable, Equatable {
  /// The time between two zones or nodes.
  public struct Pair: Sendable, Equatable {
    /// What the names of a pair are.
    public enum Level: Sendable, Equatable {
      /// Names of zones.
      case zone
      /// Names of nodes.
      case node
    }
    /// What ``first`` and ``second`` are.
    public var level: Level
    /// One end, by name.
    public var first: String
    /// The other end, by name.
    public var second: String
    /// One way, in either direction.
    public var latency: Distribution
    /// The time between two places.
    public init(level: Level, first: String, second: String, latency: Distribution) {
      self.level = level
      self.first = first
      self.second = second
      self.latency = latency
    }
  }

  /// Between pods of one node.
  public var sameNode: Distribution
  /// Between nodes of one zone.
  public var sameZone: Distribution
  /// Between zones of one region.
  public var betweenZones: Distribution
  /// Between regions.
  public var betweenRegions: Distribution
  /// Between the outside (or a gateway's clients) and a gateway or pod.
  public var outside: Distribution
  /// Added by each proxy on the way of a request, there and back together.
  public var proxyHop: Distribution
  /// Particular pairs; nodes win over zones.
  public var pairs: [Pair]
  /// The time from a pod's end or return to every proxy's list of endpoints; nil: the lists never
  /// change.
  public var endpointDelay: Distribution?

  /// A network in which every way, and each proxy, takes `latency`, and endpoint lists never change.
  public init(everywhere latency: Distribution) {
    sameNode = latency
    sameZone = latency
    betweenZones = latency
    betweenRegions = latency
    outside = latency
    proxyHop = latency
    pairs = []
    endpointDelay = nil
  }

  /// A network that takes no time.
  public static let instant = Network(everywhere: noTime)

  private static let noTime: Distribution = {
    do {
      return try Distribution(.constant(0))
    } catch {
      preconditionFailure("no time is a valid law: \(error)")
    }
  }()
}
