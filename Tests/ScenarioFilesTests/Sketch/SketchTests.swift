import Scenario
import ScenarioFiles
import Testing

@Suite struct SketchTests {
  @Test(arguments: [
    ("shop/manifests", "shop"), ("shop/k8s/Deploy", "shop"), ("shop/cart", "cart"),
    ("manifests", "memory"),
  ])
  func `a first scenario is called after the folder that says something`(
    folder: String, name: String
  ) throws {
    let sketch = ScenarioSketch.write(
      folder: folder, fileSystem: .memory(["\(folder)/a.yaml": ImportSamples.app("front")]))
    #expect(try #require(sketch.text).hasPrefix("scenario: \(name)\n"))
  }

  @Test func `a first scenario runs as it is and marks what to fill in`() throws {
    let files = [
      "deploy/front.yaml": ImportSamples.app("front"),
      "deploy/stock.yaml": ImportSamples.app("stock"),
      "deploy/route.yaml": """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: stock, namespace: shop}
      spec:
        hosts: [stock]
        http: [{match: [{uri: {prefix: /count}}], route: [{destination: {host: stock}}]}]

      """,
      "deploy/values.yaml": "image: x\nkind: y\n",
      "deploy/broken.yaml": "kind: {{ .Values.kind }}\n",
    ]
    let sketch = ScenarioSketch.write(folder: "deploy", fileSystem: .memory(files))
    #expect(sketch.diagnostics.isEmpty)
    let text = try #require(sketch.text)
    #expect(text.contains("FILL IN"))
    #expect(text.contains("stock GET /count"))
    var saved = files
    saved["deploy/scenario.yaml"] = text
    let result = ScenarioLoader.load(
      paths: ["deploy/scenario.yaml"], fileSystem: .memory(saved))
    #expect(result.diagnostics.text == "")
    #expect(result.scenario?.services.map(\.name) == ["front", "stock"])
  }

  @Test func `a first scenario tells what keeps it from being run`() throws {
    let files = [
      "store/front.yaml": ImportSamples.app("front"),
      "store/route.yaml": """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: front, namespace: shop}
      spec:
        hosts: [front]
        http:
          - route:
              - {destination: {host: front, subset: v7}, weight: 50}
              - {destination: {host: frint}, weight: 50}

      """,
    ]
    for folder in ["store", "store/"] {
      let sketch = ScenarioSketch.write(folder: folder, fileSystem: .memory(files))
      #expect(try #require(sketch.text).hasPrefix("scenario: store\n"))
      #expect(sketch.diagnostics.map(\.code) == [.unknownSubset, .danglingHost])
      #expect(sketch.diagnostics.map(\.span.line) == [8, 9])
    }
  }

  @Test func `a folder without services is a mistake`() {
    let sketch = ScenarioSketch.write(folder: "x", fileSystem: .memory(["x/a.yaml": "a: b"]))
    #expect(sketch.text == nil)
    #expect(sketch.diagnostics.map(\.code) == [.noPods])
  }
}
