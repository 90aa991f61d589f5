import Orchestration
import Scenario
import TimeAndChance

/// Effects of faults on pods and on the ways to them, each from one time to another; where several
/// act on the same thing they are put together.
struct FaultSpells: Sendable {
  /// A stretch of time in which an effect acts.
  struct Spell: Sendable {
    var start: SimDuration
    /// Nil lasts to the end of the run.
    var end: SimDuration?
    var effect: Effect
  }

  /// What acts.
  enum Effect: Sendable {
    case down
    case blackhole
    case leave
    case slow(Double)
    case steal(Double)
    case hang
    case fail(share: Double, status: Int, afterService: Bool)
    case network

    /// Effects of one sort are put together; those of different sorts do not meet.
    var channel: Int {
      switch self {
      case .down, .blackhole: 0
      case .leave: 1
      case .slow: 2
      case .hang: 3
      case .fail: 4
      case .network: 5
      case .steal: 8
      }
    }
  }

  /// What an effect acts on: a pod, or with pod -1 the ways of a rule, whose number stands for the
  /// service.
  struct Key: Sendable, Hashable {
    var service: Int
    var pod: Int
    var channel: Int
  }

  /// A pod that is dead from one time to another.
  struct Death: Sendable {
    var pod: PodReference
    var start: SimDuration
    /// Nil lasts to the end of the run.
    var end: SimDuration?
  }

  /// The deaths of pods, in order of adding.
  private(set) var deaths: [Death] = []
  private var keys: [Key] = []
  private var index: [Key: Int] = [:]
  private var spells: [[Spell]] = []

  /// Adds an effect on a pod.
  mutating func add(
    _ effect: Effect, on pod: PodReference, from start: SimDuration, to end: SimDuration?
  ) {
    add(effect, Key(service: pod.service, pod: pod.pod, channel: effect.channel), start, end)
  }

  /// Adds a stretch of time in which a rule of the network acts.
  mutating func add(rule: Int, from start: SimDuration, to end: SimDuration?) {
    add(.network, Key(service: rule, pod: -1, channel: Effect.network.channel), start, end)
  }

  private mutating func add(
    _ effect: Effect, _ key: Key, _ start: SimDuration, _ end: SimDuration?
  ) {
    let spell = Spell(start: start, end: end, effect: effect)
    if let known = index[key] {
      spells[known].append(spell)
    } else {
      index[key] = keys.count
      keys.append(key)
      spells.append([spell])
    }
  }

  /// The actions that make the effects, in the order of time; at the same time in order of adding.
  var actions: [TimedAction] {
    var actions: [TimedAction] = []
    for (key, spells) in zip(keys, spells) {
      var times = spells.map(\.start) + spells.compactMap(\.end)
      times.sort()
      for (place, time) in times.enumerated() where place == 0 || times[place - 1] != time {
        // A blow that begins and ends at once still strikes.
        for blow in spells where blow.start == time && blow.end == time {
          actions.append(TimedAction(at: time, kind: kind([blow.effect], key)))
        }
        let acting = spells.filter { $0.start <= time && time < $0.end ?? .nanoseconds(.max) }
        actions.append(TimedAction(at: time, kind: kind(acting.map(\.effect), key)))
      }
    }
    let order = actions.indices.sorted {
      (actions[$0].at, $0) < (actions[$1].at, $1)
    }
    return order.map { actions[$0] }
  }

  /// The state that some effects of one sort make together.
  private func kind(_ effects: [Effect], _ key: Key) -> ActionKind {
    let pod = PodReference(service: key.service, pod: key.pod)
    switch key.channel {
    case 0:
      var state = PodModel.Reachability.up
      for effect in effects {
        if case .down = effect { state = .down } else if state == .up { state = .blackhole }
      }
      return .reachability(pod, state)
    case 1: return .membership(pod, isMember: effects.isEmpty)
    case 2:
      var factor = 1.0
      for case .slow(let one) in effects { factor *= one }
      return .slow(pod, factor: factor)
    case 3: return .hang(pod, !effects.isEmpty)
    case 4:
      var atOnce = FailureShares()
      var afterService = FailureShares()
      for case .fail(let share, let status, let isLate) in effects {
        if isLate {
          afterService.add(share: share, status: status)
        } else {
          atOnce.add(share: share, status: status)
        }
      }
      return .failures(pod, atOnce: atOnce, afterService: afterService)
    case 8:
      var left = 1.0
      for case .steal(let share) in effects { left *= 1 - share }
      return .steal(pod, share: 1 - left)
    default: return .network(rule: key.service, isActive: !effects.isEmpty)
    }
  }
}

/// A death of a pod, and how proxies hear of it.
struct Kill: Sendable {
  /// The pod.
  var pod: PodReference
  /// The name of its stream of random numbers.
  var name: String
  /// Its end.
  var start: SimDuration
  /// Its return; nil is never.
  var end: SimDuration?
  /// The time until proxies know of either; nil: they never do.
  var endpointDelay: Distribution?

  /// Whether it is another one in each replication.
  var isDrawn: Bool {
    guard let endpointDelay else { return false }
    if case .constant = endpointDelay.law { return false }
    return true
  }
}

/// A pod that dies again and again.
struct CrashLoop: Sendable {
  /// The pod.
  var pod: PodReference
  /// The name of its stream of random numbers.
  var name: String
  /// The first death.
  var start: SimDuration
  /// From here on it does not die any more; nil is never.
  var end: SimDuration?
  /// How long it lives.
  var uptime: Distribution
  /// From a container's start to its first request.
  var startup: SimDuration
  /// The time until proxies know; nil: they never do.
  var endpointDelay: Distribution?
}

extension FaultSpells {
  /// How often pods came back to life after one time and up to another; deaths of a pod that
  /// overlap are one.
  static func restarts(
    of deaths: [Death], after start: SimDuration, upTo end: SimDuration
  ) -> UInt64 {
    let sorted = deaths.sorted { ($0.pod.pod, $0.start) < ($1.pod.pod, $1.start) }
    var returns: [(pod: Int, at: SimDuration)] = []
    for death in sorted {
      let back = death.end ?? .nanoseconds(.max)
      if let last = returns.last, last.pod == death.pod.pod, death.start < last.at {
        returns[returns.count - 1].at = max(last.at, back)
      } else {
        returns.append((pod: death.pod.pod, at: back))
      }
    }
    return UInt64(returns.count { start < $0.at && $0.at <= end })
  }

  /// The most deaths of one pod in one run.
  static let mostDeaths = 100_000

  /// Adds the deaths of a pod as one replication draws them.
  ///
  /// - Source: Kubernetes `CrashLoopBackOff`, see ``RestartBackOff``.
  mutating func add(
    _ loop: CrashLoop, seed: UInt64, replication: UInt64, until runEnd: SimDuration
  ) {
    var random = RandomStream(seed: seed, replication: replication, name: loop.name)
    var builder = SamplingTables.Builder()
    let law = builder.compile(loop.uptime)
    let delay = loop.endpointDelay.map { builder.compile($0) }
    let tables = SamplingTables(builder)
    func news() -> SimDuration? {
      delay.map { .nanoseconds($0.sampleNanoseconds(using: &random, tables.sampler)) }
    }
    var backOff = RestartBackOff()
    var time = loop.start
    let end = min(loop.end ?? runEnd, runEnd)
    var deaths = 0
    while time < end, deaths < Self.mostDeaths {
      deaths += 1
      let wait = backOff.delay(afterExitAt: .zero + time)
      let back = time + wait + loop.startup
      kill(loop.pod, from: time, to: back, endpointDelay: news(), returnDelay: news())
      let life = law.sampleNanoseconds(using: &random, tables.sampler)
      guard back < end, SimDuration.nanoseconds(max(1, life)) < end - back else { return }
      time = back + .nanoseconds(max(1, life))
    }
  }

  /// Adds a pod's death as one replication draws it.
  mutating func add(_ kill: Kill, seed: UInt64, replication: UInt64) {
    var random = RandomStream(seed: seed, replication: replication, name: kill.name)
    var builder = SamplingTables.Builder()
    let delay = kill.endpointDelay.map { builder.compile($0) }
    let tables = SamplingTables(builder)
    func news() -> SimDuration? {
      delay.map { .nanoseconds($0.sampleNanoseconds(using: &random, tables.sampler)) }
    }
    self.kill(kill.pod, from: kill.start, to: kill.end, endpointDelay: news(), returnDelay: news())
  }

  /// Adds a pod's death, and that proxies hear of it, and of its return by default as late.
  mutating func kill(
    _ pod: PodReference, from start: SimDuration, to end: SimDuration?,
    endpointDelay: SimDuration?, returnDelay: SimDuration? = nil
  ) {
    deaths.append(Death(pod: pod, start: start, end: end))
    add(.down, on: pod, from: start, to: end)
    guard let delay = endpointDelay else { return }
    // A pod that is back before the news has spread never leaves the lists.
    if let end, end - start <= delay { return }
    add(.leave, on: pod, from: start + delay, to: end.map { $0 + (returnDelay ?? delay) })
  }
}
