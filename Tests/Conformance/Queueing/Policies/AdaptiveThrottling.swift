import TimeAndChance
import TrafficPolicy

/// A client that keeps back requests which its server would refuse.
///
/// It looks at all requests of a sliding window, those kept back included, and at how many of them
/// the server accepted, and keeps a request back with the probability
/// `max(0, (requests − K·accepts) / (requests + 1))`.
///
/// - Source: B. Beyer et al., "Site Reliability Engineering", chapter 21, "Client-side throttling".
struct AdaptiveThrottle {
  /// K: how many times what is accepted may be sent.
  let multiplier: Double
  /// How far back it looks.
  let window: SimDuration
  private var requests: [(time: SimTime, isAccepted: Bool)] = []
  /// The oldest request in the window.
  private var first = 0
  private var accepts = 0

  /// A client that has not asked yet.
  init(multiplier: Double, window: SimDuration) {
    self.multiplier = multiplier
    self.window = window
  }

  /// Whether a request is sent; takes one draw.
  mutating func sends(at now: SimTime, using random: inout RandomStream) -> Bool {
    while first < requests.count, requests[first].time + window <= now {
      if requests[first].isAccepted { accepts -= 1 }
      first += 1
    }
    if first > 1_000, first > requests.count / 2 {
      requests.removeFirst(first)
      first = 0
    }
    let count = Double(requests.count - first)
    return !random.chance(max(0, (count - multiplier * Double(accepts)) / (count + 1)))
  }

  /// What became of a request, sent or kept back.
  mutating func record(isAccepted: Bool, at now: SimTime) {
    requests.append((now, isAccepted))
    if isAccepted { accepts += 1 }
  }
}

/// `adaptive_throttling`: throttling clients, each before a server of its own that accepts so many
/// requests per time; measured over one window after two.
struct AdaptiveThrottling: QueueingModel {
  private let multiplier: Double
  private let window: Double
  private let unit: EngineQueue.Unit
  private let acceptance: TokenBucketSettings
  private let arrivalRate: Double

  /// Independent clients; their mean is what is reported.
  private static let clients = 20

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    multiplier = try parameters.number("multiplier", in: 1...1_000)
    arrivalRate = try parameters.number("arrival_rate")
    window = try parameters.number("window")
    unit = EngineQueue.Unit(rate: arrivalRate)
    guard (1...1e7).contains(arrivalRate * window) else {
      throw MalformedVector(line: row.line, reason: "'window' must hold 1 to 10000000 requests")
    }
    // A server accepts at an even rate; what it can save up is a hundredth of what it accepts in a
    // window, so that gaps between requests are made good and an idle past is not.
    let rate = unit.perSecond(try parameters.number("accept_rate", in: 1e-12...1e12))
    let perWindow = rate * window * unit.seconds
    guard (1...1e9).contains(perWindow) else {
      throw MalformedVector(line: row.line, reason: "'accept_rate' must be 1 to 1e9 per window")
    }
    let tokens = max(1, Int(rate.rounded(.up)))
    acceptance = TokenBucketSettings(
      maxTokens: max(1, Int((perWindow / 100).rounded(.up))), tokensPerFill: tokens,
      fillInterval: SimDuration(seconds: Double(tokens) / rate))
  }

  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var sent = 0
    var accepted = 0
    var keptBack = 0
    let gap = unit.duration(1 / arrivalRate)
    let length = unit.duration(window)
    for client in 0..<Self.clients {
      var random = RandomStream(
        seed: EngineQueue.seed, replication: replication, name: "adaptive_throttling.client",
        index: UInt64(client))
      var throttle = AdaptiveThrottle(multiplier: multiplier, window: length)
      var server = TokenBucket(acceptance)
      var now = SimTime.zero
      while now < .zero + length * 3 {
        let sends = throttle.sends(at: now, using: &random)
        let isAccepted = sends && server.admit(at: now)
        throttle.record(isAccepted: isAccepted, at: now)
        if now >= .zero + length * 2 {
          if sends { sent += 1 } else { keptBack += 1 }
          if isAccepted { accepted += 1 }
        }
        now = now + gap
      }
    }
    let time = window * Double(Self.clients)
    return metrics.map { metric in
      switch metric.name {
      case "sent_rate": Double(sent) / time
      case "accepted_rate": Double(accepted) / time
      case "rejected_locally_rate": Double(keptBack) / time
      default: nil
      }
    }
  }
}
