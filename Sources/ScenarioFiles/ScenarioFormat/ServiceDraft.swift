import Scenario
import TimeAndChance

/// How the pods of a service, or of one version of it, are and behave; nil: as elsewhere stated.
struct PodsDraft {
  enum Workers {
    case limited(Int)
    case unlimited
  }
  struct CPUDraft {
    var request: Int?
    var limit: Int?
  }
  var pods: Located<Int>?
  var nodes: Located<[Located<String>]>?
  var workers: Workers?
  var queue: WorkQueue?
  var abandoned: AbandonedWork?
  var holdsWorker: Bool?
  var cpu: Located<CPUDraft>?
  var startup: SimDuration?
  var operations: [Named<[StepDraft]>] = []
}

/// A service as it is written.
struct ServiceDraft {
  var common = PodsDraft()
  var port: Located<Int>?
  var forwardHeaders: [String] = []
  var versions: [Named<PodsDraft>] = []
}

extension Format where Value == ServiceDraft {
  static var service: Format {
    .object(
      ServiceDraft.init,
      PodsDraft.fields(below: \ServiceDraft.common) + [
        .optional(
          "port", .locatedInteger(1...65535), \.port,
          "The port that calls use; by default the first HTTP port of the Service."),
        .optional(
          "forwardHeaders", .list(of: Format<String>.name.map { $0.lowercased() }),
          \.forwardHeaders, "Headers of a request that its calls carry on."),
        .optional(
          "versions", .map(of: .version, names: "version"), \.versions,
          "What differs by version label or Deployment name."),
      ]
    ).named("Service")
  }
}

extension Format where Value == PodsDraft {
  static var version: Format {
    Format.object(PodsDraft.init, PodsDraft.fields(below: \PodsDraft.self)).named("Version")
  }
}

extension PodsDraft {
  /// The keys that services and their versions share.
  static func fields<Draft>(
    below base: WritableKeyPath<Draft, PodsDraft>
  ) -> [FieldFormat<Draft>] {
    [
      .optional(
        "pods", .locatedInteger(0...ReadingLimits.replicas), base.appending(path: \.pods),
        "The number of pods, where no manifest states replicas; 1 by default."),
      .optional(
        "nodes", Format<[Located<String>]>.list(of: .locatedName, minimum: 1).located,
        base.appending(path: \.nodes),
        "Nodes or zones on which pods are placed in turn; all by default."),
      .optional(
        "workers",
        Format<Int>.integer(1...1_000_000).map { .limited($0) }.or("unlimited", .unlimited),
        base.appending(path: \.workers),
        "Requests that a pod works on at once; 200 by default, or unlimited."),
      .optional(
        "queue", .queue, base.appending(path: \.queue),
        "Requests that wait for a worker: a limit, or a mapping; unbounded by default."),
      .optional(
        "abandoned",
        .choice([
          ("finish", .finished), ("dropAtStart", .droppedAtStart), ("dropAtOnce", .droppedAtOnce),
        ]), base.appending(path: \.abandoned),
        "What becomes of work whose caller has gone; finish by default."),
      .optional(
        "holdWorkerWhileCalling", .boolean, base.appending(path: \.holdsWorker),
        "Whether a worker waits while a call is out; true by default."),
      .optional(
        "cpu",
        Format<CPUDraft>.object(
          CPUDraft.init,
          [
            .optional("request", .cpu, \.request, "requests.cpu."),
            .optional("limit", .cpu, \.limit, "limits.cpu, served in periods of 100 ms."),
          ]
        ).located, base.appending(path: \.cpu),
        "The pod's CPU, where no manifest states it; no limit by default."),
      .optional(
        "startup", .duration(), base.appending(path: \.startup),
        "From a container's start to its first request; 10s by default."),
      .optional(
        "operations", .map(of: .steps, names: "operation"), base.appending(path: \.operations),
        "What it can be asked for, and the steps of each: GET /me: [...]."),
    ]
  }
}

extension Format where Value == WorkQueue {
  static var queue: Format {
    let limit = Format<Int>.integer(0...1_000_000_000)
    let mapping = Format<QueueDraft>.object(
      QueueDraft.init,
      [
        .optional("limit", limit, \.limit, "Requests that may wait; unbounded by default."),
        .optional(
          "order", .choice([("fifo", .firstInFirstOut), ("lifo", .lastInFirstOut)]), \.order,
          "Who is served next; fifo by default."),
        .optional(
          "whenFull",
          .choice([("refuse", .refuse), ("silent", .silent), ("dropOldest", .dropOldest)]),
          \.whenFull,
          "refuse answers at once (default); silent lets the caller wait; dropOldest refuses the "
            + "longest waiting."),
        .optional("status", .integer(400...599), \.status, "The status of a refusal; 503."),
      ])
    return .byKind(
      scalar: limit.map { WorkQueue(limit: $0) }.or("unbounded", WorkQueue()),
      mapping: mapping.map(\.queue), expected: "a limit, unbounded, or a mapping")
  }
}

private struct QueueDraft {
  enum WhenFull {
    case refuse
    case silent
    case dropOldest
  }
  var limit: Int?
  var order = WorkQueue.Order.firstInFirstOut
  var whenFull = WhenFull.refuse
  var status = 503

  var queue: WorkQueue {
    let overflow: WorkQueue.Overflow =
      switch whenFull {
      case .refuse: .refused(status: status)
      case .silent: .silent
      case .dropOldest: .oldestDropped(status: status)
      }
    return WorkQueue(limit: limit, order: order, overflow: overflow)
  }
}
