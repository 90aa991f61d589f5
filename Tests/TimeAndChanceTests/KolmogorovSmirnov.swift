/// The largest gap between a sample's distribution and a law's, times the root of the sample's size.
///
/// Above 1.95 in one of a thousand samples of the law. Equal draws count as one step, so laws with
/// jumps may be tested too.
func kolmogorovSmirnov(_ draws: [Double], _ probability: (Double) -> Double) -> Double {
  let sorted = draws.sorted()
  let count = Double(sorted.count)
  var gap = 0.0
  var index = 0
  while index < sorted.count {
    var next = index
    while next < sorted.count && sorted[next] == sorted[index] { next += 1 }
    let exact = probability(sorted[index])
    let isJump = next > index + 1
    if !isJump { gap = max(gap, exact - Double(index) / count) }
    gap = max(gap, (exact - Double(next) / count).magnitude)
    index = next
  }
  return gap * count.squareRoot()
}
