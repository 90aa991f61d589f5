public import TimeAndChance

/// How a circuit breaker changes its state: by thresholds, timers and commands.
extension CircuitBreaker {
  /// A person's or the application's wish to change the state.
  public enum Command: Hashable, Sendable {
    /// `transitionToClosedState` and its sisters: a fresh state, if the way is legal.
    case transition(to: State)
    /// `transitionToOpenStateFor`: open for that long; openings in a row are not counted up.
    case openFor(SimDuration)
    /// `transitionToOpenStateUntil`: open until then, likewise.
    case openUntil(SimTime)
    /// `reset`: a fresh closed state, whatever the current one. It leaves a pending timer armed.
    case reset
  }

  /// Whether a transition is legal; an illegal one raises in the library and changes nothing.
  public static func isLegal(from: State, to: State) -> Bool {
    switch from {
    case .closed: to != .halfOpen
    case .metricsOnly: to != .open && to != .halfOpen
    case .open, .halfOpen, .disabled, .forcedOpen: true
    }
  }

  /// Obeys a command.
  ///
  /// - Returns: What it changed, or nil when the transition is illegal.
  public mutating func apply(
    _ command: Command, at now: SimTime, using random: inout RandomStream
  ) -> CircuitBreakerEffects? {
    switch command {
    case .transition(let target):
      guard Self.isLegal(from: state, to: target) else { return nil }
      return transition(to: target, at: now, using: &random)
    case .openFor(let wait):
      guard Self.isLegal(from: state, to: .open) else { return nil }
      return open(until: now + wait.wholeMilliseconds, at: now)
    case .openUntil(let end):
      guard Self.isLegal(from: state, to: .open) else { return nil }
      return open(until: end, at: now)
    case .reset:
      // The library swaps the state without the hook that would cancel its timer.
      var effects = CircuitBreakerEffects.reset
      effects.from = state
      effects.to = .closed
      enter(.closed, attempts: 0, at: now, using: &random)
      return effects
    }
  }

  /// When the next timer is due; `.never` when none is set.
  public var nextTimer: SimTime {
    var next = SimTime.never
    for timer in timers where timer.due < next { next = timer.due }
    return next
  }

  /// Fires the timer that is due first, at its own time; of several, the one set first.
  ///
  /// A timer that a reset left behind acts on the state it finds: it cuts a newer open state short,
  /// or has no effect where its transition is illegal.
  ///
  /// - Returns: What it changed and when, or nil without a timer.
  public mutating func fireTimer(
    using random: inout RandomStream
  ) -> (at: SimTime, effects: CircuitBreakerEffects)? {
    let due = nextTimer
    guard let index = timers.firstIndex(where: { $0.due == due }) else { return nil }
    let timer = timers.remove(at: index)
    guard Self.isLegal(from: state, to: timer.target) else { return (due, .timerWithoutEffect) }
    return (due, transition(to: timer.target, at: due, using: &random))
  }

  /// Opens a closed breaker whose rates say so, and publishes which.
  @usableFromInline @inline(never)
  mutating func open(
    failureRate: Float, slowRate: Float, at now: SimTime, using random: inout RandomStream
  ) -> CircuitBreakerEffects {
    var effects = transition(to: .open, at: now, using: &random)
    if failureRate >= configuration.failureRateThreshold {
      effects.failureRateExceeded = failureRate
    }
    if slowRate >= configuration.slowCallRateThreshold { effects.slowCallRateExceeded = slowRate }
    return effects
  }

  /// Opens a closed breaker because of a single result, if the settings say so.
  @usableFromInline @inline(never)
  mutating func openOnResult(
    _ outcome: DecoratedOutcome, at now: SimTime, using random: inout RandomStream
  ) -> CircuitBreakerEffects {
    guard let rule = configuration.transitionOnResult else { return .none }
    switch outcome {
    case .threw(let thrown, let cause):
      guard rule.exceptions.contains(unwrapped(thrown, cause: cause)) else { return .none }
    case .returnedBad:
      guard rule.onBadResult else { return .none }
    case .returned, .cancelled:
      return .none
    }
    guard let wait = rule.waitDuration else {
      return transition(to: .open, at: now, using: &random)
    }
    return open(until: now + wait.wholeMilliseconds, at: now)
  }

  /// A legal transition, which cancels the timer of the state it leaves.
  @usableFromInline mutating func transition(
    to target: State, at now: SimTime, using random: inout RandomStream
  ) -> CircuitBreakerEffects {
    cancelOwnTimer()
    var effects = CircuitBreakerEffects.none
    effects.from = state
    effects.to = target
    let next =
      switch target {
      case .open, .forcedOpen: attempts + 1
      case .halfOpen: attempts
      case .closed, .disabled, .metricsOnly: 0
      }
    enter(target, attempts: next, at: now, using: &random)
    return effects
  }

  /// A legal transition to open with a given end; the number of openings in a row stays.
  private mutating func open(until end: SimTime, at now: SimTime) -> CircuitBreakerEffects {
    cancelOwnTimer()
    var effects = CircuitBreakerEffects.none
    effects.from = state
    effects.to = .open
    enterOpen(until: end, attempts: attempts, at: now)
    return effects
  }

  mutating func enterHalfOpen(at now: SimTime) {
    cancelOwnTimer()
    entry &+= 1
    state = .halfOpen
    let size = configuration.permittedNumberOfCallsInHalfOpenState
    metrics = .calls(size, configuration)
    permits = Int32(size)
    let longest = configuration.maxWaitDurationInHalfOpenState.wholeMilliseconds
    if longest > .zero {
      timers.append(
        PendingTimer(
          due: now + longest, owner: entry,
          target: configuration.transitionToStateAfterWaitDuration))
    }
  }

  /// Builds a fresh state object; open alone keeps the metrics it finds.
  mutating func enter(
    _ target: State, attempts: Int, at now: SimTime, using random: inout RandomStream
  ) {
    switch target {
    case .open:
      let wait = configuration.waitIntervalFunctionInOpenState
        .interval(attempt: attempts, using: &random)
      return enterOpen(until: now + wait, attempts: attempts, at: now)
    case .halfOpen:
      enterHalfOpen(at: now)
      self.attempts = attempts
      return
    case .closed, .metricsOnly:
      metrics = .window(configuration, at: now, clockPhase: clockPhase)
    case .disabled, .forcedOpen:
      metrics = .calls(0, configuration)
    }
    entry &+= 1
    published = 0
    self.attempts = attempts
    state = target
  }

  private mutating func enterOpen(until end: SimTime, attempts: Int, at now: SimTime) {
    entry &+= 1
    self.attempts = attempts
    state = .open
    retryAfter = end
    if configuration.automaticTransitionFromOpenToHalfOpenEnabled {
      // The timer is set in whole milliseconds, so it can come before an end given to the
      // nanosecond; an end that is past already makes it fire at once.
      let wait = max(.zero, (end - now).wholeMilliseconds)
      timers.append(PendingTimer(due: now + wait, owner: entry, target: .halfOpen))
    }
  }

  private mutating func cancelOwnTimer() {
    let own = entry
    if !timers.isEmpty { timers.removeAll { $0.owner == own } }
  }
}

extension SimDuration {
  /// The length cut to whole milliseconds, the resolution of most of the library's durations.
  @inlinable var wholeMilliseconds: SimDuration {
    .milliseconds(nanoseconds / 1_000_000)
  }
}
