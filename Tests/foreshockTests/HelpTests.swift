import ArgumentParser
import Testing

@testable import foreshock

@Suite struct HelpTests {
  static let commands: [any ParsableCommand.Type] =
    [Foreshock.self] + Foreshock.configuration.subcommands

  @Test(arguments: commands.indices)
  func `every help fits a terminal of 80 columns`(index: Int) {
    let text = Foreshock.helpMessage(for: Self.commands[index], columns: 80)
    #expect(text.contains("USAGE:"))
    for line in text.split(separator: "\n") {
      #expect(line.count <= 80 && !line.contains("\t"), "\(line)")
    }
  }
}
