public import TimeAndChance

/// A Kong service: how often and how patiently its upstream is tried.
///
/// A retry follows an error or a timeout, never a status, and a POST is not retried after it was
/// sent (nginx's rules). Six hanging targets cost a client six read timeouts.
///
/// - Source: Kong `kong/db/schema/entities/services.lua`.
public struct KongServiceSettings: Sendable, Equatable {
  /// `retries`: tries after the first, 0 to 32767; 5 by default, 0 switches them off.
  public var retries: Int
  /// `connect_timeout`, per try; 60 s by default.
  public var connectTimeout: SimDuration
  /// `write_timeout`, between two writes; 60 s by default.
  public var writeTimeout: SimDuration
  /// `read_timeout`, between two reads; 60 s by default.
  public var readTimeout: SimDuration

  /// A service with Kong's defaults for what is not given.
  public init(
    retries: Int = 5, connectTimeout: SimDuration = .seconds(60),
    writeTimeout: SimDuration = .seconds(60), readTimeout: SimDuration = .seconds(60)
  ) {
    precondition(retries >= 0, "retries must not be negative, is \(retries)")
    self.retries = retries
    self.connectTimeout = connectTimeout
    self.writeTimeout = writeTimeout
    self.readTimeout = readTimeout
  }

  /// Whether a failed try is followed by another one.
  ///
  /// - Parameters:
  ///   - failure: how the try ended.
  ///   - retriesDone: tries after the first so far.
  ///   - isIdempotent: false for POST, LOCK and PATCH.
  /// - Returns: true when another target is tried.
  public func retries(
    after failure: NginxAttemptOutcome, retriesDone: Int, isIdempotent: Bool
  ) -> Bool {
    if retriesDone >= retries { return false }
    switch failure {
    case .refused, .connectTimeout: return true
    case .closed, .readTimeout: return isIdempotent
    case .invalidHeader, .status: return false
    }
  }
}
