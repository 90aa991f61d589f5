import Orchestration
import Testing
import TimeAndChance

@Suite struct SchedulingQueueTests {
  private func at(_ seconds: Int64) -> SimTime { .zero + .seconds(seconds) }

  @Test func `priority first, then waiting time`() {
    var queue = SchedulingQueue()
    queue.add(pod: 1, priority: 0, at: at(0))
    queue.add(pod: 2, priority: 0, at: at(1))
    queue.add(pod: 3, priority: 9, at: at(2))
    var order: [Int] = []
    while let pod = queue.next(at: at(3)) {
      order.append(pod)
      queue.remove(pod: pod)
    }
    #expect(order == [3, 1, 2])
  }

  @Test func `refusals wait 1, 2, 4, 8, 10 seconds even when events come`() {
    var queue = SchedulingQueue()
    queue.add(pod: 1, priority: 0, at: at(0))
    var now: Int64 = 0
    for wait: Int64 in [1, 2, 4, 8, 10, 10] {
      #expect(queue.next(at: at(now)) == 1)
      queue.refused(pod: 1, at: at(now))
      queue.clusterEvent(at: at(now))
      #expect(queue.next(at: at(now + wait) - .nanoseconds(1)) == nil)
      now += wait
    }
  }

  @Test func `without an event a pod is tried again after five minutes`() {
    var queue = SchedulingQueue()
    queue.add(pod: 1, priority: 0, at: at(0))
    _ = queue.next(at: at(0))
    queue.refused(pod: 1, at: at(0))
    queue.clusterEvent(at: at(50), helps: { _ in false })
    #expect(queue.nextDue == at(300))
    #expect(queue.next(at: at(299)) == nil)
    #expect(queue.next(at: at(300)) == 1)
    queue.refused(pod: 1, at: at(300))
    queue.clusterEvent(at: at(400))
    #expect(queue.next(at: at(400)) == 1)
    #expect(queue.count == 1)
  }
}
