/// Which resource an amount is of, as a small number: the decisions compare integers, not texts.
///
/// Quota keys are made of a compute resource and the way it is counted, so `requests.cpu` shares
/// its base with `cpu`. Names beyond the built-in ones (`nvidia.com/gpu`, `count/services`) get
/// their number from a ``ResourceNames`` table.
@frozen public struct ResourceName: Sendable, Hashable, Comparable {
  /// How a quota counts the base resource.
  @frozen public enum Counting: UInt16, Sendable {
    /// The plain name: `cpu`, `pods`. In a quota, `cpu` means `requests.cpu`.
    case plain
    /// `requests.…`
    case requests
    /// `limits.…`
    case limits
    /// `count/…`: objects in storage, finished ones included.
    case count
  }

  /// Counting in the top four bits, base in the lower twelve.
  public let rawValue: UInt16

  @inlinable init(_ counting: Counting, base: UInt16) {
    rawValue = counting.rawValue << 12 | base
  }

  @inlinable var base: UInt16 { rawValue & 0x0FFF }

  /// How it is counted.
  @inlinable public var counting: Counting { Counting(rawValue: rawValue >> 12) ?? .plain }

  /// The same base resource, counted another way: `cpu` as `limits.cpu`.
  @inlinable public func counted(as counting: Counting) -> ResourceName {
    ResourceName(counting, base: base)
  }

  @inlinable public static func < (left: ResourceName, right: ResourceName) -> Bool {
    left.rawValue < right.rawValue
  }

  /// Cores.
  public static let cpu = ResourceName(.plain, base: 0)
  /// Bytes of memory.
  public static let memory = ResourceName(.plain, base: 1)
  /// Bytes of the node's disk.
  public static let ephemeralStorage = ResourceName(.plain, base: 2)
  /// Pods that have not finished.
  public static let pods = ResourceName(.plain, base: 3)
  /// Bytes of persistent volumes.
  public static let storage = ResourceName(.plain, base: 4)
}

/// The texts of resource names: built-in ones and those a scenario brings.
public struct ResourceNames: Sendable, Equatable {
  private static let builtIn = ["cpu", "memory", "ephemeral-storage", "pods", "storage"]
  private static let prefixes: [(text: String, counting: ResourceName.Counting)] = [
    ("requests.", .requests), ("limits.", .limits), ("count/", .count),
  ]
  private var bases = Self.builtIn

  /// A table that knows the built-in names.
  public init() {}

  /// The number of a name, added to the table if new; nil when 4096 names are taken.
  public mutating func name(_ text: String) -> ResourceName? {
    var base = text[...]
    var counting = ResourceName.Counting.plain
    for prefix in Self.prefixes where text.hasPrefix(prefix.text) {
      counting = prefix.counting
      base = text.dropFirst(prefix.text.count)
    }
    if let index = bases.firstIndex(where: { $0 == base }) {
      return ResourceName(counting, base: UInt16(index))
    }
    guard bases.count < 0x1000 else { return nil }
    bases.append(String(base))
    return ResourceName(counting, base: UInt16(bases.count - 1))
  }

  /// The text of a name, as manifests and messages write it.
  public func text(_ name: ResourceName) -> String {
    let base = Int(name.base) < bases.count ? bases[Int(name.base)] : "resource-\(name.base)"
    let prefix = Self.prefixes.first { $0.counting == name.counting }?.text ?? ""
    return prefix + base
  }
}
