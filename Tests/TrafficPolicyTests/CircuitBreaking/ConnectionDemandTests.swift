import Testing
import TrafficPolicy

@Suite struct ConnectionDemandTests {
  @Test func `a pool connects when more is queued than is being set up`() {
    #expect(ConnectionDemand.wantsConnection(pending: 1, active: 9, capacity: 0))
    #expect(!ConnectionDemand.wantsConnection(pending: 1, active: 9, capacity: 1))
    #expect(!ConnectionDemand.wantsConnection(pending: 1, active: 1, capacity: 1, ratio: 1))
    #expect(ConnectionDemand.wantsConnection(pending: 1, active: 1, capacity: 1, ratio: 1.5))
    #expect(!ConnectionDemand.wantsConnection(pending: 0, active: 2, capacity: 1, ratio: 1.5))
  }
}
