public import TimeAndChance

/// Client-side throttling of one worker: refuses a share of requests when too few succeed.
///
/// The history is a sliding window of slots of at least one second each. Refused requests are not
/// part of it. One per worker.
///
/// - Source: Envoy `source/extensions/filters/http/admission_control/admission_control.cc`
///   (shouldRejectRequest), `thread_local_controller.cc`.
public struct AdmissionControl: Sendable {
  private struct Slot: Sendable {
    var start: SimTime
    var requests: UInt32
    var successes: UInt32
  }

  private let window: SimDuration
  private let windowSeconds: Double
  private let successRateThreshold: Double
  private let exponent: Double
  private let maxRejectionProbability: Double
  private let rpsThreshold: Double
  private let successStatuses: [Range<Int>]
  /// A ring: ``count`` slots from ``first`` on.
  private var slots: ContiguousArray<Slot>
  private var first = 0
  private var count = 0
  /// Requests in the window.
  public private(set) var requests: UInt64 = 0
  /// Those of them that succeeded.
  public private(set) var successes: UInt64 = 0
  /// `rq_rejected`, `rq_success`, `rq_failure`, each with its name by ``named``.
  private var counters: (rejected: UInt64, success: UInt64, failure: UInt64) = (0, 0, 0)

  /// An empty history.
  public init(_ settings: AdmissionControlSettings) {
    window = max(.seconds(1), settings.samplingWindow)
    windowSeconds = window.inSeconds.rounded(.down)
    successRateThreshold = settings.successRateThreshold
    exponent = 1 / max(1, settings.aggression)
    maxRejectionProbability = settings.maxRejectionProbability
    rpsThreshold = settings.rpsThreshold
    successStatuses = settings.successStatuses
    let length = Int(windowSeconds) + 2
    slots = ContiguousArray(
      repeating: Slot(start: .zero, requests: 0, successes: 0), count: length)
  }

  /// True when the request is to be refused: 503 without a flag, `denied_by_admission_control`.
  ///
  /// One draw when the chance is above 0.
  public mutating func rejects(at now: SimTime, using random: inout RandomStream) -> Bool {
    dropOldSlots(at: now)
    guard (Double(requests) / windowSeconds).rounded(.down) >= rpsThreshold else { return false }
    let probability = rejectionProbability
    // Envoy draws with four digits.
    guard probability > 0, Double(random.below(10_000)) < probability * 10_000 else {
      return false
    }
    counters.rejected += 1
    return true
  }

  /// The chance of refusal that follows from the history.
  public var rejectionProbability: Double {
    let total = Double(requests)
    let linear = (total - Double(successes) / successRateThreshold) / (total + 1)
    guard linear > 0 else { return 0 }
    return min(exponent == 1 ? linear : RealMath.pow(linear, exponent), maxRejectionProbability)
  }

  /// An answer with that status, or the end of a request without one, enters the history.
  public mutating func record(status: Int, at now: SimTime) {
    record(success: successStatuses.contains { $0.contains(status) }, at: now)
  }

  /// A result enters the history.
  public mutating func record(success: Bool, at now: SimTime) {
    dropOldSlots(at: now)
    if count == 0 || now - slots[last].start >= .seconds(1) {
      count += 1
      slots[last] = Slot(start: now, requests: 0, successes: 0)
    }
    slots[last].requests += 1
    requests += 1
    if success {
      slots[last].successes += 1
      successes += 1
      counters.success += 1
    } else {
      counters.failure += 1
    }
  }

  private var last: Int { (first + count - 1) % slots.count }

  private mutating func dropOldSlots(at now: SimTime) {
    while count > 0, now - slots[first].start >= window {
      requests -= UInt64(slots[first].requests)
      successes -= UInt64(slots[first].successes)
      first = (first + 1) % slots.count
      count -= 1
    }
  }

  /// Every counter with its name, `http.in.admission_control.` in front left out.
  public var named: [(name: String, value: UInt64)] {
    [
      ("rq_rejected", counters.rejected), ("rq_success", counters.success),
      ("rq_failure", counters.failure),
    ]
  }
}
