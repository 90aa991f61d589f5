import TimeAndChance
import TrafficPolicy

extension VectorBlock {
  /// The fields of a cluster block that choose and tune its load balancer.
  mutating func loadBalancer(_ cluster: inout Cluster) throws {
    typealias Reader = (inout VectorBlock, inout Cluster) throws -> Void
    let policies: [(String, key: String, Reader)] = [
      ("ROUND_ROBIN", "round_robin_lb_config", { try $0.roundRobin(&$1) }),
      ("LEAST_REQUEST", "least_request_lb_config", { try $0.leastRequest(&$1) }),
      ("RANDOM", "random_lb_config", { $1.loadBalancer = .random }),
      ("RING_HASH", "ring_hash_lb_config", { try $0.ringHash(&$1) }),
      ("MAGLEV", "maglev_lb_config", { try $0.maglev(&$1) }),
    ]
    let chosen = try choice("lb_policy", policies.map { ($0.0, $0.0) })
    let current = Self.name(of: cluster.loadBalancer)
    for policy in policies {
      // Envoy reads the configuration of the chosen policy and leaves the others alone.
      var read = cluster
      let isGiven = try block(policy.key) { try policy.2(&$0, &read) } != nil
      guard policy.0 == chosen ?? current else { continue }
      if isGiven {
        cluster = read
      } else if let chosen, chosen != current {
        let empty = VectorNode(line: node.line, .mapping([]))
        try VectorBlock.read(empty, policy.key) { try policy.2(&$0, &cluster) }
      }
    }
  }

  private static func name(of policy: LoadBalancerPolicy) -> String {
    switch policy {
    case .roundRobin: "ROUND_ROBIN"
    case .leastRequest: "LEAST_REQUEST"
    case .random: "RANDOM"
    case .ringHash: "RING_HASH"
    case .maglev: "MAGLEV"
    }
  }

  private mutating func roundRobin(_ cluster: inout Cluster) throws {
    cluster.loadBalancer = .roundRobin
    cluster.slowStart = try slowStart("slow_start_config")
  }

  private mutating func leastRequest(_ cluster: inout Cluster) throws {
    let method = try choice("selection_method", [("N_CHOICES", false), ("FULL_SCAN", true)])
    cluster.loadBalancer = .leastRequest(
      choiceCount: try count("choice_count", in: 2...1_000_000) ?? 2, fullScan: method ?? false,
      activeRequestBias: try runtimeDouble("active_request_bias", in: 0...1_000) ?? 1)
    cluster.slowStart = try slowStart("slow_start_config")
  }

  private mutating func ringHash(_ cluster: inout Cluster) throws {
    if let hash = try text("hash_function"), hash != "XX_HASH" {
      throw MalformedVector(line: node.line, reason: "hash function '\(hash)' is not modelled")
    }
    let most = try count("maximum_ring_size", in: 1...8_388_608) ?? 8_388_608
    let least = try count("minimum_ring_size", in: 1...8_388_608) ?? 1024
    guard least <= most else {
      throw MalformedVector(line: node.line, reason: "'minimum_ring_size' exceeds the maximum")
    }
    cluster.loadBalancer = .ringHash(minimumRingSize: least, maximumRingSize: most)
  }

  private mutating func maglev(_ cluster: inout Cluster) throws {
    let size = try count("table_size", in: 1...5_000_011) ?? 65_537
    cluster.loadBalancer = .maglev(tableSize: size)
  }

  private mutating func slowStart(_ key: String) throws -> SlowStartSettings? {
    try block(key) { block in
      let window = try block.required("slow_start_window", block.duration("slow_start_window"))
      var settings = SlowStartSettings(window: window)
      if let aggression = try block.runtimeDouble("aggression", in: 1e-6...1e6) {
        settings.aggression = aggression
      }
      if let percent = try block.percent("min_weight_percent") {
        settings.minWeight = percent / 100
      }
      return window > .zero ? settings : nil
    } ?? nil
  }
}
