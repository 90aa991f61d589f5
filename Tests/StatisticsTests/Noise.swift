/// Repeatable even draws for tests; this module's tests know no other random numbers.
struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// An even draw from `[0, 1)`.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A nearly normal draw: twelve even ones, of mean 0 and variance 1.
  mutating func bell() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += unit() }
    return sum
  }

  /// A latency over many octaves: 1 µs to 1 s, every octave as likely as the others.
  mutating func latency() -> Int64 {
    let octave = UInt64(1000) << (next() % 20)
    return Int64(octave + next() % octave)
  }
}
