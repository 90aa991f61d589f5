/// The detector's counters under Envoy's names.
///
/// - Source: Envoy `source/common/upstream/outlier_detection_impl.h` (ALL_OUTLIER_DETECTION_STATS).
@frozen public struct OutlierStatistics: Sendable, Hashable {
  /// Hosts that are ejected now (a gauge).
  public var ejectionsActive: UInt32 = 0
  /// Detections stopped by `max_ejection_percent`.
  public var ejectionsOverflow: UInt64 = 0
  /// Ejections carried out.
  public var ejectionsEnforcedTotal: UInt64 = 0
  /// Detections by type, carried out or not; the index is the type's raw value.
  public var detected = InlineArray<7, UInt64>(repeating: 0)
  /// Ejections carried out by type; the index is the type's raw value.
  public var enforced = InlineArray<7, UInt64>(repeating: 0)

  /// All zero.
  @inlinable public init() {}

  /// Detections of that type.
  @inlinable public func detected(_ type: OutlierEjectionType) -> UInt64 {
    detected[Int(type.rawValue)]
  }
  /// Ejections of that type.
  @inlinable public func enforced(_ type: OutlierEjectionType) -> UInt64 {
    enforced[Int(type.rawValue)]
  }

  /// Every counter with its name, `outlier_detection.` in front.
  public var named: [(name: String, value: UInt64)] {
    var pairs: [(name: String, value: UInt64)] = [
      ("outlier_detection.ejections_active", UInt64(ejectionsActive)),
      ("outlier_detection.ejections_overflow", ejectionsOverflow),
      ("outlier_detection.ejections_enforced_total", ejectionsEnforcedTotal),
    ]
    for type in OutlierEjectionType.allCases {
      let end = type.statisticName
      pairs.append(("outlier_detection.ejections_enforced_\(end)", enforced(type)))
      pairs.append(("outlier_detection.ejections_detected_\(end)", detected(type)))
    }
    return pairs
  }

  /// Adds another detector's counters.
  public mutating func add(_ other: OutlierStatistics) {
    ejectionsActive += other.ejectionsActive
    ejectionsOverflow += other.ejectionsOverflow
    ejectionsEnforcedTotal += other.ejectionsEnforcedTotal
    for index in 0..<7 {
      detected[index] += other.detected[index]
      enforced[index] += other.enforced[index]
    }
  }

  public static func == (left: OutlierStatistics, right: OutlierStatistics) -> Bool {
    left.named.map(\.value) == right.named.map(\.value)
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(named.map(\.value)) }
}
