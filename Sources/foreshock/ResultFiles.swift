import Reporting
import Results

/// The files of a run's folder.
struct ResultFiles {
  private let result: RunResult
  private let folder: RunFolder

  init(_ result: RunResult, folder: RunFolder) {
    self.result = result
    self.folder = folder
  }

  /// Where the report is.
  var reportPath: String { folder.file("report.html") }

  /// Writes all of them.
  func write(timing: String) throws {
    try folder.write(HTMLReport(result).html, as: "report.html")
    try folder.write(timing, as: "timing.json")
  }
}
