/// What an event of the engine is; the raw value is the kernel's event kind.
enum EventKind: UInt8 {
  // The common path, in the order of a request's life.
  /// An open-loop source starts its next request (source).
  case sourceArrival
  /// A call has reached its proxy (call).
  case callAtProxy
  /// A try has reached its pod (job).
  case jobArrives
  /// A step's work is done (job).
  case stepDone
  /// A pod's answer, or the news of a reset, has reached the proxy (job).
  case responseAtProxy
  /// The proxy's answer has reached the caller (call).
  case answerAtCaller
  /// A per-try timer fired (call).
  case perTryTimeout
  /// A back-off is over (call; stale unless the sequence matches).
  case backOffOver
  /// A route's timer fired (call).
  case routeTimeout

  // Connections.
  /// A handshake is done or refused (connection).
  case connectDone
  /// A handshake took too long (connection).
  case connectTimeout
  /// A connection may have been idle too long (connection; looks at the last use).
  case connectionIdle
  /// The rest of an answer breaks off (job).
  case bodyBroken

  // Rare timers of a request.
  /// Nothing moved on a stream for too long (call).
  case streamIdle
  /// A stream lived too long (call).
  case maxStreamDuration
  /// The client gives up (call).
  case clientAbort
  /// The fault filter's delay is over (call).
  case faultDelayOver
  /// The rate limit service has answered (call).
  case rateLimitAnswer
  /// Work under a CPU limit may be done (job; stale unless the sequence matches).
  case cpuDone
  /// News of an abandoned try has reached its pod (job).
  case abandonmentAtPod
  /// TCP sends a lost message again (message).
  case retransmission
  /// A client without a mesh tries again (client call; stale unless the sequence matches).
  case clientRetry
  /// A client without a mesh gives one try up (client call).
  case clientTryTimeout
  /// A client without a mesh gives up altogether (client call).
  case clientDeadline
  /// The time that a call's own caller has is over (client call; stale unless the sequence
  /// matches).
  case callerDeadline

  // Proxies.
  /// An outlier sweep (proxy cluster).
  case outlierSweep
  /// Health changes that were held back reach the balancers (proxy cluster).
  case mergeTimer
  /// Active health checks of a cluster (proxy cluster).
  case healthCheck
  /// The concurrency limit is updated (proxy instance).
  case concurrencyUpdate
  /// The minimal round trip is measured anew (proxy instance).
  case minRTTWindow

  // The run.
  /// A closed-loop user has thought enough (user; stale unless the sequence matches).
  case thinkOver
  /// The number of a closed loop's users changes (source).
  case usersChange
  /// A user that leaves has waited long enough (user; stale unless the sequence matches).
  case graceOver
  /// A closed loop ends before the run does (source).
  case usersEnd
  /// A scripted client goes on (source).
  case clientStep
  /// The next request of a scripted open loop (source).
  case clientOpenLoop
  /// A timed action (index).
  case action
  /// Counting begins; before everything else of its instant, so that what happens at it counts.
  case warmupOver
  /// A window of the time series ends; before everything else of its instant, which is of the next
  /// window, but after ``warmupOver``.
  case windowEnd
  /// Sources stop.
  case sourcesEnd
  /// The run ends.
  case runEnd

  /// The kernel's: timers may be due (line).
  case timersDue
}
