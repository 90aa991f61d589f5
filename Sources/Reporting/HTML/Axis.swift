import Results
import Scenario
import TimeAndChance

/// Round numbers along an axis.
enum Axis {
  /// Round values from 0 to just above a maximum, four to six of them.
  static func linear(upTo maximum: Double) -> [Double] {
    guard maximum > 0, maximum.isFinite else { return [0, 1] }
    var step = 1.0
    while step * 4 < maximum { step *= 10 }
    while step * 4 > maximum * 10 { step /= 10 }
    // Now 4 steps are 1 to 10 times the maximum: take the finest round step that needs at most 5.
    for factor in [0.1, 0.2, 0.25, 0.5, 1] where step * factor * 5 >= maximum {
      step *= factor
      break
    }
    let count = Int((maximum / step).rounded(.up))
    return (0...max(1, count)).map { Double($0) * step }
  }

  /// Powers of ten around two positive values, or with 2 and 5 between when they are near.
  static func logarithmic(from minimum: Double, to maximum: Double) -> [Double] {
    var low = 1.0
    while low > minimum { low /= 10 }
    while low * 10 <= minimum { low *= 10 }
    var values = [low]
    while let last = values.last, last < maximum, values.count < 16 { values.append(last * 10) }
    return values
  }

  /// What stands beside a tick: short, so lengths of time have a single unit.
  static func label(_ value: Double, _ unit: Metric.Unit) -> String {
    if value == 0 { return "0" }
    guard unit == .seconds, value >= 60 else { return HumanNumber.text(value, unit) }
    if value >= 36_000 { return HumanNumber.count(value / 3_600) + " h" }
    let minutes = value / 60
    if minutes >= 5, minutes == minutes.rounded() { return HumanNumber.count(minutes) + " min" }
    // Up to 9999 s in digits: thousands of seconds are no unit.
    return value < 10_000
      ? DecimalText(value, significant: 4).plain + " s" : HumanNumber.count(value / 3_600) + " h"
  }

  /// Round instants from the start to the end of a run, three to seven of them, in seconds.
  static func times(upTo seconds: Double) -> [Double] {
    let steps: [Double] = [
      0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 14_400,
      43_200, 86_400, 172_800, 604_800, 2_592_000, 7_776_000,
    ]
    let step = steps.first { seconds / $0 <= 6 } ?? seconds / 5
    guard step > 0, seconds > 0 else { return [0] }
    return (0...Int(seconds / step)).map { Double($0) * step }
  }
}
