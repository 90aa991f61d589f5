import Foundation

/// The files that inputs are made from: the shipped scenarios and their manifests.
struct Corpus: Sendable {
  /// All files by their path below the folder.
  let files: [String: String]
  /// The paths of scenarios, sorted.
  let scenarios: [String]
  /// The paths of all files, sorted.
  let paths: [String]

  init(folder: String) {
    var files: [String: String] = [:]
    let names = FileManager.default.enumerator(atPath: folder)?.allObjects ?? []
    for name in names.compactMap({ $0 as? String }) where name.hasSuffix(".yaml") {
      files[name] = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }
    self.files = files
    paths = files.keys.sorted()
    scenarios = paths.filter { !$0.contains("manifests") }
  }
}
