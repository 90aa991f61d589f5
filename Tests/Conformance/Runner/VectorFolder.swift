import Foundation

/// The vector files below a folder.
struct VectorFolder {
  /// The folder cannot be read.
  struct Unreadable: Error {
    /// Which folder or file, and why.
    let reason: String
  }

  /// The endings of vector files.
  static let endings = [".yaml", ".yml", ".jsonl", ".json"]

  /// The files in the order of their paths.
  let files: [VectorFile]

  /// Reads every vector file below `folder`, or the one file that it names.
  /// - Throws: ``Unreadable``.
  init(_ folder: String) throws {
    let root = URL(fileURLWithPath: folder)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder) else {
      throw Unreadable(reason: "no such folder: \(folder)")
    }
    guard isFolder.boolValue else {
      files = [VectorFile(path: root.lastPathComponent, text: try Self.text(of: root))]
      return
    }
    let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    let paths = all.filter { path in Self.endings.contains { path.hasSuffix($0) } }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    files = try paths.map { path in
      VectorFile(path: path, text: try Self.text(of: root.appendingPathComponent(path)))
    }
  }

  private static func text(of url: URL) throws -> String {
    do {
      return try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw Unreadable(reason: "cannot read \(url.path) as UTF-8 text")
    }
  }
}
