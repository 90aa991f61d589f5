public import Results
import Scenario
import Statistics
import TimeAndChance

/// `summary.json`: all figures of a run, for programs.
///
/// Versioned; keys are sorted; the same result has the same bytes. Times are seconds, shares 0...1.
public struct SummaryJSON: Sendable {
  /// The version of the format; a change of meaning or a removal raises it.
  public static let formatVersion = 1

  private let result: RunResult

  /// The summary of a result.
  public init(_ result: RunResult) { self.result = result }

  /// The whole file.
  public var text: String { value.pretty }

  var value: JSONValue {
    let run = result.run
    var members: [String: JSONValue] = [
      "formatVersion": .count(Self.formatVersion),
      "scenario": .string(run.scenario),
      "about": .string(run.about),
      "version": .string(run.version),
      "seed": .unsigned(run.seed),
      "durationSeconds": .number(run.duration.inSeconds),
      "warmupSeconds": .number(run.warmup.inSeconds),
      "windowSeconds": .number(run.window.inSeconds),
      "command": .string(RepeatCommand.line(result)),
      "replications": .count(result.replications),
      "representativeReplication": .count(result.representative.index),
      "eventCount": .unsigned(result.simulatedEvents),
      "partial": .bool(result.isPartial),
      "met": .bool(result.isMet),
      "expectations": .array(result.verdicts.map(expectation)),
      "sources": .array(
        result.sources.indices.map { index in
          source(index)
        }),
      "services": .array(result.services.indices.map(service)),
      "workloads": .array(result.workloads.indices.map(workload)),
      "edges": .array(result.edges.indices.map(edge)),
      "faults": .array(run.faults.map(fault)),
      "phases": .array(
        result.phases.map { phase in
          .object([
            "name": .string(phase.name), "start": .number(phase.start.seconds),
            "end": .number(phase.end.seconds),
          ])
        }),
      "warnings": .array(
        result.warnings.map { .string(WarningText.text($0, run)) }),
      "inputs": .array(
        run.provenance.inputs.map {
          .object(["path": .string($0.path), "sha256": .string($0.sha256)])
        }),
      "defaults": .array(
        run.provenance.filledDefaults.map {
          .object([
            "subject": .string($0.subject), "field": .string($0.field),
            "value": .string($0.value), "origin": .string($0.origin),
          ])
        }),
      "policies": .array(
        run.provenance.policyPlacements.map {
          .object([
            "manifest": .string($0.manifest),
            "proxies": .array($0.proxies.map(JSONValue.string)),
          ])
        }),
      "fields": .array(
        run.provenance.fields.map {
          .object([
            "kind": .string($0.kind), "path": .string($0.path), "count": .count($0.count),
            "handling": .string("\($0.handling)"),
          ])
        }),
      "documents": .array(
        run.provenance.documents.map {
          .object([
            "kind": .string($0.kind), "count": .count($0.count), "read": .bool($0.isRead),
          ])
        }),
    ]
    if let shortfall = result.shortfall {
      members["endedEarly"] = .object([
        "cause": .string(shortfall.cause.rawValue),
        "reachedSeconds": .number(shortfall.reached.seconds),
      ])
    }
    return .object(members)
  }

  private func expectation(_ verdict: Verdict) -> JSONValue {
    let expectation = result.run.expectations[verdict.expectation]
    return .object([
      "text": .string(expectation.text),
      "file": .string(expectation.location.file),
      "line": .count(expectation.location.line),
      "met": .bool(verdict.isMet),
      "certain": .bool(verdict.isCertain),
      "unit": .string("\(verdict.unit)"),
      "measured": .optional(verdict.estimate?.mean),
      "low": .optional(verdict.interval?.low),
      "high": .optional(verdict.interval?.high),
      "values": .array(verdict.values.map(JSONValue.optional)),
      "remark": VerdictText.remark(verdict, of: result).map(JSONValue.string) ?? .null,
      "firstMissed": .optional(verdict.firstMissed?.seconds),
    ])
  }

  private func source(_ index: Int) -> JSONValue {
    var members = flow(result.sources[index])
    members["name"] = .string(result.run.sources[index].name)
    members["entry"] = .string(result.run.sources[index].entry)
    members["instances"] = .count(result.run.sources[index].instances)
    members["phases"] = phases(result.sourcePhases[index])
    return .object(members)
  }

  private func service(_ index: Int) -> JSONValue {
    let service = result.services[index]
    let description = result.run.services[index]
    var members = flow(service.flow)
    members["name"] = .string(description.name)
    members["described"] = .bool(description.isDescribed)
    members["server"] = server(service.server)
    members["operations"] = .array(
      zip(description.operations, service.operations).map { name, operation in
        var members = flow(operation)
        members["name"] = .string(name)
        return .object(members)
      })
    members["phases"] = phases(result.servicePhases[index])
    members["trust"] = .array(
      zip(result.phases, result.trust[index]).map { phase, label in
        .object([
          "phase": .string(phase.name), "state": .string(label.state.rawValue),
          "advice": .string(label.advice),
        ])
      })
    return .object(members)
  }

  private func workload(_ index: Int) -> JSONValue {
    let workload = result.workloads[index]
    let description = result.run.workloads[index]
    var members = flow(workload.flow)
    members["name"] = .string(description.name)
    members["service"] =
      result.run.services.indices.contains(description.service)
      ? .string(result.run.services[description.service].name) : .null
    members["server"] = server(workload.server)
    let shown =
      result.representative.workloads.indices.contains(index)
      ? result.representative.workloads[index] : WorkloadFigures()
    members["replicas"] = .array(
      shown.replicas.map {
        .object([
          "at": .number($0.at.seconds), "ready": .count($0.ready), "total": .count($0.total),
        ])
      })
    members["hosts"] = .array(
      workload.pods.enumerated().map { ordinal, pod in
        let ejections =
          shown.pods.indices.contains(ordinal) ? shown.pods[ordinal].ejections : []
        return .object([
          "name": .string(result.run.podName(workload: index, ordinal: ordinal)),
          "attempts": estimate(pod.attempts), "errors": estimate(pod.errors),
          "refused": estimate(pod.refused), "meanBusy": estimate(pod.meanBusy),
          "meanQueue": estimate(pod.meanQueue), "ejections": estimate(pod.ejections),
          "ejectionTimes": .array(
            ejections.map {
              .object([
                "at": .number($0.at.seconds), "released": .optional($0.released?.seconds),
                "proxy": .string($0.proxy), "instance": .count($0.instance),
                "detector": .string($0.detector),
              ])
            }),
        ])
      })
    return .object(members)
  }

  private func edge(_ index: Int) -> JSONValue {
    var members = flow(result.edges[index])
    let edge = result.run.edges[index]
    members["from"] = .string(ServiceTable.caller(index, result.run))
    members["fromKind"] =
      switch edge.from {
      case .source: .string("source")
      case .service: .string("service")
      }
    members["to"] = .string(result.run.services[edge.to].name)
    return .object(members)
  }

  private func fault(_ fault: FaultDescription) -> JSONValue {
    .object([
      "name": .string(fault.name), "text": .string(fault.text),
      "occurrences": .array(
        fault.occurrences.map {
          .object(["start": .number($0.start.seconds), "end": .number($0.end.seconds)])
        }),
    ])
  }

  /// The figures that every subject has.
  private func flow(_ flow: FlowSummary) -> [String: JSONValue] {
    let total = flow.total
    var latency: [String: JSONValue] = [
      "mean": estimate(flow.meanLatency), "max": estimate(flow.maxLatency),
    ]
    for (name, estimate) in zip(["p50", "p90", "p95", "p99", "p999"], flow.latency) {
      latency[name] = self.estimate(estimate)
    }
    return [
      "offered": .unsigned(total.offered),
      "dropped": .unsigned(total.dropped),
      "completed": .unsigned(total.completed),
      "errors": .unsigned(total.errors),
      "openAtStart": .unsigned(total.openAtStart),
      "open": .unsigned(total.open),
      "attempts": .unsigned(total.attempts),
      "retries": .unsigned(total.retries),
      "retriesDenied": .object([
        "budget": .unsigned(total.retriesRefused.budget),
        "overflow": .unsigned(total.retriesRefused.overflow),
        "bucket": .unsigned(total.retriesRefused.bucket),
        "breaker": .unsigned(total.retriesRefused.breaker),
      ]),
      "byStatus": .object(
        .init(
          total.statuses.map {
            ($0.status == 0 ? "none" : "\($0.status)", .unsigned($0.count))
          }, uniquingKeysWith: { first, _ in first })),
      "byFlag": .object(
        .init(
          total.flags.map { ($0.flags, .unsigned($0.count)) },
          uniquingKeysWith: { first, _ in first })),
      "offeredPerSecond": estimate(flow.offeredRate),
      "goodputPerSecond": estimate(flow.goodput),
      "attemptsPerSecond": estimate(flow.tryRate),
      "errorRate": estimate(flow.errorRate),
      "rejectedRate": estimate(flow.rejectedRate),
      "retriesPerRequest": estimate(flow.retriesPerRequest),
      "retriesDeniedPerRequest": estimate(flow.retriesRefusedPerRequest),
      "latencySeconds": .object(latency),
      "lastFailure": .optional(total.lastFailure?.seconds),
    ]
  }

  private func server(_ server: ServerSummary) -> JSONValue {
    .object([
      "meanQueue": estimate(server.meanQueue), "peakQueue": estimate(server.peakQueue),
      "meanBusy": estimate(server.meanBusy), "utilisation": estimate(server.utilisation),
      "refused": estimate(server.refused), "unheard": estimate(server.unheard),
      "connectionsAccepted": estimate(server.connectionsAccepted),
      "ejections": estimate(server.ejections), "restarts": estimate(server.restarts),
      "throttledSeconds": estimate(server.throttled),
    ])
  }

  private func phases(_ figures: [PhaseFigures]) -> JSONValue {
    .array(
      zip(result.phases, figures).map { phase, figures in
        .object([
          "phase": .string(phase.name), "perSecond": estimate(figures.rate),
          "errorRate": estimate(figures.errorRate), "p50Seconds": estimate(figures.p50),
          "p99Seconds": estimate(figures.p99),
          "triesPerRequest": estimate(figures.triesPerRequest),
          "meanQueue": estimate(figures.meanQueue), "utilisation": estimate(figures.utilisation),
        ])
      })
  }

  /// A mean and its interval; null when no replication has the figure.
  private func estimate(_ estimate: Estimate?) -> JSONValue {
    guard let estimate else { return .null }
    return .object([
      "mean": .number(estimate.mean), "low": .number(estimate.low), "high": .number(estimate.high),
      "replications": .count(estimate.count),
    ])
  }
}
