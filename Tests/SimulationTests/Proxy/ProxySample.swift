import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// One proxy in front of scripted hosts and a client that asks one request after another, as in the
/// recorded experiments.
struct ProxySample {
  var hosts: [PodModel] = []
  var cluster = Cluster(name: "svc", thresholds: .none, loadBalancer: .roundRobin)
  var route = ForwardAction(destinations: [.init(cluster: 0)], timeout: .seconds(5))
  var filters: [HTTPFilter] = []
  var streamIdle: SimDuration?
  var phases: [ClientPhase] = [.sequential(count: 1, gap: .zero, abortAfter: nil)]
  /// The route of a second proxy between the first one and the hosts, over HTTP/2; nil has none.
  var bridge: ForwardAction?
  var upFor = SimDuration.zero
  /// The priority of each host; empty is level 0 for all.
  var priorities: [Int] = []
  /// Hosts that are no members at the start.
  var absent: Set<Int> = []

  /// A host that answers in so many milliseconds, or as the rules say.
  static func host(
    _ name: String = "A", _ milliseconds: Int64 = 0, _ rules: [HostScript.Rule] = [],
    otherwise: HostScript.Reply = HostScript.Reply()
  ) -> PodModel {
    PodModel(
      name: name,
      script: HostScript(
        latency: .milliseconds(milliseconds), rules: rules, otherwise: otherwise))
  }

  /// A rule for tries up to that number.
  static func upTo(_ attempt: Int, _ reply: HostScript.Reply) -> HostScript.Rule {
    var when = HostScript.Condition()
    when.attemptAtMost = attempt
    return HostScript.Rule(when: when, reply: reply)
  }

  /// A reply.
  static func reply(
    _ status: Int = 200, _ action: HostScript.Reply.Action = .answer, after: Int64? = nil,
    headers: [HostScript.Header] = []
  ) -> HostScript.Reply {
    HostScript.Reply(
      action: action, status: status, headers: headers, latency: after.map { .milliseconds($0) })
  }

  /// The model; the first edge is the client's.
  var model: SimulationModel {
    var own = cluster
    if bridge != nil { own.upstreamProtocol = .http2 }
    var model = SimulationModel(linger: .seconds(1))
    model.services = [
      ServiceModel(
        name: "hosts", pods: hosts, abandonedWork: .droppedAtOnce,
        operations: [OperationModel(name: "request", steps: [])])
    ]
    model.edges = [EdgeModel(name: "client", carrier: .proxy(0))]
    if bridge != nil {
      for (number, host) in hosts.enumerated() {
        model.services.append(
          ServiceModel(
            name: "bridge-\(host.name)", pods: [PodModel(name: host.name)],
            abandonedWork: .droppedAtOnce, operations: [.forwarding(to: 1 + number)]))
        model.edges.append(
          EdgeModel(
            name: "to \(host.name)", carrier: .proxy(1),
            attributes: EdgeModel.Attributes(authority: host.name)))
      }
    }
    model.proxies = [
      ProxyModel(
        name: "proxy",
        configuration: EnvoyConfiguration(
          filters: filters, streamIdleTimeout: streamIdle, routes: [Route(action: .forward(route))],
          clusters: [own]),
        endpoints: [
          hosts.indices.map {
            .init(
              pod: PodReference(service: bridge == nil ? 0 : $0 + 1, pod: bridge == nil ? $0 : 0),
              priority: priorities.isEmpty ? 0 : priorities[$0], isMember: !absent.contains($0))
          }
        ],
        placement: .shared(instances: 1), fromCaller: .microseconds(250),
        toHost: .microseconds(500), connect: .milliseconds(1), upFor: upFor)
    ]
    if let bridge { model.proxies.append(second(bridge)) }
    model.sources = [
      SourceModel(name: "client", pattern: .phases(phases), mix: [(edge: 0, weight: 1)])
    ]
    model.recording = RecordingOptions(requests: true)
    return model
  }

  private func second(_ action: ForwardAction) -> ProxyModel {
    let routes = hosts.indices.map { index in
      var own = action
      own.destinations = [.init(cluster: index)]
      return Route(
        match: RouteMatch(authorities: [hosts[index].name]), action: .forward(own))
    }
    return ProxyModel(
      name: "bridge",
      configuration: EnvoyConfiguration(
        streamIdleTimeout: nil, routes: routes,
        clusters: hosts.map { Cluster(name: $0.name, thresholds: .none) }),
      endpoints: hosts.indices.map { [.init(pod: PodReference(service: 0, pod: $0))] },
      placement: .shared(instances: 1), toHost: .microseconds(500), connect: .milliseconds(1))
  }

  /// Runs the model.
  func run(seed: UInt64 = 1) -> RunRecord { SimulationRun.run(model, seed: seed) }
}

extension RunRecord {
  /// How the requests ended: status and flags.
  var ends: [String] { requests.map { "\($0.status) \($0.flags.text)" } }
  /// The first proxy's counters of its first cluster.
  var counters: EnvoyClusterStatistics { proxies[0].clusters[0] }
  /// The time of the first request in the proxy, in whole milliseconds.
  var milliseconds: Int64 { (requests[0].ended - requests[0].arrived).nanoseconds / 1_000_000 }
}
