import Orchestration
import Testing
import TimeAndChance

@Suite struct SchedulerTests {
  private let size: ResourceList = [.cpu: cpu(4000), .memory: mebibytes(8192)]

  private func nodes(_ count: Int, zones: Int = 1) -> [SchedulingNode] {
    (0..<count).map {
      SchedulingNode(
        labels: [
          "kubernetes.io/hostname": "n\($0)", "topology.kubernetes.io/zone": "z\($0 % zones)",
        ], allocatable: size)
    }
  }

  private func pod(_ id: Int, _ milli: Int64, priority: Int32 = 0) -> SchedulingPod {
    SchedulingPod(
      id: id, labels: ["app": "web"],
      requests: [.cpu: cpu(milli), .memory: mebibytes(256)], priority: priority)
  }

  private func place(_ scheduler: inout Scheduler, _ pod: SchedulingPod) -> Int? {
    var random = RandomStream(seed: 1, name: "scheduler")
    guard case .node(let node) = scheduler.schedule(pod, random: &random) else { return nil }
    scheduler.bind(pod, to: node)
    return node
  }

  @Test func `requests decide about room, to the last thousandth`() {
    var scheduler = Scheduler(nodes: nodes(1))
    #expect(place(&scheduler, pod(1, 3999)) == 0)
    #expect(place(&scheduler, pod(2, 2)) == nil)
    #expect(place(&scheduler, pod(3, 1)) == 0)
    scheduler.remove(pod: 1)
    #expect(place(&scheduler, pod(4, 3999)) == 0)
  }

  @Test func `no node is ever asked for more than it has`() {
    for seed in UInt64(0)..<60 {
      var random = RandomStream(seed: seed, name: "fit")
      var scheduler = Scheduler(nodes: nodes(4))
      for id in 0..<40 {
        let pod = pod(id, Int64(random.below(1500)))
        if case .node(let node) = scheduler.schedule(pod, random: &random) {
          scheduler.bind(pod, to: node)
        }
        if random.below(4) == 0 { scheduler.remove(pod: Int(random.below(40))) }
        for node in scheduler.nodes {
          #expect(node.requested.amount(.cpu) <= cpu(4000), "seed \(seed)")
        }
      }
    }
  }

  @Test func `the emptier node is preferred`() {
    var scheduler = Scheduler(nodes: nodes(2))
    scheduler.bind(pod(1, 2000), to: 0)
    #expect(place(&scheduler, pod(2, 100)) == 1)
  }

  @Test func `the number of pods is a limit of its own`() {
    var scheduler = Scheduler(nodes: nodes(1))
    scheduler.nodes[0].maxPods = 1
    #expect(place(&scheduler, pod(1, 1)) == 0)
    var random = RandomStream(seed: 1, name: "s")
    #expect(scheduler.schedule(pod(2, 1), random: &random) == .unschedulable([.tooManyPods]))
  }

  @Test func `cordons, taints, labels and ports keep pods away`() {
    var all = nodes(4)
    all[0].isUnschedulable = true
    all[1].taints = [Taint(key: "gpu", effect: .noSchedule)]
    all[2].labels["disk"] = "ssd"
    var taken = pod(9, 1)
    taken.hostPorts = [80]
    all[3].pods = [taken]
    var random = RandomStream(seed: 1, name: "s")
    var wanting = pod(1, 1)
    wanting.hostPorts = [80]
    wanting.nodeAffinity = [LabelSelector([.doesNotExist(key: "disk")])]
    let scheduler = Scheduler(nodes: all)
    #expect(
      scheduler.schedule(wanting, random: &random)
        == .unschedulable([.unschedulable, .taint(key: "gpu"), .nodeAffinity, .hostPort(80)]))
    wanting.tolerations = [Toleration(key: "gpu")]
    #expect(scheduler.schedule(wanting, random: &random) == .node(1))
  }

  @Test func `required anti-affinity spreads pods, one a node, in both directions`() {
    var scheduler = Scheduler(nodes: nodes(3))
    let alone = PodAffinityTerm(selector: LabelSelector(matchLabels: ["app": "web"]))
    var placed: [Int] = []
    for id in 0..<3 {
      var pod = pod(id, 100)
      pod.antiAffinity = [alone]
      if let node = place(&scheduler, pod) { placed.append(node) }
    }
    #expect(placed.sorted() == [0, 1, 2])
    var random = RandomStream(seed: 1, name: "s")
    #expect(
      scheduler.schedule(pod(9, 1), random: &random)
        == .unschedulable(Array(repeating: .existingAntiAffinity, count: 3)))
  }

  @Test func `required affinity follows, and the first of a group may begin anywhere`() {
    var scheduler = Scheduler(nodes: nodes(4, zones: 2))
    let near = PodAffinityTerm(
      selector: LabelSelector(matchLabels: ["app": "web"]),
      topologyKey: "topology.kubernetes.io/zone")
    var first = pod(1, 100)
    first.affinity = [near]
    let node = place(&scheduler, first)
    var second = pod(2, 3950)
    second.affinity = [near]
    let other = place(&scheduler, second)
    #expect(node != nil && other != nil && node != other)
    #expect((node ?? 0) % 2 == (other ?? 1) % 2)
    var stranger = pod(3, 1)
    stranger.labels = [:]
    stranger.affinity = [
      PodAffinityTerm(selector: LabelSelector(matchLabels: ["app": "cache"]))
    ]
    #expect(place(&scheduler, stranger) == nil)
  }

  @Test func `a required spread keeps zones within the skew`() {
    var scheduler = Scheduler(nodes: nodes(5, zones: 3))
    let spread = TopologySpreadConstraint(
      maxSkew: 1, topologyKey: "topology.kubernetes.io/zone",
      selector: LabelSelector(matchLabels: ["app": "web"]))
    for id in 0..<12 {
      var pod = pod(id, 10)
      pod.spread = [spread]
      #expect(place(&scheduler, pod) != nil)
      var zones = [0, 0, 0]
      for (index, node) in scheduler.nodes.enumerated() { zones[index % 3] += node.pods.count }
      #expect((zones.max() ?? 0) - (zones.min() ?? 0) <= 1)
    }
  }

  @Test func `too few zones count as empty ones, terminating pods do not count`() {
    var scheduler = Scheduler(nodes: nodes(1))
    let web = LabelSelector(matchLabels: ["app": "web"])
    var first = pod(1, 1)
    first.spread = [
      TopologySpreadConstraint(
        maxSkew: 1, topologyKey: "kubernetes.io/hostname", selector: web, minDomains: 2)
    ]
    #expect(place(&scheduler, first) == 0)
    var second = first
    second.id = 2
    #expect(place(&scheduler, second) == nil)
    scheduler.nodes[0].pods[0].isTerminating = true
    #expect(place(&scheduler, second) == 0)
  }

  @Test func `preferences move a pod: spread, images, labels, avoided taints`() {
    var spread = pod(1, 100)
    spread.spread = TopologySpreadConstraint.clusterDefaults(
      selector: LabelSelector(matchLabels: ["app": "web"]))
    var scheduler = Scheduler(nodes: nodes(2, zones: 2))
    var light = pod(8, 0)
    light.requests = [:]
    scheduler.bind(light, to: 0)
    #expect(place(&scheduler, spread) == 1)

    var labelled = Scheduler(nodes: nodes(2))
    labelled.nodes[0].labels["disk"] = "ssd"
    var picky = pod(2, 100)
    picky.preferredNodes = [Weighted(weight: 1, term: LabelSelector([.exists(key: "disk")]))]
    #expect(place(&labelled, picky) == 0)

    var tainted = Scheduler(nodes: nodes(2))
    tainted.nodes[0].taints = [Taint(key: "old", effect: .preferNoSchedule)]
    #expect(place(&tainted, pod(3, 100)) == 1)

    var cached = Scheduler(nodes: nodes(2))
    cached.nodes[1].images = ["app"]
    var large = pod(4, 100)
    large.images = [("app", 1 << 30)]
    #expect(place(&cached, large) == 1)
  }

  @Test func `allocatable is what is left of a node`() {
    let left = SchedulingNode.allocatable(
      capacity: [.cpu: cpu(8000), .memory: mebibytes(32768)],
      kubeReserved: [.cpu: cpu(500), .memory: mebibytes(1024)],
      systemReserved: [.cpu: cpu(250), .memory: mebibytes(412)])
    #expect(left == [.cpu: cpu(7250), .memory: mebibytes(31232)])
  }
}
