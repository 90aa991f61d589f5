public import Results
import TimeAndChance

/// `events.ndjson`: the causal log of the replication nearest the median, one object a line.
public struct EventsNDJSON: Sendable {
  private let result: RunResult

  /// The log of a result.
  public init(_ result: RunResult) { self.result = result }

  /// The whole file.
  public var text: String {
    var text = ""
    for (index, event) in result.representative.events.enumerated() {
      text += value(event, index).line + "\n"
    }
    return text
  }

  private func value(_ event: RunEvent, _ index: Int) -> JSONValue {
    let run = result.run
    func name<Element>(_ elements: [Element], _ index: Int?, _ name: (Element) -> String)
      -> JSONValue?
    {
      guard let index, elements.indices.contains(index) else { return nil }
      return .string(name(elements[index]))
    }
    var members: [String: JSONValue] = [
      "index": .count(index),
      "replication": .count(result.representative.index),
      "time_s": .number(event.at.seconds),
      "kind": .string(event.kind.rawValue),
    ]
    members["fault"] = name(run.faults, event.fault, \.name)
    members["source"] = name(run.sources, event.source, \.name)
    members["service"] = name(run.services, event.service, \.name)
    members["workload"] = name(run.workloads, event.workload, \.name)
    if let workload = event.workload, let pod = event.pod {
      members["pod"] = .string(run.podName(workload: workload, ordinal: pod))
    }
    members["proxy"] = event.proxy.map(JSONValue.string)
    members["instance"] = event.instance.map(JSONValue.count)
    if !event.detail.isEmpty { members["detail"] = .string(event.detail) }
    members["cause"] = event.cause.map(JSONValue.count)
    members["until_s"] = event.until.map { .number($0.seconds) }
    members["refused"] = event.refused.map(JSONValue.unsigned)
    members["limit"] = event.limit.map(JSONValue.count)
    return .object(members)
  }
}
