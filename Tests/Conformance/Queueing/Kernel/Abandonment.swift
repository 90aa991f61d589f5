import EventKernel
import TimeAndChance

/// `mmc_abandonment`: several servers, one queue, and waiters who leave when their patience ends.
///
/// Who is served stays. Waits of those who left count in the mean wait.
struct Abandonment: KernelModel {
  let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let service: CompiledDistribution
  private let patience: CompiledDistribution
  private let servers: Int

  private enum Kind {
    static let arrival: UInt8 = 0
    static let departure: UInt8 = 1
    static let impatience: UInt8 = 2
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("arrival_rate")
    plan = KernelPlan(row, arrivalRate: rate)
    gaps = try plan.exponential(rate: rate, parameters)
    service = try plan.exponential(rate: parameters.number("service_rate"), parameters)
    patience = try plan.exponential(rate: parameters.number("patience_rate"), parameters)
    servers = try parameters.count("servers")
  }

  func play(_ run: inout KernelRun) {
    var arrivals = run.stream("arrivals")
    var services = run.stream("service")
    var patiences = run.stream("patience")
    var requests = Slab<KernelRequest>()
    var line = KernelLine()
    var busy = 0
    run.servers = servers
    run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
    while let event = run.next() {
      let handle = event.handle
      switch event.kind {
      case Kind.arrival:
        run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
        run.arrive(waits: busy == servers)
        let handle = requests.allocate()
        requests[handle] = KernelRequest(arrival: run.now, work: run.draw(service, &services))
        if busy < servers {
          busy += 1
          run.setBusy(busy)
          run.queue.schedule(
            after: requests[handle].work, kind: Kind.departure, handle: handle)
        } else {
          line.append(handle, requests)
          requests[handle].event = run.queue.schedule(
            after: run.draw(patience, &patiences), kind: Kind.impatience, handle: handle)
        }
      case Kind.departure:
        let request = requests[handle]
        run.depart(
          arrival: request.arrival, wait: run.now - request.arrival - request.work)
        requests.free(handle)
        if let next = line.removeFirst(requests) {
          requests[next].event = 0
          run.queue.schedule(after: requests[next].work, kind: Kind.departure, handle: next)
        } else {
          busy -= 1
          run.setBusy(busy)
        }
      default:
        // The patience of somebody who has been served since, or of an earlier owner of the record.
        guard requests[handle].event == event.sequence else { continue }
        requests[handle].event = 0
        line.remove(handle, requests)
        run.giveUp(arrival: requests[handle].arrival, waitCounts: true)
        requests.free(handle)
      }
    }
  }
}
