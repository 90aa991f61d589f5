import EventKernel
import TimeAndChance
import TrafficPolicy

/// A source at run time.
struct Source {
  /// How requests are started.
  enum Pattern: UInt8 { case open, users, phases }
  var pattern: Pattern
  /// See the constants; 0 on the common path.
  var marks: UInt8 = 0
  /// Each request has a ``CallExtra``, for the log.
  var isLogged = false
  /// There is more to a request than to call along ``edge``.
  var isSpecial = false
  /// How open-loop gaps are drawn, as multiples of the mean gap.
  var gap = CompiledDistribution.constant(1)
  var think = CompiledDistribution.constant(0)
  /// The first of its segments of the rate curve, how many, and the present one.
  var firstSegment: UInt32 = 0
  var segmentCount: UInt32 = 0
  var segment: UInt32 = 0
  /// The first entry in the table of mixes, and how many.
  var firstMix: UInt32 = 0
  var mixCount: UInt32 = 0
  /// The only edge, when there is one.
  var edge: UInt32 = 0
  var started: UInt64 = 0
  var limit: UInt64 = .max
  /// Requests at each arrival.
  var batch: UInt32 = 1
  /// Open requests and how many there may be; counted only when they are limited.
  var inFlight: UInt32 = 0
  var maxInFlight: UInt32 = .max
  /// Of even arrivals, the area under the rate curve from the start of the present segment to the
  /// next.
  var due = 0.0
  /// Draws of gaps, of the mix, and of think times.
  var gaps: RandomStream
  var mixing: RandomStream
  var thinking: RandomStream
  /// The number of clients that requests are spread over.
  var instances: UInt32 = 1

  /// It starts no further requests.
  static let done: UInt8 = 1 << 0
  /// Its arrivals are batches, or its open requests are limited.
  static let special: UInt8 = 1 << 1
  /// Its arrivals are even.
  static let even: UInt8 = 1 << 2

  var isDone: Bool { marks & Self.done != 0 }
}

/// A stretch of a rate curve.
struct RateSegment {
  var start: SimTime
  var end: SimTime
  /// Requests per nanosecond at the start, and the change per nanosecond.
  var rate: Double
  var slope: Double

  /// When the area under it from a time on reaches so much, nil when it ends before; and the area
  /// of what is left of it.
  func reach(_ wanted: Double, from time: SimTime) -> (at: SimTime?, area: Double) {
    let elapsed = Double(max(0, (time - start).nanoseconds))
    let rate = rate + slope * elapsed
    let length = Double((end - time).nanoseconds)
    let area = length * (rate + slope * length / 2)
    guard area > wanted else { return (nil, area) }
    // A rate that rises from 0 has no gap before what is due at once.
    if wanted <= 0 { return (time, area) }
    let wait: Double
    if abs(slope) * length < 1e-12 * rate {
      wait = wanted / rate
    } else {
      let root = max(0, rate * rate + 2 * slope * wanted).squareRoot()
      wait = 2 * wanted / (rate + root)  // the stable form of the quadratic's root
    }
    return (time + .nanoseconds(min(Int64(length), Int64(wait + 0.5))), area)
  }
}

extension Engine {
  // MARK: Open loop

  /// An open-loop source starts a request and sets the time of its next.
  @inline(never) mutating func sourceArrival(_ s: UInt32) {
    let source = sources.base + Int(s)
    if source.pointee.marks & ~Source.even != 0 { return specialArrival(s) }
    source.pointee.started &+= 1
    if source.pointee.started < source.pointee.limit {
      scheduleNext(s)
    } else {
      sourceDone(s)
    }
    request(from: s, parent: Parent.source | s)
  }

  /// An arrival of a source that is done, sends batches, or limits its open requests.
  @inline(never) mutating func specialArrival(_ s: UInt32) {
    guard Features.hasPolicies, !sources[s].isDone else { return }
    let source = sources.base + Int(s)
    let isLimited = source.pointee.maxInFlight < .max
    for number in 0..<source.pointee.batch where source.pointee.started < source.pointee.limit {
      if number & 0x3F == 0x3F, mustStopMaking() { return }
      if source.pointee.inFlight >= source.pointee.maxInFlight {
        drop(1, of: s)
        continue
      }
      source.pointee.started &+= 1
      if isLimited { source.pointee.inFlight &+= 1 }
      request(from: s, parent: (isLimited ? Parent.limitedSource : Parent.source) | s)
    }
    if source.pointee.started < source.pointee.limit {
      scheduleNext(s)
    } else {
      sourceDone(s)
      if openRequests == 0, openSources == 0 { allDone() }
    }
  }

  /// Counts requests that were due and are not started.
  ///
  /// - Source: k6 `dropped_iterations`.
  mutating func drop(_ count: UInt64, of s: UInt32) {
    recorders.sources[s].dropped &+= count
  }

  /// Schedules the next arrival of a source of any kind.
  @inline(__always) mutating func scheduleNext(_ s: UInt32) {
    if sources[s].marks & Source.even != 0 { scheduleEvenArrival(s) } else { scheduleArrival(s) }
  }

  /// Schedules the next arrival of a source that spaces them evenly.
  ///
  /// Each time is had from the start of its segment, not from the arrival before: gaps that are no
  /// whole nanoseconds would add their rounding up, and an interval would lose a request to its
  /// neighbour.
  @inline(never) private mutating func scheduleEvenArrival(_ s: UInt32) {
    let source = sources.base + Int(s)
    while true {
      let segment = segments[source.pointee.segment]
      let (at, area) = segment.reach(source.pointee.due, from: segment.start)
      if let at {
        source.pointee.due += 1
        schedule(.sourceArrival, s, after: max(.zero, at - now))
        return
      }
      source.pointee.due -= area
      guard source.pointee.segment + 1 < source.pointee.firstSegment + source.pointee.segmentCount
      else { return sourceDone(s) }
      source.pointee.segment += 1
    }
  }

  /// Draws the next gap of a source and schedules the request at its end.
  @inline(__always) mutating func scheduleArrival(_ s: UInt32) {
    let source = sources.base + Int(s)
    let gap = source.pointee.gap.sample(using: &source.pointee.gaps, sampler)
    let segment = segments.base + Int(source.pointee.segment)
    // The common case: a steady rate that lasts beyond the gap.
    if segment.pointee.slope == 0, segment.pointee.rate > 0 {
      let wait = gap / segment.pointee.rate + 0.5
      if wait < Double((segment.pointee.end - queue.now).nanoseconds) {
        schedule(.sourceArrival, s, after: .nanoseconds(Int64(wait)))
        return
      }
    }
    scheduleAcrossSegments(s, gap)
  }

  /// Finds where the area under the rate curve from now on reaches the gap.
  @inline(never) mutating func scheduleAcrossSegments(_ s: UInt32, _ gap: Double) {
    let source = sources.base + Int(s)
    var left = gap
    var time = now
    while true {
      let segment = segments[source.pointee.segment]
      let (at, area) = segment.reach(left, from: time)
      if let at {
        schedule(.sourceArrival, s, after: at - now)
        return
      }
      left -= area
      time = segment.end
      guard source.pointee.segment + 1 < source.pointee.firstSegment + source.pointee.segmentCount
      else { return sourceDone(s) }
      source.pointee.segment += 1
    }
  }

  /// Starts a request of a source.
  @inline(never) mutating func request(from s: UInt32, parent: UInt32) {
    let source = sources.base + Int(s)
    openRequests += 1
    recorders.sources[s].offered &+= 1
    if source.pointee.isSpecial { return specialRequest(s, parent) }
    startCall(edge: source.pointee.edge, parent: parent)
  }

  /// A request of a source that asks for several things, whose clients handle failures themselves,
  /// or that is logged.
  @inline(never) private mutating func specialRequest(_ s: UInt32, _ parent: UInt32) {
    let source = sources.base + Int(s)
    let edge = source.pointee.mixCount > 1 ? drawEdge(source) : source.pointee.edge
    if Features.hasPolicies, edges[edge].hasClient {
      return startClientCall(edge: edge, parent: parent, source: s)
    }
    startCall(
      edge: edge, parent: parent, extra: source.pointee.isLogged ? logRequest(s, parent) : none)
  }

  @inline(never)
  mutating func drawEdge(_ source: UnsafeMutablePointer<Source>) -> UInt32 {
    let u = source.pointee.mixing.unit()
    var entry = Int(source.pointee.firstMix)
    while mixes[entry].below <= u { entry += 1 }
    return mixes[entry].edge
  }

  /// A request of an open-loop source has ended.
  @inline(__always) mutating func requestEnded(_ s: UInt32, _ call: Call) {
    countEnd(s, call)
    openRequests -= 1
    if openRequests == 0, openSources == 0 { allDone() }
  }

  /// A request of a source that limits its open ones has ended.
  mutating func limitedRequestEnded(_ s: UInt32, _ call: Call) {
    sources[s].inFlight &-= 1
    requestEnded(s, call)
  }

  // MARK: The end of sources

  /// A source starts no further requests.
  @inline(never) mutating func sourceDone(_ s: UInt32) {
    guard !sources[s].isDone else { return }
    sources[s].marks |= Source.done
    openSources -= 1
  }

  /// No source starts requests any more.
  mutating func sourcesEnd() {
    for s in 0..<UInt32(sources.count) {
      if sources[s].pattern == .users { usersEnd(s) }
      sourceDone(s)
    }
    schedule(.runEnd, 0, after: model.linger)
  }

  /// Every source has ended and every request too.
  @inline(never) mutating func allDone() {
    guard model.duration == nil, !isEnding else { return }
    isEnding = true
    schedule(.runEnd, 0, after: model.linger)
  }

  // MARK: Parents off the common path

  @inline(never) mutating func rareParentHears(_ call: Call) {
    let handle = call.parent & 0xFF_FFFF
    switch call.parent & Parent.tagMask {
    case Parent.user: userHears(handle, call)
    case Parent.client: clientCallHears(handle, call)
    case Parent.limitedSource: limitedRequestEnded(handle, call)
    case Parent.door: doorHears(handle, call)
    default: break
    }
  }
}
