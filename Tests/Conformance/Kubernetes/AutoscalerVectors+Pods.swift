import Orchestration
import TimeAndChance
import Yams

extension AutoscalerVectors {
  /// A pod of a vector: its state, and its samples and requests whatever the metric.
  struct Pod: Sendable {
    let name: String
    let state: AutoscaledPod
    private let sampleTime: SimTime
    private let sampleWindow: SimDuration
    private let cpu: Resource
    private let memory: Resource
    private let containers: [Container]

    /// Usage and request in thousandths.
    private struct Resource: Sendable {
      var usage: Int64?
      var request: Int64?
    }

    private struct Container: Sendable {
      let name: String
      let cpu: Resource
    }

    init(_ fields: Fields) throws {
      name = try fields.string("name")
      let phase: AutoscaledPod.Phase
      switch try fields.optionalString("phase") ?? "Running" {
      case "Pending": phase = .pending
      case "Running": phase = .running
      case "Succeeded": phase = .succeeded
      case "Failed": phase = .failed
      case "Unknown": phase = .unknown
      case let word: throw fields.fail("phase", "is no phase of a pod: '\(word)'")
      }
      let ready: AutoscaledPod.ReadyCondition
      if fields.has("ready"), fields.node("ready") == nil {
        ready = .absent
      } else if fields.node("ready")?.scalar?.string == "Unknown" {
        ready = .unknown
      } else {
        ready = try fields.bool("ready", default: true) ? .ready : .notReady
      }
      let startAge = try fields.duration("start_age_s")
      let hasStart = startAge != nil || !fields.has("start_age_s")
      let started = now - (startAge ?? .seconds(3600))
      let change = try fields.duration("ready_change_age_s").map { now - $0 } ?? started
      state = AutoscaledPod(
        phase: phase, ready: ready, startTime: hasStart ? started : .never, readyChange: change,
        isDeleting: try fields.bool("deleting", default: false))
      sampleTime = now - (try fields.duration("sample_age_s") ?? .zero)
      sampleWindow = try fields.duration("sample_window_s") ?? .seconds(60)
      containers =
        try fields.fieldsList("containers")?.map {
          Container(
            name: try $0.string("name"),
            cpu: Resource(
              usage: try $0.optionalInt("usage_milli"), request: try $0.optionalInt("request_milli")
            ))
        } ?? []
      var cpu = Resource(
        usage: try fields.optionalInt("usage_milli"),
        request: try fields.optionalInt("request_milli"))
      if !containers.isEmpty {
        cpu.usage = cpu.usage ?? Self.sum(containers.map(\.cpu.usage))
        cpu.request = cpu.request ?? Self.sum(containers.map(\.cpu.request))
      }
      self.cpu = cpu
      memory = Resource(
        usage: try fields.mebibytes("memory_usage_mi"),
        request: try fields.mebibytes("memory_request_mi"))
    }

    /// The sum of what all have; nil when any has none.
    private static func sum(_ values: [Int64?]) -> Int64? {
      var sum: Int64 = 0
      for value in values {
        guard let value else { return nil }
        sum += value
      }
      return sum
    }

    /// The pod's sample, or that of one of its containers.
    func sample(isMemory: Bool, container: String?) -> PodSample {
      let usage: Int64?
      if let container {
        usage = containers.first { $0.name == container }?.cpu.usage
      } else {
        usage = isMemory ? memory.usage : cpu.usage
      }
      guard let usage else { return .missing }
      return PodSample(value: usage, timestamp: sampleTime, window: sampleWindow)
    }

    /// The pod's requests: of its containers where they are listed, else of the whole pod.
    func requests(isMemory: Bool) -> PodRequests {
      if isMemory || containers.isEmpty {
        return PodRequests(containers: [
          .init(name: name, requestMilli: isMemory ? memory.request : cpu.request)
        ])
      }
      return PodRequests(
        containers: containers.map { .init(name: $0.name, requestMilli: $0.cpu.request) })
    }
  }

  static func pods(_ input: Fields) throws -> [Pod] {
    try input.fieldsList("pods")?.map { try Pod($0) } ?? []
  }

  static func strays(_ input: Fields) throws -> [Int64] {
    try input.optionalList("extra_samples_milli")?.map {
      try Fields.int($0, "extra_samples_milli")
    } ?? []
  }
}

extension AutoscalerVectors.Fields {
  /// Mebibytes as thousandths of bytes.
  fileprivate func mebibytes(_ key: String) throws -> Int64? {
    try optionalInt(key, in: 0...1_000_000_000).map { $0 * 1_048_576_000 }
  }
}
