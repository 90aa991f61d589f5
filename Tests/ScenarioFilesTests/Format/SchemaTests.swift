import Foundation
import ScenarioFiles
import Testing

@Suite struct SchemaTests {
  @Test func `the schema is JSON with a description on every key`() throws {
    let object = try JSONSerialization.jsonObject(with: Data(ScenarioLoader.jsonSchema.utf8))
    let schema = try #require(object as? [String: Any])
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    var missing: [String] = []
    func visit(_ value: Any, _ path: String) {
      if let list = value as? [Any] {
        for (i, item) in list.enumerated() { visit(item, "\(path)[\(i)]") }
      }
      guard let object = value as? [String: Any] else { return }
      for (name, property) in object["properties"] as? [String: [String: Any]] ?? [:]
      where property["description"] == nil { missing.append("\(path).\(name)") }
      for (name, inner) in object { visit(inner, "\(path).\(name)") }
    }
    visit(schema, "")
    #expect(missing.isEmpty)
  }

  /// An `anyOf` of named metrics and quantiles would refuse both beside one another.
  @Test func `an expectation may hold any quantile beside named metrics`() throws {
    let object = try JSONSerialization.jsonObject(with: Data(ScenarioLoader.jsonSchema.utf8))
    let definitions = try #require((object as? [String: Any])?["$defs"] as? [String: Any])
    let metrics = try #require(definitions["Metrics"] as? [String: Any])
    let named = try #require(metrics["properties"] as? [String: Any])
    #expect(named["p99"] != nil && named["errorRate"] != nil)
    let others = try #require(metrics["patternProperties"] as? [String: Any])
    #expect(Array(others.keys) == ["^p[0-9]+(\\.[0-9]+)?$"])
    #expect(metrics["minProperties"] as? Int == 1)
    #expect(metrics["additionalProperties"] as? Bool == false)
  }

  @Test func `every reference of the schema is defined`() throws {
    let text = ScenarioLoader.jsonSchema
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let definitions = try #require((object as? [String: Any])?["$defs"] as? [String: Any])
    for part in text.split(separator: "#/$defs/").dropFirst() {
      let name = String(part.prefix { $0 != "\"" })
      #expect(definitions[name] != nil, "\(name)")
    }
  }

  @Test func `the shipped schema is the one that the program prints`() throws {
    let shipped = try String(
      contentsOfFile: packageFolder + "/scenarios/schema.json", encoding: .utf8)
    #expect(shipped == ScenarioLoader.jsonSchema)
  }

  @Test func `the shipped page of manifest fields is the one that the program prints`() throws {
    let shipped = try String(
      contentsOfFile: packageFolder
        + "/Sources/ScenarioFiles/ScenarioFiles.docc/ManifestFields.md", encoding: .utf8)
    #expect(shipped == ScenarioLoader.manifestFieldsPage)
  }
}
