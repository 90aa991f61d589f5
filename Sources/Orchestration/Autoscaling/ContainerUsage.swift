public import TimeAndChance

/// One reading of a container's counters by the kubelet.
@frozen public struct ContainerUsagePoint: Sendable, Equatable {
  /// When the container started; its CPU counter was 0 then.
  public var startTime: SimTime
  /// When the counters were read.
  public var timestamp: SimTime
  /// CPU time used since the start, in nanoseconds of one core.
  public var cpuCoreNanoseconds: Int64
  /// The working set in bytes.
  public var workingSetBytes: Int64

  /// A reading of a container's counters.
  @inlinable public init(
    startTime: SimTime, timestamp: SimTime, cpuCoreNanoseconds: Int64, workingSetBytes: Int64 = 0
  ) {
    self.startTime = startTime
    self.timestamp = timestamp
    self.cpuCoreNanoseconds = cpuCoreNanoseconds
    self.workingSetBytes = workingSetBytes
  }
}

/// What the resource metrics API says about one container.
@frozen public struct ContainerUsage: Sendable, Equatable {
  /// CPU over the window in thousandths of a core, rounded up.
  public var cpuMilli: Int64
  /// The working set at the end of the window, in bytes.
  public var memoryBytes: Int64
  /// The end of the window.
  public var timestamp: SimTime
  /// The length of the window.
  public var window: SimDuration
}

/// One container's way through the metrics pipeline: the kubelet's cached reading, and the two
/// points that metrics-server keeps.
///
/// Tell it every reading of the counters (``read(_:)``) and every scrape
/// (``scrape(resolution:)``); ask it what the metrics API would answer now (``usage``).
///
/// - Source: metrics-server `pkg/storage/pod.go` (`Store`, `GetMetrics`) and `pkg/storage/types.go`
///   (`resourceUsage`). A container whose counter went backwards is left out there and missing
///   here; counters that start again at 0 come with a new start time.
public struct ContainerUsageHistory: Sendable, Equatable {
  /// A container younger than this when it was read gives no rate by itself; 10 s, not
  /// configurable.
  public static let freshContainerMinimum = SimDuration.seconds(10)

  private var cached: ContainerUsagePoint?
  private var last: ContainerUsagePoint?
  private var previous: ContainerUsagePoint?

  /// A container that nobody has looked at.
  public init() {}

  /// The kubelet read the counters.
  public mutating func read(_ point: ContainerUsagePoint) { cached = point }

  /// The container is gone from its kubelet; the next scrape will not find it.
  public mutating func remove() { cached = nil }

  /// Metrics-server scraped the kubelet.
  ///
  /// A point is kept as the earlier one only while the container has not restarted since. A
  /// container that was between 10 s and one resolution old when it was read gets its start as the
  /// earlier point, so that its first sample does not wait for a second scrape.
  public mutating func scrape(resolution: SimDuration) {
    guard let point = cached else {
      forget()
      return
    }
    let age = point.timestamp - point.startTime
    if age >= Self.freshContainerMinimum && age < resolution {
      previous = ContainerUsagePoint(
        startTime: point.startTime, timestamp: point.startTime, cpuCoreNanoseconds: 0,
        workingSetBytes: point.workingSetBytes)
    } else if let stored = last, point.startTime < stored.timestamp {
      if point.timestamp > stored.timestamp {
        previous = stored
      } else if let earlier = previous, !(earlier.timestamp < point.timestamp) {
        previous = nil
      }
    } else {
      previous = nil
    }
    last = point
  }

  /// Metrics-server could not reach the kubelet, or restarted: it forgets the container until two
  /// more points have been scraped.
  public mutating func forget() {
    last = nil
    previous = nil
  }

  /// What the resource metrics API answers now; nil before two points were scraped.
  public var usage: ContainerUsage? {
    guard let last, let previous, last.startTime >= previous.startTime,
      last.cpuCoreNanoseconds >= previous.cpuCoreNanoseconds
    else { return nil }
    let window = last.timestamp - previous.timestamp
    let used = last.cpuCoreNanoseconds - previous.cpuCoreNanoseconds
    // Nanocores are cut, then the API's quantity is rounded up to thousandths.
    let nanocores = Int64(saturating: Double(used) / window.inSeconds)
    let milli = nanocores / 1_000_000 + (nanocores % 1_000_000 > 0 ? 1 : 0)
    return ContainerUsage(
      cpuMilli: milli, memoryBytes: last.workingSetBytes, timestamp: last.timestamp,
      window: window)
  }
}

extension PodSample {
  /// A pod's sample of a resource: the sum over its containers, with the time and window of the
  /// oldest; missing while any container has none, or for a resource that the API does not report.
  ///
  /// - Source: metrics-server `GetMetrics`; Kubernetes `getPodMetrics`
  ///   (`pkg/controller/podautoscaler/metrics/client.go`).
  public init(
    _ resource: MetricSpec.Resource, of containers: some Sequence<ContainerUsageHistory>
  ) {
    self = .missing
    for container in containers {
      guard let usage = container.usage else {
        self = .missing
        return
      }
      switch resource {
      case .cpu: value += usage.cpuMilli
      case .memory: value += usage.memoryBytes * 1000
      case .other: return
      }
      if usage.timestamp < timestamp {
        timestamp = usage.timestamp
        window = usage.window
      }
    }
  }
}
