import ArgumentParser
import ScenarioFiles

/// `foreshock schema`: prints the JSON Schema of scenario files, or what is read of manifests.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of scenario files.")

  @Flag(help: "Print what is read of Kubernetes and Istio manifests instead, as Markdown.")
  var manifests = false

  func run() throws {
    let text = manifests ? ScenarioLoader.manifestFieldsPage : ScenarioLoader.jsonSchema
    try Console.write(text.hasSuffix("\n") ? text : text + "\n")
  }
}
