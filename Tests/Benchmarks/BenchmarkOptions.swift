/// What the command line asks for.
struct BenchmarkOptions {
  /// The rows to run; empty runs all but the long ones.
  var rows: Set<String> = []
  /// Tiny inputs, each row once: shows that every row still runs, and what it computes.
  var isQuick = false
  /// The long rows too.
  var includesLongRows = false
  /// How often each variant is measured.
  var repeats = 5
  /// The folder of the peer programs' sources.
  var peers = "Tests/Benchmarks/Peers"
  /// Where their binaries go.
  var binaries = ".build/benchmark-peers"
  /// A Python that has SimPy; nil leaves its rows out.
  var python: String?
  var wantsHelp = false
  /// A run inside another measuring program, and its size.
  var child: String?
  var childSize = 0

  static let help = """
    Benchmarks [--rows B4,B5] [--quick] [--all] [--repeats N] [--peers DIR] [--binaries DIR] [--python FILE]

      --rows      only these rows
      --quick     tiny inputs, once: every row runs and prints the checksum of its results
      --all       the long rows too
      --repeats   how often each variant is measured, interleaved (5)
      --peers     the peer programs' sources (Tests/Benchmarks/Peers)
      --binaries  where they are compiled to (.build/benchmark-peers)
      --python    a Python with SimPy, for row B7
    """

  init(_ words: [String]) throws {
    var index = 0
    func value() throws -> String {
      index += 1
      guard index < words.count else {
        throw BenchmarkError("'\(words[index - 1])' needs a value")
      }
      return words[index]
    }
    while index < words.count {
      switch words[index] {
      case "--rows": rows = Set(try value().split(separator: ",").map(String.init))
      case "--quick": isQuick = true
      case "--all": includesLongRows = true
      case "--repeats": repeats = max(1, Int(try value()) ?? 5)
      case "--peers": peers = try value()
      case "--binaries": binaries = try value()
      case "--python": python = try value()
      case "--help", "-h": wantsHelp = true
      case "--child":
        child = try value()
        childSize = Int(try value()) ?? 0
      default: throw BenchmarkError("unknown option '\(words[index])'\n\(Self.help)")
      }
      index += 1
    }
    if isQuick { repeats = 1 }
  }
}

/// Why a row could not be measured.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
