import EventKernel
import Statistics
import TimeAndChance

/// A model that is written directly on the event kernel.
protocol KernelModel: QueueingModel {
  /// How long it runs.
  var plan: KernelPlan { get }
  /// Plays a replication to its end.
  func play(_ run: inout KernelRun)
}

extension KernelModel {
  func run(_ metrics: [QueueingRow.Metric], replication: UInt64) -> [Double?] {
    var run = KernelRun(plan, replication: replication)
    play(&run)
    run.checkConservation()
    return metrics.map { run.value(of: $0) }
  }
}

/// One replication on the event kernel: pending events, and what became of the requests.
///
/// A model takes ``next()`` until it is nil and reports each arrival, each departure and each change
/// of a level; the run knows which of them count.
struct KernelRun: ~Copyable {
  /// What is still to happen; kinds below 250 are the model's.
  var queue = EventQueue()
  /// Metrics that only the model knows, by name.
  var own: [String: Double] = [:]
  /// Workers, for the utilisation.
  var servers = 1

  /// How long the run is.
  let plan: KernelPlan
  /// The replication's number.
  let replication: UInt64
  private let sampler = Sampler.standard

  private var number = TimeWeightedAverage()
  private var busy = TimeWeightedAverage()
  private var level = TimeWeightedAverage()
  private var waits = LatencyRecorder()
  private var sojourns = LatencyRecorder()
  private var arrived = 0
  private var delayed = 0
  private var served = 0
  private var lost = 0
  private var tries = 0
  /// Requests served within the counted time, whenever they arrived.
  private var completions = 0
  private var hasEnded = false
  private var averages = (number: 0.0, busy: 0.0, level: 0.0)

  private static let warmupEnds: UInt8 = 250
  private static let countingEnds: UInt8 = 251

  /// A run in which nothing has happened yet.
  init(_ plan: KernelPlan, replication: UInt64) {
    self.plan = plan
    self.replication = replication
    queue.schedule(after: plan.begin - .zero, kind: Self.warmupEnds, handle: 0)
    queue.schedule(after: plan.end - .zero, kind: Self.countingEnds, handle: 0)
  }

  /// The present.
  var now: SimTime { @inline(__always) get { queue.now } }

  /// The stream of one purpose.
  func stream(_ purpose: String) -> RandomStream { plan.stream(purpose, replication) }

  /// A draw as a delay; what outlasts every run is cut.
  @inline(__always)
  func draw(_ law: CompiledDistribution, _ random: inout RandomStream) -> SimDuration {
    SimDuration(nanoseconds: min(law.sampleNanoseconds(using: &random, sampler), 1 << 54))
  }

  /// The model's next event; nil once every request that counts has left.
  ///
  /// `isRunning` tells which timers are still held, see ``EventQueue/next(isRunning:)``.
  @inline(__always)
  mutating func next(isRunning: (Event) -> Bool = { _ in true }) -> Event? {
    while !hasEnded || served + lost < arrived {
      guard let event = queue.next(isRunning: isRunning) else { return nil }
      if event.kind < Self.warmupEnds { return event }
      mark(event.kind)
    }
    return nil
  }

  private mutating func mark(_ kind: UInt8) {
    let nanoseconds = now.nanoseconds
    if kind == Self.warmupEnds {
      number.restart(at: nanoseconds)
      busy.restart(at: nanoseconds)
      level.restart(at: nanoseconds)
    } else {
      hasEnded = true
      averages = (
        number.average(at: nanoseconds), busy.average(at: nanoseconds),
        level.average(at: nanoseconds)
      )
    }
  }

  /// True for a request that arrived, or a departure that happened, in the counted time.
  @inline(__always) func counts(_ time: SimTime) -> Bool { time >= plan.begin && time < plan.end }

  // MARK: What a model reports

  /// So many workers are busy from now on.
  @inline(__always) mutating func setBusy(_ workers: Int) {
    busy.set(Int64(workers), at: now.nanoseconds)
  }

  /// A level that only some models have: clients in orbit, or 1 while the server is up.
  @inline(__always) mutating func setLevel(_ value: Int) {
    level.set(Int64(value), at: now.nanoseconds)
  }

  /// The model's own level rises, or falls by a negative number.
  @inline(__always) mutating func changeLevel(by change: Int) {
    level.add(Int64(change), at: now.nanoseconds)
  }

  /// A request arrives now; `waits` when it finds no free worker.
  @inline(__always) mutating func arrive(waits: Bool) {
    number.add(1, at: now.nanoseconds)
    guard counts(now) else { return }
    arrived += 1
    if waits { delayed += 1 }
  }

  /// A request leaves now, served, after so long a wait and that many tries.
  @inline(__always)
  mutating func depart(arrival: SimTime, wait: SimDuration, tries count: Int = 1) {
    number.add(-1, at: now.nanoseconds)
    if counts(now) { completions += 1 }
    guard counts(arrival) else { return }
    served += 1
    tries += count
    waits.record(wait.nanoseconds)
    sojourns.record((now - arrival).nanoseconds)
  }

  /// A request leaves now without service; its wait counts only where the family says so.
  @inline(__always) mutating func giveUp(arrival: SimTime, waitCounts: Bool) {
    number.add(-1, at: now.nanoseconds)
    guard counts(arrival) else { return }
    lost += 1
    if waitCounts { waits.record((now - arrival).nanoseconds) }
  }
}

extension KernelRun {
  /// Stops the program when a request that counts was lost sight of: the model is wrong then.
  func checkConservation() {
    precondition(
      hasEnded && arrived == served + lost,
      "\(plan.family): \(arrived) arrivals, \(served) served, \(lost) left unserved")
  }

  /// The value of a metric in the row's unit of time; nil for one that no kernel model has.
  func value(of metric: QueueingRow.Metric) -> Double? {
    if let value = own[metric.name] { return value }
    switch metric.name {
    case "utilisation": return averages.busy / Double(servers)
    case "mean_busy": return averages.busy
    case "mean_number": return averages.number
    case "mean_wait": return waits.histogram.mean.map(plan.units)
    case "wait_tail": return tail(waits.histogram, metric)
    case "mean_sojourn": return sojourns.histogram.mean.map(plan.units)
    case "sojourn_tail": return tail(sojourns.histogram, metric)
    case "sojourn_quantile":
      return metric.at.flatMap { sojourns.histogram.quantile($0) }.map(plan.units)
    case "probability_wait": return share(delayed)
    case "abandoned", "dropped": return share(lost)
    case "success": return share(served)
    case "attempts": return served > 0 ? Double(tries) / Double(served) : nil
    case "throughput", "goodput":
      return Double(completions) / plan.units(Double((plan.end - plan.begin).nanoseconds))
    default: return nil
    }
  }

  /// The time average of the model's own level, known at the end.
  var meanLevel: Double { averages.level }

  private func share(_ part: Int) -> Double? {
    arrived > 0 ? Double(part) / Double(arrived) : nil
  }

  private func tail(_ times: LatencyHistogram, _ metric: QueueingRow.Metric) -> Double? {
    metric.at.map { times.share(above: $0 * plan.unit.seconds * 1e9) }
  }
}
