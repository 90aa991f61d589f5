public import TimeAndChance

/// How resource metrics travel from a container's counters to the autoscaler.
///
/// The kubelet reads each container's counters now and then; metrics-server fetches the kubelet's
/// latest reading at its own pace and answers with the rate between its last two. So the CPU usage
/// that an autoscaler sees is an average over about one resolution that ended some seconds ago.
///
/// - Source: metrics-server README and FAQ (`--metric-resolution`), `pkg/storage/pod.go`; cAdvisor
///   `housekeeping_interval` as set by `pkg/kubelet/cadvisor/cadvisor_linux.go`.
public struct ResourceMetricsSettings: Sendable, Equatable {
  /// Time between two scrapes of all kubelets, `--metric-resolution`: 15 s in the shipped manifest,
  /// 60 s as the bare flag's default, at least 10 s.
  public var resolution: SimDuration
  /// Time between two readings of a container's counters; 10 s, a customary value.
  public var kubeletInterval: SimDuration
  /// How much longer a kubelet's interval may be, as a part of it: each reading waits between 1 and
  /// 1 + this many intervals.
  ///
  /// 0 by default; cAdvisor itself spreads by up to 1.
  public var kubeletJitter: Double

  /// The pipeline of a cluster; left-out parts as shipped.
  public init(
    resolution: SimDuration = .seconds(15), kubeletInterval: SimDuration = .seconds(10),
    kubeletJitter: Double = 0
  ) {
    self.resolution = resolution
    self.kubeletInterval = kubeletInterval
    self.kubeletJitter = kubeletJitter
  }

  /// A phase for metrics-server's first scrape: even in `0 ..< resolution`.
  ///
  /// One draw.
  public func scrapePhase(using random: inout RandomStream) -> SimDuration {
    SimDuration(nanoseconds: Int64(random.unit() * Double(resolution.nanoseconds)))
  }

  /// The wait before a container's counters are read again.
  ///
  /// One draw, also without jitter.
  public func kubeletWait(using random: inout RandomStream) -> SimDuration {
    let spread = random.unit() * kubeletJitter * Double(kubeletInterval.nanoseconds)
    return kubeletInterval + SimDuration(nanoseconds: Int64(spread))
  }
}
