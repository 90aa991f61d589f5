import Scenario
import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct ClientTests {
  /// A way in which every try fails.
  enum Trouble: CaseIterable {
    case serverError, refused, reset, silent, limited
  }

  private func server(_ trouble: Trouble) -> ServiceModel {
    var pod = PodModel(name: "server-0")
    switch trouble {
    case .serverError: return Small.failing(500)
    case .limited: return Small.failing(429)
    case .refused: pod.reachability = .down
    case .reset: pod.script = HostScript(otherwise: .init(action: .reset))
    case .silent: pod.script = HostScript(otherwise: .init(action: .hang))
    }
    return ServiceModel(
      name: "server", pods: [pod], operations: [OperationModel(name: "op", steps: [])])
  }

  /// Tries for each of ten requests with one retry.
  private func tries(_ trouble: Trouble, _ retryOn: ClientRetryOn, proxied: Bool = false) -> UInt64
  {
    var model = Small.model(
      server(trouble), Small.even(10, limit: 10),
      client: ClientBehaviour(retries: 1, retryOn: retryOn, tryTimeout: .milliseconds(10)))
    if proxied {
      model.proxies = [
        ProxyModel(
          name: "proxy",
          configuration: EnvoyConfiguration(
            routes: [Route(action: .forward(ForwardAction(destinations: [.init(cluster: 0)])))],
            clusters: [Cluster(name: "server")]),
          endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
          placement: .shared(instances: 1))
      ]
      model.edges[0].carrier = .proxy(0)
    }
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.edges[0].attempts == 10 + record.edges[0].retries)
    return record.edges[0].attempts / 10
  }

  @Test(arguments: Trouble.allCases)
  func `a client retries what it is told to retry and nothing else`(trouble: Trouble) {
    let kinds: [ClientRetryOn] = [.serverError, .timeout, .connectionFailure, .tooManyRequests]
    let own: ClientRetryOn =
      switch trouble {
      case .serverError: .serverError
      case .refused, .reset: .connectionFailure
      case .silent: .timeout
      case .limited: .tooManyRequests
      }
    for kind in kinds { #expect(tries(trouble, kind) == (kind == own ? 2 : 1), "\(kind)") }
    #expect(tries(trouble, .failures) == (trouble == .limited ? 1 : 2))
    #expect(tries(trouble, []) == 1)
  }

  @Test func `a service sees which tries are a client's retries`() {
    for deadline in [false, true] {
      var client = ClientBehaviour(retries: 2)
      client.propagatesDeadline = deadline
      var model = Small.model(Small.failing(), Small.even(0.01, limit: 10), client: client)
      model.recording.serviceHistograms = true
      let record = SimulationRun.run(model, seed: 1)
      let flow = record.services[0].operations[0].flow
      #expect(flow.offered == 30)
      #expect(flow.retries == 20)
    }
  }

  @Test func `behind a proxy a broken connection is the proxy's 503`() {
    for trouble in [Trouble.refused, .reset] {
      #expect(tries(trouble, .serverError, proxied: true) == 2)
      #expect(tries(trouble, .connectionFailure, proxied: true) == 1)
    }
  }

  // MARK: Back-off

  /// The waits before the retries of each of some requests, in milliseconds.
  private func waits(_ growth: ExponentialBackOff, retries: Int, requests: Int = 1) -> [[Double]] {
    var model = Small.model(
      Small.failing(), Small.even(0.01, limit: requests),
      client: ClientBehaviour(retries: retries, backOff: .exponential(growth)))
    model.recording.requests = true
    let record = SimulationRun.run(model, seed: 7)
    var times = Array(repeating: [SimTime](), count: requests)
    for attempt in record.attempts { times[Int(attempt.request)].append(attempt.arrived) }
    return times.map { list in
      zip(list, list.dropFirst()).map { Double(($1 - $0).nanoseconds) / 1e6 }
    }
  }

  @Test func `a bound grows by its factor up to its maximum`() {
    let growth = ExponentialBackOff(
      base: .milliseconds(10), factor: 3, maximum: .milliseconds(50))
    #expect(waits(growth, retries: 4) == [[10, 30, 50, 50]])
    #expect(
      waits(ExponentialBackOff(base: .milliseconds(8), factor: 1.5), retries: 4)
        == [[8, 12, 18, 27]])
    #expect(
      waits(ExponentialBackOff(base: .milliseconds(8), factor: 1), retries: 3) == [[8, 8, 8]])
  }

  @Test func `full and equal jitter fill their ranges evenly`() {
    for (jitter, low) in [(ExponentialBackOff.Jitter.full, 0.0), (.equal, 0.5)] {
      let growth = ExponentialBackOff(base: .milliseconds(10), jitter: jitter)
      let all = waits(growth, retries: 3, requests: 2_000)
      for retry in 0..<3 {
        let bound = 10.0 * [1, 2, 4][retry]
        let shares = all.map { $0[retry] / bound }
        #expect(shares.allSatisfy { $0 >= low - 1e-6 && $0 <= 1 })
        // An even law on [low, 1): the mean of 2000 has a deviation of (1 - low) / sqrt(12 n).
        let mean = shares.reduce(0, +) / 2_000
        #expect(abs(mean - (1 + low) / 2) < 5 * (1 - low) * 0.00645)
      }
    }
  }

  @Test func `decorrelated jitter stays between the base and three times the last wait`() {
    let growth = ExponentialBackOff(
      base: .milliseconds(10), maximum: .milliseconds(200), jitter: .decorrelated)
    var first = 0.0
    var largest = 0.0
    for list in waits(growth, retries: 6, requests: 1_000) {
      var last = 10.0
      for wait in list {
        #expect(wait >= 10 - 1e-6 && wait <= min(200, 3 * last) + 1e-5)
        last = wait
        largest = max(largest, wait)
      }
      first += list[0] / 1_000
    }
    // The first is even on [10, 30): deviation of the mean 20 / sqrt(12 * 1000) = 0.18.
    #expect(abs(first - 20) < 5 * 0.183)
    #expect(largest == 200)
  }

  // MARK: Buckets and breakers

  @Test func `a bucket starts with its first tokens and a retry costs its price`() {
    func retries(_ bucket: RetryBucket) -> (sent: UInt64, refused: UInt64) {
      let record = SimulationRun.run(
        Small.model(
          Small.failing(), Small.even(10, limit: 10),
          client: ClientBehaviour(retries: 1, retryBucket: bucket)), seed: 1)
      return (record.edges[0].retries, record.edges[0].refusedByBucket)
    }
    #expect(retries(RetryBucket(capacity: 10, initial: 2, perCall: 0)) == (2, 8))
    #expect(retries(RetryBucket(capacity: 10, initial: 5, perCall: 0, perRetry: 2)) == (2, 8))
    // 0.5 comes with each call and 2 go with a retry: at the 4th and 8th call.
    #expect(retries(RetryBucket(capacity: 10, initial: 0, perCall: 0.5, perRetry: 2)) == (2, 8))
    // More than the bucket holds is never there.
    #expect(retries(RetryBucket(capacity: 1, initial: 1, perCall: 5, perRetry: 2)) == (0, 10))
  }

  @Test func `bucket and breaker must both allow a retry, and the breaker costs no token`() {
    func refusals(_ ratio: Double, _ tokens: Double) -> [UInt64] {
      let record = SimulationRun.run(
        Small.model(
          Small.failing(), Small.even(10, limit: 10),
          client: ClientBehaviour(
            retries: 1, retryBucket: RetryBucket(capacity: tokens, perCall: 0),
            retryBreaker: LifetimeRatioBreaker(maximumFailureRatio: ratio))), seed: 1)
      let edge = record.edges[0]
      #expect(edge.retriesRefused == 0)
      return [edge.retries, edge.refusedByBucket, edge.refusedByBreaker]
    }
    #expect(refusals(1, 3) == [3, 7, 0])
    #expect(refusals(0.5, 3) == [0, 0, 10])
    #expect(refusals(1, 100) == [10, 0, 0])
  }

  // MARK: The log

  @Test func `requests whose client retries are in the request log, with all their tries`() {
    var everyThird = HostScript.Condition()
    everyThird.every = 3
    var server = server(.silent)
    server.pods[0].script = HostScript(
      latency: .milliseconds(10), rules: [.init(when: everyThird, reply: .init(status: 200))],
      otherwise: .init(status: 503))
    var model = Small.model(
      server, Small.even(1, limit: 5),
      client: ClientBehaviour(retries: 5, backOff: .constant(.milliseconds(20))))
    model.recording.requests = true
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.requests.count == 5)
    for (index, request) in record.requests.enumerated() {
      #expect(request.index == Int32(index))
      #expect(request.status == 200 && request.attempts == 3 && request.client == .answered)
      #expect(request.ended - request.started == .milliseconds(70))
      #expect(record.attempts.filter { $0.request == Int32(index) }.count == 3)
    }
    model.services[0].pods[0].script = HostScript(otherwise: .init(action: .hang))
    model.edges[0].client = ClientBehaviour(retries: 1, tryTimeout: .milliseconds(30))
    let silent = SimulationRun.run(model, seed: 1)
    for request in silent.requests {
      #expect(request.status == 0 && request.attempts == 2 && request.client == .gaveUp)
      #expect(request.ended - request.started == .milliseconds(60))
    }
  }

  @Test func `a request that a filter holds up is not sent on once its client has gone`() {
    let fault = FaultInjectionSettings(delay: .seconds(5), delayFraction: .all)
    var model = Small.model(
      Small.failing(), Small.even(1, limit: 4), client: ClientBehaviour(tryTimeout: .seconds(1)))
    model.proxies = [
      ProxyModel(
        name: "proxy",
        configuration: EnvoyConfiguration(
          filters: [.fault(fault)],
          routes: [Route(action: .forward(ForwardAction(destinations: [.init(cluster: 0)])))],
          clusters: [Cluster(name: "server")]),
        endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
        placement: .shared(instances: 1))
    ]
    model.edges[0].carrier = .proxy(0)
    model.linger = .seconds(20)
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.sources[0].byStatus == [0: 4])
    #expect(record.services[0].pods[0].arrivals == 0)
  }

  // MARK: Draws

  @Test func `names of streams are those of the edges, and only equal ones are numbered`() {
    #expect(ModelCompiler.distinct(["a", "b", "a", "a"]) == ["a", "b", "a #2", "a #3"])
    #expect(ModelCompiler.distinct(["a", "a", "a #2", "b"]) == ["a", "a #3", "a #2", "b"])
  }

  @Test func `an edge more leaves the draws of the others alone`() {
    var model = Small.model(
      Small.failing(), Small.even(10, limit: 100),
      client: ClientBehaviour(
        retries: 3,
        backOff: .exponential(ExponentialBackOff(base: .milliseconds(10), jitter: .full))))
    let before = SimulationRun.run(model, seed: 5)
    model.edges.insert(
      EdgeModel(name: "other", carrier: .direct(service: 0, latency: .zero)), at: 0)
    model.sources[0].mix = [(edge: 1, weight: 1)]
    let after = SimulationRun.run(model, seed: 5)
    #expect(before.sources[0].latency == after.sources[0].latency)
    #expect(before.sources[0].latency.maximum != before.sources[0].latency.minimum)
  }

  // MARK: Retries that are not sent

  @Test func `a retry that is cut off before it is sent is none`() throws {
    // 50 ms, then 80 ms of waiting: the client gives up before, at 120 ms.
    let client = ClientBehaviour(
      retries: 3, backOff: .constant(.milliseconds(80)), tryTimeout: .milliseconds(50),
      deadline: .milliseconds(120))
    let model = Small.model(
      try Small.server(seconds: 0.1), Small.even(1, limit: 10), client: client)
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.edges[0].calls == 10 && record.edges[0].attempts == 10)
    #expect(record.edges[0].retries == 0)
    #expect(record.sources[0].retries == 0)
    var patient = model
    patient.edges[0].client?.deadline = .milliseconds(140)
    let sent = SimulationRun.run(patient, seed: 1)
    #expect(sent.edges[0].attempts == 20 && sent.edges[0].retries == 10)
  }

  @Test func `a proxy counts retries as Envoy does, and sends fewer`() throws {
    var model = Small.model(
      try Small.server(seconds: 0.1), Small.even(1, limit: 200), duration: nil)
    let policy = RetryPolicy(
      retryOn: .fiveXX, numRetries: 1, perTryTimeout: .milliseconds(50),
      backOff: RetryBackOff(baseInterval: .milliseconds(140)))
    let action = ForwardAction(
      destinations: [.init(cluster: 0)], timeout: .milliseconds(120), retryPolicy: policy)
    model.proxies = [
      ProxyModel(
        name: "proxy",
        configuration: EnvoyConfiguration(
          routes: [Route(action: .forward(action))], clusters: [Cluster(name: "server")]),
        endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
        placement: .shared(instances: 1))
    ]
    model.edges[0].carrier = .proxy(0)
    let record = SimulationRun.run(model, seed: 1)
    let edge = record.edges[0]
    // Half of the waits, of 0 ..< 140 ms, end within the route's timeout.
    #expect(record.proxies[0].clusters[0].upstreamRqRetry == 200)
    #expect(edge.retries > 60 && edge.retries < 140)
    #expect(edge.attempts == 200 + edge.retries)
    #expect(record.proxies[0].clusters[0].upstreamRqTotal == edge.attempts)
  }
}
