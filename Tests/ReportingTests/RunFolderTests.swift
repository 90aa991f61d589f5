import Foundation
import Testing

@testable import Reporting

@Suite struct RunFolderTests {
  private let base =
    FileManager.default.temporaryDirectory.path
    + "/foreshock-\(UUID().uuidString)"

  private func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private func clean() { try? FileManager.default.removeItem(atPath: base) }

  @Test func `a folder appears whole, with its parents`() throws {
    defer { clean() }
    try RunFolder.write([("summary.json", "1"), ("report.html", "x")], to: base + "/a/b/run/")
    #expect(names(base + "/a/b") == ["run"])
    #expect(names(base + "/a/b/run") == ["report.html", "summary.json"])
  }

  @Test func `an earlier run goes, what is not of a run stays`() throws {
    defer { clean() }
    let folder = base + "/run"
    try RunFolder.write([("summary.json", "old"), ("latency.hlog", "old")], to: folder)
    try Data("mine".utf8).write(to: URL(filePath: folder + "/thesis.txt"))
    try RunFolder.write([("summary.json", "new")], to: folder)
    #expect(names(folder) == ["summary.json", "thesis.txt"])
    #expect(try text(folder + "/summary.json") == "new")
    #expect(names(base) == ["run"])
  }

  @Test func `a place that cannot be written is found before a run`() throws {
    defer { clean() }
    try RunFolder.check(base + "/not/there/yet/")
    try RunFolder.check("also-not-there")
    try RunFolder.write([("summary.json", "1")], to: base)
    try RunFolder.check(base)
    #expect(throws: RunFolder.Failure(base + "/summary.json", "a file is in the way")) {
      try RunFolder.check(base + "/summary.json/run")
    }
    #expect(throws: RunFolder.Failure.self) {
      try RunFolder.check(base + "/" + String(repeating: "x", count: 300))
    }
    #expect(names(base) == ["summary.json"])
  }

  @Test func `a link that leads nowhere is found before a run`() throws {
    defer { clean() }
    try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: base + "/run", withDestinationPath: "gone")
    let failure = RunFolder.Failure(base + "/run", "a link that leads nowhere is in the way")
    #expect(throws: failure) { try RunFolder.check(base + "/run") }
    #expect(throws: failure) { try RunFolder.check(base + "/run/below") }
  }

  @Test func `a link to a folder stays a link`() throws {
    defer { clean() }
    try FileManager.default.createDirectory(
      atPath: base + "/disk", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: base + "/run", withDestinationPath: "disk")
    try RunFolder.write([("summary.json", "1")], to: base + "/run")
    #expect(names(base + "/disk") == ["summary.json"])
  }

  @Test func `a failure names the path and the reason and leaves everything as it was`() throws {
    defer { clean() }
    func failure(_ files: [(name: String, text: String)], _ folder: String) -> String? {
      do {
        try RunFolder.write(files, to: folder)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      failure([("summary.json", "1"), ("../escape", "x")], base + "/run")
        == "cannot write '\(base)/run/../escape': this is no file name")
    #expect(names(base).isEmpty)

    try FileManager.default.createDirectory(
      atPath: base + "/run/report.html", withIntermediateDirectories: true)
    try Data("old".utf8).write(to: URL(filePath: base + "/run/summary.json"))
    #expect(
      failure([("summary.json", "new"), ("report.html", "new")], base + "/run")
        == "cannot write '\(base)/run/report.html': a folder is in the way")
    #expect(names(base + "/run") == ["report.html", "summary.json"])
    #expect(try text(base + "/run/summary.json") == "old")

    try Data().write(to: URL(filePath: base + "/file"))
    for folder in [base + "/file", base + "/file/run"] {
      #expect(
        failure([("summary.json", "1")], folder)
          == "cannot write '\(base)/file': a file is in the way")
    }
    let long = base + "/new/" + String(repeating: "x", count: 300)
    #expect(failure([("summary.json", "1")], long) == "cannot write '\(long)': File name too long")
    #expect(names(base) == ["file", "run"])
  }
}
