public import TimeAndChance

/// One logical call on its way through the policies around it: a value that says what to do next.
///
/// ``start(at:_:using:)`` goes inward until the function is to be called or something has to be
/// waited for; the owner does that and reports back. Every retry attempt passes all inner layers
/// anew: it is a breaker call of its own and takes its own permissions. Waiting in an inner layer is
/// part of the duration that an outer breaker sees.
///
/// - Source: Resilience4j's decorators (`decorateSupplier` of each kind); see ``DecorationOrder``.
public struct DecoratedCall: Hashable, Sendable {
  /// What the owner does next.
  ///
  /// Inside a time limiter the step carries its deadline: report ``timedOut(at:_:using:)`` then, if
  /// it comes first.
  @frozen public enum Step: Hashable, Sendable {
    /// Call the function now and report ``finished(_:at:_:using:)``.
    case call(deadline: SimTime?)
    /// Sleep until then and report ``resumed(at:_:using:)``.
    case sleep(until: SimTime, deadline: SimTime?)
    /// Stand in a bulkhead's line: report ``admitted(at:_:using:)`` when the bulkhead says so, or
    /// ``refused(at:_:using:)`` at `until`.
    case wait(until: SimTime, deadline: SimTime?)
    /// The caller has its answer.
    case done(DecoratedOutcome)
  }

  private enum Phase: Hashable {
    case idle, calling, sleepingBeforeAttempt, sleepingForPermission, sleepingBeforeRefusal, queued
    case done
  }

  /// Where the walk through the layers goes; a loop, since a retry may turn it round often.
  private enum Move {
    case inward
    case outward(DecoratedOutcome, from: Int)
    case stop(Step)
  }

  /// Names the call in a bulkhead's line; unique among the calls of one process.
  public let id: Int
  /// The layer that is being passed; the function lies behind the last.
  private var depth = 0
  /// The outermost layer that still belongs to this call; behind a time limiter for work it left.
  private var outermost = 0
  private var phase = Phase.idle
  private var context = Retry.Context()
  private var breakerStart = SimTime.zero
  private var limiterDepth = -1
  private var deadline: SimTime?

  /// A call that has not begun.
  public init(id: Int) { self.id = id }

  /// Begins the call.
  public mutating func start(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    precondition(phase == .idle, "the call has begun already")
    return walk(.inward, at: now, &policies, using: &random)
  }

  /// Goes on after a sleep.
  public mutating func resumed(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    switch phase {
    case .sleepingBeforeAttempt, .sleepingForPermission:
      depth += 1
      return walk(.inward, at: now, &policies, using: &random)
    case .sleepingBeforeRefusal:
      return walk(
        .outward(.threw(.requestNotPermitted), from: depth), at: now, &policies, using: &random)
    case .idle, .calling, .queued, .done:
      preconditionFailure("the call does not sleep")
    }
  }

  /// Goes on with a bulkhead's permit.
  public mutating func admitted(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    precondition(phase == .queued, "the call does not wait in a bulkhead")
    depth += 1
    return walk(.inward, at: now, &policies, using: &random)
  }

  /// Ends a wait in a bulkhead's line: `BulkheadFullException`.
  public mutating func refused(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    precondition(phase == .queued, "the call does not wait in a bulkhead")
    leaveLine(&policies)
    return walk(
      .outward(.threw(.bulkheadFullException), from: depth), at: now, &policies, using: &random)
  }

  /// Takes note of how the function ended.
  public mutating func finished(
    _ outcome: DecoratedOutcome, at now: SimTime, _ policies: inout ResiliencePolicies,
    using random: inout RandomStream
  ) -> Step {
    precondition(phase == .calling, "the function is not running")
    return walk(
      .outward(outcome, from: policies.order.layers.count), at: now, &policies, using: &random)
  }

  /// Ends the caller's wait at the time limiter's deadline: `TimeoutException`.
  ///
  /// - Returns: What the caller does next, and the work that goes on behind the limiter. Tell that
  ///   work ``interrupted(at:_:using:)`` at once where ``TimeLimiter/stopsWork`` says so; otherwise
  ///   it goes on as any call, keeping its permits, and its answer goes to nobody.
  public mutating func timedOut(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> (step: Step, remains: DecoratedCall) {
    precondition(limiterDepth >= 0, "no time limiter surrounds the call")
    var remains = self
    remains.outermost = limiterDepth + 1
    remains.limiterDepth = -1
    remains.deadline = nil
    let step = walk(
      .outward(.threw(.timeoutException), from: limiterDepth), at: now, &policies, using: &random)
    return (step, remains)
  }

  /// Stops the call where it is: the function, a sleep or a wait in line throws.
  public mutating func interrupted(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    let from: Int
    switch phase {
    case .idle, .done:
      preconditionFailure("the call is not under way")
    case .calling:
      from = policies.order.layers.count
    case .queued:
      leaveLine(&policies)
      from = depth
    case .sleepingBeforeAttempt, .sleepingForPermission, .sleepingBeforeRefusal:
      from = depth
    }
    return walk(
      .outward(.threw(.cancellationException), from: from), at: now, &policies, using: &random)
  }

  private mutating func walk(
    _ first: Move, at now: SimTime, _ policies: inout ResiliencePolicies,
    using random: inout RandomStream
  ) -> Step {
    var move = first
    while true {
      switch move {
      case .inward:
        move = inward(at: now, &policies, using: &random)
      case .outward(let outcome, let from):
        move = outward(outcome, from: from, at: now, &policies, using: &random)
      case .stop(let step):
        return step
      }
    }
  }

  private mutating func inward(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Move {
    while depth < policies.order.layers.count {
      switch policies.order.layers[depth].kind {
      case .retry:
        context = Retry.Context()
      case .circuitBreaker:
        breakerStart = now
        if let permission = policies.circuitBreaker?.tryAcquirePermission(at: now) {
          policies.note(permission.effects, at: now)
          guard permission.isPermitted else {
            return .outward(.threw(.callNotPermittedException), from: depth)
          }
        }
      case .rateLimiter:
        if let stop = passRateLimiter(at: now, &policies) { return stop }
      case .timeLimiter:
        if let limiter = policies.timeLimiter {
          limiterDepth = depth
          deadline = limiter.deadline(startingAt: now)
        }
      case .bulkhead:
        switch enterBulkhead(at: now, &policies) {
        case .permitted: break
        case .waiting(let until):
          phase = .queued
          return .stop(.wait(until: until, deadline: deadline))
        case .rejected:
          return .outward(.threw(.bulkheadFullException), from: depth)
        }
      }
      depth += 1
    }
    phase = .calling
    return .stop(.call(deadline: deadline))
  }

  private mutating func passRateLimiter(
    at now: SimTime, _ policies: inout ResiliencePolicies
  ) -> Move? {
    switch policies.rateLimiter?.reserve(at: now) {
    case nil, .permitted:
      return nil
    case .reserved(let wait):
      phase = .sleepingForPermission
      return .stop(.sleep(until: now + wait, deadline: deadline))
    case .refused:
      guard let timeout = policies.rateLimiter?.timeoutDuration, timeout > .zero else {
        return .outward(.threw(.requestNotPermitted), from: depth)
      }
      phase = .sleepingBeforeRefusal
      return .stop(.sleep(until: now + timeout, deadline: deadline))
    }
  }

  /// Carries an outcome outward from layer `from`, which did not let the call through itself, or
  /// from the function behind the last one.
  private mutating func outward(
    _ ending: DecoratedOutcome, from: Int, at now: SimTime, _ policies: inout ResiliencePolicies,
    using random: inout RandomStream
  ) -> Move {
    var outcome = ending
    if from < policies.order.layers.count {
      if from == limiterDepth { leaveLimiter() }
      outcome = policies.order.layers[from].answer(outcome)
    }
    depth = from
    while depth > outermost {
      depth -= 1
      switch policies.order.layers[depth].kind {
      case .retry:
        guard let decision = policies.retry?.judge(outcome, &context, using: &random) else { break }
        switch decision {
        case .finish(let end):
          outcome = end
        case .retry(let wait) where wait > .zero:
          phase = .sleepingBeforeAttempt
          return .stop(.sleep(until: now + wait, deadline: deadline))
        case .retry:
          depth += 1
          return .inward
        }
      case .circuitBreaker:
        if let effects = policies.circuitBreaker?.record(
          outcome, duration: now - breakerStart, at: now, using: &random)
        {
          policies.note(effects, at: now)
          // The library's own defect: the caller sees the division by zero instead of its answer.
          if effects.raisedDivisionByZero { outcome = .threw(.arithmeticException) }
        }
      case .rateLimiter:
        break
      case .timeLimiter:
        leaveLimiter()
      case .bulkhead:
        leaveBulkhead(at: now, &policies)
      }
      outcome = policies.order.layers[depth].answer(outcome)
    }
    phase = .done
    return .stop(.done(outcome))
  }

  private mutating func leaveLimiter() {
    limiterDepth = -1
    deadline = nil
  }

  private func enterBulkhead(
    at now: SimTime, _ policies: inout ResiliencePolicies
  ) -> Bulkhead.Admission {
    if let admission = policies.bulkhead?.tryAcquirePermission(for: id, at: now) {
      return admission
    }
    switch policies.threadPoolBulkhead?.submit(id, at: now) {
    case nil, .started: return .permitted
    case .queued: return .waiting(until: .never)
    case .rejected: return .rejected
    }
  }

  private func leaveBulkhead(at now: SimTime, _ policies: inout ResiliencePolicies) {
    if policies.bulkhead != nil {
      policies.bulkhead?.releasePermission()
      while let next = policies.bulkhead?.nextGranted() { policies.admitted.append(next) }
    } else if let next = policies.threadPoolBulkhead?.complete(at: now) {
      policies.admitted.append(next)
    }
  }

  private func leaveLine(_ policies: inout ResiliencePolicies) {
    if policies.bulkhead != nil {
      _ = policies.bulkhead?.expire(id)
      while let next = policies.bulkhead?.nextGranted() { policies.admitted.append(next) }
    } else {
      _ = policies.threadPoolBulkhead?.cancel(id)
    }
  }
}
