import Foundation

/// Where files come from: the machine, or a dictionary in tests.
public struct FileSystem: Sendable {
  /// Why a file cannot be had.
  public enum Failure: Error, Sendable, Equatable {
    /// There is no such file.
    case missing
    /// It cannot be read, with the system's reason.
    case unreadable(String)
    /// It is larger than the limit.
    case tooLarge(bytes: Int)
  }

  /// What a name in a folder is.
  public struct Entry: Sendable, Equatable {
    /// The name without its folder.
    public var name: String
    /// Whether it is a folder (after following links).
    public var isFolder: Bool
    /// An entry of a folder.
    public init(name: String, isFolder: Bool) {
      self.name = name
      self.isFolder = isFolder
    }
  }

  /// The bytes of a file of at most that many; `-` is standard input.
  public var read: @Sendable (_ path: String, _ limit: Int) -> Result<[UInt8], Failure>
  /// The entries of a folder, sorted by name; empty when there is none.
  public var list: @Sendable (_ folder: String) -> [Entry]
  /// The path with all symbolic links followed; nil when nothing is there.
  public var realPath: @Sendable (_ path: String) -> String?

  /// A file system from its three questions.
  public init(
    read: @escaping @Sendable (String, Int) -> Result<[UInt8], Failure>,
    list: @escaping @Sendable (String) -> [Entry],
    realPath: @escaping @Sendable (String) -> String?
  ) {
    self.read = read
    self.list = list
    self.realPath = realPath
  }

  /// The machine's files.
  public static let machine = FileSystem(
    read: { path, limit in
      if path == "-" { return readAll(FileHandle.standardInput, limit) }
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        return .failure(.missing)
      }
      if isFolder.boolValue { return .failure(.unreadable("it is a folder")) }
      guard
        let kind = try? FileManager.default.attributesOfItem(
          atPath: (path as NSString).resolvingSymlinksInPath)[.type] as? FileAttributeType,
        kind == .typeRegular
      else { return .failure(.unreadable("it is not a regular file")) }
      do {
        return readAll(try FileHandle(forReadingFrom: URL(fileURLWithPath: path)), limit)
      } catch {
        return .failure(.unreadable(error.localizedDescription))
      }
    },
    list: { folder in
      let path = folder.isEmpty ? "." : folder
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return names.sorted().map { name in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(
          atPath: path + "/" + name, isDirectory: &isFolder)
        return Entry(name: name, isFolder: isFolder.boolValue)
      }
    },
    realPath: { path in
      guard let resolved = realpath(path.isEmpty ? "." : path, nil) else { return nil }
      defer { free(resolved) }
      return String(cString: resolved)
    })

  private static func readAll(_ handle: FileHandle, _ limit: Int) -> Result<[UInt8], Failure> {
    do {
      var bytes: [UInt8] = []
      while let part = try handle.read(upToCount: 1 << 16), !part.isEmpty {
        bytes.append(contentsOf: part)
        if bytes.count > limit { return .failure(.tooLarge(bytes: bytes.count)) }
      }
      return .success(bytes)
    } catch {
      return .failure(.unreadable(error.localizedDescription))
    }
  }

  /// Files that exist only here, by path; links lead from a path to another.
  public static func memory(
    _ files: [String: String], links: [String: String] = [:]
  ) -> FileSystem {
    @Sendable func resolve(_ path: String) -> String {
      var path = path
      for _ in 0..<8 {
        guard
          let link = links.keys.sorted().last(where: { path == $0 || path.hasPrefix($0 + "/") }),
          let target = links[link]
        else { return path }
        path = target + path.dropFirst(link.count)
      }
      return path
    }
    return FileSystem(
      read: { path, limit in
        guard let text = files[resolve(path)] else { return .failure(.missing) }
        let bytes = Array(text.utf8)
        return bytes.count > limit ? .failure(.tooLarge(bytes: bytes.count)) : .success(bytes)
      },
      list: { folder in
        let prefix = folder.isEmpty || folder == "." ? "" : folder + "/"
        var entries: [String: Bool] = [:]
        for path in Array(files.keys) + Array(links.keys) where path.hasPrefix(prefix) {
          let parts = path.dropFirst(prefix.count).split(separator: "/", maxSplits: 1)
          guard let name = parts.first else { continue }
          let target = resolve(prefix + name)
          let holdsFiles = files.keys.contains { $0.hasPrefix(target + "/") }
          entries[String(name)] = parts.count > 1 || holdsFiles
        }
        return entries.keys.sorted().map { Entry(name: $0, isFolder: entries[$0] ?? false) }
      },
      realPath: { path in
        // The working folder of these files is /memory.
        var parts = ["memory"]
        for part in resolve(path == "." ? "" : path).split(separator: "/") where part != "." {
          if part != ".." {
            parts.append(String(part))
          } else if !parts.isEmpty {
            parts.removeLast()
          }
        }
        return "/" + parts.joined(separator: "/")
      })
  }
}
