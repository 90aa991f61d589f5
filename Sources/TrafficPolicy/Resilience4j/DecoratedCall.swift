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
  @frozen public enum Step: Hashable, Sendable {
    /// Call the function now; report ``finished(_:at:_:using:)``, or ``timedOut(at:_:using:)`` at
    /// the deadline if it comes first.
    case call(deadline: SimTime?)
    /// Sleep until then and report ``resumed(at:_:using:)``.
    case sleep(until: SimTime)
    /// Stand in a bulkhead's line: report ``admitted(at:_:using:)`` when the bulkhead says so,
    /// ``refused(at:_:using:)`` at `until`, or ``timedOut(at:_:using:)`` at the deadline.
    case wait(until: SimTime, deadline: SimTime?)
    /// The caller has its answer.
    case done(DecoratedOutcome)
  }

  private enum Phase: Hashable {
    case idle, calling, sleepingBeforeAttempt, sleepingForPermission, sleepingBeforeRefusal, queued
    case done
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
    context = Retry.Context()
    return inward(at: now, &policies, using: &random)
  }

  /// Goes on after a sleep.
  public mutating func resumed(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    switch phase {
    case .sleepingBeforeAttempt, .sleepingForPermission:
      depth += 1
      return inward(at: now, &policies, using: &random)
    case .sleepingBeforeRefusal:
      return outward(.threw(.requestNotPermitted), from: depth, at: now, &policies, using: &random)
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
    return inward(at: now, &policies, using: &random)
  }

  /// Ends a wait in a bulkhead's line: `BulkheadFullException`.
  public mutating func refused(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    precondition(phase == .queued, "the call does not wait in a bulkhead")
    leaveLine(at: now, &policies)
    return outward(
      .threw(.bulkheadFullException), from: depth, at: now, &policies, using: &random)
  }

  /// Takes note of how the function ended.
  public mutating func finished(
    _ outcome: DecoratedOutcome, at now: SimTime, _ policies: inout ResiliencePolicies,
    using random: inout RandomStream
  ) -> Step {
    precondition(phase == .calling, "the function is not running")
    return outward(
      outcome, from: policies.order.layers.count, at: now, &policies, using: &random)
  }

  /// Ends the caller's wait at the time limiter's deadline: `TimeoutException`.
  ///
  /// - Returns: What the caller does next, and the work that goes on behind the limiter. Finish that
  ///   work at once with a `CancellationException` where the limiter stops it, or when it really
  ///   ends; until then it keeps its permits. Its answer goes to nobody.
  public mutating func timedOut(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> (step: Step, remains: DecoratedCall) {
    precondition(limiterDepth >= 0, "no time limiter surrounds the call")
    var remains = self
    remains.outermost = limiterDepth + 1
    remains.limiterDepth = -1
    remains.deadline = nil
    let limiter = limiterDepth
    let step = outward(.threw(.timeoutException), from: limiter, at: now, &policies, using: &random)
    return (step, remains)
  }

  private mutating func inward(
    at now: SimTime, _ policies: inout ResiliencePolicies, using random: inout RandomStream
  ) -> Step {
    while depth < policies.order.layers.count {
      switch policies.order.layers[depth].kind {
      case .retry:
        context = Retry.Context()
      case .circuitBreaker:
        breakerStart = now
        if let permission = policies.circuitBreaker?.tryAcquirePermission(at: now) {
          policies.note(permission.effects, at: now)
          guard permission.isPermitted else {
            return outward(
              .threw(.callNotPermittedException), from: depth, at: now, &policies, using: &random)
          }
        }
      case .rateLimiter:
        switch policies.rateLimiter?.reserve(at: now) {
        case nil, .permitted: break
        case .reserved(let wait):
          phase = .sleepingForPermission
          return .sleep(until: now + wait)
        case .refused:
          guard let limiter = policies.rateLimiter, limiter.timeoutDuration > .zero else {
            return outward(
              .threw(.requestNotPermitted), from: depth, at: now, &policies, using: &random)
          }
          phase = .sleepingBeforeRefusal
          return .sleep(until: now + limiter.timeoutDuration)
        }
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
          return .wait(until: until, deadline: deadline)
        case .rejected:
          return outward(
            .threw(.bulkheadFullException), from: depth, at: now, &policies, using: &random)
        }
      }
      depth += 1
    }
    phase = .calling
    return .call(deadline: deadline)
  }

  /// Carries an outcome outward from behind layer `from` (that one did not admit the call).
  private mutating func outward(
    _ ending: DecoratedOutcome, from: Int, at now: SimTime, _ policies: inout ResiliencePolicies,
    using random: inout RandomStream
  ) -> Step {
    var outcome = ending
    // A layer that refused, or timed out, still answers with its own fallback.
    if from < policies.order.layers.count {
      outcome = fallback(of: from, for: outcome, in: policies)
      if from == limiterDepth { leaveLimiter() }
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
          return .sleep(until: now + wait)
        case .retry:
          depth += 1
          return inward(at: now, &policies, using: &random)
        }
      case .circuitBreaker:
        if let effects = policies.circuitBreaker?.record(
          outcome, duration: now - breakerStart, at: now, using: &random)
        {
          policies.note(effects, at: now)
        }
      case .rateLimiter:
        break
      case .timeLimiter:
        leaveLimiter()
      case .bulkhead:
        leaveBulkhead(at: now, &policies)
      }
      outcome = fallback(of: depth, for: outcome, in: policies)
    }
    phase = .done
    return .done(outcome)
  }

  private mutating func leaveLimiter() {
    limiterDepth = -1
    deadline = nil
  }

  private func fallback(
    of layer: Int, for outcome: DecoratedOutcome, in policies: ResiliencePolicies
  ) -> DecoratedOutcome {
    guard
      case .threw(let exception, _) = outcome,
      let answered = policies.order.layers[layer].fallback, answered.contains(exception)
    else { return outcome }
    return .returned
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

  private func leaveLine(at now: SimTime, _ policies: inout ResiliencePolicies) {
    if policies.bulkhead != nil {
      _ = policies.bulkhead?.expire(id)
      while let next = policies.bulkhead?.nextGranted() { policies.admitted.append(next) }
    } else {
      _ = policies.threadPoolBulkhead?.cancel(id)
    }
  }
}
