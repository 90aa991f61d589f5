import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct RequestTimeoutsTests {
  @Test func `a per-try timeout that is not smaller than the route's is dropped`() {
    let second = SimDuration.seconds(1)
    #expect(RequestTimeouts.effectivePerTry(second, route: .seconds(2)) == second)
    #expect(RequestTimeouts.effectivePerTry(second, route: second) == nil)
    #expect(RequestTimeouts.effectivePerTry(second, route: .milliseconds(500)) == nil)
    #expect(RequestTimeouts.effectivePerTry(second, route: nil) == second)
    #expect(RequestTimeouts.effectivePerTry(second, route: .zero) == second)
    #expect(RequestTimeouts.effectivePerTry(.zero, route: nil) == nil)
  }

  @Test func `zero turns a timer off and the route's idle timeout replaces the listener's`() {
    let action = ForwardAction(
      destinations: [], timeout: .zero, idleTimeout: .seconds(7),
      retryPolicy: RetryPolicy(retryOn: .fiveXX, perTryTimeout: .seconds(3)))
    let timeouts = RequestTimeouts(action, listenerStreamIdle: .minutes(5))
    #expect(timeouts.route == nil)
    #expect(timeouts.perTry == .seconds(3))
    #expect(timeouts.streamIdle == .seconds(7))
    let plain = RequestTimeouts(ForwardAction(destinations: []), listenerStreamIdle: .zero)
    #expect(plain.route == .seconds(15))
    #expect(plain.streamIdle == nil)
    #expect(RequestTimeouts.streamIdleStatus(requestComplete: false) == 408)
  }
}
