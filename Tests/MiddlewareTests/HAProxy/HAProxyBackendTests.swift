import Middleware
import Testing
import TimeAndChance

@Suite struct HAProxyBackendTests {
  @Test func `what exceeds maxconn waits and leaves in order`() {
    var backend = HAProxyBackend(servers: [HAProxyServerSettings(maxconn: 2)])
    let first = (0..<5).map { backend.assign($0) }
    #expect(first == [.server(0), .server(0), .queued, .queued, .queued])
    backend.abandon(3)
    #expect(backend.release(0).map(\.request) == [2])
    #expect(backend.release(0).map(\.request) == [4])
    #expect(backend.queueLength == 0)
  }

  @Test func `a newcomer queues behind those that wait`() {
    var backend = HAProxyBackend(servers: [HAProxyServerSettings(maxconn: 1)])
    _ = backend.assign(0)
    _ = backend.assign(1)
    #expect(backend.release(0).map(\.request) == [1])
    #expect(backend.assign(2) == .queued)
  }

  @Test func `maxqueue bounds the requests bound to one server`() {
    var backend = HAProxyBackend(
      servers: [HAProxyServerSettings(maxconn: 1, maxqueue: 1), HAProxyServerSettings()],
      balancing: .hashMap)
    let answers = (0..<3).map { backend.assign($0, boundTo: 0) }
    #expect(answers == [.server(0), .queued, .queueFull])
  }

  @Test func `minconn scales the limit with the load`() {
    var backend = HAProxyBackend(
      servers: [HAProxyServerSettings(maxconn: 10, minconn: 2)], fullconn: 20)
    let answers = (0..<4).map { backend.assign($0) }
    #expect(answers == [.server(0), .server(0), .queued, .queued])
  }

  @Test func `backups take over one by one unless all may`() {
    let lines = [
      HAProxyServerSettings(), HAProxyServerSettings(isBackup: true),
      HAProxyServerSettings(isBackup: true),
    ]
    var one = HAProxyBackend(servers: lines)
    _ = one.setUp(0, false)
    #expect((0..<4).map { one.assign($0) } == Array(repeating: .server(1), count: 4))
    var all = HAProxyBackend(servers: lines, usesAllBackups: true)
    _ = all.setUp(0, false)
    #expect(Set((0..<4).map { "\(all.assign($0))" }).count == 2)
    _ = one.setUp(1, false)
    _ = one.setUp(2, false)
    #expect(one.assign(9) == .noServer)
  }

  @Test func `slots and queues are conserved and limits never broken`() {
    for seed in UInt64(0)..<60 {
      var random = RandomStream(seed: seed, name: "backend")
      let balancing: HAProxyBalancing = [.roundrobin, .staticRR, .leastconn, .hashConsistent][
        Int(random.below(4))]
      let lines = (0..<3).map { _ in
        HAProxyServerSettings(
          weight: 1 + Int(random.below(4)), maxconn: 1 + Int(random.below(3)), maxqueue: 2)
      }
      var backend = HAProxyBackend(servers: lines, balancing: balancing)
      var running: [Int: Int] = [:]
      var waiting: Set<Int> = []
      for request in 0..<200 {
        switch random.below(6) {
        case 0, 1, 2:
          switch backend.assign(request, hash: UInt32(truncatingIfNeeded: random.next())) {
          case .server(let server): running[request] = server
          case .queued: waiting.insert(request)
          case .queueFull, .noServer: break
          }
        case 3, 4:
          guard let oldest = running.keys.min(), let server = running.removeValue(forKey: oldest)
          else { continue }
          for next in backend.release(server) {
            #expect(waiting.remove(next.request) != nil, "seed \(seed)")
            running[next.request] = next.server
          }
        default:
          let server = Int(random.below(3))
          let (dequeued, displaced) = backend.setUp(server, random.below(2) == 0)
          #expect(displaced.isEmpty)
          for next in dequeued {
            #expect(waiting.remove(next.request) != nil, "seed \(seed)")
            running[next.request] = next.server
          }
        }
        #expect(backend.queueLength == waiting.count, "seed \(seed)")
        let served = (0..<3).map { backend.served($0) }
        let expected = (0..<3).map { server in running.values.count { $0 == server } }
        #expect(served == expected, "seed \(seed)")
        let isWithin = zip(served, lines).allSatisfy { $0 <= $1.maxconn }
        #expect(isWithin, "seed \(seed)")
      }
    }
  }
}
