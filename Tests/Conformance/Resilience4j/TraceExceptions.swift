import TrafficPolicy

/// The exception classes that the traces speak of.
enum TraceExceptions {
  static let hierarchy: ExceptionHierarchy = {
    var hierarchy = ExceptionHierarchy()
    for (name, parent) in [
      ("Failure", "RuntimeException"), ("Unlisted", "RuntimeException"),
      ("TooMany", "RuntimeException"), ("Ignored", "RuntimeException"),
      ("IgnoredSub", "Ignored"), ("Retryable", "RuntimeException"), ("RetryableSub", "Retryable"),
      ("Other", "RuntimeException"),
    ] {
      guard let known = hierarchy.find(parent) else { continue }
      _ = try? hierarchy.add(name, extending: known)
    }
    return hierarchy
  }()

  /// The outcome of a call by its name in a trace.
  static func outcome(_ name: String) -> DecoratedOutcome? {
    switch name {
    case "ok": .returned
    case "bad": .returnedBad
    case "cancel": .cancelled
    default: hierarchy.find(name).map { .threw($0) }
    }
  }

  /// How a call ended, as the traces write it.
  static func ending(_ outcome: DecoratedOutcome) -> String {
    switch outcome {
    case .returned: "returned ok"
    case .returnedBad: "returned bad"
    case .threw(let exception, _): "threw \(hierarchy.simpleName(of: exception))"
    case .cancelled: "cancelled"
    }
  }
}
