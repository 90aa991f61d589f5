import Testing
import TimeAndChance

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How many units in the last place lie between a result and the reference.
private func ulps(_ value: Double, _ reference: Double) -> Double {
  if value == reference { return 0 }
  return (value - reference).magnitude / reference.ulp
}

/// Folds the bits of results into one number, so that a change of any bit anywhere shows.
private struct Digest {
  var state: UInt64 = 0xCBF2_9CE4_8422_2325
  mutating func add(_ value: Double) { state = (state ^ value.bitPattern) &* 0x100_0000_01B3 }
}

@Suite struct RealMathTests {
  // References: rounded from results of 300 bits.
  @Test(arguments: [
    (-0x1.7480000000000p+9, .leastNonzeroMagnitude),
    (-0x1.6840000000000p+9, 24948310000 * .leastNonzeroMagnitude),
    (-0x1.6220000000000p+9, 0x1.285dc1b5961f1p-1022),
    (-0x1.2cb3333333333p+8, 0x1.225720438e36dp-434),
    (-0x1.28ccccccccccdp+5, 0x1.6411b9711aa8cp-54),
    (-0x1.0000000000000p+0, 0x1.78b56362cef38p-2),
    (-0x1.999999999999ap-4, 0x1.cf46d99d52b3ap-1),
    (-0x1.12e0be826d695p-30, 0x1.fffffff768fa1p-1),
    (0x1.12e0be826d695p-30, 0x1.000000044b830p+0),
    (0x1.999999999999ap-4, 0x1.1aec7b35a00d4p+0),
    (0x1.0000000000000p-1, 0x1.a61298e1e069cp+0),
    (0x1.0000000000000p+0, 0x1.5bf0a8b145769p+1),
    (0x1.4000000000000p+1, 0x1.85d6fd931e0bbp+3),
    (0x1.4000000000000p+3, 0x1.5829dcf950560p+14),
    (0x1.62ccccccccccdp+6, 0x1.f4705bbffae5cp+127),
    (0x1.2c4cccccccccdp+8, 0x1.2e9c6cabf8f3fp+433),
    (0x1.620cccccccccdp+9, 0x1.7ca8e96631651p+1021),
    (0x1.62c0000000000p+9, 0x1.81e9b4b52d0c9p+1023),
  ])
  func `exp agrees with correctly rounded values`(x: Double, reference: Double) {
    #expect(ulps(RealMath.exp(x), reference) <= 1)
  }

  @Test(arguments: [
    (.leastNonzeroMagnitude, -0x1.74385446d71c3p+9),
    (20240225330731 * .leastNonzeroMagnitude, -0x1.64e69394d9508p+9),
    (0x1.089ed476ecab0p-1022, -0x1.622e809940dffp+9),
    (0x1.bff2ee48e0530p-333, -0x1.cc845b54b54f2p+7),
    (0x1.999999999999ap-4, -0x1.26bb1bbb55515p+1),
    (0x1.0000000000000p-1, -0x1.62e42fefa39efp-1),
    (0x1.6a09e667f3bccp-1, -0x1.62e42fefa39f1p-2),
    (0x1.ffffffffea028p-1, -0x1.5fd80000078e5p-37),
    (0x1.000000006df38p+0, 0x1.b7cdffffa18d8p-34),
    (0x1.6a09e667f3bcdp+0, 0x1.62e42fefa39f0p-2),
    (0x1.0000000000000p+1, 0x1.62e42fefa39efp-1),
    (0x1.5bf0a8b145769p+1, 0x1.0000000000000p+0),
    (0x1.4000000000000p+3, 0x1.26bb1bbb55516p+1),
    (0x1.81cd6c8b43958p+13, 0x1.2d79559791e31p+3),
    (0x1.249ad2594c37dp+332, 0x1.cc845b54b54f2p+7),
    (0x1.e42d130773b76p+1023, 0x1.62dd08fdc6f88p+9),
  ])
  func `log agrees with correctly rounded values`(x: Double, reference: Double) {
    #expect(ulps(RealMath.log(x), reference) <= 1)
  }

  @Test(arguments: [
    (0x1.0000000000000p+1, 0x1.0000000000000p-1, 0x1.6a09e667f3bcdp+0),
    (0x1.4000000000000p+3, -0x1.4000000000000p+2, 0x1.4f8b588e368f1p-17),
    (0x1.999999999999ap-4, 0x1.999999999999ap-4, 0x1.96b230bcdc434p-1),
    (0x1.000001ad7f29bp+0, 0x1.dcd6500000000p+29, 0x1.349445c228792p+144),
    (0x1.ff7ced916872bp-1, 0x1.1170000000000p+16, 0x1.f2483be4b0ab5p-102),
    (0x1.8000000000000p+1, 0x1.42c0000000000p+9, 0x1.111a05acf5944p+1023),
    (0x1.c000000000000p+2, -0x1.7c40000000000p+8, 91 * .leastNonzeroMagnitude),
    (0x1.4f8b588e368f1p-17, 0x1.8000000000000p+0, 0x1.0fa3389d6eb41p-25),
    (0x1.e42d130773b76p+1023, 0x1.ff7ced916872bp-1, 0x1.dc36fbbf4742ep+1022),
    (.leastNonzeroMagnitude, 0x1.0000000000000p-1, 0x1.0000000000000p-537),
    (0x1.edd2f1a9fbe77p+6, 0x1.f8f5c28f5c28fp+2, 0x1.c37e53d5e93d2p+54),
    (0x1.0000000000000p-1, 0x1.0c80000000000p+10, .leastNonzeroMagnitude),
    (-0x1.8000000000000p+1, 0x1.4000000000000p+2, -0x1.e600000000000p+7),
    (-0x1.4000000000000p+1, -0x1.0000000000000p+2, 0x1.a36e2eb1c432dp-6),
  ])
  func `pow agrees with correctly rounded values`(x: Double, y: Double, reference: Double) {
    #expect(ulps(RealMath.pow(x, y), reference) <= 1)
  }

  @Test func `a million results stay within two units of the C library's`() {
    var random = RandomStream(seed: 1, name: "real math")
    var worst = (exp: 0.0, log: 0.0, pow: 0.0)
    for _ in 0..<1_000_000 {
      let x = random.unit() * 1416 - 708
      worst.exp = max(worst.exp, ulps(RealMath.exp(x), exp(x)))
      let y = Double(bitPattern: random.next() >> 1)
      guard y.isFinite, y > 0 else { continue }
      let logarithm = log(y)
      worst.log = max(worst.log, ulps(RealMath.log(y), logarithm))
      let exponent = (random.unit() * 2 - 1) * 700 / logarithm
      worst.pow = max(worst.pow, ulps(RealMath.pow(y, exponent), pow(y, exponent)))
    }
    #expect(worst.exp <= 2)
    #expect(worst.log <= 2)
    #expect(worst.pow <= 2)
  }

  // The numbers are those of this very code; they fix the bits on every machine and in every build.
  @Test func `the bits are the same everywhere`() {
    var random = RandomStream(seed: 2, name: "real math")
    var (exps, logs, pows) = (Digest(), Digest(), Digest())
    for _ in 0..<100_000 {
      let x = random.unit()
      exps.add(RealMath.exp(60 * x - 30))
      logs.add(RealMath.log(10 * x))
      pows.add(RealMath.pow(3 * x, 8 * random.unit() - 4))
    }
    #expect(exps.state == 4_671_111_619_672_491_656)
    #expect(logs.state == 2_307_979_424_682_926_398)
    #expect(pows.state == 7_074_729_736_864_800_161)
  }

  @Test func `special arguments follow IEEE 754`() {
    #expect(RealMath.exp(0) == 1)
    #expect(RealMath.exp(-.infinity) == 0)
    #expect(RealMath.exp(.infinity) == .infinity)
    #expect(RealMath.exp(709.79) == .infinity)
    #expect(RealMath.exp(-745.2) == 0)
    #expect(RealMath.exp(.nan).isNaN)
    #expect(RealMath.log(0) == -.infinity)
    #expect(RealMath.log(-0.0) == -.infinity)
    #expect(RealMath.log(1) == 0)
    #expect(RealMath.log(.infinity) == .infinity)
    #expect(RealMath.log(-1).isNaN)
    #expect(RealMath.log(-.infinity).isNaN)
    #expect(RealMath.log(.nan).isNaN)
  }

  // Where IEEE 754 fixes a power exactly, the C library is the reference.
  @Test func `powers of special arguments follow IEEE 754`() {
    let special: [Double] = [
      0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, .infinity, -.infinity, .nan,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude, 0x1p53, 0x1.fffffffffffffp52, 1.0.nextUp, 1.0.nextDown,
    ]
    for x in special {
      for y in special {
        let (own, reference) = (RealMath.pow(x, y), pow(x, y))
        let same = own.isNaN ? reference.isNaN : ulps(own, reference) <= 1
        #expect(same && (own.isNaN || own.sign == reference.sign), "pow(\(x), \(y)) is \(own)")
      }
    }
  }

  @Test func `the form with its own table gives the same bits`() {
    let powers = FractionalPowers.shared
    for step in -2000...2000 {
      let x = Double(step) * 0.377
      #expect(RealMath.exp(x, powers: powers).bitPattern == RealMath.exp(x).bitPattern)
      #expect(
        RealMath.exp(x, powers: Sampler.standard.powers).bitPattern == RealMath.exp(x).bitPattern)
    }
  }
}
