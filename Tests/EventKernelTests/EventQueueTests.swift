import Testing
import TimeAndChance

@testable import EventKernel

@Suite struct EventQueueTests {
  @Test func `what comes first at an instant does so whenever it was scheduled`() {
    var queue = EventQueue()
    let line = queue.delayLine(.nanoseconds(10))
    queue.schedule(on: line, kind: 1, handle: 1)
    queue.schedule(after: .nanoseconds(10), kind: 1, handle: 2)
    queue.schedule(after: .nanoseconds(9), kind: 1, handle: 0)
    queue.scheduleFirst(after: .nanoseconds(10), kind: 7, handle: 0)
    queue.scheduleFirst(after: .nanoseconds(10), kind: 6, handle: 0)
    var order: [UInt8] = []
    var handles: [UInt32] = []
    while let event = queue.next() {
      order.append(event.kind)
      handles.append(event.handle)
    }
    #expect(order == [1, 6, 7, 1, 1])
    #expect(handles == [0, 0, 0, 1, 2])
  }

  /// What is pending in a plain list, for comparison.
  struct Pending {
    var time: Int64
    var order: Int
    var handle: UInt32
  }

  @Test func `events come in the order of time, then of scheduling`() {
    for seed in UInt64(0)..<40 {
      var random = RandomStream(seed: seed, name: "order")
      var queue = EventQueue()
      // More lines than those whose first entries are compared directly.
      let rings = (1...7).map { queue.delayLine(.nanoseconds(Int64($0 * 15))) }
      let list = queue.timerLine(.nanoseconds(80))
      var pending: [Pending] = []
      var timers: [UInt32: Timer] = [:]
      var order = 0
      var seen = 0
      for step in 0..<3_000 {
        // Mostly schedule at first, mostly take later.
        if random.below(UInt32(3_000)) > UInt32(step) {
          let handle = UInt32(order)
          let delay: Int64
          switch random.below(UInt32(4)) {
          case 0:
            delay = Int64(random.below(UInt32(120)))
            queue.schedule(after: .nanoseconds(delay), kind: 1, handle: handle)
          case 1:
            let ring = Int(random.below(UInt32(rings.count)))
            delay = Int64((ring + 1) * 15)
            queue.schedule(on: rings[ring], kind: 2, handle: handle)
          case 2:
            delay = Int64(random.below(UInt32(81)))
            timers[handle] = queue.startTimer(
              on: list, since: queue.now - .nanoseconds(80 - delay), kind: 3, handle: handle)
          default:
            delay = 80
            timers[handle] = queue.startTimer(on: list, kind: 3, handle: handle)
          }
          pending.append(
            Pending(time: queue.now.nanoseconds + delay, order: order, handle: handle))
          order += 1
        } else if random.below(UInt32(4)) == 0,
          let victim = pending.filter({ timers[$0.handle] != nil }).randomEntry(&random)
        {
          timers[victim.handle] = nil
          pending.removeAll { $0.handle == victim.handle }
        } else if random.below(UInt32(50)) == 0 {
          queue.dropForgotten { timers[$0.handle] == $0.timer }
        } else if let event = queue.next(isRunning: { timers[$0.handle] == $0.timer }) {
          let expected = pending.min { ($0.time, $0.order) < ($1.time, $1.order) }
          #expect(event.handle == expected?.handle, "seed \(seed), step \(step)")
          #expect(queue.now.nanoseconds == expected?.time)
          timers[event.handle] = nil
          pending.removeAll { $0.handle == event.handle }
          seen += 1
        } else {
          #expect(pending.isEmpty)
        }
      }
      #expect(seen > 500)
    }
  }

  /// Laws of delays that spread, bunch, repeat, or reach far.
  enum Delays: CaseIterable {
    case even, bunched, equal, heavy, nearAndFar

    func draw(_ random: inout RandomStream) -> Int64 {
      switch self {
      case .even: Int64(random.below(1_000_000))
      case .bunched: Int64(random.below(40)) * 10_000 + Int64(random.below(3))
      case .equal: 5_000
      case .heavy: Int64(random.next() &>> (20 + UInt64(random.below(40))))
      case .nearAndFar:
        random.below(10) == 0 ? Int64(random.below(1 << 30)) << 12 : Int64(random.below(5_000))
      }
    }
  }

  @Test(arguments: Delays.allCases)
  func `tens of thousands of events come in order, whatever their delays`(delays: Delays) {
    for seed in UInt64(0)..<3 {
      var random = RandomStream(seed: seed, name: "ladder")
      var queue = EventQueue()
      var last: (SimTime, UInt64) = (.zero, 0)
      var pending = 0
      var seen = 0
      // Fill, hold, drain, and once more.
      for step in 0..<260_000 {
        let phase = step % 130_000
        let fills = phase < 30_000 ? 2 : phase < 80_000 ? 1 : 0
        for _ in 0..<fills {
          queue.schedule(
            after: .nanoseconds(delays.draw(&random)), kind: 1, handle: UInt32(pending & 0xFFFF))
          pending += 1
        }
        guard let event = queue.next() else {
          #expect(pending == 0)
          continue
        }
        #expect((event.time, event.sequence) > last)
        #expect(queue.now == event.time)
        last = (event.time, event.sequence)
        pending -= 1
        seen += 1
      }
      #expect(pending == 0)
      #expect(seen == 220_000)
    }
  }

  /// The last bucket of a rung that was made of a full heap reaches beyond what it is for.
  @Test func `a crowd right before the ladder's front keeps its order`() {
    for seed in UInt64(0)..<8 {
      var random = RandomStream(seed: seed, name: "crowd")
      var queue = EventQueue()
      for _ in 0..<20_000 {
        queue.schedule(
          after: .nanoseconds(1_000_000 + Int64(random.below(1 << 31))), kind: 1, handle: 0)
      }
      #expect(queue.horizon != .max)
      let front = Int64(queue.horizon >> 8)
      queue.schedule(after: .nanoseconds(front / 3), kind: 1, handle: 0)
      for _ in 0..<40_000 {
        queue.schedule(
          after: .nanoseconds(front - 1 - Int64(random.below(900))), kind: 1, handle: 0)
      }
      for _ in 0..<5_000 {
        queue.schedule(
          after: .nanoseconds(front + Int64(random.below(2_000))), kind: 1, handle: 0)
      }
      var last: (SimTime, UInt64) = (.zero, 0)
      var seen = 0
      var more = 60_000
      while let event = queue.next() {
        #expect((event.time, event.sequence) > last)
        last = (event.time, event.sequence)
        seen += 1
        if event.time.nanoseconds >= front - 20, more > 0 {
          queue.schedule(after: .nanoseconds(Int64(random.below(12))), kind: 1, handle: 0)
          more -= 1
        }
      }
      #expect(seen == 20_000 + 40_001 + 5_000 + 60_000)
    }
  }

  @Test func `of many far events each is announced once, before its turn`() {
    var random = RandomStream(seed: 5, name: "announcements")
    var queue = EventQueue()
    for _ in 0..<40_000 {
      queue.schedule(after: .nanoseconds(Int64(random.below(1 << 30))), kind: 7, handle: 0)
    }
    var announced: Set<UInt64> = []
    var announcedBefore = 0
    while let event = queue.next(soon: { #expect(announced.insert($0.sequence).inserted) }) {
      if announced.remove(event.sequence) != nil { announcedBefore += 1 }
    }
    // All but those that were near when they were scheduled.
    #expect(announcedBefore > 39_000)
    #expect(announced.isEmpty)
  }

  @Test func `a queue of many far events gives each back once`() {
    var random = RandomStream(seed: 4, name: "far")
    var queue = EventQueue()
    let ring = queue.delayLine(.milliseconds(3))
    let list = queue.timerLine(.milliseconds(900))
    var expected: [(Int64, UInt32)] = []
    for handle in UInt32(0)..<60_000 {
      switch handle % 6 {
      case 0: queue.schedule(on: ring, kind: 1, handle: handle)
      case 1: _ = queue.startTimer(on: list, kind: 1, handle: handle)
      default:
        let delay = Int64(random.below(2_000_000_000)) / Int64(1 + handle % 1000)
        queue.schedule(after: .nanoseconds(delay), kind: 1, handle: handle)
        expected.append((delay, handle))
        continue
      }
      expected.append((handle % 6 == 0 ? 3_000_000 : 900_000_000, handle))
    }
    expected.sort { $0.0 < $1.0 || $0.0 == $1.0 && $0.1 < $1.1 }
    for (time, handle) in expected {
      let event = queue.next { _ in true }
      #expect(event?.handle == handle && event?.time.nanoseconds == time)
    }
    #expect(queue.next() == nil)
  }

  @Test func `forgotten timers leave nothing behind`() {
    var queue = EventQueue()
    let hour = queue.timerLine(.minutes(60))
    var held: [Timer] = []
    var bytes = 0
    for round in 0..<200_000 {
      let timer = queue.startTimer(on: hour, kind: 0, handle: 1)
      if round % 50_000 == 0 { held.append(timer) }
      if round % 1_000 == 0 { queue.dropForgotten { held.contains($0.timer) } }
      if round == 10_000 { bytes = queue.byteCount }
    }
    #expect(queue.byteCount == bytes)
    #expect(held.count == 4)
    for timer in held { #expect(queue.next { held.contains($0.timer) }?.timer == timer) }
    #expect(queue.next { held.contains($0.timer) } == nil)
  }

  @Test func `that timers may be due is no event, and moves no clock`() {
    var queue = EventQueue()
    let line = queue.timerLine(.seconds(1))
    let forgotten = queue.startTimer(on: line, kind: 1, handle: 5)
    let due = queue.next()
    #expect(due?.kind == queue.timersDueKind && queue.now == .zero)
    #expect(due.flatMap { queue.timer(dueAt: $0) { $0.timer != forgotten } } == nil)
    #expect(queue.now == .zero)
    #expect(queue.next() == nil)
  }

  @Test func `a timer fires at its time when earlier ones were cancelled`() {
    var queue = EventQueue()
    let line = queue.timerLine(.milliseconds(10))
    _ = queue.startTimer(on: line, kind: 7, handle: 1)
    queue.schedule(after: .milliseconds(3), kind: 1, handle: 0)
    _ = queue.next()
    let second = queue.startTimer(on: line, kind: 7, handle: 2)
    let fired = queue.next { $0.timer == second }
    #expect(fired?.handle == 2)
    #expect(queue.now == SimTime(nanoseconds: 13_000_000))
    #expect(queue.next() == nil)
  }

  @Test func `a delay beyond all bounds comes after everything else`() {
    var queue = EventQueue()
    queue.schedule(after: .nanoseconds(.max), kind: 1, handle: 1)
    queue.schedule(after: .nanoseconds(1 << 55), kind: 1, handle: 2)
    queue.schedule(after: .nanoseconds(1 << 55 - 2), kind: 1, handle: 3)
    #expect(queue.next()?.handle == 3)
    #expect(queue.next()?.handle == 1)
    #expect(queue.next()?.handle == 2)
    #expect(queue.now == SimTime(nanoseconds: 1 << 55 - 1))
  }

  @Test func `an event keeps its fields at the edges of their widths`() {
    let event = Event(
      time: 1 << 55, sequence: 1 << 40 - 1, kind: 253, handle: 0xFF_FFFF)
    #expect(event.time.nanoseconds == 1 << 55)
    #expect(event.sequence == 1 << 40 - 1)
    #expect(event.kind == 253)
    #expect(event.handle == 0xFF_FFFF)
  }

  @Test func `there may be any number of lines`() {
    var queue = EventQueue()
    for number in Int64(1)...6_000 {
      let ring = queue.delayLine(.nanoseconds(number * 2))
      let list = queue.timerLine(.nanoseconds(number * 2))
      queue.schedule(on: ring, kind: 1, handle: UInt32(number))
      _ = queue.startTimer(on: list, kind: 2, handle: UInt32(number))
    }
    for number in UInt32(1)...6_000 {
      let event = queue.next()
      #expect(event?.handle == number && event?.kind == 1)
      #expect(queue.next { _ in true }?.kind == 2)
    }
    #expect(queue.next() == nil)
  }

  @Test func `lines of equal delay are one`() {
    var queue = EventQueue()
    let first = queue.delayLine(.seconds(1))
    let again = queue.delayLine(.seconds(1))
    let other = queue.delayLine(.seconds(2))
    #expect(first.index == again.index)
    #expect(first.index != other.index)
  }

  @Test func `slabs hand freed records out again`() {
    var slab = Slab<UInt64>(capacity: 2)
    let handles = (0..<100).map { _ in slab.allocate() }
    for handle in handles { slab[handle] = UInt64(handle) * 3 }
    #expect(handles.allSatisfy { slab[$0] == UInt64($0) * 3 })
    slab.free(handles[40])
    slab.free(handles[7])
    #expect(slab.allocate() == handles[7])
    #expect(slab.allocate() == handles[40])
    #expect(slab.highWater == 100)
  }
}

extension Array {
  /// An entry drawn evenly; nil of none.
  fileprivate func randomEntry(_ random: inout RandomStream) -> Element? {
    isEmpty ? nil : self[Int(random.below(UInt32(count)))]
  }
}
