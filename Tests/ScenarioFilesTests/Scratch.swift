import Foundation
import ScenarioFiles
import Testing
@Test func scratch() throws {
  try ScenarioLoader.jsonSchema.write(toFile: "/tmp/schema.json", atomically: true, encoding: .utf8)
  for f in ["istio", "kubernetes", "gateway-api"] { _ = f }
  let r = ScenarioLoader.load(paths: ["\(packageFolder)/scenarios/feed-retry-storm/scenario.yaml"])
  var out = ""
  dump(r.scenario, to: &out)
  try out.write(toFile: "/tmp/feed.txt", atomically: true, encoding: .utf8)
  for n in ["/tmp/t1.yaml", "/tmp/t2.yaml"] {
    let r = ScenarioLoader.load(paths: [n])
    print(r.diagnostics.text)
  }
  let s = ScenarioSketch.write(folder: "/tmp/sk")
  print(s.diagnostics.text); print(s.text ?? "nil")
  if let t = s.text { try t.write(toFile: "/tmp/sk/scenario.yaml", atomically: true, encoding: .utf8); print(ScenarioLoader.load(paths: ["/tmp/sk/scenario.yaml"]).diagnostics.text) ; try? FileManager.default.removeItem(atPath: "/tmp/sk/scenario.yaml") }
}
