import EventKernel
import Testing
import TimeAndChance

/// A bank counter: customers come at random, one clerk serves them in turn.
///
/// The whole model of the
/// documentation's example, thirty lines on the bare kernel.
struct BankCounter: ~Copyable {
  enum Kind { static let arrival: UInt8 = 0, departure: UInt8 = 1 }
  var queue = EventQueue()
  var gaps = RandomStream(seed: 1, name: "gaps")
  var services = RandomStream(seed: 1, name: "services")
  var waiting: [SimTime] = []
  var isBusy = false
  var served = 0
  var totalWait = SimDuration.zero

  mutating func serve(since arrival: SimTime) {
    isBusy = true
    served += 1
    totalWait = totalWait + (queue.now - arrival)
    let time = Sampler.standard.exponential(using: &services) * 60
    queue.schedule(after: SimDuration(seconds: time), kind: Kind.departure, handle: 0)
  }

  mutating func run(until customers: Int) {
    queue.schedule(after: .zero, kind: Kind.arrival, handle: 0)
    while served < customers, let event = queue.next() {
      if event.kind == Kind.arrival {
        if isBusy { waiting.append(queue.now) } else { serve(since: queue.now) }
        let gap = Sampler.standard.exponential(using: &gaps) * 120
        queue.schedule(after: SimDuration(seconds: gap), kind: Kind.arrival, handle: 0)
      } else {
        isBusy = false
        if !waiting.isEmpty { serve(since: waiting.removeFirst()) }
      }
    }
  }
}

@Suite struct BankCounterTests {
  @Test func `customers of a half busy clerk wait as long as they are served`() {
    var bank = BankCounter()
    bank.run(until: 200_000)
    // M/M/1 at a load of one half: the mean wait is ρ/(μ − λ), one service time, 60 s. Five
    // standard errors of 200 000 waits that hang together are about 1.3 s.
    let mean = bank.totalWait.inSeconds / Double(bank.served)
    #expect(abs(mean - 60) < 1.3, "mean wait \(mean) s")
  }
}
