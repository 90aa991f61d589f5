import ArgumentParser
import ScenarioFiles

/// `foreshock schema`: prints the JSON Schema of scenario files.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of scenario files.")

  func run() throws {
    let schema = ScenarioLoader.jsonSchema
    try Console.write(schema.hasSuffix("\n") ? schema : schema + "\n")
  }
}
