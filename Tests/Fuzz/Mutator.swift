import TimeAndChance

/// Makes one broken input from the corpus.
struct Mutator {
  var random: RandomStream
  let corpus: Corpus

  /// A scenario's path and its changed text, and overrides.
  struct Input {
    var path: String
    var text: String
    var overrides: [String] = []
  }

  /// Texts that readers find hard.
  private static let tokens = [
    "{", "}", "[", "]", ": ", "- ", "? ", "&a ", "*a", "<<: *a\n", "!!str ", "!x ", "|\n", ">\n",
    "\"", "'", "#", "---\n", "...\n", "%YAML 1.1\n", "\t", "\u{0}", "\u{85}", "\u{2028}",
    "\u{FEFF}",
    "\\x", "\\uD800", "null", "~", "true", "on", ".nan", ".inf", "-.inf", "0x7fffffffffffffff",
    "1e999", "1e-9223372036854775808", "----5ms",
    "-1", "99999999999999999999999999", "0.0000000000000000000000000000000001", "1s", "5", "100%",
    "-5ms", "9223372036854775807ns", "{{ .Values.x }}", "kind: List\nitems:\n", "  ", "\n", "\r\n",
    "운영", "é", "𝄞", "../../../etc/passwd", "a GET /", "zone a", "999 of backend", "gateway",
    "regex: \"(a*)*b\"", "weight: 0", "attempts: -7", "percentage: {value: 1e9}",
  ]

  mutating func input() -> Input {
    let path = corpus.scenarios[below(corpus.scenarios.count)]
    var input = Input(path: path, text: corpus.files[path] ?? "")
    if below(8) == 0 { append(&input) }
    // Mostly a single change: the rest then still gets past the first mistake.
    let changes = below(3) > 0 ? 1 : 1 + below(6)
    for _ in 0..<changes { change(&input) }
    if below(6) == 0 { input.overrides.append(override()) }
    return input
  }

  private mutating func below(_ bound: Int) -> Int {
    bound <= 0 ? 0 : Int(random.below(UInt32(min(bound, Int(UInt32.max)))))
  }

  private mutating func token() -> String { Self.tokens[below(Self.tokens.count)] }

  /// Adds the manifests of another scenario as further documents.
  private mutating func append(_ input: inout Input) {
    let other = corpus.paths[below(corpus.paths.count)]
    input.text += "---\n" + (corpus.files[other] ?? "")
  }

  private mutating func change(_ input: inout Input) {
    switch below(4) {
    case 0: changeScalars(&input)
    case 1: changeLines(&input)
    case 2: changeWords(&input)
    default: splice(&input)
    }
  }

  /// Replaces, adds or removes single characters.
  private mutating func changeScalars(_ input: inout Input) {
    var scalars = Array(input.text.unicodeScalars)
    guard !scalars.isEmpty else { return }
    for _ in 0...(below(2) * below(8)) {
      let place = below(scalars.count)
      switch below(3) {
      case 0: scalars.remove(at: place)
      case 1: scalars.insert(contentsOf: token().unicodeScalars, at: place)
      default: scalars[place] = Unicode.Scalar(UInt8(below(128)))
      }
      if scalars.isEmpty { break }
    }
    input.text = String(String.UnicodeScalarView(scalars))
  }

  /// Repeats, removes, swaps or indents lines.
  private mutating func changeLines(_ input: inout Input) {
    var lines = input.text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count > 2 else { return }
    let first = below(lines.count)
    let second = below(lines.count)
    switch below(5) {
    case 0: lines.remove(at: first)
    case 1: lines.insert(lines[first], at: second)
    case 2: lines.swapAt(first, second)
    case 3: lines[first] = "  " + lines[first]
    default:
      for _ in 0..<below(400) { lines.insert(lines[first], at: first) }
    }
    input.text = lines.joined(separator: "\n")
  }

  /// Puts a hard text in the place of a word.
  private mutating func changeWords(_ input: inout Input) {
    var words = input.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for _ in 0...(below(2) * below(4)) {
      let place = below(words.count)
      words[place] = below(3) == 0 ? words[below(words.count)] : token()
    }
    input.text = words.joined(separator: " ")
  }

  /// Puts a part of another file somewhere.
  private mutating func splice(_ input: inout Input) {
    let other = Array((corpus.files[corpus.paths[below(corpus.paths.count)]] ?? "").unicodeScalars)
    var scalars = Array(input.text.unicodeScalars)
    guard !other.isEmpty else { return }
    let from = below(other.count)
    let to = min(other.count, from + below(400))
    scalars.insert(contentsOf: other[from..<to], at: below(scalars.count + 1))
    input.text = String(String.UnicodeScalarView(scalars))
  }

  private mutating func override() -> String {
    let paths = [
      "duration", "services.backend.workers", "traffic[0].rate", "traffic[9]", "seed",
      "a.\"b c\"[0]",
      "faults[0].at", "mesh.dataPlane", "network", "expect[0]", "services", "",
    ]
    return paths[below(paths.count)] + (below(9) == 0 ? "" : "=") + token()
  }
}
