import Scenario
import TimeAndChance

extension ScenarioResolver {
  /// The faults, with their targets as pods.
  mutating func resolveFaults() {
    var names: Set<String> = []
    // The next number of each name that faults share without stating one.
    var numbers: [String: Int] = [:]
    index.workloads = Dictionary(
      scenario.workloads.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    let outside = scenario.traffic.indices.filter {
      if case .workload = scenario.traffic[$0].origin { false } else { true }
    }
    for located in draft.faults {
      let draft = located.value
      guard let at = draft.at, let effect = draft.effect else { continue }
      if at.value >= scenario.duration, self.draft.duration != nil {
        diagnostics.error(
          .outsideRun, at: at.span, path: at.path,
          "the fault begins at \(at.value.written), the run ends at \(scenario.duration.written)")
      }
      let resolved = resolve(effect, outside)
      guard checkRepetition(of: located, resolved), let resolved else { continue }
      let name = draft.name?.value ?? Self.name(of: effect)
      var unique = name
      var number = numbers[name] ?? 2
      while !names.insert(unique).inserted {
        if let written = draft.name {
          diagnostics.error(
            .nameTwice, at: written.span, path: written.path,
            "two faults are called \(name.quoted)")
          break
        }
        unique = "\(name) \(number)"
        number += 1
      }
      numbers[name] = number
      if index.faults[unique] == nil { index.faults[unique] = scenario.faults.count }
      scenario.faults.append(
        Fault(
          name: unique, at: SimTime.zero + at.value, duration: draft.length?.value,
          repetition: draft.repetition, effect: resolved))
    }
  }

  /// Whether a fault ends before it comes again; one that was not resolved has its own diagnostic.
  private mutating func checkRepetition(
    of located: Located<FaultDraft>, _ effect: FaultEffect?
  ) -> Bool {
    guard let repetition = located.value.repetition else { return true }
    let every = repetition.every.written
    let problem: String
    if let length = located.value.length {
      if length.value < repetition.every { return true }
      problem = "a fault that repeats every \(every) needs a shorter 'for'"
    } else if case .kill(let pods) = effect {
      // A killed pod is back after its own start-up.
      let startup = pods.members.map { scenario.workloads[$0.workload].startup }.max() ?? .zero
      if startup < repetition.every { return true }
      problem =
        "a kill that repeats every \(every) comes before the pods are back: "
        + "they take \(startup.written) to start"
    } else if effect == nil || diagnostics.hasError(at: located.path.key("for")) {
      return true
    } else {
      problem = "a fault that repeats every \(every) needs a 'for' shorter than that"
    }
    diagnostics.error(.outOfRange, at: located.span, path: located.path, problem)
    return false
  }

  /// The name of a fault that states none: its effect and its targets.
  static func name(of effect: EffectDraft) -> String {
    func list(_ targets: EffectDraft.Targets?) -> String {
      (targets?.value ?? []).map(\.value).joined(separator: ", ")
    }
    return switch effect {
    case .kill(let pods): "kill \(list(pods))"
    case .crashLoop(let pods, _): "crashLoop \(list(pods))"
    case .slow(let pods, _): "slow \(list(pods))"
    case .hang(let pods): "hang \(list(pods))"
    case .fail(let pods, _, _, _): "fail \(list(pods))"
    case .stealCPU(let pods, _): "stealCPU \(list(pods))"
    case .unreachable(let service, _): "unreachable \(service.value)"
    case .network(let draft, let effect):
      switch effect {
      case .delay: "delay \(list(draft.from)) - \(list(draft.to))"
      case .loss: "loss \(list(draft.from)) - \(list(draft.to))"
      case .partition: "partition \(list(draft.from)) - \(list(draft.to))"
      case .heldBack: "hold \(list(draft.from)) - \(list(draft.to))"
      }
    }
  }

  private mutating func resolve(_ effect: EffectDraft, _ outside: [Int]) -> FaultEffect? {
    switch effect {
    case .kill(let targets): return pods(targets).map { .kill($0) }
    case .crashLoop(let targets, let uptime):
      return pods(targets).map { .crashLoop($0, uptime: uptime) }
    case .slow(let targets, let factor): return pods(targets).map { .slow($0, factor: factor) }
    case .hang(let targets): return pods(targets).map { .hang($0) }
    case .fail(let targets, let status, let share, let timing):
      return pods(targets).map { .error($0, status: status, share: share, timing: timing) }
    case .stealCPU(let targets, let share):
      return pods(targets).map { .cpuSteal($0, share: share) }
    case .unreachable(let name, let silent):
      return service(named: name).map { .unreachable(service: $0, silent: silent) }
    case .network(let draft, let effect):
      guard let from = draft.from, let to = draft.to, let left = places(from, outside),
        let right = places(to, outside)
      else { return nil }
      return .network(
        NetworkFault(from: left, to: right, direction: draft.direction, effect: effect))
    }
  }

  private mutating func pods(_ targets: EffectDraft.Targets) -> PodSet? {
    var set = PodCollector()
    for target in targets.value { if !collect(target, into: &set) { return nil } }
    return set.pods
  }

  private mutating func places(
    _ targets: EffectDraft.Targets, _ outside: [Int]
  ) -> PlaceSet? {
    var set = PodCollector()
    var sources: [Int] = []
    var proxies: [Int] = []
    for target in targets.value {
      switch target.value {
      case "outside": sources = sources.isEmpty ? outside : sources + outside
      case "everything":
        sources = sources.isEmpty ? outside : sources + outside
        proxies += scenario.proxies.indices.filter { !scenario.proxies[$0].kind.isSidecar }
        for index in scenario.workloads.indices { set.add(index, nil) }
      case let name where name == "gateway" || name.hasPrefix("gateway "):
        let wanted = String(name.dropFirst("gateway ".count))
        let found = entrances.filter { wanted.isEmpty || $0.isNamed(wanted) }
        if found.isEmpty {
          diagnostics.error(
            .unknownGateway, at: target.span, path: target.path, "there is no \(name.quoted)",
            help: NameList.known(entrances.flatMap { $0.manifests.map(\.meta.name) })
              ?? "add a Gateway to 'manifests'")
          return nil
        }
        proxies += found.map(\.proxy)
      default: if !collect(target, into: &set) { return nil }
      }
    }
    return PlaceSet(
      // The list of all sources is shared by all faults that speak of it.
      pods: set.pods,
      sources: sources.count == outside.count ? sources : Array(Set(sources)).sorted(),
      proxies: Array(Set(proxies)).sorted())
  }

  /// Adds the pods that a target names; false with a diagnostic when there are none.
  private mutating func collect(_ target: Located<String>, into set: inout PodCollector) -> Bool {
    let words = target.value.split(separator: " ").map(String.init)
    if words.count == 2, ["zone", "node"].contains(words[0]) {
      return collect(place: words[1], isZone: words[0] == "zone", target, into: &set)
    }
    if words.count == 3, words[1] == "of" {
      guard let workloads = workloads(named: words[2]) else { return unknownPods(target) }
      return collect(words[0], of: workloads, target, into: &set)
    }
    let name = words.count == 2 && Self.kinds.contains(words[0]) ? words[1] : target.value
    if let workloads = workloads(named: name), words[0] != "pod" || words.count == 1 {
      for index in workloads { set.add(index, nil) }
      return true
    }
    guard let dash = name.lastIndex(of: "-"), let ordinal = Int(name[name.index(after: dash)...]),
      let index = index.workloads[String(name[..<dash])]
    else { return unknownPods(target) }
    let replicas = scenario.workloads[index].replicas
    guard (0..<replicas).contains(ordinal) else {
      diagnostics.error(
        .unknownPods, at: target.span, path: target.path, "there is no pod \(name.quoted)",
        help: replicas == 0
          ? "\(scenario.workloads[index].name) has no pods"
          : replicas == 1
            ? "its only pod is \(name[..<dash])-0"
            : "its pods are \(name[..<dash])-0 to \(name[..<dash])-\(replicas - 1)")
      return false
    }
    set.add(index, [ordinal])
    return true
  }

  private static let kinds = ["service", "workload", "pod"]

  private mutating func collect(
    place: String, isZone: Bool, _ target: Located<String>, into set: inout PodCollector
  ) -> Bool {
    let nodes = Set(
      scenario.nodes.indices.filter {
        (isZone ? scenario.nodes[$0].zone : scenario.nodes[$0].name) == place
      })
    if nodes.isEmpty {
      unknownPlace(Located(value: place, span: target.span, path: target.path))
      return false
    }
    for (index, workload) in scenario.workloads.enumerated() {
      let ordinals = (0..<workload.replicas).filter {
        nodes.contains(workload.nodes[$0 % workload.nodes.count])
      }
      if !ordinals.isEmpty { set.add(index, ordinals) }
    }
    return true
  }

  /// A number or share of pods: the first ones, workload after workload.
  private mutating func collect(
    _ amount: String, of workloads: [Int], _ target: Located<String>, into set: inout PodCollector
  ) -> Bool {
    let all = workloads.flatMap { index in
      (0..<scenario.workloads[index].replicas).map { (index, $0) }
    }
    var count: Int?
    if amount.hasSuffix("%"), let share = ExactDecimal(amount.dropLast())?.double,
      (0...100).contains(share)
    {
      count = Int((Double(all.count) * share / 100).rounded(.up))
    } else if let number = Int(amount), number >= 1 {
      count = number
    }
    guard let count else {
      diagnostics.error(
        .unknownPods, at: target.span, path: target.path,
        "\(amount.quoted) is no number or share of pods",
        help: "for instance '2 of content' or '50% of content'")
      return false
    }
    guard count <= all.count else {
      let there = ["none is there", "only 1 is there"]
      diagnostics.error(
        .unknownPods, at: target.span, path: target.path,
        "\(target.value.quoted) asks for more pods than there are: "
          + (all.count < 2 ? there[all.count] : "\(all.count) are there"))
      return false
    }
    for (index, ordinal) in all.prefix(count) { set.add(index, [ordinal]) }
    return true
  }

  /// The workloads of a workload's or service's name; nil when there are none.
  func workloads(named name: String) -> [Int]? {
    if let index = index.workloads[name],
      serviceIndex(named: name).map({ scenario.services[$0].workloads == [index] }) ?? true
    {
      return [index]
    }
    if let service = serviceIndex(named: name), !scenario.services[service].workloads.isEmpty {
      return scenario.services[service].workloads
    }
    return nil
  }

  private mutating func unknownPods(_ target: Located<String>) -> Bool {
    diagnostics.error(
      .unknownPods, at: target.span, path: target.path,
      "\(target.value.quoted) names no pods",
      help: suggestion(for: target.value, among: scenario.workloads.map(\.name)) { _ in
        "a pod (content-0), a service or Deployment, '2 of content', 'zone a', 'node n'"
      })
    return false
  }
}

/// Collects pods by workload.
private struct PodCollector {
  private var members: [Int: Set<Int>?] = [:]

  /// Adds pods of a workload; nil adds all.
  mutating func add(_ workload: Int, _ ordinals: [Int]?) {
    if let known = members[workload], known == nil { return }
    guard let ordinals else {
      members[workload] = .some(nil)
      return
    }
    let known = (members[workload] ?? []) ?? []
    members[workload] = known.union(ordinals)
  }

  var pods: PodSet {
    PodSet(
      members: members.keys.sorted().map { workload in
        PodSet.Members(workload: workload, ordinals: members[workload]?.map { $0.sorted() })
      })
  }
}

extension ProxyPolicy.Kind {
  /// Whether the proxy stands beside a pod.
  var isSidecar: Bool { self == .sidecarInbound || self == .sidecarOutbound }
}
