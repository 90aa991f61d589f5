import Scenario
import TimeAndChance

/// A step as it is written.
indirect enum StepDraft {
  case cpu(Distribution)
  case wait(Distribution)
  case call(CallDraft)
  case parallel([[StepDraft]])
  case branch([BranchDraft])
  case loop(LoopDraft)
  case fail(status: Int, share: Double)
}

struct CallDraft {
  var to: Located<String>?
  var headers: [Named<String>] = []
  var client = ClientPolicy.plain
  var onFailure = Call.FailureHandling.fails(status: 503)
  var port: Located<Int>?
}

struct BranchDraft {
  var weight = 1.0
  var steps: [StepDraft] = []
}

struct LoopDraft {
  var times: Located<Int>?
  var again: Located<Double>?
  var steps: [StepDraft] = []

  /// How often it runs.
  var repetition: Repetition {
    again.map { .again(probability: $0.value) } ?? .times(times?.value ?? 0)
  }
}

extension Format where Value == [StepDraft] {
  /// Steps in order; nothing at all answers at once.
  static var steps: Format {
    .recursive("Steps") { .list(of: .step, allowsNothing: true) }
  }
}

extension Format where Value == StepDraft {
  static var step: Format {
    Format.oneKey([
      Alternative(
        "cpu", Format<Distribution>.distribution.map { .cpu($0) },
        "Needs that much CPU time, under the pod's limit."),
      Alternative(
        "wait", Format<Distribution>.distribution.map { .wait($0) },
        "Passes that much time without CPU."),
      Alternative(
        "call", Format<CallDraft>.call.map { .call($0) },
        "Calls another service: 'member GET /me', or a mapping."),
      Alternative(
        "parallel",
        Format<[[StepDraft]]>.list(of: .branchSteps, minimum: 1).map { .parallel($0) },
        "Runs steps or lists of steps at once, and waits for all."),
      Alternative(
        "branch", Format<[BranchDraft]>.list(of: .branch, minimum: 1).map { .branch($0) },
        "Runs one of several lists of steps, drawn by weight."),
      Alternative(
        "loop", Format<LoopDraft>.loop.map { .loop($0) }, "Runs steps again and again."),
      Alternative(
        "fail", .fail, "Answers with that status: 500, or {status, share}."),
    ]).named("Step")
  }

  private static var fail: Format {
    let status = Format<Int>.integer(200...599)
    let mapping = Format<FailDraft>.object(
      FailDraft.init,
      [
        .optional("status", status, \.status, "The status; 500 by default."),
        .optional("share", .percent(), \.share, "The share of requests; 100% by default."),
      ])
    return .byKind(
      scalar: status.map { .fail(status: $0, share: 1) },
      mapping: mapping.map { .fail(status: $0.status, share: $0.share) },
      expected: "a status or a mapping")
  }
}

private struct FailDraft {
  var status = 500
  var share = 1.0
}

extension Format where Value == [StepDraft] {
  /// One branch of `parallel`: a step, or a list of them.
  fileprivate static var branchSteps: Format {
    .byKind(
      list: .steps, mapping: .recursive("OneStep") { Format<StepDraft>.step.map { [$0] } },
      expected: "a step or a list of steps")
  }
}

extension Format where Value == BranchDraft {
  fileprivate static var branch: Format {
    .object(
      BranchDraft.init,
      [
        .required(
          "weight", .number(0...1e12), \.weight, "The weight relative to the other branches."),
        .required("steps", .steps, \.steps, "What it does; may be empty."),
      ])
  }
}

extension Format where Value == LoopDraft {
  fileprivate static var loop: Format {
    .object(
      LoopDraft.init, rules: [.exactlyOne(["times", "again"])],
      [
        .optional("times", .locatedInteger(0...1_000_000), \.times, "How often."),
        .optional(
          "again", Format<Double>.percent(0...0.9999).located, \.again,
          "The chance of one more pass after each; there is always a first."),
        .required("steps", .steps, \.steps, "What is repeated."),
      ])
  }
}

extension Format where Value == CallDraft {
  static var call: Format {
    let target = Format<String>.name.located
    let mapping = Format.object(
      CallDraft.init,
      [
        .required("to", target, \.to, "A service and an operation: member GET /me."),
        .optional(
          "headers", .map(of: .text, names: "header"), \.headers, "Headers that it carries."),
        .optional(
          "client", .client, \.client, "How the caller itself behaves: time limits and retries."),
        .optional(
          "onFailure",
          Format<Int>.integer(400...599).map { .fails(status: $0) }.or("ignore", .ignored),
          \.onFailure,
          "The status that a failed call gives the operation (503 by default), or ignore."),
        .optional("port", .locatedInteger(1...65535), \.port, "The port of the called service."),
      ])
    return Format.byKind(
      scalar: target.map { CallDraft(to: $0) }, mapping: mapping,
      expected: "a target like 'member GET /me' or a mapping")
  }
}
