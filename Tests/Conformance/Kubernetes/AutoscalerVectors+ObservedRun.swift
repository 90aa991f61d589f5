import Orchestration
import TimeAndChance
import Yams

extension AutoscalerVectors {
  /// A recorded run of a real autoscaler: its setup, what was seen when, and the syncs that
  /// explain it.
  ///
  /// The phases of the controller and of the metrics pipeline were not recorded, nor when exactly
  /// the load stopped. So the run is played at every whole second of either phase and for some
  /// moments of the stop; it agrees when one of them shows everything that was seen, within the
  /// recorded time tolerance.
  struct ObservedRun: Sendable {
    private let setup: ObservedSetup
    private let observations: [Observation]
    private let steps: [ObservedStep]
    private let tolerance: Int

    init(input: Fields, expect: Fields) throws {
      setup = try ObservedSetup(input)
      tolerance = Int(try expect.optionalInt("time_tolerance_s", in: 0...3600) ?? 0)
      observations = try (expect.fieldsList("observations") ?? []).map { try Observation($0) }
      steps = try (expect.fieldsList("steps") ?? []).map { try ObservedStep($0) }
      if observations.isEmpty && steps.isEmpty {
        throw MalformedVector(
          line: expect.line, reason: "'expect' must hold 'observations' or 'steps'")
      }
    }

    func replay() -> [Mismatch] {
      let explained = steps.enumerated().flatMap { index, step in
        step.mismatches(setup).map {
          Mismatch(metric: "step \(index + 1): \($0.metric)", expected: $0.expected, got: $0.got)
        }
      }
      guard !observations.isEmpty else { return explained }
      // The load stops once the last sight before it has surely been seen.
      let lastSight = observations.compactMap(\.fixedTime).max() ?? 0
      let earliestStop = lastSight + tolerance + 60
      let end =
        earliestStop + (observations.compactMap(\.sinceStop).max() ?? 0) + 2 * tolerance + 120
      var best: [Mismatch]?
      for phases in unrecordedPhases {
        let stop = earliestStop + phases.stop
        let trace = setup.play(
          until: end, stop: stop, syncPhase: phases.sync, scrapePhase: phases.scrape)
        let mismatches = observations.flatMap {
          $0.mismatches(in: trace, stop: stop, tolerance: tolerance)
        }
        if mismatches.isEmpty { return explained }
        if mismatches.count < best?.count ?? .max { best = mismatches }
      }
      return explained + (best ?? [])
    }

    /// Every phase that is tried, in seconds.
    private var unrecordedPhases: [(sync: Int, scrape: Int, stop: Int)] {
      (0..<setup.syncPeriod).flatMap { sync in
        (0..<setup.resolution).flatMap { scrape in
          stride(from: 0, to: 30, by: 6).map { (sync, scrape, $0) }
        }
      }
    }
  }

  /// What was seen at one moment of a recorded run, or throughout a part of it.
  struct Observation: Sendable {
    private enum Moment: Sendable {
      /// About that second of the run.
      case about(Int)
      /// Throughout the first seconds after the load stopped.
      case within(Int)
      /// From about that many seconds after the load stopped on.
      case onwards(Int)
    }

    private let name: String
    private let moment: Moment
    private let replicas: Int?
    private let utilization: Int?
    private let newPodReady: Bool?
    private let newPodAge: Int?
    private let perPod: [Int64]

    init(_ fields: Fields) throws {
      name = try fields.string("at_s")
      let word = name.hasPrefix("stop + ") ? String(name.dropFirst("stop + ".count)) : name
      if let second = Int(name), (0...100_000).contains(second) {
        moment = .about(second)
      } else if name.hasPrefix("stop + "), word.hasPrefix("<"), let seconds = Int(word.dropFirst()),
        (0...100_000).contains(seconds)
      {
        moment = .within(seconds)
      } else if name.hasPrefix("stop + "), word.hasSuffix(" and later"),
        let seconds = Int(word.dropLast(" and later".count)), (0...100_000).contains(seconds)
      {
        moment = .onwards(seconds)
      } else {
        throw fields.fail(
          "at_s", "must be a second, 'stop + <N' or 'stop + N and later', is '\(name)'")
      }
      replicas = try fields.optionalInt("replicas").map(Int.init)
      utilization = try fields.optionalInt("utilization_percent").map(Int.init)
      newPodReady =
        fields.has("new_pods_ready") ? try fields.bool("new_pods_ready", default: true) : nil
      newPodAge = try fields.optionalInt("new_pod_age_s").map(Int.init)
      perPod = try (fields.optionalList("per_pod_milli") ?? []).map {
        try Fields.int($0, "per_pod_milli")
      }
    }

    var fixedTime: Int? { if case .about(let second) = moment { second } else { nil } }

    var sinceStop: Int? {
      switch moment {
      case .about: nil
      case .within(let seconds), .onwards(let seconds): seconds
      }
    }

    func mismatches(in trace: [ObservedInstant], stop: Int, tolerance: Int) -> [Mismatch] {
      let span: Range<Int>
      let always: Bool
      switch moment {
      case .about(let second):
        (span, always) = (max(0, second - tolerance)..<(second + tolerance + 1), false)
      case .within(let seconds):
        (span, always) = (stop..<max(stop + 1, stop + seconds - tolerance), true)
      case .onwards(let seconds):
        (span, always) = ((stop + seconds + tolerance)..<trace.count, true)
      }
      let seen = trace[span.clamped(to: 0..<trace.count)]
      var mismatches: [Mismatch] = []
      func judge(_ what: String, _ expected: String, _ got: String, _ agrees: Bool) {
        if !agrees {
          mismatches.append(Mismatch(metric: "\(name): \(what)", expected: expected, got: got))
        }
      }
      if let replicas {
        let fits = seen.filter { $0.replicas == replicas }.count
        let sizes = seen.map(\.replicas)
        judge(
          "replicas", "\(replicas)", "\(sizes.min() ?? 0)...\(sizes.max() ?? 0)",
          always ? fits == seen.count : fits > 0)
      }
      if let utilization {
        // Read off by hand, rounded, and at times an older line: somewhere in what was shown.
        let shown = seen.compactMap(\.utilization)
        let (low, high) = (shown.min() ?? 0, shown.max() ?? 0)
        judge(
          "utilization_percent", "\(utilization)", "\(low)...\(high)",
          low - 1 <= utilization && utilization <= high + 1)
      }
      if let newPodAge {
        let ages = seen.compactMap(\.newPodAge)
        judge(
          "new_pod_age_s", "\(newPodAge)", "\(ages.min() ?? 0)...\(ages.max() ?? 0)",
          ages.contains { abs($0 - newPodAge) <= tolerance })
      }
      if let newPodReady {
        judge(
          "new_pods_ready", "\(newPodReady)", "\(!newPodReady)",
          seen.contains { $0.newPodReady == newPodReady })
      }
      if !perPod.isEmpty {
        // The mean of what was shown, to a twentieth; single pods differ by chance.
        let mean = perPod.reduce(0, +) / Int64(perPod.count)
        judge(
          "per_pod_milli", "\(perPod.count) pods of about \(mean)", "no such moment",
          seen.contains { instant in
            instant.perPod.count == perPod.count
              && instant.perPod.allSatisfy { abs($0 - mean) * 20 <= mean }
          })
      }
      return mismatches
    }
  }

  /// What a person would see at one second of a played run.
  struct ObservedInstant: Sendable {
    var replicas: Int
    var utilization: Int?
    var newPodAge: Int?
    var newPodReady: Bool
    var perPod: [Int64]
  }
}
