import Glibc
public import Results

/// The folder of a run: all its files, or none.
public enum RunFolder {
  /// Why a folder could not be written.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// The path that could not be written.
    public var path: String
    /// The system's words.
    public var reason: String
    /// What went wrong, for people.
    public var description: String { "cannot write '\(path)': \(reason)" }

    init(_ path: String, _ reason: String) {
      self.path = path
      self.reason = reason
    }

    /// What the last system call met at a path.
    init(at path: String) { self.init(path, String(cString: strerror(errno))) }
  }

  /// The names of files that a run writes; of an earlier run they go when the new one has none.
  static let usualNames = [
    "summary.json", "timeseries.csv", "events.ndjson", "report.html", "timing.json", "junit.xml",
    "latency.hlog", "metrics.om", "traces.otlp.jsonl",
  ]

  /// The files of a run by name; `junit.xml` and others are added by whoever wants them.
  public static func files(_ result: RunResult, timing: TimingJSON?) -> [(
    name: String, text: String
  )] {
    var files = [
      ("summary.json", SummaryJSON(result).text),
      ("timeseries.csv", TimeSeriesCSV(result).text),
      ("events.ndjson", EventsNDJSON(result).text),
      ("report.html", HTMLReport(result).html),
    ]
    if let timing { files.append(("timing.json", timing.text)) }
    return files
  }

  /// Writes files into a folder, each whole or not at all.
  ///
  /// All are written under temporary names first; only when every one is on the disk are they
  /// renamed. So a full disk or a missing right leaves an earlier run as it was. A folder that is
  /// not there yet appears whole. In one that is there, files of an earlier run are replaced or
  /// taken away, and whatever else it holds is left alone.
  ///
  /// - Parameters:
  ///   - files: plain file names, without folders, and their text.
  ///   - folder: the folder's path; its parents are made.
  /// - Throws: ``Failure``; nothing of the new files is left then.
  public static func write(
    _ files: [(name: String, text: String)], to folder: String
  ) throws(Failure) {
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    for file in files {
      guard !file.name.isEmpty, !file.name.contains("/"), file.name != ".", file.name != ".."
      else { throw Failure("\(folder)/\(file.name)", "this is no file name") }
    }
    var status = stat()
    if stat(folder, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw Failure(folder, "a file is in the way")
      }
      try replace(files, in: folder)
    } else {
      try make(folder, with: files)
    }
  }

  /// Finds out whether a folder can be written, without leaving anything: before a long run.
  ///
  /// - Throws: ``Failure`` when a file is in the way, or the program may not write there.
  public static func check(_ folder: String) throws(Failure) {
    var place = folder
    var status = stat()
    while stat(place, &status) != 0 {
      guard errno == ENOENT || errno == ENOTDIR else { throw Failure(at: folder) }
      guard lstat(place, &status) != 0 else {
        throw Failure(place, "a link that leads nowhere is in the way")
      }
      let parent = parts(of: place).parent
      guard parent != place else { return }
      place = parent
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw Failure(place, "a file is in the way") }
    guard access(place, W_OK | X_OK) == 0 else { throw Failure(at: folder) }
  }

  /// Makes a folder that is not there yet: written beside its place, then renamed.
  private static func make(
    _ folder: String, with files: [(name: String, text: String)]
  ) throws(Failure) {
    let (parent, name) = parts(of: folder)
    let madeParents = try makeFolders(parent)
    let draft = "\(parent)/.\(name).\(getpid()).part"
    do throws(Failure) {
      guard mkdir(draft, 0o777) == 0 else { throw Failure(at: folder) }
      for file in files {
        try write(file.text, to: "\(draft)/\(file.name)", for: "\(folder)/\(file.name)")
      }
      guard rename(draft, folder) == 0 else { throw Failure(at: folder) }
    } catch {
      for file in files { unlink("\(draft)/\(file.name)") }
      rmdir(draft)
      for path in madeParents.reversed() { rmdir(path) }
      throw error
    }
  }

  /// Replaces the files of an earlier run.
  private static func replace(
    _ files: [(name: String, text: String)], in folder: String
  ) throws(Failure) {
    func draft(_ name: String) -> String { "\(folder)/.\(name).\(getpid()).part" }
    do throws(Failure) {
      for file in files {
        let path = "\(folder)/\(file.name)"
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
          throw Failure(path, "a folder is in the way")
        }
        try write(file.text, to: draft(file.name), for: path)
      }
      for file in files {
        let path = "\(folder)/\(file.name)"
        guard rename(draft(file.name), path) == 0 else { throw Failure(at: path) }
      }
    } catch {
      for file in files { unlink(draft(file.name)) }
      throw error
    }
    for name in usualNames where !files.contains(where: { $0.name == name }) {
      unlink("\(folder)/\(name)")
    }
  }

  /// The folder that holds a path, and its last name.
  private static func parts(of path: String) -> (parent: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let parent = String(path[..<slash])
    return (parent.isEmpty ? "/" : parent, String(path[path.index(after: slash)...]))
  }

  /// Makes a folder and those above it; returns the ones that were not there, outermost first.
  private static func makeFolders(_ path: String) throws(Failure) -> [String] {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw Failure(path, "a file is in the way") }
      return []
    }
    let parent = parts(of: path).parent
    let made = parent == path ? [] : try makeFolders(parent)
    if mkdir(path, 0o777) == 0 { return made + [path] }
    if errno == EEXIST { return made }
    let failure = Failure(at: path)
    for path in made.reversed() { rmdir(path) }
    throw failure
  }

  /// Writes a text under a temporary name; a failure names the place that it is for.
  private static func write(
    _ text: String, to draft: String, for path: String
  ) throws(Failure) {
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Failure(at: path) }
    var text = text
    let isWritten = text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(file, rest.baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
      return true
    }
    let failure = Failure(at: path)
    // Some file systems tell of a full disk only now.
    let isClosed = close(file) == 0
    if !isWritten { throw failure }
    if !isClosed { throw Failure(at: path) }
  }
}
