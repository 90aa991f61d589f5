import Middleware
import Testing
import TimeAndChance

@Suite struct HAProxyHealthTests {
  private let layer7 = HAProxyCheckSettings(
    isEnabled: true, rise: 2, fall: 3, observe: .layer7, errorLimit: 3, onError: .markDown)

  @Test func `fall failures take a server out and rise successes bring it back`() {
    var health = HAProxyHealth.proven(HAProxyCheckSettings(isEnabled: true))
    let failures = (0..<3).map { _ in health.checkFailed() }
    #expect(failures == [.none, .none, .down])
    let passes = (0..<2).map { _ in health.checkPassed() }
    #expect(passes == [.none, .up])
    #expect(health.health == 4)
  }

  @Test func `a fresh server falls at its first failed check`() {
    var health = HAProxyHealth(settings: HAProxyCheckSettings(isEnabled: true))
    #expect(health.checkFailed() == .down)
  }

  @Test func `error-limit errors in a row mark it down, a passed check clears the count`() {
    var health = HAProxyHealth.proven(layer7)
    #expect(health.observe(.status(503)).change == .none)
    #expect(health.observe(.status(503)).change == .none)
    #expect(health.checkPassed() == .none)
    #expect(health.consecutiveErrors == 0)
    let changes = (0..<3).map { _ in health.observe(.status(500)).change }
    #expect(changes == [.none, .none, .down])
  }

  @Test(arguments: [100, 200, 404, 499, 501, 505])
  func `statuses that are no server's fault clear the count`(status: Int) {
    var health = HAProxyHealth.proven(layer7)
    _ = health.observe(.status(503))
    _ = health.observe(.status(status))
    #expect(health.consecutiveErrors == 0)
  }

  @Test func `sudden death leaves one failed check to the fall`() {
    var settings = layer7
    settings.onError = .suddenDeath
    settings.fastinter = .milliseconds(100)
    var health = HAProxyHealth.proven(settings)
    for _ in 0..<2 { _ = health.observe(.responseTimeout) }
    let (change, within) = health.observe(.badResponse)
    #expect(change == .none)
    #expect(within == .milliseconds(100))
    #expect(health.health == settings.rise)
    #expect(health.interval == .milliseconds(100))
    #expect(health.checkFailed() == .down)
  }

  @Test func `layer4 looks at connections only`() {
    var settings = layer7
    settings.observe = .layer4
    var health = HAProxyHealth.proven(settings)
    _ = health.observe(.connectionFailed)
    _ = health.observe(.status(500))
    #expect(health.consecutiveErrors == 1)
    _ = health.observe(.connected)
    #expect(health.consecutiveErrors == 0)
  }

  @Test func `first checks are spread over the interval`() {
    let two = [SimDuration](repeating: .seconds(2), count: 4)
    #expect(HAProxyHealth.firstCheck(position: 1, among: two) == .milliseconds(500))
    let short = [SimDuration](repeating: .milliseconds(500), count: 2)
    #expect(HAProxyHealth.firstCheck(position: 1, among: short) == .milliseconds(250))
  }

  @Test func `health stays within its bounds whatever happens`() {
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed, name: "health")
      var settings = layer7
      settings.rise = 1 + Int(random.below(4))
      settings.fall = 1 + Int(random.below(4))
      settings.onError = [.fastinter, .failCheck, .suddenDeath, .markDown][Int(random.below(4))]
      var health = HAProxyHealth(settings: settings)
      for _ in 0..<300 {
        let wasUp = health.isUp
        let change =
          switch random.below(4) {
          case 0: health.checkPassed()
          case 1: health.checkFailed()
          case 2: health.observe(.status(500)).change
          default: health.observe(.status(200)).change
          }
        #expect((0..<settings.rise + settings.fall).contains(health.health), "seed \(seed)")
        #expect(
          change == (wasUp == health.isUp ? .none : health.isUp ? .up : .down), "seed \(seed)")
      }
    }
  }
}
