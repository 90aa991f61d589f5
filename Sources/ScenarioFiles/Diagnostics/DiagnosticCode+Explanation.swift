extension DiagnosticCode {
  /// The page of a code by its name, as `foreshock explain` prints it; nil for an unknown code.
  ///
  /// - Parameter code: The name, in upper or lower case: `FS104`.
  /// - Returns: The page, ending in a newline.
  public static func explain(_ code: String) -> String? {
    DiagnosticCode(rawValue: code.uppercased()).map(\.explanation)
  }

  /// What the rule is, why it is there and what to do, for someone who has just met it.
  public var explanation: String {
    let page = page
    return "\(rawValue): \(page.title)\n\n\(Self.filled(page.text))\n"
  }

  /// The columns of a page: what every terminal has.
  private static let columns = 80

  /// The text with each paragraph filled anew: limits of any number of digits stand in it.
  ///
  /// Lines that begin with a space are examples and stay as they are.
  private static func filled(_ text: String) -> String {
    var lines: [String] = []
    var isInParagraph = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty || line.hasPrefix(" ") {
        lines.append(String(line))
        isInParagraph = false
        continue
      }
      for word in line.split(separator: " ") {
        if isInParagraph, lines[lines.count - 1].count + 1 + word.count <= columns {
          lines[lines.count - 1] += " " + word
        } else {
          lines.append(String(word))
        }
        isInParagraph = true
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The rule in a line.
  public var title: String { page.title }

  private var page: (title: String, text: String) {
    switch self {
    case .unreadableFile, .fileTooLarge, .notUTF8, .syntax, .helmTemplate, .duplicateKey, .tooDeep,
      .tooManyNodes, .textTooLong, .keyNotText, .mergeKey, .pathLeavesFolder, .noMatch,
      .tooManyFiles, .noScenario, .twoScenarios, .strangeDocument, .badOverride, .tooMany:
      filePage
    case .missingKey, .wrongKind, .keysDisagree, .unknownKey, .outOfRange, .unitMissing,
      .notAChoice,
      .notANumber, .badText, .tooLong, .tooLargeToRun:
      formPage
    case .unknownService, .unknownOperation, .cyclicCalls, .unknownPods, .unknownFault,
      .unknownSubject, .nameTwice, .saidTwice, .noPods, .unknownNode, .ambiguousService,
      .unknownGateway, .outsideRun, .metricDoesNotFit, .sharedWorkload, .noRoute,
      .tooManyCalls, .tooManySteps, .unknownEdge, .unmodelledKey, .pastGateway, .endsTooSoon:
      namePage
    case .badK6Options, .unreadK6Option, .badCSV, .unknownField, .unmodelledField, .skippedKind,
      .badField, .danglingHost, .subsetWithoutPods, .unknownSubset, .unreachableRoute, .policyTwice,
      .policyWithoutProxy, .faultWithoutPercentage, .suspiciousQuantity, .objectTwice,
      .missingField, .limitAlwaysOff, .notAdmitted:
      manifestPage
    }
  }
}
