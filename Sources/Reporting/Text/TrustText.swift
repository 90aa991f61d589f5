import Results

/// How far a service's figures can be trusted, in sentences.
enum TrustText {
  /// Labels that ask for caution, each once, with all the phases that it is of.
  static func cautions(
    of service: Int, in result: RunResult
  ) -> [(label: TrustLabel, text: String)] {
    let labels = result.trust[service]
    // Shares that look alike are alike.
    func isAlike(_ one: TrustLabel, _ other: TrustLabel) -> Bool {
      one.state == other.state && one.advice == other.advice
    }
    var told: [TrustLabel] = []
    for label in labels where label.state == .backlogged || label.state == .overloaded {
      if !told.contains(where: { isAlike($0, label) }) { told.append(label) }
    }
    return told.map { label in
      let phases = labels.indices.filter { isAlike(labels[$0], label) }
      let isAlways = phases.count == labels.count && labels.count > 1
      let names = phases.map { PhaseName.full(result.phases[$0], among: result.phases) }
      let when = isAlways ? "the whole run" : listed(names)
      return (label, "\(label.state.rawValue) \(when): \(label.advice)")
    }
  }

  private static func listed(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}
