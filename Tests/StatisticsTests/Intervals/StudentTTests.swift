import Statistics
import Testing

@Suite struct StudentTTests {
  // Computed with 40 digits from the regularised incomplete beta function.
  @Test(arguments: [
    (0.9, 4.0, 2.13184678632665),
    (0.5, 1, 1.0), (0.5, 2, 0.81649658092773), (0.5, 3, 0.76489232840435),
    (0.5, 4.5, 0.73286668623599), (0.5, 9, 0.70272214675133), (0.5, 19, 0.68762146020396),
    (0.5, 29, 0.68304386082161), (0.5, 100, 0.67695104301147), (0.5, 1000.5, 0.67473504192143),
    (0.5, 99999, 0.67449220357783), (0.5, 200000, 0.6744909768727),
    (0.95, 1, 12.706204736175), (0.95, 2, 4.3026527297495), (0.95, 3, 3.1824463052837),
    (0.95, 4.5, 2.6589123472044), (0.95, 9, 2.2621571627982), (0.95, 19, 2.0930240544083),
    (0.95, 29, 2.0452296421327), (0.95, 100, 1.9839715185236), (0.95, 1000.5, 1.9623378924593),
    (0.95, 99999, 1.9599877077718), (0.95, 200000, 1.9599758459668),
    (0.99, 1, 63.656741162872), (0.99, 2, 9.9248432009183), (0.99, 3, 5.8409093097334),
    (0.99, 4.5, 4.2728239930113), (0.99, 9, 3.2498355415921), (0.99, 19, 2.860934606465),
    (0.99, 29, 2.7563859036706), (0.99, 100, 2.625890521438), (0.99, 1000.5, 2.5807522321743),
    (0.99, 99999, 2.5758784704001), (0.99, 200000, 2.5758538865078),
    (0.9999, 1, 6366.1976713166), (0.9999, 2, 99.99249984375), (0.9999, 3, 28.00013001095),
    (0.9999, 4.5, 12.909431314322), (0.9999, 9, 6.5936825839449), (0.9999, 19, 4.8974615888622),
    (0.9999, 29, 4.505511631211), (0.9999, 100, 4.0533367012015), (0.9999, 1000.5, 3.906335836406),
    (0.9999, 99999, 3.8907488469554), (0.9999, 200000, 3.8906703644903),
    (0.999999999, 1, 636619790.37242), (0.999999999, 2, 31622.777025143),
    (0.999999999, 3, 1301.6371795626), (0.999999999, 4.5, 168.61145655215),
    (0.999999999, 9, 25.656267781238), (0.999999999, 19, 11.069477116172),
    (0.999999999, 29, 8.8405842322086), (0.999999999, 100, 6.7459629814214),
    (0.999999999, 1000.5, 6.1684005137401), (0.999999999, 99999, 6.1099956196234),
    (0.999999999, 200000, 6.1097028995377),
  ])
  func `quantiles agree with the law`(confidence: Double, degrees: Double, exact: Double) {
    let quantile = StudentT.quantile(confidence: confidence, degreesOfFreedom: degrees)
    // A confidence near 1 is itself only known to 1e-16 of 1.
    let tolerance = max(1e-9, 1e-15 / (1 - confidence))
    #expect((quantile / exact - 1).magnitude < tolerance, "\(quantile)")
  }

  @Test func `the value of the theory tests`() {
    let t = StudentT.quantile(confidence: 0.9999, degreesOfFreedom: 19)
    #expect((t - 4.897461588862).magnitude < 1e-8)
  }

  @Test func `one and two degrees of freedom have closed forms`() {
    for t in [0.001, 0.5, 1, 3, 50, 1e6] {
      let square = t * t
      let two = 1 - t / (2 + square).squareRoot()
      let tail = StudentT.twoSidedTail(t, degreesOfFreedom: 2)
      #expect((tail - two).magnitude < 1e-13)
    }
    #expect((StudentT.twoSidedTail(1, degreesOfFreedom: 1) - 0.5).magnitude < 1e-14)
    #expect(StudentT.twoSidedTail(0, degreesOfFreedom: 7) == 1)
    #expect(StudentT.twoSidedTail(.infinity, degreesOfFreedom: 7) == 0)
  }

  @Test func `the two ways to compute it meet`() {
    for confidence in [0.1, 0.9, 0.99999, 0.9999999999] {
      let below = StudentT.quantile(confidence: confidence, degreesOfFreedom: 100_000)
      let above = StudentT.quantile(confidence: confidence, degreesOfFreedom: 100_000.001)
      #expect((below / above - 1).magnitude < 1e-9)
    }
  }
}

@Suite struct NormalTests {
  @Test(arguments: [
    (0.5, 0.0), (0.75, 0.67448975019608174), (0.975, 1.95996398454005386),
    (0.99, 2.32634787404084077), (0.9999, 3.71901648545570839), (1e-10, -6.3613409024040562),
    (1e-300, -37.0470962993611992), (0.08, -1.40507156030963254),
  ])
  func `quantiles agree with the law`(share: Double, exact: Double) {
    #expect((Normal.quantile(share) - exact).magnitude <= 1e-15 * max(1, exact.magnitude))
  }
}
