public import TimeAndChance

/// What `observe` looks at.
public enum HAProxyObserve: Sendable, Equatable {
  /// Nothing, the default.
  case none
  /// Whether connections are made.
  case layer4
  /// Whether answers are good (and connections made).
  case layer7
}

/// What happens when `error-limit` is reached.
public enum HAProxyOnError: Sendable, Equatable {
  /// `fastinter`: only check sooner.
  case fastinter
  /// `fail-check`: as if a health check failed; the default.
  case failCheck
  /// `sudden-death`: as if the last health check but one before going down failed.
  case suddenDeath
  /// `mark-down`: down at once.
  case markDown
}

/// The health checks of one HAProxy server.
///
/// - Source: HAProxy `doc/configuration.txt` section 5.2 and `src/check.c`, recorded on 2.6.12.
public struct HAProxyCheckSettings: Sendable, Equatable {
  /// `check`: whether the server is probed at all; false by default.
  public var isEnabled: Bool
  /// `inter`; 2 s by default.
  public var inter: SimDuration
  /// `fastinter`: while going up or down; `inter` by default.
  public var fastinter: SimDuration?
  /// `downinter`: while down; `inter` by default.
  public var downinter: SimDuration?
  /// `rise`: passed checks that bring a server back, at least 1; 2 by default.
  public var rise: Int
  /// `fall`: failed checks that take a server out, at least 1; 3 by default.
  public var fall: Int
  /// `observe`; none by default.
  public var observe: HAProxyObserve
  /// `error-limit`: consecutive observed errors, at least 1; 10 by default.
  public var errorLimit: Int
  /// `on-error`; `fail-check` by default.
  public var onError: HAProxyOnError

  /// Checks with HAProxy's defaults for what is not given.
  public init(
    isEnabled: Bool = false, inter: SimDuration = .seconds(2), fastinter: SimDuration? = nil,
    downinter: SimDuration? = nil, rise: Int = 2, fall: Int = 3, observe: HAProxyObserve = .none,
    errorLimit: Int = 10, onError: HAProxyOnError = .failCheck
  ) {
    precondition(rise > 0 && fall > 0, "rise and fall must be positive, are \(rise) and \(fall)")
    precondition(errorLimit > 0, "error-limit must be positive, is \(errorLimit)")
    precondition(inter > .zero, "inter must be positive")
    self.isEnabled = isEnabled
    self.inter = inter
    self.fastinter = fastinter
    self.downinter = downinter
    self.rise = rise
    self.fall = fall
    self.observe = observe
    self.errorLimit = errorLimit
    self.onError = onError
  }
}

/// One `server` line of an HAProxy backend.
public struct HAProxyServerSettings: Sendable, Equatable {
  /// `weight`, 0 (takes no new requests) to 256; 1 by default.
  public var weight: Int
  /// `backup`: used only when no other server is up.
  public var isBackup: Bool
  /// `maxconn`: requests in progress at most; 0, the default, means no limit.
  public var maxconn: Int
  /// `minconn`: the limit while the backend is idle; `maxconn` when nil (the default).
  public var minconn: Int?
  /// `maxqueue`: requests waiting for this server at most; 0, the default, means no limit.
  public var maxqueue: Int
  /// The health checks.
  public var check: HAProxyCheckSettings

  /// A server line with HAProxy's defaults for what is not given.
  public init(
    weight: Int = 1, isBackup: Bool = false, maxconn: Int = 0, minconn: Int? = nil,
    maxqueue: Int = 0, check: HAProxyCheckSettings = HAProxyCheckSettings()
  ) {
    precondition((0...256).contains(weight), "a weight must be 0...256, is \(weight)")
    self.weight = weight
    self.isBackup = isBackup
    self.maxconn = maxconn
    self.minconn = minconn
    self.maxqueue = maxqueue
    self.check = check
  }
}

/// The `balance` algorithms.
public enum HAProxyBalancing: Sendable, Equatable {
  /// `roundrobin`: by dynamic weights, smooth.
  case roundrobin
  /// `static-rr`: by a fixed map of the weights.
  case staticRR
  /// `leastconn`: the fewest requests in progress and waiting per weight.
  case leastconn
  /// `source`, `uri`, `hdr` …: a hash of the request modulo the map of the servers that are up.
  case hashMap
  /// The same with `hash-type consistent`: a ring.
  case hashConsistent

  /// Whether servers take turns (`BE_LB_KIND_RR`): a failed try may then move at once, and a
  /// request queues behind those that already wait for the backend.
  public var isTurnBased: Bool { self == .roundrobin || self == .staticRR }
}
