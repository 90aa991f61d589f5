import EventKernel

/// Where the tickets of running timers are kept, to be asked whether one still is.
///
/// Valid until a record is allocated.
struct TimerKeepers {
  let calls: UnsafePointer<Call>
  let extras: UnsafePointer<CallExtra>
  let connections: UnsafePointer<Connection>
  let clientCalls: UnsafePointer<ClientCall>

  /// Whether whom a timer concerns still holds its ticket.
  ///
  /// A record that was freed in the meantime, or serves another, holds none or another.
  @inline(__always) func hold(_ event: Event) -> Bool {
    event.kind == EventKind.perTryTimeout.rawValue
      ? calls[Int(event.handle)].tryTimer == event.timer.ticket : holdOther(event)
  }

  @inline(never) private func holdOther(_ event: Event) -> Bool {
    let handle = Int(event.handle)
    let kept: UInt32
    switch unsafeBitCast(event.kind, to: EventKind.self) {
    case .routeTimeout: kept = calls[handle].routeTimer
    case .connectTimeout, .connectionIdle: kept = connections[handle].timer
    case .clientTryTimeout: kept = clientCalls[handle].tryTimer
    case .clientDeadline: kept = clientCalls[handle].deadlineTimer
    case .streamIdle: kept = extra(handle)?.idleTimer ?? none
    case .maxStreamDuration: kept = extra(handle)?.durationTimer ?? none
    case .clientAbort: kept = extra(handle)?.abortTimer ?? none
    default: preconditionFailure("an event of kind \(event.kind) is no timer")
    }
    return kept == event.timer.ticket
  }

  private func extra(_ call: Int) -> CallExtra? {
    calls[call].extra == none ? nil : extras[Int(calls[call].extra)]
  }
}

extension Engine {
  var timerKeepers: TimerKeepers {
    TimerKeepers(
      calls: calls.base, extras: extras.base, connections: connections.base,
      clientCalls: clientCalls.base)
  }

  /// Lets go of timers that were taken back, often enough that what they take stays in the cache.
  @inline(never) mutating func tidyTimers() {
    let keepers = timerKeepers
    queue.dropForgotten { keepers.hold($0) }
  }

  /// Timers may be due; a timer is an event, that they may be is none.
  @inline(never) mutating func timersDue(_ due: Event) {
    eventCount &-= 1
    let keepers = timerKeepers
    guard let event = queue.timer(dueAt: due, { keepers.hold($0) }) else { return }
    eventCount &+= 1
    let handle = event.handle
    switch unsafeBitCast(event.kind, to: EventKind.self) {
    case .perTryTimeout: perTryTimeout(handle)
    case .routeTimeout: routeTimeout(handle)
    default: handleRare(event)
    }
  }
}
