public import TimeAndChance

/// Whether a container's start needs the registry.
public enum ImagePullPolicy: Sendable, Equatable {
  /// The registry must answer at every start, even when the node holds the image.
  case always
  /// Only nodes without the image need the registry.
  case ifNotPresent
  /// The registry is never asked.
  case never

  /// What the API fills in: `always` for the tag `latest` or no tag, else `ifNotPresent`.
  ///
  /// - Source: Kubernetes `SetDefaults_Container` in `pkg/apis/core/v1/defaults.go`.
  public static func apiDefault(image: String) -> ImagePullPolicy {
    let path = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    if path.contains("@") { return .ifNotPresent }
    guard let colon = path.lastIndex(of: ":") else { return .always }
    return path[path.index(after: colon)...] == "latest" ? .always : .ifNotPresent
  }

  /// What a start needs.
  public enum Need: Sendable, Equatable {
    /// Nothing: the node holds the image.
    case nothing
    /// The registry must resolve the tag; no layers are fetched.
    case resolve
    /// The image must be fetched.
    case pull
    /// The container can not start: `ErrImageNeverPull`.
    case fails
  }

  /// What a start on a node needs.
  public func need(imageIsPresent: Bool) -> Need {
    switch (self, imageIsPresent) {
    case (.always, true): .resolve
    case (.always, false), (.ifNotPresent, false): .pull
    case (.ifNotPresent, true), (.never, true): .nothing
    case (.never, false): .fails
    }
  }
}

/// The wait after a failed pull of one pod's image: `ImagePullBackOff`.
///
/// The pod shows `ErrImagePull` at the failure and `ImagePullBackOff` while it waits 10, 20, 40, 80,
/// 160, 300, 300 … s. More than twice the maximum without a failure starts the curve again.
///
/// - Source: Kubernetes `EnsureImageExists` in `pkg/kubelet/images/image_manager.go`, client-go
///   `util/flowcontrol/backoff.go`.
@frozen public struct ImagePullBackOff: Sendable, Equatable {
  /// The first wait; 10 s by default.
  public let initial: SimDuration
  /// The longest wait; 300 s by default.
  public let maximum: SimDuration
  private var current: SimDuration = .zero
  private var lastFailure: SimTime = .never

  /// An image that has not failed yet.
  public init(initial: SimDuration = .seconds(10), maximum: SimDuration = .seconds(300)) {
    self.initial = min(initial, maximum)
    self.maximum = maximum
  }

  /// Records a failed pull and returns the wait before the next one.
  public mutating func delay(afterFailureAt now: SimTime) -> SimDuration {
    let isFresh = lastFailure == .never || now - lastFailure > maximum * 2
    current = isFresh ? initial : min(maximum, current * 2)
    lastFailure = now
    return current
  }
}

/// The pulls of one node: one at a time by default, and at most 5 a second with a burst of 10.
///
/// - Source: Kubernetes kubelet configuration `serializeImagePulls`, `registryPullQPS`,
///   `registryBurst`.
@frozen public struct NodeImagePulls: Sendable, Equatable {
  /// Whether a pull waits for the one before it; true by default.
  public let isSerialized: Bool
  private var budget: RequestBudget
  private var freeAt: SimTime = .zero

  /// A node that pulls nothing yet.
  public init(isSerialized: Bool = true, budget: RequestBudget = .imagePulls) {
    self.isSerialized = isSerialized
    self.budget = budget
  }

  /// Starts or queues a pull.
  ///
  /// - Parameters:
  ///   - now: when the kubelet wants the image.
  ///   - duration: fetching and unpacking, size by bandwidth.
  /// - Returns: when the image is there; nil when the node's rate is used up, which counts as a
  ///   failed pull (`pull QPS exceeded`).
  public mutating func pull(at now: SimTime, duration: SimDuration) -> SimTime? {
    var spent = budget
    guard spent.reserve(at: now) == .zero else { return nil }
    budget = spent
    let start = isSerialized ? max(now, freeAt) : now
    let end = start + duration
    freeAt = max(freeAt, end)
    return end
  }
}
