import TimeAndChance

/// Notices when the clock will not move any more.
///
/// A user who need not think and whose answer takes no time (a dead pod that refuses it, an
/// operation without steps) asks again at the same instant, and so for ever: real users and real
/// networks always take some time, and how much nobody said. Everything else that happens at one
/// instant ends by itself, so it is the users' requests that tell, not the events alone.
struct Standstill {
  /// Requests of each user, on average, that make the suspicion a certainty.
  static let requestsPerUser: UInt64 = 10

  private var instant = SimTime.never
  private var firstEvent: UInt64 = 0
  private var firstRequest: UInt64?

  /// Whether more events came since time last passed, of all that there were, than a limit: then
  /// users have to be looked at.
  mutating func isSuspected(at now: SimTime, events: UInt64, limit: UInt64) -> Bool {
    if now != instant {
      instant = now
      firstEvent = events
      firstRequest = nil
    }
    return events - firstEvent > limit
  }

  /// Whether users go round in circles, by the requests that all of them have made since the start
  /// of the run, and how many users there are.
  mutating func isCertain(requests: UInt64, users: Int) -> Bool {
    guard let firstRequest else {
      firstRequest = requests
      return false
    }
    return requests - firstRequest > Self.requestsPerUser * UInt64(users)
  }
}
