import Scenario
import Statistics
public import TimeAndChance

/// What a run produced: statistics over its replications, verdicts, and how far to trust them.
///
/// A pure function of the description and the replications: the order in which these are handed
/// over does not matter, they are taken in the order of their numbers.
public struct RunResult: Sendable, Equatable {
  /// What was run.
  public var run: RunDescription
  /// The traffic sources, in the description's order.
  public var sources: [FlowSummary]
  /// The services, in the description's order.
  public var services: [ServiceSummary]
  /// The workloads, in the description's order.
  public var workloads: [WorkloadSummary]
  /// The edges, in the description's order.
  public var edges: [FlowSummary]
  /// A verdict for each expectation.
  public var verdicts: [Verdict]
  /// The replication nearest the median: its events make the timeline.
  public var representative: ReplicationResult
  /// How many replications there were.
  public var replications: Int
  /// Events simulated in all replications together.
  public var simulatedEvents: UInt64
  /// The parts of the run that the faults make.
  public var phases: [Phase]
  /// Each source in each phase.
  public var sourcePhases: [[PhaseFigures]]
  /// Each service in each phase.
  public var servicePhases: [[PhaseFigures]]
  /// For each service and phase, how far its figures can be trusted.
  public var trust: [[TrustLabel]]
  /// What a reader should know before believing the figures.
  public var warnings: [RunWarning]
  /// How far the run came that was ended before its time; nil of a whole run.
  public var shortfall: Shortfall?

  /// Why a run is not whole, and what there is of it.
  public struct Shortfall: Sendable, Equatable {
    /// What ended it.
    public var cause: ReplicationResult.EarlyEnd
    /// The time up to which every replication was simulated.
    public var reached: SimTime
    /// How far and why.
    public init(cause: ReplicationResult.EarlyEnd, reached: SimTime) {
      self.cause = cause
      self.reached = reached
    }
  }

  /// Whether the run was ended before its time.
  public var isPartial: Bool { shortfall != nil }

  /// A service over all replications.
  public struct ServiceSummary: Sendable, Equatable {
    /// Its requests, as its pods saw them.
    public var flow: FlowSummary
    /// Its operations.
    public var operations: [FlowSummary]
    /// Its pods taken together.
    public var server: ServerSummary
  }

  /// A workload over all replications.
  public struct WorkloadSummary: Sendable, Equatable {
    /// Its requests.
    public var flow: FlowSummary
    /// Its pods taken together.
    public var server: ServerSummary
    /// Each pod.
    public var pods: [PodSummary]
  }

  /// A pod over all replications.
  public struct PodSummary: Sendable, Equatable {
    /// Tries sent to it.
    public var attempts: Estimate?
    /// Those that failed.
    public var errors: Estimate?
    /// Arrivals refused by its full queue.
    public var refused: Estimate?
    /// Requests in service, mean over time.
    public var meanBusy: Estimate?
    /// Waiting requests, mean over time.
    public var meanQueue: Estimate?
    /// Ejections, over all proxies.
    public var ejections: Estimate?
  }

  /// Whether every expectation holds, and that to the end: a partial run shows no such thing.
  public var isMet: Bool { !isPartial && verdicts.allSatisfy(\.isMet) }

  /// Whether an expectation is broken; of a partial run, already.
  public var isBroken: Bool { verdicts.contains { !$0.isMet } }

  /// The statistics of a run.
  ///
  /// - Parameters:
  ///   - run: what was run.
  ///   - results: its replications, at least one.
  ///   - wasInterrupted: whether further replications were meant to follow.
  public init(
    _ run: RunDescription, _ results: [ReplicationResult], wasInterrupted: Bool = false
  ) {
    let results = results.sorted { $0.index < $1.index }
    precondition(!results.isEmpty, "a result needs a replication at least")
    let student = StudentFactors(upTo: results.count)
    let windows = run.windows.seconds(upTo: Self.mostSamples(in: results))
    let seconds = results.map { $0.countedTime(of: run) }
    func flow(isCaller: Bool, _ pick: (ReplicationResult) -> FlowFigures?) -> FlowSummary {
      FlowSummary(
        results.map { pick($0) ?? FlowFigures() }, isCaller: isCaller, seconds: seconds,
        windows: windows, student)
    }
    func server(_ pick: (ReplicationResult) -> ServerFigures?) -> ServerSummary {
      ServerSummary(results.map { pick($0) ?? ServerFigures() }, windows: windows, student)
    }
    self.run = run
    let sources = run.sources.indices.map { index in
      flow(isCaller: true) { $0.sources.at(index) }
    }
    self.sources = sources
    edges = run.edges.indices.map { index in flow(isCaller: true) { $0.edges.at(index) } }
    let services = run.services.indices.map { index in
      ServiceSummary(
        flow: flow(isCaller: false) { $0.services.at(index)?.flow },
        operations: run.services[index].operations.indices.map { operation in
          flow(isCaller: false) { $0.services.at(index)?.operations.at(operation) }
        }, server: server { $0.services.at(index)?.server })
    }
    self.services = services
    workloads = run.workloads.indices.map { index in
      let pods = results.map { $0.workloads.at(index)?.pods.count ?? 0 }.max() ?? 0
      return WorkloadSummary(
        flow: flow(isCaller: false) { $0.workloads.at(index)?.flow },
        server: server { $0.workloads.at(index)?.server },
        pods: (0..<pods).map { pod in
          PodSummary(results.map { $0.workloads.at(index)?.pods.at(pod) }, student)
        })
    }
    replications = results.count
    simulatedEvents = results.reduce(0) { $0 + $1.simulatedEvents }
    let place = Representative.place(among: results)
    representative = results[place]
    let shortfall = Shortfall(of: results, wasInterrupted: wasInterrupted, run)
    self.shortfall = shortfall
    verdicts = Verdict.judge(run, by: results, factors: student).map { verdict in
      var verdict = verdict
      // What was left out might have broken it.
      if shortfall != nil, verdict.isMet { verdict.isCertain = false }
      verdict.firstMissed = results[place].firstMissed(
        run.expectations[verdict.expectation], in: run)
      return verdict
    }
    let phases = Phase.phases(of: run)
    self.phases = phases
    trust = services.indices.map { index in
      phases.map { phase in
        TrustLabel(
          services[index],
          in: run.windows.windows(from: phase.start, to: phase.end, upTo: .max),
          of: run.windows)
      }
    }
    let roots = phases.map { phase in
      results.map { RootRequests($0, in: phase.window, of: run) }
    }
    func figures(_ subject: Subject) -> [PhaseFigures] {
      zip(phases, roots).map { phase, roots in
        PhaseFigures(of: subject, in: phase, results, roots: roots, run, student)
      }
    }
    sourcePhases = sources.indices.map { figures(.source($0)) }
    servicePhases = services.indices.map { figures(.service($0)) }
    warnings = RunWarning.warnings(run, results, sources)
  }

  /// The length of the longest series.
  private static func mostSamples(in results: [ReplicationResult]) -> Int {
    var most = 0
    for result in results {
      for flow in result.sources + result.edges { most = max(most, flow.samples.count) }
      for service in result.services {
        most = max(most, service.flow.samples.count, service.server.samples.count)
        for operation in service.operations { most = max(most, operation.samples.count) }
      }
      for workload in result.workloads {
        most = max(most, workload.flow.samples.count, workload.server.samples.count)
      }
    }
    return most
  }
}

extension RunResult.Shortfall {
  /// What replications lack; nil when they are whole and no more were meant to follow.
  fileprivate init?(
    of results: [ReplicationResult], wasInterrupted: Bool, _ run: RunDescription
  ) {
    let torn = results.lazy.compactMap(\.earlyEnd).first
    guard let cause = torn ?? (wasInterrupted ? .interrupted : nil) else { return nil }
    let end = SimTime.zero + run.duration
    let reached = results.map { $0.earlyEnd == nil ? end : min($0.end, end) }.min() ?? end
    self.init(cause: cause, reached: reached)
  }
}

extension RunResult.PodSummary {
  fileprivate init(_ pods: [PodFigures?], _ student: StudentFactors) {
    attempts = student.estimate(pods.map { $0.map { Double($0.attempts) } })
    errors = student.estimate(pods.map { $0.map { Double($0.errors) } })
    refused = student.estimate(pods.map { $0.map { Double($0.refused) } })
    meanBusy = student.estimate(pods.map { $0?.meanBusy })
    meanQueue = student.estimate(pods.map { $0?.meanQueue })
    ejections = student.estimate(pods.map { $0.map { Double($0.ejections.count) } })
  }
}

extension Array {
  /// The element at an index; nil where there is none.
  func at(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
