import Results
import TimeAndChance

/// Entries of the causal log that belong together, as one line each.
///
/// A thousand proxies that eject the same pod within seconds are one line; so is a limit that refuses
/// again and again, and whatever comes time and again without another fault in between.
enum EventGroups {
  /// How far apart events of one line may be.
  private static let gap = SimDuration.seconds(10)
  /// The most lines about the same thing; of more, all are one.
  private static let mostAlike = 3

  /// Events that are told together.
  private struct Group {
    let key: String
    let first: RunEvent
    var last: SimTime
    /// How often it came, with pauses between.
    var times = 1
    /// How many requests were refused; nil where events do not tell.
    var refused: UInt64?
    /// The proxy instances and pods that took part, in order of first mention.
    var proxies: Names
    var pods: Names

    init(_ event: RunEvent, key: String, _ run: RunDescription) {
      self.key = key
      first = event
      last = event.until ?? event.at
      refused = event.refused
      proxies = Names(event.proxy.map { Name(text: $0, number: event.instance) })
      var pod: Name?
      if let workload = event.workload, let ordinal = event.pod {
        pod = Name(text: run.podName(workload: workload, ordinal: ordinal), number: nil)
      }
      pods = Names(pod)
    }

    /// Adds what happened later.
    mutating func join(_ other: Group) {
      last = max(last, other.last)
      times += other.times
      if let more = other.refused { refused = (refused ?? 0) + more }
      proxies.join(other.proxies)
      pods.join(other.pods)
    }
  }

  private struct Name: Hashable {
    var text: String
    var number: Int?
  }

  /// Names without repetitions, in order of first mention.
  private struct Names {
    private(set) var all: [Name] = []
    private var known: Set<Name> = []

    init(_ name: Name?) {
      if let name { add(name) }
    }

    mutating func join(_ other: Names) {
      for name in other.all { add(name) }
    }

    private mutating func add(_ name: Name) {
      if known.insert(name).inserted { all.append(name) }
    }
  }

  static func entries(_ result: RunResult) -> [TimelineEntry] {
    let groups = groups(of: result.representative.events, result.run)
    // What comes too often in one act is one group, in the place of the first.
    let acts = Acts(result.run)
    let keys = groups.map { "\(acts.act(at: $0.first.at)) \($0.key)" }
    var alike: [String: [Int]] = [:]
    for (place, key) in keys.enumerated() { alike[key, default: []].append(place) }
    return groups.enumerated().compactMap { place, group in
      guard let places = alike[keys[place]], places.count > mostAlike else {
        return entry(group, result)
      }
      guard places.first == place else { return nil }
      return entry(places.dropFirst().reduce(into: group) { $0.join(groups[$1]) }, result)
    }
  }

  private static func groups(of events: [RunEvent], _ run: RunDescription) -> [Group] {
    var open: [String: Int] = [:]
    var groups: [Group] = []
    for event in events {
      guard let key = key(of: event) else { continue }
      let group = Group(event, key: key, run)
      if let place = open[key], event.at <= groups[place].last + gap {
        groups[place].join(group)
        groups[place].times = 1
      } else {
        open[key] = groups.count
        groups.append(group)
      }
    }
    return groups
  }

  /// Events with the same key are told together; nil is not told here.
  private static func key(of event: RunEvent) -> String? {
    let proxy = event.proxy ?? ""
    let service = event.service.map(String.init) ?? ""
    switch event.kind {
    case .faultBegan, .faultEnded, .ejectionNotEnforced: return nil
    case .ejected, .released:
      // The pods of a service that one kind of proxy ejects for one reason.
      return [event.kind.rawValue, proxy, service, event.detail].joined(separator: "\u{0}")
    default:
      let workload = event.workload.map(String.init) ?? ""
      return [event.kind.rawValue, proxy, service, workload, event.detail]
        .joined(separator: "\u{0}")
    }
  }

  private static func entry(_ group: Group, _ result: RunResult) -> TimelineEntry? {
    let event = group.first
    let run = result.run
    let pods = list(group.pods.all.map(\.text), of: service(event, run))
    let proxies = actors(group)
    let detail = event.detail.isEmpty ? "" : " (\(event.detail))"
    let kind: TimelineEntry.Kind
    var text: String
    switch event.kind {
    case .ejected:
      kind = .ejection
      text = "\(pods) ejected by \(proxies)\(detail)"
    case .released:
      kind = .release
      text = "\(pods) no longer ejected by \(proxies)"
    case .panicBegan:
      kind = .limit
      text = "too few healthy hosts of \(service(event, run)): panic at \(proxies)"
    case .panicEnded:
      kind = .release
      text = "panic over for \(service(event, run)) at \(proxies)"
    case .overflowBegan:
      kind = .limit
      let verb = group.proxies.all.count == 1 ? "refuses" : "refuse"
      let service = service(event, run)
      // A proxy before the service's own pods sends to nobody else.
      let isOwn = proxies.hasSuffix("inbound sidecar of \(service)")
      text = "\(proxies) \(verb) \(refused(group))" + (isOwn ? "" : " to \(service)")
      text += limit(event)
    case .queueFull:
      kind = .limit
      text = fullQueue(group, result)
    case .rateLimited:
      kind = .limit
      text = "rate limit of \(proxies) refuses \(refused(group))"
    case .podStopped:
      kind = .pods
      text = "\(pods) stopped\(detail)"
    case .podReady:
      kind = .pods
      text = "\(pods) ready"
    case .throttled:
      kind = .limit
      text = "CPU limit holds back \(pods)"
    case .faultBegan, .faultEnded, .ejectionNotEnforced: return nil
    }
    text += end(of: group, result)
    return TimelineEntry(at: event.at, kind: kind, text: text)
  }

  /// How often, and until when.
  private static func end(of group: Group, _ result: RunResult) -> String {
    let last = HumanNumber.clock(group.last)
    if group.times > 1 { return ", \(group.times) times until \(last)" }
    if let refused = group.refused {
      if refused == 1 { return "" }
      let left = SimTime.zero + result.run.duration - group.last
      if left < .seconds(5) { return ", to the end" }
    }
    guard group.last - group.first.at >= .milliseconds(100) else { return "" }
    return group.refused == nil ? ", last at \(last)" : ", until \(last)"
  }

  /// How many requests were refused, as far as that is known.
  private static func refused(_ group: Group) -> String {
    guard let count = group.refused else { return "requests" }
    return count == 1 ? "a request" : "\(HumanNumber.count(Double(count))) requests"
  }

  /// Which limit of a circuit breaker it is, in the words of a DestinationRule.
  private static func limit(_ event: RunEvent) -> String {
    let most = event.limit.map { "more than \($0)" } ?? "too many"
    return switch event.detail {
    case "": ""
    case "max_pending_requests": ": \(most) pending (http1MaxPendingRequests)"
    case "max_requests": ": \(most) at a time (http2MaxRequests)"
    default: " (\(event.detail))"
    }
  }

  /// The share of arrivals that full queues of a workload refuse while they do.
  ///
  /// The log names the pod that refused first; of several, the others are not known.
  private static func fullQueue(_ group: Group, _ result: RunResult) -> String {
    let run = result.run
    let event = group.first
    let isAlone =
      event.workload.map { run.workloads.indices.contains($0) && run.workloads[$0].replicas == 1 }
      ?? true
    let names = list(group.pods.all.map(\.text), of: service(event, run))
    let subject =
      isAlone ? "full queue at \(names) refuses" : "full queues at \(workload(event, run)) refuse"
    // Over many times with pauses between a share tells nothing.
    guard group.times == 1, let index = event.workload,
      result.representative.workloads.indices.contains(index)
    else {
      return "\(subject) \(refused(group))"
    }
    let figures = result.representative.workloads[index]
    let grid = run.windows
    var (refusals, arrivals) = (0.0, 0.0)
    let first = grid.window(at: event.at)
    for window in first...max(first, grid.window(at: group.last))
    where window < figures.server.samples.count && window < figures.flow.samples.count {
      refusals += Double(figures.server.samples[window].refused)
      arrivals += Double(figures.flow.samples[window].attempts)
    }
    guard refusals > 0, arrivals >= 10 else { return "\(subject) \(self.refused(group))" }
    return "\(subject) \(HumanNumber.share(min(1, refusals / arrivals))) of requests"
  }

  private static func service(_ event: RunEvent, _ run: RunDescription) -> String {
    guard let index = event.service, run.services.indices.contains(index) else {
      return workload(event, run)
    }
    return run.services[index].name
  }

  private static func workload(_ event: RunEvent, _ run: RunDescription) -> String {
    guard let index = event.workload, run.workloads.indices.contains(index) else { return "?" }
    return run.workloads[index].name
  }

  private static func list(_ names: [String], of service: String) -> String {
    switch names.count {
    case 0: service
    case 1, 2: names.joined(separator: " and ")
    default: "\(names.count) pods of \(service)"
    }
  }

  /// Who acted: `sidecar of content`, `3 of 5 × sidecar of content`.
  private static func actors(_ group: Group) -> String {
    guard let name = group.first.proxy else { return "a proxy" }
    let count = group.proxies.all.count
    guard let all = group.first.instances, all > 1 else {
      return count > 1 ? "\(count) × \(name)" : name
    }
    return "\(count) of \(all) × \(name)"
  }
}
