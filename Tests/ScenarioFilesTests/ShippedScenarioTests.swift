import Foundation
import Scenario
import ScenarioFiles
import Testing

/// The folder of the package, found from this file.
let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

/// The shipped scenarios, as paths below `scenarios/`.
let shippedScenarios: [String] = {
  let root = packageFolder + "/scenarios"
  let all = FileManager.default.enumerator(atPath: root)?.allObjects ?? []
  return all.compactMap { $0 as? String }
    .filter { $0.hasSuffix(".yaml") && !$0.contains("manifests") }.sorted()
}()

@Suite struct ShippedScenarioTests {
  @Test(arguments: shippedScenarios)
  func `a shipped scenario loads without a word`(name: String) {
    let result = ScenarioLoader.load(paths: ["\(packageFolder)/scenarios/\(name)"])
    #expect(result.diagnostics.text == "")
    #expect(result.scenario?.expectations.isEmpty == false)
  }
}
