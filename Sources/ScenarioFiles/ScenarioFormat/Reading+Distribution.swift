import TimeAndChance

extension Reading {
  /// How likely a law may give a time longer than files may state.
  private static let mostBeyond = 1e-6

  /// The law that a node writes, or a diagnostic at the key that is wrong.
  mutating func distribution(
    _ law: Distribution.Law, _ minimum: Double?, _ maximum: Double?, in node: YAMLNode
  ) -> Distribution? {
    do {
      let result = try Distribution(law, min: minimum, max: maximum)
      let longest = SimDuration.longestInFiles
      let beyond = 1 - result.probability(atMost: longest.inSeconds)
      guard beyond < Self.mostBeyond else {
        error(
          .outOfRange, at: node.span,
          "this law must stay below \(longest.inDays), and does not once in "
            + "\(Int((1 / beyond).rounded(.down)))",
          help: "limit it: add 'max'")
        return nil
      }
      return result
    } catch {
      // 'min' and 'max' are parameters of some laws, and limits of all.
      let isLawSound = (try? Distribution(law)) != nil
      let family = node.entries?.first { !["min", "max"].contains($0.key) }
      guard !isLawSound, let family else {
        report(error, in: node)
        return nil
      }
      inside(family.key) { $0.report(error, in: family.value) }
      return nil
    }
  }

  /// Says what is wrong with the parameters that a node holds.
  private mutating func report(_ error: DistributionError, in node: YAMLNode) {
    switch error {
    case .outOfRange(let parameter, let value, let lowest, let highest):
      if let elements = node.elements {
        // Numbers of buckets are read one by one; only their order can be wrong here.
        for (index, bucket) in elements.enumerated() where bucket.isReversedBucket {
          inside(index) { $0.report(error, in: bucket) }
          return
        }
      }
      guard let place = node[parameter] else {
        self.error(.outOfRange, at: node.span, Self.range(parameter, value, lowest, highest))
        return
      }
      let other = ["p99": ["p50", "mean"], "max": ["min"], "to": ["from"]][parameter]?
        .lazy.compactMap { name in node[name].map { (name: name, node: $0) } }.first
      inside(parameter) { reading in
        reading.error(
          .outOfRange, at: place.span, Self.range(parameter, value, lowest, highest),
          help: other?.name == "mean" && value > highest
            ? "no lognormal law has a p99 beyond 14.97 times its mean; state p50 and p99" : nil,
          note: value < lowest
            ? other.map { Diagnostic.Note(message: "\($0.name.quoted) stands", span: $0.node.span) }
            : nil)
      }
    case .noWeight:
      self.error(.outOfRange, at: node.span, "a bucket must have a weight above 0")
    case .tooManyBuckets:
      self.error(.tooLong, at: node.span, error.description)
    case .bucketsOverlap(let index):
      guard let elements = node.elements, elements.indices.contains(index), index > 0 else {
        self.error(.outOfRange, at: node.span, error.description)
        return
      }
      let (previous, bucket) = (elements[index - 1], elements[index])
      inside(index) { reading in
        reading.inside("from") {
          $0.error(
            .outOfRange, at: (bucket["from"] ?? bucket).span,
            "buckets must be in order, without overlap",
            note: Diagnostic.Note(
              message: "the one before ends", span: (previous["to"] ?? previous).span))
        }
      }
    case .truncationKeepsTooLittle(let share, let minimum, let maximum):
      let place = node["max"] ?? node["min"] ?? node
      let low = (minimum ?? 0).inTime
      let limits = maximum.map { "between \(low) and \($0.inTime)" } ?? "from \(low) up"
      let percent = (share * 1_000_000).rounded() / 10_000
      inside(node["max"] == nil ? "min" : "max") {
        $0.error(
          .outOfRange, at: place.span,
          "of this law \(percent.short) % lie \(limits); at least 1 % must",
          help: "limits cut off a law's ends; for other values state another law")
      }
    }
  }

  /// The range of a parameter in its own unit.
  private static func range(
    _ parameter: String, _ value: Double, _ lowest: Double, _ highest: Double
  ) -> String {
    if parameter == "cv" {
      return "'cv' must be 0 or \(lowest.short)...\(highest.short), is \(value.short)"
    }
    if ["alpha", "weight"].contains(parameter) {
      return "\(parameter.quoted) must be \(lowest.short)...\(highest.short), is \(value.short)"
    }
    let expected =
      switch (lowest > 1e-9, highest < 1e9) {
      case (true, true): "\(lowest.inTime)...\(highest.inTime)"
      case (true, false): "at least \(lowest.inTime)"
      case (false, true): "above 0s up to \(highest.inTime)"
      case (false, false): "above 0s"
      }
    return "\(parameter.quoted) must be \(expected), is \(value.inTime)"
  }
}

extension YAMLNode {
  /// Whether it is a bucket that ends before it begins.
  fileprivate var isReversedBucket: Bool {
    guard let from = self["from"]?.text, let to = self["to"]?.text,
      let start = try? SimDuration.parse(from), let end = try? SimDuration.parse(to)
    else { return false }
    return end < start
  }
}

extension Double {
  /// Seconds as a file would write them.
  fileprivate var inTime: String { SimDuration(seconds: self).written }
}
