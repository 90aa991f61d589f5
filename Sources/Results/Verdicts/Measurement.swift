public import Scenario
import Statistics
import TimeAndChance

/// A figure of one replication, or why there is none.
public enum Measurement: Sendable, Equatable {
  /// The figure, in its metric's unit.
  case value(Double)
  /// No request reached the subject in that window.
  case noTraffic
  /// Requests were under way and none ended in that window.
  case nothingEnded
  /// Requests ended and none of them well, so their latency is no answer; the latency is given.
  case noGoodput(Double)
  /// The replication holds no such figure.
  case notRecorded

  /// The figure, if there is one that may count.
  public var number: Double? {
    if case .value(let value) = self { return value }
    return nil
  }
}

extension ReplicationResult {
  /// A figure of a subject.
  ///
  /// Over the whole counted run it comes from the exact counters. Over a part of it, it comes from
  /// the series, which has an edge wherever a part begins or ends (``WindowGrid``); where there
  /// were too many for that, windows count that begin within it.
  public func measure(
    _ metric: Metric, of subject: Subject, in window: TimeWindow, of run: RunDescription
  ) -> Measurement {
    measure(metric, of: subject, in: window, of: run, roots: nil)
  }

  /// The same, where the requests of all sources in that window may be known.
  func measure(
    _ metric: Metric, of subject: Subject, in window: TimeWindow, of run: RunDescription,
    roots: RootRequests?
  ) -> Measurement {
    guard let stretch = stretch(of: subject, in: window, of: run) else { return .notRecorded }
    return measure(metric, in: stretch, of: subject, in: window, of: run, roots: roots)
  }

  /// The sums over a part of the run; nil when there are no such figures.
  func stretch(of subject: Subject, in window: TimeWindow, of run: RunDescription) -> Stretch? {
    flow(of: subject, in: run).flatMap { stretch(of: $0, server(of: subject), in: window, of: run) }
  }

  private func stretch(
    of flow: FlowFigures, _ server: ServerFigures?, in window: TimeWindow, of run: RunDescription
  ) -> Stretch? {
    if window == .counted {
      return Stretch(whole: flow, server: server, counted: countedTime(of: run))
    }
    let windows = run.windows(in: window, upTo: flow.samples.count)
    guard !windows.isEmpty else { return nil }
    return Stretch(windows, of: flow, server: server, in: run.windows)
  }

  /// A figure of a subject from its sums.
  ///
  /// Whoever asks of many subjects in the same window counts the requests of all sources once.
  func measure(
    _ metric: Metric, in stretch: Stretch, of subject: Subject, in window: TimeWindow,
    of run: RunDescription, roots: RootRequests? = nil
  ) -> Measurement {
    switch metric {
    case .trafficShare: return trafficShare(of: subject, in: window, of: run)
    case .triesPerRequest where !subject.isCaller:
      let roots = roots ?? RootRequests(self, in: window, of: run)
      return roots.count.map { count in
        count == 0 ? .noTraffic : .value(stretch.attempts / count)
      } ?? .notRecorded
    default: return stretch.measure(metric)
    }
  }

  /// The share of errors that the callers of a service saw; nil when none of their calls ended.
  func callersErrorRate(
    of service: Int, in window: TimeWindow, of run: RunDescription
  ) -> Double? {
    var errors = 0.0
    var ended = 0.0
    for (number, edge) in run.edges.enumerated() where edge.to == service {
      guard edges.indices.contains(number),
        let stretch = stretch(of: edges[number], nil, in: window, of: run)
      else { continue }
      errors += stretch.errors
      ended += stretch.ended
    }
    return ended > 0 ? errors / ended : nil
  }

  /// The requests of a subject; nil when it is not part of this run.
  func flow(of subject: Subject, in run: RunDescription) -> FlowFigures? {
    switch subject {
    case .source(let index): sources.indices.contains(index) ? sources[index] : nil
    case .service(let index): services.indices.contains(index) ? services[index].flow : nil
    case .operation(let service, let operation):
      services.indices.contains(service)
        && services[service].operations.indices.contains(operation)
        ? services[service].operations[operation] : nil
    case .workload(let index): workloads.indices.contains(index) ? workloads[index].flow : nil
    case .edge(let from, let to):
      run.edge(from: .service(from), to: to).flatMap {
        edges.indices.contains($0) ? edges[$0] : nil
      }
    }
  }

  private func server(of subject: Subject) -> ServerFigures? {
    switch subject {
    case .service(let index): services.indices.contains(index) ? services[index].server : nil
    case .workload(let index): workloads.indices.contains(index) ? workloads[index].server : nil
    case .source, .operation, .edge: nil
    }
  }

  /// The length of the counted time, in seconds; shorter when the run ended early.
  func countedTime(of run: RunDescription) -> Double {
    let planned = run.counted.inSeconds
    guard earlyEnd != nil else { return planned }
    return max(0, min(planned, end.seconds - run.warmup.inSeconds))
  }

  private func trafficShare(
    of subject: Subject, in window: TimeWindow, of run: RunDescription
  ) -> Measurement {
    guard case .workload(let workload) = subject, run.workloads.indices.contains(workload) else {
      return .notRecorded
    }
    let service = Subject.service(run.workloads[workload].service)
    let part = measure(.tryRate, of: subject, in: window, of: run)
    let whole = measure(.tryRate, of: service, in: window, of: run)
    guard case .value(let arrivals) = part, case .value(let all) = whole else {
      return .notRecorded
    }
    return all == 0 ? .noTraffic : .value(arrivals / all)
  }
}

/// The requests of all sources of a replication in a window.
struct RootRequests {
  /// How many were begun; nil when a series is missing.
  let count: Double?

  init(_ result: ReplicationResult, in window: TimeWindow, of run: RunDescription) {
    var sum = 0.0
    for source in result.sources {
      if window == .counted {
        sum += Double(source.offered)
        continue
      }
      guard !source.samples.isEmpty else {
        count = nil
        return
      }
      for index in run.windows(in: window, upTo: source.samples.count) {
        sum += Double(source.samples[index].offered)
      }
    }
    count = sum
  }
}

extension Subject {
  /// Whether the figures are those of somebody who sends tries, not of somebody who gets them.
  var isCaller: Bool {
    switch self {
    case .source, .edge: true
    case .service, .operation, .workload: false
    }
  }

  /// The service whose pods' view this is; nil when it is that of a caller.
  func service(in run: RunDescription) -> Int? {
    switch self {
    case .service(let index), .operation(let index, _): index
    case .workload(let index):
      run.workloads.indices.contains(index) ? run.workloads[index].service : nil
    case .source, .edge: nil
    }
  }
}

extension RunDescription {
  /// The windows that begin within a part of the run, in order.
  func windows(in part: TimeWindow, upTo count: Int) -> [Int] {
    switch part {
    case .counted:
      return Array(windows.windows(from: .zero + warmup, to: .zero + duration, upTo: count))
    case .between(let start, let end):
      return Array(windows.windows(from: start, to: end, upTo: count))
    case .during(let fault):
      guard faults.indices.contains(fault) else { return [] }
      return faults[fault].occurrences.flatMap {
        windows.windows(from: $0.start, to: $0.end, upTo: count)
      }
    }
  }
}
