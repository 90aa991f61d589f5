import Scenario
import TimeAndChance

extension ScenarioResolver {
  /// The traffic sources: targets, entrances, and what they send over time.
  mutating func resolveTraffic() {
    for located in draft.traffic {
      let draft = located.value
      let start = SimTime(nanoseconds: draft.start?.value.nanoseconds ?? 0)
      let runEnd = SimTime.zero + scenario.duration
      if let at = draft.start, start >= runEnd, self.draft.duration != nil {
        diagnostics.error(
          .outsideRun, at: at.span, path: at.path,
          "traffic begins at \(at.value.written), the run ends at \(scenario.duration.written)")
      }
      let end = draft.length.map { min(runEnd, start + $0) } ?? runEnd
      guard let mix = mix(of: draft) else { continue }
      let name = draft.name?.value ?? draft.to?.value ?? "traffic \(scenario.traffic.count + 1)"
      var source = TrafficSource(
        name: name, start: start, end: max(start, end),
        pattern: .open(OpenLoop(rate: RateCurve(pieces: []))), mix: mix, client: draft.client)
      source.instances = draft.instances?.value ?? 1
      if !draft.classes.isEmpty { source.classes = classes(of: draft, at: located) }
      enter(&source, draft, located)
      for finished in patterns(of: draft, source, located) {
        append(finished, draft, located)
        fillPause(of: finished)
      }
    }
  }

  private mutating func append(
    _ source: TrafficSource, _ draft: TrafficDraft, _ located: Located<TrafficDraft>
  ) {
    if index.traffic[source.name] == nil {
      index.traffic[source.name] = scenario.traffic.count
    } else {
      let place = draft.name ?? draft.to
      diagnostics.error(
        .nameTwice, at: place?.span ?? located.span, path: place?.path ?? located.path,
        "two traffic sources are called \(source.name.quoted)",
        help: "give one of them a 'name'")
    }
    scenario.traffic.append(source)
  }

  /// Lists the pause of users of whom nobody said how long they take.
  private mutating func fillPause(of source: TrafficSource) {
    guard case .closed(let loop) = source.pattern, loop.minIterationDuration == .zero,
      loop.thinkTime.mean == 0
    else { return }
    defaults.add(
      "traffic.\(source.name)", "pause after an answer that took no time",
      ClosedLoop.pauseAtOnce.written, by: "Foreshock")
  }

  private mutating func mix(of draft: TrafficDraft) -> [WeightedTarget]? {
    if let to = draft.to {
      return target(to, port: draft.port).map { [WeightedTarget(target: $0)] }
    }
    var result: [WeightedTarget] = []
    for item in draft.mix {
      guard let to = item.to else { continue }
      guard let target = target(to, port: draft.port) else { continue }
      result.append(WeightedTarget(target: target, weight: item.weight))
    }
    guard result.count == draft.mix.count, let first = draft.mix.first?.to else { return nil }
    if result.allSatisfy({ $0.weight == 0 }) {
      diagnostics.error(
        .outOfRange, at: first.span, path: first.path, "the weights of a 'mix' must not all be 0")
    }
    return result
  }

  private mutating func classes(
    of draft: TrafficDraft, at located: Located<TrafficDraft>
  ) -> [RequestClass] {
    if draft.classes.allSatisfy({ $0.weight == 0 }) {
      diagnostics.error(
        .outOfRange, at: located.span, path: located.path,
        "the weights of 'classes' must not all be 0")
    }
    return draft.classes.map { item in
      RequestClass(
        name: item.name, weight: item.weight,
        headers: item.headers.map {
          RequestClass.Header(name: $0.name.lowercased(), value: $0.value)
        })
    }
  }

  // MARK: Entrances

  /// Where the source's requests enter: as stated, else the gateway that routes to the target.
  private mutating func enter(
    _ source: inout TrafficSource, _ draft: TrafficDraft, _ located: Located<TrafficDraft>
  ) {
    guard let from = draft.from else {
      for gateway in entrances where enter(&source, through: gateway, draft) { return }
      if let host = draft.host {
        diagnostics.error(
          .noRoute, at: host.span, path: host.path,
          "no gateway routes \(host.value.quoted) to the target")
      } else {
        warnOfPassedGateway(source, draft)
      }
      return
    }
    if from.value == "outside" { return }
    if from.value == "gateway" || from.value.hasPrefix("gateway ") {
      let name = from.value.dropFirst("gateway ".count)
      let named = entrances.filter { name.isEmpty || $0.isNamed(String(name)) }
      if named.isEmpty {
        let known = entrances.flatMap { $0.manifests.map(\.meta.name) }
        diagnostics.error(
          .unknownGateway, at: from.span, path: from.path,
          name.isEmpty ? "there is no gateway" : "there is no gateway \(String(name).quoted)",
          help: known.isEmpty
            ? "add a Gateway to 'manifests', or write from: outside"
            : Spelling.help(
              for: String(name), among: known,
              otherwise: NameList.known(known)))
        return
      }
      for gateway in named where enter(&source, through: gateway, draft) { return }
      noRoute(source, draft, located, at: from)
      return
    }
    guard let service = service(named: from) else { return }
    guard let workload = scenario.services[service].workloads.first else {
      diagnostics.error(
        .noPods, at: from.span, path: from.path, "service \(from.value.quoted) has no pods")
      return
    }
    source.origin = .workload(workload)
    source.instances = max(1, scenario.workloads[workload].replicas)
    if let instances = draft.instances {
      diagnostics.error(
        .saidTwice, at: instances.span, path: instances.path,
        "the instances are the \(source.instances) pods of "
          + scenario.workloads[workload].name.quoted)
    }
  }

  /// Lets the source in through a gateway if it routes all targets; then targets name its hosts.
  private mutating func enter(
    _ source: inout TrafficSource, through gateway: Entrance, _ draft: TrafficDraft
  ) -> Bool {
    var hosts: [String] = []
    for item in source.mix {
      guard let host = authority(for: item.target, at: gateway, draft.host?.value) else {
        return false
      }
      hosts.append(host)
    }
    for (index, host) in hosts.enumerated() { source.mix[index].target.authority = host }
    source.origin = .gateway(gateway.proxy)
    if let instances = draft.instances {
      if let earlier = gatewayInstances[gateway.proxy], earlier.value != instances.value {
        diagnostics.error(
          .keysDisagree, at: instances.span, path: instances.path,
          "gateway \(gateway.name.quoted) has \(earlier.value) and \(instances.value) instances",
          note: Diagnostic.Note(message: "the other number stands", span: earlier.span))
      }
      gatewayInstances[gateway.proxy] = instances
    }
    return true
  }

  /// Says that requests pass a gateway by although its routes lead to their service.
  private mutating func warnOfPassedGateway(_ source: TrafficSource, _ draft: TrafficDraft) {
    for (number, item) in source.mix.enumerated() {
      guard let place = draft.to ?? draft.mix[number].to,
        let gateway = entrances.first(where: { leads($0, to: item.target.service) }),
        !entrances.contains(where: { authority(for: item.target, at: $0, nil) != nil })
      else { continue }
      let service = scenario.services[item.target.service]
      let operation = service.operations[item.target.operation]
      diagnostics.warning(
        .pastGateway, at: place.span, path: place.path,
        "\(operation.method) \(operation.path) passes \(gateway.name.quoted) by: it leads to "
          + "\(service.name.quoted), but none of its routes takes this",
        help: "write from: outside where that is meant, "
          + "or name an operation by a path that the routes take")
      return
    }
  }

  /// Whether any route of a gateway leads to a service, whatever requests it takes.
  private func leads(_ gateway: Entrance, to service: Int) -> Bool {
    let host = scenario.services[service].host
    let references = gateway.references
    return index.virtualServices(leadingTo: host, under: nil).contains { number in
      let virtualService = manifests.virtualServices[number]
      return virtualService.gateways.contains { references.contains($0) }
        && gateway.admits(virtualService)
        && virtualService.rules.contains { rule in
          rule.destinations.contains { $0.destination.host.name == host }
        }
    }
  }

  private mutating func noRoute(
    _ source: TrafficSource, _ draft: TrafficDraft, _ located: Located<TrafficDraft>,
    at from: Located<String>
  ) {
    let target = source.mix[0].target
    let service = scenario.services[target.service]
    let operation = service.operations[target.operation]
    diagnostics.error(
      .noRoute, at: from.span, path: from.path,
      "no route of this gateway leads \(operation.method) \(operation.path) to "
        + service.name.quoted,
      help: "every such request would be answered 404; check hosts and matches")
  }

  // MARK: Over time

  private mutating func patterns(
    of draft: TrafficDraft, _ source: TrafficSource, _ located: Located<TrafficDraft>
  ) -> [TrafficSource] {
    var source = source
    let zero = try? Distribution(.constant(0))
    if let rate = draft.rate {
      guard let curve = rateCurve(rate, from: source.start, to: source.end) else { return [source] }
      source.pattern = .open(
        OpenLoop(
          rate: curve, arrivals: draft.arrivals ?? defaultArrivals(rate.value),
          maxInFlight: draft.maxInFlight))
      return [source]
    }
    guard let think = draft.think ?? zero else { return [source] }
    if let users = draft.users {
      let iterations: ClosedLoop.Iterations =
        draft.iterations.map { .perUser($0) } ?? draft.sharedIterations.map { .shared($0) }
        ?? .unlimited
      source.pattern = .closed(
        ClosedLoop(
          stages: stages(users.value, from: source.start, to: source.end), thinkTime: think,
          startsThinking: draft.startThinking, iterations: iterations,
          minIterationDuration: draft.minIterationDuration ?? .zero))
      return [source]
    }
    guard let k6 = draft.k6, let text = readFile(k6, &diagnostics) else { return [source] }
    return K6Options.sources(
      text, file: k6.value, base: source, think: think, knowsEnd: self.draft.duration != nil,
      &diagnostics)
  }

  private func defaultArrivals(_ rate: RateDraft) -> Arrivals {
    // Counts of an interval are spread over it as they are.
    if case .csv = rate { .even } else { .poisson }
  }

  private func stages(
    _ curve: CurveDraft, from start: SimTime, to end: SimTime
  ) -> [ClosedLoop.Stage] {
    pieces(of: curve, from: start, to: end).map { piece in
      ClosedLoop.Stage(
        start: piece.start, end: piece.end, startUsers: Int(piece.startRate),
        endUsers: Int(piece.endRate))
    }
  }

  private mutating func rateCurve(
    _ rate: Located<RateDraft>, from start: SimTime, to end: SimTime
  ) -> RateCurve? {
    switch rate.value {
    case .curve(let curve): return RateCurve(pieces: pieces(of: curve, from: start, to: end))
    case .daily(let daily): return dailyCurve(daily, rate, from: start, to: end)
    case .spikes(let base, let spikes): return spikyCurve(base, spikes, from: start, to: end)
    case .csv(let csv):
      guard let file = csv.file, let text = readFile(file, &diagnostics) else { return nil }
      return CSVRates.curve(
        text, file: file, interval: csv.interval, from: start, to: end, &diagnostics)
    }
  }

  /// The pieces of a curve between two instants; the outermost values hold beyond the points.
  private func pieces(
    of curve: CurveDraft, from start: SimTime, to end: SimTime
  ) -> [RateCurve.Piece] {
    guard let first = curve.points.first, let last = curve.points.last else { return [] }
    var corners: [(time: SimTime, value: Double)] = [(.zero, first.value.value)]
    corners += curve.points.map { (SimTime.zero + $0.value.at, $0.value.value) }
    corners.append((.never, last.value.value))
    var result: [RateCurve.Piece] = []
    for (left, right) in zip(corners, corners.dropFirst()) {
      let from = max(left.time, start)
      let to = min(right.time, end)
      guard from < to else { continue }
      let isFlat = curve.form != .linear || left.value == right.value
      func value(at time: SimTime) -> Double {
        if isFlat { return left.value }
        let share = (time - left.time).inSeconds / (right.time - left.time).inSeconds
        return left.value + (right.value - left.value) * share
      }
      result.append(
        RateCurve.Piece(
          start: from, end: to, startRate: value(at: from), endRate: value(at: to)))
    }
    return result
  }

  private mutating func spikyCurve(
    _ base: Double, _ spikes: [Located<SpikeDraft>], from start: SimTime, to end: SimTime
  ) -> RateCurve? {
    let ordered = spikes.sorted { $0.value.at < $1.value.at }
    var result: [RateCurve.Piece] = []
    var time = start
    func add(_ until: SimTime, _ rate: Double) {
      let until = min(until, end)
      guard time < until else { return }
      result.append(RateCurve.Piece(start: time, end: until, startRate: rate, endRate: rate))
      time = until
    }
    for (left, right) in zip(ordered, ordered.dropFirst())
    where right.value.at < left.value.at + left.value.length {
      diagnostics.error(
        .outOfRange, at: right.span, path: right.path, "this spike begins before another ends",
        note: Diagnostic.Note(message: "the other stands", span: left.span))
    }
    for spike in ordered {
      let begin = SimTime.zero + spike.value.at
      add(begin, base)
      time = max(time, begin)
      add(begin + spike.value.length, spike.value.rps)
    }
    add(end, base)
    return RateCurve(pieces: result)
  }

  /// A smooth curve between the quietest and the busiest time, half a period apart.
  ///
  /// Each half follows `3x² - 2x³` in 24 straight pieces: only additions and multiplications, so it
  /// is the same on every machine.
  private mutating func dailyCurve(
    _ daily: DailyDraft, _ rate: Located<RateDraft>, from start: SimTime, to end: SimTime
  ) -> RateCurve? {
    let half = daily.period.nanoseconds / 2
    let steps: Int64 = 24
    guard half >= steps, (end - start).nanoseconds / daily.period.nanoseconds <= 1_000 else {
      diagnostics.error(
        .outOfRange, at: rate.span, path: rate.path,
        "'period' must be at least a thousandth of the time, is \(daily.period.written)")
      return nil
    }
    func value(at step: Int64) -> Double {
      let x = Double(step) / Double(steps)
      return daily.low + (daily.high - daily.low) * (x * x * (3 - 2 * x))
    }
    var pieces: [RateCurve.Piece] = []
    // The first trough at or before the start.
    var trough = daily.peakAt.nanoseconds % (2 * half) - half
    while trough > start.nanoseconds { trough -= 2 * half }
    while trough < end.nanoseconds {
      for step in 0..<(2 * steps) {
        let from = trough + half * step / steps
        let to = trough + half * (step + 1) / steps
        let left = value(at: step < steps ? step : 2 * steps - step)
        let right = value(at: step < steps ? step + 1 : 2 * steps - step - 1)
        clip(from, to, left, right, start, end, &pieces)
      }
      trough += 2 * half
    }
    return RateCurve(pieces: pieces)
  }

  private func clip(
    _ from: Int64, _ to: Int64, _ left: Double, _ right: Double, _ start: SimTime, _ end: SimTime,
    _ pieces: inout [RateCurve.Piece]
  ) {
    let low = max(from, start.nanoseconds)
    let high = min(to, end.nanoseconds)
    guard low < high else { return }
    func value(_ time: Int64) -> Double {
      left + (right - left) * (Double(time - from) / Double(to - from))
    }
    pieces.append(
      RateCurve.Piece(
        start: SimTime(nanoseconds: low), end: SimTime(nanoseconds: high), startRate: value(low),
        endRate: value(high)))
  }
}
