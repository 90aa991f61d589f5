/// The folder of a scenario, out of which no file named in it may lead.
struct ScenarioFolder {
  /// The folder's path; empty for the current one.
  let path: String
  private let files: FileSystem

  init(of scenarioFile: String, _ files: FileSystem) {
    path =
      scenarioFile == "-"
      ? "" : scenarioFile.lastIndex(of: "/").map { String(scenarioFile[..<$0]) } ?? ""
    self.files = files
  }

  /// The path of a file that is named relative to the folder.
  func join(_ name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }

  /// Whether a name stays inside by its form: no absolute path, no `..`.
  static func staysInside(_ name: String) -> Bool {
    !name.hasPrefix("/") && !name.hasPrefix("~") && !name.contains("\\")
      && !name.split(separator: "/").contains("..")
  }

  /// Whether a path is inside the folder after following links.
  func holds(_ file: String) -> Bool {
    guard let root = files.realPath(path), let real = files.realPath(file) else { return false }
    return root == "/" || real.hasPrefix(root + "/")
  }

  /// The files that a pattern matches, sorted, as paths; nil with a diagnostic.
  ///
  /// `*` and `?` stand for characters within a name, `**` for folders.
  func matches(
    _ pattern: Located<String>, _ diagnostics: inout DiagnosticList
  ) -> [String]? {
    guard Self.staysInside(pattern.value) else {
      diagnostics.error(
        .pathLeavesFolder, at: pattern.span, path: pattern.path,
        "\(pattern.value.quoted) leaves the scenario's folder",
        help: "name files inside the folder, without '..' and not from '/'")
      return nil
    }
    var search = Search(folder: self, files: files)
    let parts = pattern.value.split(separator: "/").map(String.init).filter { $0 != "." }
    search.visit(path, parts[...])
    if search.isTooLarge {
      diagnostics.error(
        .tooManyFiles, at: pattern.span, path: pattern.path,
        "\(pattern.value.quoted) must match at most \(ReadingLimits.files) files in at most "
          + "\(ReadingLimits.folders) folders")
      return nil
    }
    let outside = search.found.filter { !holds($0) }
    for file in outside {
      let leadsNowhere = files.realPath(file) == nil
      diagnostics.error(
        leadsNowhere ? .unreadableFile : .pathLeavesFolder, at: pattern.span, path: pattern.path,
        leadsNowhere
          ? "\(file.quoted) is a link that leads nowhere"
          : "\(file.quoted) is a link out of the scenario's folder")
    }
    if !outside.isEmpty { return nil }
    if search.found.isEmpty {
      diagnostics.error(
        .noMatch, at: pattern.span, path: pattern.path,
        "\(pattern.value.quoted) matches no file in \(path.isEmpty ? "the current folder" : path.quoted)"
      )
      return nil
    }
    return search.found.sorted()
  }

  /// A walk through the folder by a pattern's parts.
  private struct Search {
    let folder: ScenarioFolder
    let files: FileSystem
    var found: [String] = []
    var isTooLarge = false
    private var folders = 0
    private var seen: Set<String> = []

    init(folder: ScenarioFolder, files: FileSystem) {
      self.folder = folder
      self.files = files
    }

    mutating func visit(_ path: String, _ parts: ArraySlice<String>) {
      guard let part = parts.first, !isTooLarge else { return }
      folders += 1
      guard folders <= ReadingLimits.folders, parts.count <= 64 else {
        isTooLarge = true
        return
      }
      let rest = parts.dropFirst()
      if part == "**" { visit(path, rest) }
      for entry in files.list(path) {
        let child = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
        if part == "**" {
          // Links to folders are not followed, so the walk ends.
          if entry.isFolder,
            files.realPath(child) == (files.realPath(path) ?? "") + "/" + entry.name
          {
            visit(child, parts)
          }
          continue
        }
        guard NamePattern.matches(part, entry.name) else { continue }
        if rest.isEmpty {
          if !entry.isFolder, seen.insert(child).inserted { found.append(child) }
        } else if entry.isFolder {
          visit(child, rest)
        }
        if found.count > ReadingLimits.files { isTooLarge = true }
      }
    }
  }
}

/// A file name with `*` and `?`.
enum NamePattern {
  /// Whether the name fits; hidden files only when the pattern begins with a dot.
  static func matches(_ pattern: String, _ name: String) -> Bool {
    if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
    let pattern = Array(pattern.unicodeScalars)
    let name = Array(name.unicodeScalars)
    var p = 0
    var n = 0
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = star {
        p = last.pattern + 1
        n = last.name + 1
        star = (last.pattern, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
