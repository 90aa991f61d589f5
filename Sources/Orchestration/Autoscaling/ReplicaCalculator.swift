public import TimeAndChance

/// One metric in, one raw proposal out: the arithmetic of the controller, whole numbers and
/// doubles exactly where it uses them.
///
/// Pods are looked at once, in order, without allocation: unready and missing pods only need their
/// number and the sum of their requests to be filled in afterwards.
///
/// - Source: Kubernetes `pkg/controller/podautoscaler/replica_calculator.go` and
///   `metrics/utilization.go`.
public struct ReplicaCalculator: Sendable, Equatable {
  /// Which pods count.
  public var grouping: PodGrouping
  /// How far from 1 the ratio may be without a change.
  public var tolerances: AutoscalerTolerances

  /// A calculator with the controller's settings, and with tolerances of its own if given.
  public init(_ settings: AutoscalerSettings, tolerances: AutoscalerTolerances? = nil) {
    grouping = PodGrouping(settings)
    self.tolerances = tolerances ?? settings.tolerance
  }

  /// The proposal of any metric.
  ///
  /// `currentReplicas` and `statusReplicas` are `spec.replicas` and `status.replicas` of the
  /// target's scale: what was asked for, and the pods that the workload counts, surge included.
  public func proposal(
    for metric: MetricSpec, reading: MetricReading, pods: [AutoscaledPod], currentReplicas: Int32,
    statusReplicas: Int32, now: SimTime
  ) throws(MetricFailure) -> MetricProposal {
    if case .unknown = metric { throw .invalidSource }
    switch (metric, reading) {
    case (_, .unavailable):
      throw .unavailable
    case (.resource(let resource, let target), .pods(let reading)),
      (.containerResource(let resource, _, let target), .pods(let reading)):
      switch target {
      case .averageUtilization(let percent):
        return try utilization(
          targetPercent: percent, isCPU: resource == .cpu, reading: reading, pods: pods,
          currentReplicas: currentReplicas, now: now)
      case .averageValue(let value):
        return try averageValue(
          target: value, isCPU: resource == .cpu, reading: reading, pods: pods,
          currentReplicas: currentReplicas, now: now)
      }
    case (.pods(_, let value), .pods(let reading)):
      return try averageValue(
        target: value, isCPU: false, reading: reading, pods: pods,
        currentReplicas: currentReplicas, now: now)
    case (.object(_, let target), .series(let series)),
      (.external(_, let target), .series(let series)):
      guard let usage = sum(of: series) else { throw .noMetrics }
      switch target {
      case .value(let value):
        return try self.value(
          usage, target: value, pods: pods, currentReplicas: currentReplicas)
      case .averageValue(let value):
        return perPodValue(usage, target: value, statusReplicas: statusReplicas)
      }
    default:
      throw .invalidSource
    }
  }

  /// A percentage of the requests: `GetResourceReplicas`.
  ///
  /// The utilisation is cut to a whole per cent before it is divided by the target, and the ratio
  /// multiplies the pods that count, not the current size.
  public func utilization(
    targetPercent: Int32, isCPU: Bool, reading: PodMetricReading, pods: [AutoscaledPod],
    currentReplicas: Int32, now: SimTime
  ) throws(MetricFailure) -> MetricProposal {
    let fallbackPercent = Int64(max(100, targetPercent))
    let knowsRequests = reading.requests.count == pods.count
    var sums = try sumUp(
      reading, pods, isCPU: isCPU, missingPercent: knowsRequests ? fallbackPercent : nil, now: now)
    if let failure = reading.requestFailure { throw failure }
    guard knowsRequests else { throw .missingRequest(container: nil) }
    guard let percent = sums.utilizationPercent else { throw .noMatchingPods }
    // The raw sum divides by the pods in the ratio, which stray samples are not.
    var proposal = MetricProposal(
      replicas: currentReplicas, utilizationPercent: percent,
      averageMilli: sums.value / Int64(sums.counted))
    let ratio = Double(percent) / Double(targetPercent)

    guard sums.mustFillIn(ratio) else {
      if !tolerances.isWithin(ratio) {
        proposal.replicas = scaled(ratio, by: sums.counted)
      }
      return proposal
    }
    var samples = sums.counted + reading.straySamples.count
    if sums.missing > 0, ratio != 1 {
      sums.request &+= sums.missingRequest
      if ratio < 1 { sums.value &+= sums.missingFallback }
      samples += sums.missing
    }
    if sums.unready > 0, ratio > 1 {
      sums.request &+= sums.unreadyRequest
      samples += sums.unready
    }
    guard let filledPercent = sums.utilizationPercent else { throw .noMatchingPods }
    proposal.replicas = cautious(
      ratio, filledIn: Double(filledPercent) / Double(targetPercent), samples: samples,
      currentReplicas: currentReplicas)
    return proposal
  }

  /// An average per pod: `calcPlainMetricReplicas`.
  public func averageValue(
    target: Int64, isCPU: Bool, reading: PodMetricReading, pods: [AutoscaledPod],
    currentReplicas: Int32, now: SimTime
  ) throws(MetricFailure) -> MetricProposal {
    let sums = try sumUp(reading, pods, isCPU: isCPU, missingPercent: nil, now: now)
    var samples = sums.counted + reading.straySamples.count
    var total = reading.straySamples.reduce(sums.value) { $0 &+ $1 }
    let average = total / Int64(samples)
    var proposal = MetricProposal(replicas: currentReplicas, averageMilli: average)
    let ratio = Double(average) / Double(target)

    guard sums.mustFillIn(ratio) else {
      if !tolerances.isWithin(ratio) {
        proposal.replicas = scaled(ratio, by: sums.counted)
      }
      return proposal
    }
    if sums.missing > 0, ratio != 1 {
      if ratio < 1 { total &+= target &* Int64(sums.missing) }
      samples += sums.missing
    }
    if ratio > 1 { samples += sums.unready }
    let filledAverage = total / Int64(samples)
    proposal.replicas = cautious(
      ratio, filledIn: Double(filledAverage) / Double(target), samples: samples,
      currentReplicas: currentReplicas)
    return proposal
  }

  /// The metric itself against a target: `GetObjectMetricReplicas`, `GetExternalMetricReplicas`.
  ///
  /// The ratio multiplies the pods that are ready, so an unready fleet can shrink; from 0 replicas
  /// the tolerance is not applied.
  public func value(
    _ usage: Int64, target: Int64, pods: [AutoscaledPod], currentReplicas: Int32
  ) throws(MetricFailure) -> MetricProposal {
    var proposal = MetricProposal(replicas: currentReplicas, valueMilli: usage)
    let ratio = Double(usage) / Double(target)
    if currentReplicas == 0 {
      proposal.replicas = Int32(goTruncating: ratio.rounded(.up))
    } else if !tolerances.isWithin(ratio) {
      guard !pods.isEmpty else { throw .noPods }
      var ready = 0
      for pod in pods where pod.phase == .running && pod.ready == .ready { ready += 1 }
      proposal.replicas = Int32(saturating: (ratio * Double(ready)).rounded(.up))
    }
    return proposal
  }

  /// The metric per replica against a target: `GetObjectPerPodMetricReplicas`,
  /// `GetExternalPerPodMetricReplicas`.
  ///
  /// The pods themselves are not looked at.
  public func perPodValue(
    _ usage: Int64, target: Int64, statusReplicas: Int32
  ) -> MetricProposal {
    var proposal = MetricProposal(replicas: statusReplicas)
    let ratio = Double(usage) / (Double(target) * Double(statusReplicas))
    if !tolerances.isWithin(ratio) {
      proposal.replicas = Int32(saturating: (Double(usage) / Double(target)).rounded(.up))
    }
    proposal.averageMilli = Int64(saturating: (Double(usage) / Double(statusReplicas)).rounded(.up))
    return proposal
  }
}

extension ReplicaCalculator {
  /// The sum of a metric's series, held at the largest number; nil when there is no series.
  private func sum(of series: [Int64]) -> Int64? {
    guard !series.isEmpty else { return nil }
    var total: Int64 = 0
    for value in series {
      let (sum, overflow) = total.addingReportingOverflow(value)
      if overflow { return value > 0 ? .max : .min }
      total = sum
    }
    return total
  }

  /// `ceil(ratio × pods)`.
  private func scaled(_ ratio: Double, by pods: Int) -> Int32 {
    Int32(goTruncating: (ratio * Double(pods)).rounded(.up))
  }

  /// The proposal after pods were filled in: the current size, unless the filled-in ratio still
  /// asks for a change in the same direction, and the change it gives goes that way.
  private func cautious(
    _ ratio: Double, filledIn: Double, samples: Int, currentReplicas: Int32
  ) -> Int32 {
    let turned = (ratio < 1 && filledIn > 1) || (ratio > 1 && filledIn < 1)
    if tolerances.isWithin(filledIn) || turned { return currentReplicas }
    let replicas = scaled(filledIn, by: samples)
    if (filledIn < 1 && replicas > currentReplicas) || (filledIn > 1 && replicas < currentReplicas)
    {
      return currentReplicas
    }
    return replicas
  }

  /// One pass over the pods.
  ///
  /// `missingPercent` is the share of the request that a missing pod is taken to use before
  /// shrinking, and nil when requests are not wanted.
  private func sumUp(
    _ reading: PodMetricReading, _ pods: [AutoscaledPod], isCPU: Bool, missingPercent: Int64?,
    now: SimTime
  ) throws(MetricFailure) -> PodSums {
    // The API is asked for samples first, so "no samples" comes before "no pods".
    if pods.isEmpty { throw reading.straySamples.isEmpty ? .noMetrics : .noPods }
    precondition(
      reading.samples.count == pods.count,
      "\(reading.samples.count) samples for \(pods.count) pods; missing ones must say so")
    var sums = PodSums()
    for index in pods.indices {
      let sample = reading.samples[index]
      let request = missingPercent == nil ? 0 : reading.requests[index]
      switch grouping.group(pods[index], sample: sample, isCPU: isCPU, now: now) {
      case .counted:
        sums.counted += 1
        sums.value &+= sample.value
        sums.request &+= request
      case .unready:
        sums.unready += 1
        sums.unreadyRequest &+= request
      case .missing:
        sums.missing += 1
        sums.missingRequest &+= request
        sums.missingFallback &+= request &* (missingPercent ?? 0) / 100
      case .ignored:
        break
      }
    }
    if sums.counted + reading.straySamples.count == 0 { throw .noMetrics }
    return sums
  }
}

/// What one pass over the pods leaves behind: numbers, and sums in thousandths.
private struct PodSums {
  var counted = 0
  var unready = 0
  var missing = 0
  var value: Int64 = 0
  var request: Int64 = 0
  var unreadyRequest: Int64 = 0
  var missingRequest: Int64 = 0
  var missingFallback: Int64 = 0

  /// Usage over request in whole per cent, cut towards zero; nil without any request.
  var utilizationPercent: Int32? {
    request == 0 ? nil : Int32(truncatingIfNeeded: (value &* 100) / request)
  }

  /// Whether pods without a usable sample matter at that ratio.
  func mustFillIn(_ ratio: Double) -> Bool { missing > 0 || (unready > 0 && ratio > 1) }
}
