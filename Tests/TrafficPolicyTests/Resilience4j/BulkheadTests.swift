import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct BulkheadTests {
  private func bulkhead(_ calls: Int, wait: SimDuration = .zero) -> Bulkhead {
    var configuration = BulkheadConfiguration()
    configuration.maxConcurrentCalls = calls
    configuration.maxWaitDuration = wait
    return Bulkhead(configuration)
  }

  @Test func `permits are conserved and the line is served in order`() {
    for seed in UInt64(0)..<300 {
      var chance = RandomStream(seed: seed, name: "bulkhead")
      let size = Int(chance.below(5)) + 1
      var bulkhead = bulkhead(size, wait: .milliseconds(Int64(chance.below(3)) * 50))
      var active = 0
      var line: [Int] = []
      for call in 0..<200 {
        switch chance.below(3) {
        case 0, 1:
          switch bulkhead.tryAcquirePermission(for: call, at: .milliseconds(Int64(call))) {
          case .permitted: active += 1
          case .waiting: line.append(call)
          case .rejected: #expect(active == size, "seed \(seed)")
          }
        default:
          if active > 0 {
            bulkhead.releasePermission()
            active -= 1
            while let next = bulkhead.nextGranted() {
              #expect(next == line.removeFirst(), "seed \(seed)")
              active += 1
            }
          } else if let last = line.popLast() {
            #expect(bulkhead.expire(last) == true, "seed \(seed)")
          }
        }
        #expect(active <= size, "seed \(seed)")
        #expect(bulkhead.availableConcurrentCalls == size - active, "seed \(seed)")
        #expect(bulkhead.waitingCallers == line.count, "seed \(seed)")
      }
    }
  }

  @Test func `a lowered maximum waits in line for its permits`() {
    var bulkhead = bulkhead(3, wait: .seconds(1))
    for call in 0..<3 { _ = bulkhead.tryAcquirePermission(for: call, at: .zero) }
    bulkhead.changeMaxConcurrentCalls(1)
    #expect(bulkhead.maxAllowedConcurrentCalls == 3)
    // Whoever comes now stands behind the change, although a permit gets free.
    #expect(
      bulkhead.tryAcquirePermission(for: 9, at: .zero) == .waiting(until: .milliseconds(1_000)))
    bulkhead.releasePermission()
    #expect(bulkhead.nextGranted() == nil)
    bulkhead.releasePermission()
    #expect(bulkhead.nextGranted() == nil)
    #expect(bulkhead.maxAllowedConcurrentCalls == 1)
    bulkhead.releasePermission()
    #expect(bulkhead.nextGranted() == 9)
    bulkhead.changeMaxConcurrentCalls(4)
    #expect(bulkhead.availableConcurrentCalls == 3)
  }

  private func pool(_ core: Int, _ max: Int, _ queue: Int) -> ThreadPoolBulkhead {
    var configuration = ThreadPoolBulkheadConfiguration(availableProcessors: 4)
    configuration.coreThreadPoolSize = core
    configuration.maxThreadPoolSize = max
    configuration.queueCapacity = queue
    return ThreadPoolBulkhead(configuration)
  }

  @Test func `threads up to core, then the queue, then threads up to max, then no more`() {
    var pool = pool(1, 2, 2)
    let answers = (0..<5).map { pool.submit($0, at: .zero) }
    #expect(answers == [.started, .queued, .queued, .started, .rejected])
    #expect(pool.complete(at: .zero) == 1)
    #expect(pool.complete(at: .zero) == 2)
    #expect(pool.complete(at: .zero) == nil)
  }

  @Test func `without a queue a call is handed to an idle thread or refused`() {
    var pool = pool(1, 1, 0)
    #expect(pool.submit(0, at: .zero) == .started)
    #expect(pool.submit(1, at: .zero) == .rejected)
    #expect(pool.complete(at: .zero) == nil)
    #expect(pool.submit(2, at: .zero) == .started)
  }

  @Test func `a thread above the core size ends after its keep-alive time`() {
    var pool = pool(1, 2, 0)
    _ = pool.submit(0, at: .zero)
    _ = pool.submit(1, at: .zero)
    _ = pool.complete(at: .zero)
    _ = pool.complete(at: .zero)
    #expect(pool.threadPoolSize(at: .milliseconds(19)) == 2)
    #expect(pool.threadPoolSize(at: .milliseconds(20)) == 1)
    #expect(pool.threadPoolSize(at: .milliseconds(5_000)) == 1)
  }

  @Test func `the library's pool sizes follow the processors`() {
    let one = ThreadPoolBulkheadConfiguration(availableProcessors: 1)
    #expect(one.coreThreadPoolSize == 1 && one.maxThreadPoolSize == 1)
    let eight = ThreadPoolBulkheadConfiguration(availableProcessors: 8)
    #expect(eight.coreThreadPoolSize == 7 && eight.maxThreadPoolSize == 8)
  }
}
