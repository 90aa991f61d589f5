import EventKernel
import TimeAndChance

/// `mg1_processor_sharing`: a server of rate 1 that all present share equally.
///
/// A virtual clock runs at one over the number present: it says how much service each of them has
/// had. A request is done when the clock has moved on by its size, so arrivals change the speed of
/// the clock and nobody's place in the order.
struct ProcessorSharing: KernelModel {
  let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let small: SimDuration
  private let large: SimDuration
  private let probabilityLarge: Double

  private enum Kind {
    static let arrival: UInt8 = 0
    static let departure: UInt8 = 1
  }

  /// Somebody who is served.
  private struct Share {
    /// What the virtual clock shows when the service is complete.
    var finish: Double
    var arrival: SimTime
    var isLarge: Bool
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("arrival_rate")
    let sizes = (
      small: try parameters.number("size_small"), large: try parameters.number("size_large")
    )
    probabilityLarge = try parameters.number("probability_large", in: 0...1)
    let mean = sizes.small + (sizes.large - sizes.small) * probabilityLarge
    try parameters.requireStable(load: rate * mean)
    plan = KernelPlan(row, arrivalRate: rate)
    gaps = try plan.exponential(rate: rate, parameters)
    small = plan.delay(sizes.small)
    large = plan.delay(sizes.large)
  }

  func play(_ run: inout KernelRun) {
    var arrivals = run.stream("arrivals")
    var sizes = run.stream("sizes")
    var largeSojourns = KernelMean()
    /// Those present, the one that is done first at the end.
    var present: [Share] = []
    var clock = 0.0
    var since = SimTime.zero
    var departure: UInt64 = 0
    run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
    while let event = run.next() {
      if event.kind == Kind.departure {
        guard event.sequence == departure, let done = present.popLast() else { continue }
        clock = done.finish
        run.depart(arrival: done.arrival, wait: .zero)
        if done.isLarge, run.counts(done.arrival) { largeSojourns.add(run.now - done.arrival) }
      } else {
        run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
        if present.isEmpty {
          clock = 0
        } else {
          clock += Double((run.now - since).nanoseconds) / Double(present.count)
        }
        run.arrive(waits: false)
        let isLarge = sizes.chance(probabilityLarge)
        let size = isLarge ? large : small
        let share = Share(
          finish: clock + Double(size.nanoseconds), arrival: run.now, isLarge: isLarge)
        // Behind everybody who is done no earlier: of two that finish together the first came first.
        var place = present.count
        while place > 0, present[place - 1].finish <= share.finish { place -= 1 }
        present.insert(share, at: place)
      }
      since = run.now
      run.setBusy(present.isEmpty ? 0 : 1)
      guard let first = present.last else { continue }
      let left = max(0, (first.finish - clock) * Double(present.count))
      departure = run.queue.schedule(
        after: SimDuration(nanoseconds: Int64(left.rounded(.up))), kind: Kind.departure, handle: 0)
    }
    if let mean = largeSojourns.mean { run.own["mean_sojourn_large"] = plan.units(mean) }
  }
}
