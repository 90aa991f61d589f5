import Results
import TimeAndChance

/// Entries of the causal log that belong together, as one line each.
///
/// A thousand proxies that eject the same pod within seconds are one line; a limit that refuses
/// again and again is one line with its last time.
enum EventGroups {
  /// How far apart events of one line may be.
  private static let gap = SimDuration.seconds(10)

  /// Events that are told together.
  private struct Group {
    var first: RunEvent
    var at: SimTime
    var last: SimTime
    var count = 1
    /// The proxy instances and pods that took part, in order of first mention.
    var proxies: [Key] = []
    var pods: [Key] = []

    struct Key: Hashable {
      var name: String
      var number: Int?
    }
  }

  static func entries(_ result: RunResult) -> [TimelineEntry] {
    var open: [String: Int] = [:]
    var groups: [Group] = []
    var seenProxies: [Set<Group.Key>] = []
    var seenPods: [Set<Group.Key>] = []
    for event in result.representative.events {
      guard let key = key(of: event) else { continue }
      let place: Int
      if let index = open[key], event.at <= groups[index].last + gap {
        place = index
        groups[index].last = event.at
        groups[index].count += 1
      } else {
        place = groups.count
        open[key] = place
        groups.append(Group(first: event, at: event.at, last: event.at))
        seenProxies.append([])
        seenPods.append([])
      }
      let proxy = Group.Key(name: event.proxy ?? "", number: event.instance)
      if event.proxy != nil, seenProxies[place].insert(proxy).inserted {
        groups[place].proxies.append(proxy)
      }
      if let workload = event.workload, let pod = event.pod {
        let name = Group.Key(
          name: result.run.podName(workload: workload, ordinal: pod), number: nil)
        if seenPods[place].insert(name).inserted { groups[place].pods.append(name) }
      }
    }
    return groups.compactMap { entry($0, result.run) }
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
    case .other: return nil
    default:
      let workload = event.workload.map(String.init) ?? ""
      return [event.kind.rawValue, proxy, service, workload, event.detail]
        .joined(separator: "\u{0}")
    }
  }

  private static func entry(_ group: Group, _ run: RunDescription) -> TimelineEntry? {
    let event = group.first
    let pods = list(group.pods.map(\.name), of: service(event, run))
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
      text =
        "\(proxies) overflow\(group.proxies.count == 1 ? "s" : "") towards"
        + " \(service(event, run))\(detail)"
    case .queueFull:
      kind = .limit
      text = "full queue refuses requests at \(pods)"
    case .rateLimited:
      kind = .limit
      text = "rate limit refuses requests at \(proxies)\(detail)"
    case .retriesRefused:
      kind = .limit
      text = "\(proxies) refuse retries to \(service(event, run))\(detail)"
    case .breakerChanged:
      kind = .limit
      text = "breaker of \(proxies) towards \(service(event, run))\(detail)"
    case .podStopped:
      kind = .pods
      text = "\(pods) stopped\(detail)"
    case .podReady:
      kind = .pods
      text = "\(pods) ready"
    case .scaled:
      kind = .pods
      text = "\(workload(event, run)) scaled\(detail)"
    case .throttled:
      kind = .limit
      text = "CPU limit holds back \(pods)"
    case .faultBegan, .faultEnded, .ejectionNotEnforced, .other: return nil
    }
    if group.count > 1, group.last - group.at >= .milliseconds(100) {
      text += ", last at \(HumanNumber.clock(group.last))"
    }
    return TimelineEntry(at: group.at, kind: kind, text: text)
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
    let count = group.proxies.count
    guard let all = group.first.instances, all > 1 else {
      return count > 1 ? "\(count) × \(name)" : name
    }
    return "\(count) of \(all) × \(name)"
  }
}
