public import Scenario
import TimeAndChance

extension FaultDescription {
  /// The most occurrences that are listed; a fault that repeats more often goes on unlisted.
  static let mostOccurrences = 1_000

  /// A fault of a scenario in words.
  public init(_ fault: Fault, in scenario: Scenario) {
    let occurrences = Self.occurrences(of: fault, in: scenario)
    self.init(
      name: fault.name, text: Self.text(of: fault.effect, in: scenario), occurrences: occurrences,
      isListedWhole: occurrences.count < Self.mostOccurrences
        || Self.isLast(occurrences[occurrences.count - 1], of: fault, in: scenario))
  }

  /// When a fault of a scenario acts, as far as it is listed.
  static func occurrences(of fault: Fault, in scenario: Scenario) -> [Occurrence] {
    let end = SimTime.zero + scenario.duration
    var occurrences: [Occurrence] = []
    var start = fault.at
    let times = fault.repetition == nil ? 1 : fault.repetition?.times ?? Self.mostOccurrences
    while start < end, occurrences.count < min(times, Self.mostOccurrences) {
      let length = fault.duration ?? (fault.effect.isBlow ? .zero : scenario.duration)
      // Near the end of time the sum would leave the range, so the rest of the run is compared.
      occurrences.append(Occurrence(start: start, end: length < end - start ? start + length : end))
      guard let every = fault.repetition?.every, every < end - start else { break }
      start = start + every
    }
    return occurrences
  }

  /// Whether a fault does not act again within the run after the last occurrence that is listed.
  private static func isLast(
    _ last: Occurrence, of fault: Fault, in scenario: Scenario
  ) -> Bool {
    guard let repetition = fault.repetition, repetition.times ?? .max > mostOccurrences else {
      return true
    }
    return repetition.every >= SimTime.zero + scenario.duration - last.start
  }

  private static func text(of effect: FaultEffect, in scenario: Scenario) -> String {
    switch effect {
    case .kill(let pods): "\(names(of: pods, in: scenario)) is killed"
    case .crashLoop(let pods, _): "\(names(of: pods, in: scenario)) crashes again and again"
    case .slow(let pods, let factor):
      "\(names(of: pods, in: scenario)) is slower, × \(plain(factor))"
    case .hang(let pods): "\(names(of: pods, in: scenario)) hangs"
    case .error(let pods, let status, let share, _):
      "\(names(of: pods, in: scenario)) answers \(status) to \(percent(share))"
    case .cpuSteal(let pods, let share):
      "\(names(of: pods, in: scenario)) loses \(percent(share)) of its CPU"
    case .network(let network): text(of: network, in: scenario)
    case .unreachable(let service, let silent):
      "\(scenario.services[service].name) is unreachable" + (silent ? ", in silence" : "")
    }
  }

  private static func text(of fault: NetworkFault, in scenario: Scenario) -> String {
    let from = names(of: fault.from, in: scenario)
    let to = names(of: fault.to, in: scenario)
    let way = fault.direction == .both ? "between \(from) and \(to)" : "from \(from) to \(to)"
    return switch fault.effect {
    case .delay: "the network \(way) is slower"
    case .loss(let share): "the network \(way) loses \(percent(share)) of packets"
    case .partition: "the network \(way) is cut"
    case .heldBack: "the network \(way) holds everything back"
    }
  }

  /// The pods by name: whole workloads by theirs, up to three single ones, or their number.
  private static func names(of pods: PodSet, in scenario: Scenario) -> String {
    let parts = pods.members.flatMap { member -> [String] in
      let name = scenario.workloads[member.workload].name
      guard let ordinals = member.ordinals else { return [name] }
      if ordinals.count > 3 { return ["\(ordinals.count) pods of \(name)"] }
      return ordinals.map { "\(name)-\($0)" }
    }
    return listed(parts)
  }

  private static func names(of places: PlaceSet, in scenario: Scenario) -> String {
    let pods = places.pods.members.isEmpty ? [] : [names(of: places.pods, in: scenario)]
    return listed(
      pods + places.sources.map { scenario.traffic[$0].name }
        + places.proxies.map { scenario.proxies[$0].name })
  }

  private static func listed(_ parts: [String]) -> String {
    switch parts.count {
    case 0: "nobody"
    case 1...3: parts.joined(separator: ", ")
    default: parts[..<2].joined(separator: ", ") + " and \(parts.count - 2) more"
    }
  }

  private static func percent(_ share: Double) -> String { plain(share * 100) + " %" }

  /// A number as one would write it: without ".0", with two decimals at most.
  private static func plain(_ value: Double) -> String {
    let hundredths = (value * 100).rounded()
    guard hundredths.magnitude < 1e12 else { return "\(value)" }
    let whole = Int64(hundredths)
    let rest = Int(whole % 100).magnitude
    if rest == 0 { return "\(whole / 100)" }
    let decimals = rest < 10 ? "0\(rest)" : rest % 10 == 0 ? "\(rest / 10)" : "\(rest)"
    return "\(whole / 100).\(decimals)"
  }
}

extension FaultEffect {
  /// Whether it strikes once and lasts only as long as its victims need to come back.
  fileprivate var isBlow: Bool {
    if case .kill = self { return true }
    return false
  }
}
