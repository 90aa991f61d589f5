import Scenario
import TimeAndChance

/// A fault as it is written.
struct FaultDraft {
  var name: Located<String>?
  var at: Located<SimDuration>?
  var length: Located<SimDuration>?
  var repetition: Fault.Repeat?
  var effect: EffectDraft?
}

/// An effect whose targets are still words.
enum EffectDraft {
  typealias Targets = Located<[Located<String>]>
  case kill(Targets)
  case crashLoop(Targets, uptime: Distribution)
  case slow(Targets, factor: Double)
  case hang(Targets)
  case fail(Targets, status: Int, share: Double, timing: FaultEffect.ErrorTiming)
  case stealCPU(Targets, share: Double)
  case network(NetworkFaultDraft, NetworkFault.Effect)
  case unreachable(Located<String>, silent: Bool)
}

struct NetworkFaultDraft {
  var from: EffectDraft.Targets?
  var to: EffectDraft.Targets?
  var direction = NetworkFault.Direction.both
  var latency: Distribution?
  var share: Double?
}

private struct EffectParameters {
  var pods: EffectDraft.Targets?
  var factor: Double?
  var status = 503
  var share: Double?
  var timing = FaultEffect.ErrorTiming.atOnce
  var uptime: Distribution?
  var service: Located<String>?
  var isSilent = false
}

extension Format where Value == FaultDraft {
  private static var effectKeys: [String] {
    [
      "kill", "crashLoop", "slow", "hang", "fail", "stealCPU", "delay", "loss", "partition",
      "hold", "unreachable",
    ]
  }

  static var fault: Format {
    Format.object(
      FaultDraft.init, rules: [.exactlyOne(effectKeys)],
      [
        .optional("name", .locatedName, \.name, "The name by which expectations speak of it."),
        .required("at", .locatedDuration(), \.at, "When, from the start of the run."),
        .optional(
          "for", .locatedDuration(.microseconds(1)...(.longestInFiles)), \.length,
          "How long; to the run's end by default, for kill until the pod is back."),
        .optional("repeat", .repetition, \.repetition, "Again and again."),
      ] + effectFields
    ).named("Fault")
  }

  private static var effectFields: [FieldFormat<FaultDraft>] {
    let pods = FieldFormat<EffectParameters>.required(
      "pods", .targets, \.pods, "Which pods: timeline-2, timeline, 2 of timeline, zone a, node n.")
    return [
      .optional(
        "kill", Format<EffectDraft.Targets>.targets.map { .kill($0) }, \.effect,
        "Pods die, and are back when the fault ends."),
      .optional(
        "hang", Format<EffectDraft.Targets>.targets.map { .hang($0) }, \.effect,
        "Requests that arrive are never answered."),
      .optional(
        "crashLoop",
        .parameters([
          pods, .required("uptime", .distribution, \.uptime, "How long a pod lives each time."),
        ]) { values in
          guard let pods = values.pods, let uptime = values.uptime else { return nil }
          return .crashLoop(pods, uptime: uptime)
        }, \.effect, "Pods die, come back after the kubelet's back-off, and die again."),
      .optional(
        "slow",
        .parameters([
          pods,
          .required(
            "factor", .number(0...1e9, isExclusiveBelow: true), \.factor,
            "By how much service times are multiplied."),
        ]) { values in
          guard let pods = values.pods, let factor = values.factor else { return nil }
          return .slow(pods, factor: factor)
        }, \.effect, "Service times are longer."),
      .optional("fail", .failing(pods), \.effect, "A share of requests is answered with an error."),
      .optional(
        "stealCPU",
        .parameters([
          pods, .required("share", .percent(0...0.999), \.share, "What neighbours take."),
        ]) { values in
          guard let pods = values.pods, let share = values.share else { return nil }
          return .stealCPU(pods, share: share)
        }, \.effect, "Neighbours take a share of the processors."),
      .optional("unreachable", .unreachable, \.effect, "Connections to a service fail."),
      .optional("delay", .delay, \.effect, "The network between two sets takes longer."),
      .optional("loss", .loss, \.effect, "The network between two sets loses packets."),
      .optional("partition", .cut(.partition), \.effect, "Nothing arrives between two sets."),
      .optional(
        "hold", .cut(.heldBack), \.effect,
        "Nothing arrives between two sets until the end; then everything at once."),
    ]
  }
}

extension Format where Value == Fault.Repeat {
  fileprivate static var repetition: Format {
    Format<RepeatDraft>.object(
      RepeatDraft.init,
      [
        .required("every", .atLeastMicrosecond, \.every, "From one start to the next."),
        .optional("times", .integer(1...1_000_000), \.times, "How often in all."),
      ]
    ).map { Fault.Repeat(every: $0.every, times: $0.times) }
  }
}

extension Format where Value == EffectDraft.Targets {
  /// One target or a list of them.
  static var targets: Format {
    Format<[Located<String>]>.byKind(
      scalar: Format<String>.name.located.map { [$0] },
      list: .list(of: .locatedName, minimum: 1), expected: "a name or a list of names",
      help: { node, key in
        // As effects with parameters have it.
        node["pods"]?.flow.map { "write \(key): \($0)" }
      }
    ).located
  }
}

extension Format where Value == EffectDraft {
  fileprivate static func parameters(
    _ fields: [FieldFormat<EffectParameters>],
    _ effect: @escaping (EffectParameters) -> EffectDraft?
  ) -> Format {
    Format<EffectParameters>.object(EffectParameters.init, fields)
      .checked { values, _, _ in effect(values) }
  }

  fileprivate static func failing(_ pods: FieldFormat<EffectParameters>) -> Format {
    .parameters([
      pods, .optional("status", .integer(400...599), \.status, "The status; 503 by default."),
      .optional("share", .percent(), \.share, "The share of requests; 100% by default."),
      .optional(
        "answer", .choice([("atOnce", .atOnce), ("afterService", .afterService)]), \.timing,
        "atOnce (default: no queue, no work) or afterService."),
    ]) { values in
      values.pods.map {
        .fail($0, status: values.status, share: values.share ?? 1, timing: values.timing)
      }
    }
  }

  fileprivate static var unreachable: Format {
    let service = Format<String>.name.located
    return .byKind(
      scalar: service.map { .unreachable($0, silent: false) },
      mapping: .parameters([
        .required("service", service, \.service, "The service."),
        .optional(
          "silent", .boolean, \.isSilent,
          "Whether connections get no answer at all; false by default: they are refused."),
      ]) { values in values.service.map { .unreachable($0, silent: values.isSilent) } },
      expected: "a service or a mapping")
  }

  private static func network(
    _ extra: [FieldFormat<NetworkFaultDraft>],
    _ effect: @escaping (NetworkFaultDraft) -> NetworkFault.Effect?
  ) -> Format {
    let fields: [FieldFormat<NetworkFaultDraft>] = [
      .required("from", .targets, \.from, "One side: pods, zone a, node n, outside, gateway."),
      .required("to", .targets, \.to, "The other side."),
      .optional(
        "direction", .choice([("both", .both), ("forward", .forward)]), \.direction,
        "both (default), or forward: only what goes from the one side to the other."),
    ]
    return Format<NetworkFaultDraft>.object(NetworkFaultDraft.init, fields + extra)
      .checked { draft, _, _ in effect(draft).map { .network(draft, $0) } }
  }

  fileprivate static var delay: Format {
    .network([.required("by", .distribution, \.latency, "How much longer, each way.")]) {
      $0.latency.map { .delay($0) }
    }
  }

  fileprivate static var loss: Format {
    .network([.required("share", .percent(), \.share, "The share of packets.")]) {
      $0.share.map { .loss(share: $0) }
    }
  }

  fileprivate static func cut(_ effect: NetworkFault.Effect) -> Format {
    .network([]) { _ in effect }
  }
}

private struct RepeatDraft {
  var every = SimDuration.zero
  var times: Int?
}
