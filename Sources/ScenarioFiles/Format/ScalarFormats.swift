import TimeAndChance

extension Format where Value == String {
  /// A text of one or more lines.
  static var text: Format {
    Format(schema: .text(pattern: nil, examples: [])) { node, reading in
      if let text = node.text { return text }
      reading.wrongKind(node, expected: "a text")
      return nil
    }
  }

  /// A text of at most so many characters.
  static func text(atMost limit: Int) -> Format {
    let text = text
    return Format(schema: .text(pattern: nil, examples: [], atMost: limit)) { node, reading in
      guard let value = text.read(node, &reading) else { return nil }
      let count = value.unicodeScalars.count
      guard count > limit else { return value }
      reading.error(
        .tooLong, at: node.span,
        "'\(reading.key)' must be at most \(limit) characters, has \(count)")
      return nil
    }
  }

  /// A name: one short line.
  static var name: Format {
    Format(schema: .text(pattern: "^[^\\x00-\\x1f]+$", examples: [])) { node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a name")
        return nil
      }
      return reading.isName(text, at: node.span) ? text : nil
    }
  }
}

extension Format where Value == Bool {
  /// `true` or `false`.
  static var boolean: Format {
    Format(schema: .boolean) { node, reading in
      switch node.text {
      case "true": return true
      case "false": return false
      default:
        let isWord = ["yes", "no", "on", "off"].contains(node.text?.lowercased())
        reading.wrongKind(
          node, expected: "true or false", help: isWord ? "write true or false" : nil)
        return nil
      }
    }
  }
}

extension Format {
  /// One of a few words, each standing for a value.
  static func choice(_ words: [(word: String, value: Value)]) -> Format {
    let names = words.map(\.word)
    return Format(schema: .choice(names)) { node, reading in
      if let match = words.first(where: { $0.word == node.text }) { return match.value }
      let list = NameList.joined(names, by: "or")
      guard let text = node.text else {
        reading.wrongKind(node, expected: list)
        return nil
      }
      reading.error(
        .notAChoice, at: node.span, "'\(reading.key)' must be \(list), is \(text.quoted)",
        help: Spelling.help(for: text, among: names))
      return nil
    }
  }
}

extension Format where Value == Int {
  /// A whole number within a range.
  static func integer(_ range: ClosedRange<Int>) -> Format {
    Format(schema: .integer(range)) { node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a whole number")
        return nil
      }
      guard let exact = ExactDecimal(text[...]), let value = exact.times(1),
        !(text.hasPrefix("0") && text.count > 1), !text.contains(".")
      else {
        reading.notANumber(text, node.span, "a whole number")
        return nil
      }
      guard range.contains(Int(value)) else {
        reading.outOfRange(text, node.span, "\(range.lowerBound)...\(range.upperBound)")
        return nil
      }
      return Int(value)
    }
  }
}

extension Format where Value == UInt64 {
  /// A whole number of 64 bits, as seeds are.
  static var wholeNumber: Format {
    Format(schema: .unsigned) { node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a whole number")
        return nil
      }
      if let value = UInt64(text), text.first != "+", text == "0" || text.first != "0" {
        return value
      }
      if let exact = ExactDecimal(text[...]), exact.double == exact.double.rounded(),
        !(text.hasPrefix("0") && text.count > 1), !text.contains(".")
      {
        reading.outOfRange(text, node.span, "0...\(UInt64.max)")
      } else {
        reading.notANumber(text, node.span, "a whole number")
      }
      return nil
    }
  }
}

extension Format where Value == Double {
  /// A finite number within a range.
  static func number(_ range: ClosedRange<Double>, isExclusiveBelow: Bool = false) -> Format {
    Format(schema: .number(range, isExclusiveBelow: isExclusiveBelow)) { node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a number")
        return nil
      }
      guard let value = ExactDecimal(text[...], allowsExponent: true)?.double else {
        reading.notANumber(text, node.span, "a number")
        return nil
      }
      guard range.contains(value), !(isExclusiveBelow && value == range.lowerBound) else {
        let lower = isExclusiveBelow ? "above \(range.lowerBound.short)" : range.lowerBound.short
        let joint = isExclusiveBelow ? " up to " : "..."
        reading.outOfRange(text, node.span, "\(lower)\(joint)\(range.upperBound.short)")
        return nil
      }
      return value
    }
  }

  /// A share written in percent; the value is 0...1.
  static func percent(_ range: ClosedRange<Double> = 0...1) -> Format {
    Format(schema: .text(pattern: "^[0-9]+(\\.[0-9]+)?%$", examples: ["10%"])) { node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a percentage like 10%")
        return nil
      }
      guard text.hasSuffix("%") else {
        let number = ExactDecimal(text[...])?.double
        let percent = number.map { $0 <= 1 ? ($0 * 100).short : $0.short }
        reading.error(
          number == nil ? .notANumber : .unitMissing, at: node.span,
          "'\(reading.key)' must be a percentage, is \(text.quoted)",
          help: percent.map { "write \($0)%" })
        return nil
      }
      guard let exact = ExactDecimal(text.dropLast()) else {
        reading.notANumber(text, node.span, "a percentage")
        return nil
      }
      let value = exact.hundredth
      guard range.contains(value) else {
        let lower = (range.lowerBound * 100).short
        reading.outOfRange(text, node.span, "\(lower)%...\((range.upperBound * 100).short)%")
        return nil
      }
      return value
    }
  }

  /// Requests per time: `100/s`, `6000/m`; the value is per second.
  static var rate: Format {
    Format(schema: .text(pattern: "^[0-9]+(\\.[0-9]+)?/(s|m|h)$", examples: ["100/s"])) {
      node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a rate like 100/s")
        return nil
      }
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard let number = ExactDecimal(parts[0]) else {
        reading.notANumber(text, node.span, "a rate like 100/s")
        return nil
      }
      guard number.digits >= 0 else {
        reading.error(
          .outOfRange, at: node.span,
          "'\(reading.key)' must not be negative, is \(text.quoted)",
          help: "a rate from 0/s to 1000000000/s, for instance 100/s")
        return nil
      }
      let seconds: [Substring: Double] = ["s": 1, "m": 60, "h": 3600]
      guard parts.count == 2, let unit = seconds[parts[1]] else {
        reading.error(
          .unitMissing, at: node.span, "'\(reading.key)' must be a rate, is \(text.quoted)",
          help: "write \(parts[0])/s, or with /m or /h")
        return nil
      }
      let value = number.double / unit
      guard value <= 1e9 else {
        reading.outOfRange(text, node.span, "0/s...1000000000/s")
        return nil
      }
      return value
    }
  }
}

extension Format where Value == SimDuration {
  /// A length of time with units, within a range.
  static func duration(
    _ range: ClosedRange<SimDuration> = .zero ... .longestInFiles
  ) -> Format {
    let pattern = "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+)$"
    return Format(schema: .text(pattern: pattern, examples: ["30s", "1h30m"], orZero: true)) {
      node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a length of time like 30s")
        return nil
      }
      guard let value = reading.duration(text, range, at: node.span) else { return nil }
      guard range.contains(value) else {
        reading.outOfRange(
          text, node.span,
          range.upperBound == .longestInFiles
            ? "at least \(range.lowerBound.written)"
            : "\(range.lowerBound.written)...\(range.upperBound.written)")
        return nil
      }
      return value
    }
  }
}

extension Reading {
  /// The length of time that a text writes, or a diagnostic.
  mutating func duration(
    _ text: String, _ range: ClosedRange<SimDuration> = .zero ... .longestInFiles,
    at span: SourceSpan
  ) -> SimDuration? {
    do {
      return try SimDuration.parse(text)
    } catch {
      let subject = "\(key.quoted)"
      switch error {
      case .noUnit:
        self.error(
          .unitMissing, at: span, "\(subject) needs a unit of time, is \(text.quoted)",
          help: "write \(text)s or \(text)ms; units are ns us ms s m h d")
      case .form:
        self.error(
          .notANumber, at: span, "\(subject) must be a length of time, is \(text.quoted)",
          help: SimDuration(clock: text).map { "write \($0.written)" }
            ?? "for instance 250ms, 90s or 1m30s")
      case .tooFine:
        self.error(.outOfRange, at: span, "\(subject) is finer than a nanosecond: \(text.quoted)")
      case .tooLong:
        self.error(
          .outOfRange, at: span,
          "\(subject) must be at most \(SimDuration.longestInFiles.inDays), is \(text.quoted)")
      case .negative:
        let longest =
          range.upperBound == .longestInFiles ? range.upperBound.inDays : range.upperBound.written
        let positive = String(text.dropFirst())
        let fits = (try? SimDuration.parse(positive)).map(range.contains) ?? false
        self.error(
          .outOfRange, at: span, "\(subject) must not be negative, is \(text.quoted)",
          help: "a length of time from \(range.lowerBound.written) to \(longest)"
            + (fits ? ", for instance \(positive)" : ""))
      }
      return nil
    }
  }

  fileprivate mutating func notANumber(_ text: String, _ span: SourceSpan, _ expected: String) {
    error(.notANumber, at: span, "'\(key)' must be \(expected), is \(text.quoted)")
  }

  fileprivate mutating func outOfRange(_ text: String, _ span: SourceSpan, _ range: String) {
    error(.outOfRange, at: span, "'\(key)' must be \(range), is \(text.shortened(to: 60))")
  }
}

extension Double {
  /// The number without a needless fraction.
  var short: String { self == rounded() && abs(self) < 1e15 ? String(Int64(self)) : "\(self)" }
}
