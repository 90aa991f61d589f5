import Results
import Scenario
import TimeAndChance

/// A warning in words.
enum WarningText {
  static func text(_ warning: RunWarning, _ run: RunDescription) -> String {
    switch warning {
    case .warmupTooShort(let source, let needed):
      return "warm-up of \(run.warmup) is short: \(name(source, run)) settles after \(needed)"
        + " (MSER-5)"
    case .neverSettles(let source):
      let part = run.faults.isEmpty ? "" : " before the first fault"
      return "\(name(source, run)) has no steady state\(part): its latency drifts"
    case .notConserved(let subject, let replication):
      return "requests of \(name(subject, run)) do not add up in replication \(replication):"
        + " please report this as a mistake of Foreshock"
    case .endedEarly(let cause, let count):
      let why =
        switch cause {
        case .eventLimit: "the limit on events (--max-events)"
        case .memoryLimit: "the limit on memory (--max-memory)"
        case .recordLimit: "too many requests open at once: 16 million of a kind"
        case .interrupted: "an interruption"
        }
      return "\(HumanNumber.things(count, "replication")) ended early by \(why)"
    case .singleReplication:
      return "one replication is an anecdote: there are no intervals"
    case .eventsLeftOut(let count):
      return "the causal log left out \(count) entries"
    case .dropped(let source, let requests):
      return "\(name(source, run)) dropped \(requests) requests: too many were open"
    case .unanswered(let source, let requests):
      let count = HumanNumber.things(Int(clamping: requests), "request")
      return "\(count) of \(name(source, run)) had no answer by the end, long overdue: "
        + "they count as errors, where they began"
    case .iterationsLeft(let source, let requests):
      return "\(name(source, run)) dropped \(requests) requests: its time was over before its users"
        + " had done all their iterations"
    case .partsNotCut(let instants):
      return "figures of parts of the run are rough: \(instants) of their edges lie within windows,"
        + " of which there may be \(WindowGrid.mostWindows)"
    case .occurrencesLeftOut(let fault):
      let name = run.faults.indices.contains(fault) ? run.faults[fault].name : "?"
      let listed = run.faults.indices.contains(fault) ? run.faults[fault].occurrences.count : 0
      return "figures of the time of \(name) are those of its first \(listed) occurrences"
    case .tooManyPhases(let changes):
      return "figures are of the whole run alone, not of the times before, during and after faults:"
        + " these begin and end \(changes) times, more than \(Phase.most - 1)"
    }
  }

  private static func name(_ source: Int, _ run: RunDescription) -> String {
    run.sources.indices.contains(source) ? run.sources[source].name : "?"
  }

  private static func name(_ subject: Subject, _ run: RunDescription) -> String {
    switch subject {
    case .source(let index): name(index, run)
    case .service(let index) where run.services.indices.contains(index): run.services[index].name
    default: "a subject"
    }
  }
}
