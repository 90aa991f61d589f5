import Foundation

/// Replays every vector file below a folder and judges it: `Conformance [FOLDER] [--case GLOB]`.
@main struct Conformance {
  static func main() throws {
    let folder = CommandLine.arguments.dropFirst().first ?? "Tests/Conformance/Vectors"
    var passed = 0
    var failed = 0
    let root = URL(fileURLWithPath: folder)
    let paths = (FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? [])
      .sorted()
    for path in paths where path.hasSuffix(".yaml") || path.hasSuffix(".jsonl") {
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      let file = VectorFile(path: path, text: text)
      for format in formats {
        guard let cases = try format.cases(in: file) else { continue }
        for one in cases {
          let mismatches = try one.replay()
          if mismatches.isEmpty {
            passed += 1
            print("ok \(file.name)/\(one.name)")
          } else {
            failed += 1
            for m in mismatches.prefix(5) {
              print(
                "FAIL \(file.name)/\(one.name): \(m.metric) expected \(m.expected) got \(m.got)")
            }
          }
        }
        break
      }
    }
    print("\(passed) passed, \(failed) failed")
    if failed > 0 { exit(1) }
  }
}
