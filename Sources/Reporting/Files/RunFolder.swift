public import Foundation
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
  }

  /// The names that a run's folder may hold.
  static let usualNames: Set<String> = [
    "summary.json", "timeseries.csv", "events.ndjson", "report.html", "timing.json", "junit.xml",
    "latency.hlog", "metrics.om", "traces.otlp.jsonl",
  ]

  /// A file that is not ours to replace.
  private struct Foreign: Error {
    var name: String
  }

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

  /// Writes files into a folder that appears whole or not at all.
  ///
  /// They are written beside it under a temporary name; then the folder is renamed into place. An
  /// earlier run's folder is replaced, and restored if that fails. A folder that holds anything
  /// else is left alone.
  ///
  /// - Parameters:
  ///   - files: plain file names, without folders, and their text.
  ///   - folder: the folder's path; its parents are made.
  /// - Throws: ``Failure``; nothing of the new files is left then.
  public static func write(_ files: [(name: String, text: String)], to folder: URL) throws(Failure)
  {
    let manager = FileManager.default
    let known = usualNames.union(files.map(\.name))
    let folder = folder.standardizedFileURL
    let parent = folder.deletingLastPathComponent()
    let mark = ".\(folder.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)"
    let new = parent.appendingPathComponent(mark + ".new", isDirectory: true)
    let old = parent.appendingPathComponent(mark + ".old", isDirectory: true)
    do {
      for file in files {
        guard !file.name.isEmpty, !file.name.contains("/"), file.name != ".", file.name != ".."
        else { throw CocoaError(.fileWriteInvalidFileName) }
      }
      try manager.createDirectory(at: parent, withIntermediateDirectories: true)
      try? manager.removeItem(at: new)
      try? manager.removeItem(at: old)
      try manager.createDirectory(at: new, withIntermediateDirectories: false)
      for file in files {
        try Data(file.text.utf8).write(to: new.appendingPathComponent(file.name))
      }
      var isDirectory: ObjCBool = false
      if manager.fileExists(atPath: folder.path, isDirectory: &isDirectory) {
        guard isDirectory.boolValue else { throw CocoaError(.fileWriteFileExists) }
        let names = try manager.contentsOfDirectory(atPath: folder.path).sorted()
        if let other = names.first(where: { !known.contains($0) }) { throw Foreign(name: other) }
        try manager.moveItem(at: folder, to: old)
      }
      do {
        try manager.moveItem(at: new, to: folder)
      } catch {
        if manager.fileExists(atPath: old.path) { try manager.moveItem(at: old, to: folder) }
        throw error
      }
      try? manager.removeItem(at: old)
    } catch let foreign as Foreign {
      try? manager.removeItem(at: new)
      throw Failure(
        path: folder.path, reason: "it holds '\(foreign.name)', which is not of a run")
    } catch {
      try? manager.removeItem(at: new)
      throw Failure(path: folder.path, reason: error.localizedDescription)
    }
  }
}
