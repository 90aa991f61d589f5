import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct ShowTests {
  @Test func show() throws {
    let result = FeedFixture().result
    let text = TerminalReport(result, reportPath: "results/runs/feed/report.html").text
    print(text)
  }
}
