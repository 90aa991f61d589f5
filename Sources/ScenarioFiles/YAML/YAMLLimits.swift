/// What a file may hold at most; beyond it there is a diagnostic, never a hang.
public enum ReadingLimits {
  /// Bytes of one file.
  public static let fileBytes = 8 << 20
  /// Bytes of all files together.
  public static let totalBytes = 32 << 20
  /// Files that `manifests` may match.
  public static let files = 2_000
  /// Folders that a `manifests` pattern may visit.
  public static let folders = 5_000
  /// Documents of one file.
  public static let documents = 20_000
  /// Levels of lists and mappings inside one another.
  public static let nesting = 100
  /// Bytes of one text; the largest ConfigMap entry fits.
  public static let scalarBytes = 1 << 20
  /// Values of one document, aliases counted each time.
  public static let nodes = 500_000
  /// Characters of a name.
  public static let nameLength = 253
  /// Characters of what a scenario says about itself.
  public static let about = 4_096
  /// Pods of one workload.
  public static let replicas = 10_000
  /// Pods of all workloads.
  public static let pods = 50_000
  /// Client instances of one traffic source.
  public static let instances = 100_000
  /// Elements of one list in a scenario.
  public static let listLength = 10_000
  /// Entries of one mapping with free names in a scenario: services, operations.
  public static let mapLength = 10_000
  /// Nodes of a cluster; between any two of them there is a network latency.
  public static let clusterNodes = 2_000
}
