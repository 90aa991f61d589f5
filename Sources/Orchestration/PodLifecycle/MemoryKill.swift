/// Who is killed when memory runs out: one container at its limit, or the worst one of a node.
///
/// - Source: Kubernetes `GetContainerOOMScoreAdjust` in `pkg/kubelet/qos/policy.go`; Linux cgroups
///   v2 `memory.max`, `memory.oom.group`.
public enum MemoryKill {
  /// The exit code of a container that was killed: 128 + SIGKILL.
  public static let exitCode = 137

  /// Whether a container's use is beyond its limit: it is killed with reason `OOMKilled` and
  /// restarted with back-off.
  ///
  /// On cgroups v2 all its processes die together.
  ///
  /// - Parameters:
  ///   - usage: its working set that can not be reclaimed.
  ///   - limit: its limit; nil without one.
  /// - Returns: true beyond the limit, false at it.
  public static func exceedsLimit(usage: ResourceQuantity, limit: ResourceQuantity?) -> Bool {
    limit.map { usage > $0 } ?? false
  }

  /// The kernel's handicap for a container, -1000 never to 1000 first.
  ///
  /// - Parameters:
  ///   - pod: the class of its pod.
  ///   - requestBytes: the memory it asks for.
  ///   - capacityBytes: the node's memory, at least 1.
  /// - Returns: 1000 for BestEffort, -997 for Guaranteed, 3…999 between, less for larger requests.
  public static func scoreAdjustment(
    pod: QualityOfService, requestBytes: Int64, capacityBytes: Int64
  ) -> Int {
    switch pod {
    case .guaranteed: return -997
    case .bestEffort: return 1000
    case .burstable:
      let capacity = Int128(max(1, capacityBytes))
      return Int(min(max(1000 - 1000 * Int128(max(0, requestBytes)) / capacity, 3), 999))
    }
  }

  /// A container that may be killed when the whole node is out of memory.
  public struct Candidate: Sendable, Equatable {
    /// Its memory use.
    public var usageBytes: Int64
    /// Its ``scoreAdjustment(pod:requestBytes:capacityBytes:)``.
    public var scoreAdjustment: Int

    /// A container with this use and handicap.
    public init(usageBytes: Int64, scoreAdjustment: Int) {
      self.usageBytes = usageBytes
      self.scoreAdjustment = scoreAdjustment
    }
  }

  /// The container the kernel kills when a node is out of memory: the largest use plus handicap.
  ///
  /// - Parameters:
  ///   - candidates: the running containers.
  ///   - capacityBytes: the node's memory; the handicap counts in thousandths of it.
  /// - Returns: the index of the victim, the first of equals; nil without candidates.
  public static func nodeVictim(_ candidates: [Candidate], capacityBytes: Int64) -> Int? {
    func score(_ candidate: Candidate) -> Int128 {
      Int128(candidate.usageBytes) + Int128(candidate.scoreAdjustment) * Int128(capacityBytes)
        / 1000
    }
    return candidates.indices.max {
      let (left, right) = (score(candidates[$0]), score(candidates[$1]))
      return left != right ? left < right : $0 > $1
    }
  }
}
