import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct ShowTests {
  @Test func show() throws {
    var fixture = FeedFixture()
    fixture.replications = 4
    let result = fixture.result
    let text = TerminalReport(result, reportPath: "results/runs/feed/report.html").text
    print(text)
    let html = HTMLReport(result).html
    try html.write(toFile: "/tmp/report.html", atomically: true, encoding: .utf8)
  }
}
