import Glibc

/// Where files come from: the machine, or a dictionary in tests.
public struct FileSystem: Sendable {
  /// Why a file cannot be had.
  public enum Failure: Error, Sendable, Equatable {
    /// There is no such file.
    case missing
    /// It cannot be read, with the system's reason.
    case unreadable(String)
    /// It is a pipe or a device, of which only standard input is read.
    case notRegular
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
  ///
  /// By the system's own calls: a program that loads no Foundation starts in a third of the time.
  public static let machine = FileSystem(
    read: { path, limit in
      if path == "-" { return readAll(STDIN_FILENO, limit) }
      // A pipe without a writer must not block the opening.
      let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard file >= 0 else {
        return .failure(errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(reason))
      }
      defer { close(file) }
      var status = stat()
      guard fstat(file, &status) == 0 else { return .failure(.unreadable(reason)) }
      switch status.st_mode & S_IFMT {
      case S_IFREG: return readAll(file, limit)
      case S_IFDIR: return .failure(.unreadable("it is a folder"))
      default: return .failure(.notRegular)
      }
    },
    list: { folder in
      let path = folder.isEmpty ? "." : folder
      guard let stream = opendir(path) else { return [] }
      defer { closedir(stream) }
      var names: [String] = []
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
            String(cString: $0)
          }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      return names.sorted().map { name in
        var status = stat()
        let isFolder =
          stat(path + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        return Entry(name: name, isFolder: isFolder)
      }
    },
    realPath: { path in
      guard let resolved = realpath(path.isEmpty ? "." : path, nil) else { return nil }
      defer { free(resolved) }
      return String(cString: resolved)
    })

  /// Why the last system call failed.
  private static var reason: String { String(cString: strerror(errno)) }

  private static func readAll(_ file: Int32, _ limit: Int) -> Result<[UInt8], Failure> {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &part, part.count)
      if count == 0 { return .success(bytes) }
      if count < 0 {
        if errno == EINTR { continue }
        return .failure(.unreadable(reason))
      }
      bytes.append(contentsOf: part[..<count])
      if bytes.count > limit { return .failure(.tooLarge(bytes: bytes.count)) }
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
