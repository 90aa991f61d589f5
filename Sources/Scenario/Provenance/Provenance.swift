/// Where a scenario's values come from.
public struct Provenance: Sendable, Equatable {
  /// The files that were read, in order.
  public var inputs: [InputFile]
  /// Values that nobody stated, sorted by place.
  public var filledDefaults: [FilledDefault]
  /// Which proxies run which manifest.
  public var policyPlacements: [PolicyPlacement]
  /// What became of the fields of manifests, sorted by kind and path.
  public var fields: [ManifestField]
  /// The documents by kind, sorted.
  public var documents: [DocumentCount]
  /// A provenance from its parts.
  public init(
    inputs: [InputFile] = [], filledDefaults: [FilledDefault] = [],
    policyPlacements: [PolicyPlacement] = [], fields: [ManifestField] = [],
    documents: [DocumentCount] = []
  ) {
    self.inputs = inputs
    self.filledDefaults = filledDefaults
    self.policyPlacements = policyPlacements
    self.fields = fields
    self.documents = documents
  }
}

/// A file that was read.
public struct InputFile: Sendable, Equatable {
  /// Its path, as found from the scenario's folder.
  public var path: String
  /// The SHA-256 of its bytes, 64 hexadecimal digits.
  public var sha256: String
  /// A file of that content.
  public init(path: String, sha256: String) {
    self.path = path
    self.sha256 = sha256
  }
}

/// A value that nobody stated.
public struct FilledDefault: Sendable, Equatable {
  /// What it is a value of: `services.search`, `member → content`.
  public var subject: String
  /// The field.
  public var field: String
  /// The value, as one would write it.
  public var value: String
  /// Whose default it is: `Istio`, `Kubernetes`, `Foreshock`.
  public var origin: String
  /// A value that was filled in.
  public init(subject: String, field: String, value: String, origin: String) {
    self.subject = subject
    self.field = field
    self.value = value
    self.origin = origin
  }
}

/// A manifest and the proxies that run it.
public struct PolicyPlacement: Sendable, Equatable {
  /// The manifest: `VirtualService shop/payments`.
  public var manifest: String
  /// The names of the proxies; empty: nobody runs it.
  public var proxies: [String]
  /// A placement.
  public init(manifest: String, proxies: [String]) {
    self.manifest = manifest
    self.proxies = proxies
  }
}

/// What became of a field of a kind of manifest.
public struct ManifestField: Sendable, Equatable {
  /// What became of it.
  public enum Handling: Sendable, Equatable {
    /// It shapes the run.
    case read
    /// It is known to have no effect on what is simulated.
    case ignored
    /// It would change behaviour and is not modelled.
    case unmodelled
    /// It is not a field that we know.
    case unknown
  }
  /// The manifest's kind.
  public var kind: String
  /// The path within it: `spec.http[].retries.attempts`.
  public var path: String
  /// What became of it.
  public var handling: Handling
  /// How often it occurred.
  public var count: Int
  /// A field's fate.
  public init(kind: String, path: String, handling: Handling, count: Int) {
    self.kind = kind
    self.path = path
    self.handling = handling
    self.count = count
  }
}

/// How many documents of a kind there were.
public struct DocumentCount: Sendable, Equatable {
  /// The kind.
  public var kind: String
  /// How many.
  public var count: Int
  /// Whether they were read; else skipped.
  public var isRead: Bool
  /// A count of documents.
  public init(kind: String, count: Int, isRead: Bool) {
    self.kind = kind
    self.count = count
    self.isRead = isRead
  }
}
