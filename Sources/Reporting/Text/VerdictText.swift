import Results
import Scenario
import TimeAndChance

/// A verdict in words.
enum VerdictText {
  /// ✓ holds, ✗ does not.
  static func mark(_ verdict: Verdict) -> String { verdict.isMet ? "✓" : "✗" }

  /// The measured value and its interval, as `941 ms (903 ms to 977 ms)`; nil when there is none.
  static func measured(_ verdict: Verdict) -> String? {
    guard let estimate = verdict.estimate else { return nil }
    let value = HumanNumber.text(estimate.mean, verdict.unit)
    let interval = verdict.interval.map {
      " (\(HumanNumber.interval($0.low, $0.high, verdict.unit)))"
    }
    if verdict.grounds == .shareOfRuns {
      return "in \(value) of replications" + (interval ?? "")
    }
    return value + (interval ?? "")
  }

  /// What else a reader must know; nil when the interval decided.
  static func remark(_ verdict: Verdict, of result: RunResult) -> String? {
    let callers = verdict.callersErrorRate.map {
      "its callers see \(HumanNumber.text($0, .share)): pods know only of what reaches them"
    }
    let parts = [grounds(verdict, of: result), callers, refusals(verdict, of: result)]
      .compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// What an error rate does not tell: as many were refused with 429 as its bound would not allow.
  private static func refusals(_ verdict: Verdict, of result: RunResult) -> String? {
    guard verdict.isMet,
      case .bound(let bound) = result.run.expectations[verdict.expectation].statement,
      bound.metric == .errorRate, let share = rejected(verdict, of: result),
      !bound.comparison.holds(share)
    else { return nil }
    return "429 for \(HumanNumber.share(share)), which is no error"
  }

  private static func grounds(_ verdict: Verdict, of result: RunResult) -> String? {
    let all = result.replications
    func some(_ count: Int) -> String {
      count == all
        ? (all == 1 ? "the only replication" : "all \(all) replications")
        : "\(count) of \(HumanNumber.things(all, "replication"))"
    }
    switch verdict.grounds {
    case .interval:
      return result.isPartial && verdict.isMet ? "uncertain: the run was ended early" : nil
    case .pointEstimate:
      return all == 1
        ? "uncertain: one replication has no interval"
        : "uncertain after \(all) replications: the interval holds the bound, the mean decided"
    case .shareOfRuns:
      return verdict.isCertain ? nil : "uncertain after \(HumanNumber.things(all, "replication"))"
    case .noGoodput(let count):
      return "no request succeeded in \(some(count))"
        + (rejected(verdict, of: result).map {
          ", 429 for \(HumanNumber.share($0)): latency of refusals never passes"
        } ?? ": latency of failures never passes")
    case .neverRecovered(let count):
      return "never as before in \(some(count))" + (verdict.isCertain ? "" : ", uncertain")
    case .endedTooSoon(let count):
      return result.isPartial
        ? "ended before it could be told in \(some(count))"
        : "the run ends too soon after the fault to tell in \(some(count))"
    case .noBaseline(let count):
      return "nothing to compare with before the fault in \(some(count))"
    case .nothingEnded(let count):
      return "no request ended in that time in \(some(count))"
    case .noTraffic: return "no traffic reached it"
    case .notRecorded:
      return result.isPartial
        ? "the run ended before it could be told" : "the run kept no such figure"
    }
  }

  /// The share of a bound's requests that ended in 429, which are no errors; nil when none did.
  private static func rejected(_ verdict: Verdict, of result: RunResult) -> Double? {
    guard case .bound(let bound) = result.run.expectations[verdict.expectation].statement,
      let share = result.representative.measure(
        .rejectedRate, of: bound.subject, in: bound.window, of: result.run
      ).number, share > 0
    else { return nil }
    return share
  }

  /// ✓, ✗, or ? of a partial run in which nothing is broken yet; empty when nothing was expected.
  static func mark(_ result: RunResult) -> String {
    if result.isBroken { return "✗" }
    if result.isPartial { return "?" }
    return result.verdicts.isEmpty ? "" : "✓"
  }

  /// The verdict on the whole run, in a sentence.
  static func headline(_ result: RunResult) -> String {
    let count = result.verdicts.count
    let failed = result.verdicts.count { !$0.isMet }
    let sofar = result.isPartial ? " so far" : ""
    if count == 0 { return "nothing was expected" }
    if failed == 0 {
      return (count == 1 ? "the expectation holds" : "all \(count) expectations hold") + sofar
    }
    if count == 1 { return "the expectation does not hold" + sofar }
    return "\(failed) of \(count) expectations \(failed == 1 ? "does" : "do") not hold" + sofar
  }

  /// How much was simulated, in a phrase.
  static func events(_ result: RunResult) -> String {
    "\(HumanNumber.count(Double(result.simulatedEvents))) events simulated"
  }

  /// How the numbers came about, in a phrase.
  static func basis(_ result: RunResult) -> String {
    let duration = HumanNumber.duration(result.run.duration.inSeconds)
    let reached = result.shortfall?.reached.seconds ?? .infinity
    let part =
      reached < result.run.duration.inSeconds
      ? "\(HumanNumber.duration(reached)) of \(duration)" : duration
    return "\(HumanNumber.things(result.replications, "replication")) of \(part), "
      + "seed \(result.run.seed)"
  }
}
