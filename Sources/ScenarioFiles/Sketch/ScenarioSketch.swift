import Scenario
import TrafficPolicy

/// Writes a first scenario for manifests that exist: it runs as it is, and marks what to fill in.
public enum ScenarioSketch {
  /// What came of it.
  public struct Result: Sendable {
    /// The scenario's text; nil when the manifests name no service.
    public var text: String?
    /// What a run of the text would find in it and in the manifests; without a text, what was found
    /// in the manifests.
    public var diagnostics: [Diagnostic]
  }

  /// The name under which the text is meant to be saved, in the folder itself.
  public static let fileName = "scenario.yaml"

  /// A scenario for the manifests in a folder and below it.
  public static func write(folder: String, fileSystem: FileSystem = .machine) -> Result {
    var diagnostics = DiagnosticList()
    // Names of files come behind a single slash.
    let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let place = ScenarioFolder(of: folder == "." ? "x" : folder + "/x", fileSystem)
    var set = ManifestSet()
    var used: [String] = []
    for pattern in ["**/*.yaml", "**/*.yml", "**/*.json"] {
      let located = Located(
        value: pattern, span: SourceSpan(file: folder), path: KeyPathText())
      var ignored = DiagnosticList()
      for path in place.matches(located, &ignored) ?? [] {
        if read(path, into: &set, fileSystem, &diagnostics) { used.append(path) }
      }
    }
    let names = used.map { place.path.isEmpty ? $0 : String($0.dropFirst(place.path.count + 1)) }
    let writer = SketchWriter(manifests: set, files: names, title: title(of: folder, fileSystem))
    guard let text = writer.text() else {
      diagnostics.error(
        .noPods, at: SourceSpan(file: folder),
        "there is no Service with pods among the manifests in \(folder.quoted)",
        help: "a Service selects the pods of a Deployment or StatefulSet by their labels")
      return Result(text: nil, diagnostics: diagnostics.sorted())
    }
    return Result(text: text, diagnostics: check(text, in: folder, fileSystem))
  }

  /// What is found when the text stands in its folder and is read.
  private static func check(
    _ text: String, in folder: String, _ files: FileSystem
  ) -> [Diagnostic] {
    let place = folder == "." ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    let path = place + fileName
    let withText = FileSystem(
      read: { $0 == path ? .success(Array(text.utf8)) : files.read($0, $1) }, list: files.list,
      realPath: files.realPath)
    return ScenarioLoader.load(paths: [path], fileSystem: withText).diagnostics
  }

  private static func title(of folder: String, _ files: FileSystem) -> String {
    let real = files.realPath(folder == "." ? "" : folder) ?? folder
    // A folder called 'manifests' says nothing; the one around it does.
    let parts = real.split(separator: "/").map(String.init)
    let usual = ["manifests", "manifest", "k8s", "kubernetes", "deploy", "yaml", "istio"]
    let name = parts.last { !usual.contains($0.lowercased()) } ?? parts.last ?? "first"
    let plain = name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" }
    return plain.isEmpty ? "first" : String(plain)
  }

  /// Adds a file's manifests; false when it holds none that shape traffic.
  private static func read(
    _ path: String, into set: inout ManifestSet, _ files: FileSystem,
    _ diagnostics: inout DiagnosticList
  ) -> Bool {
    guard case .success(let bytes) = files.read(path, ReadingLimits.fileBytes),
      let text = String(validating: bytes, as: UTF8.self), text.contains("kind")
    else { return false }
    var found = DiagnosticList()
    let documents = YAMLDocuments.read(text, file: path, diagnostics: &found)
      .filter { $0["kind"] != nil && $0["apiVersion"] != nil }
    // Charts and other files of tools are not manifests; what is broken in them is not ours.
    guard !documents.isEmpty else { return false }
    diagnostics.register(file: path, text: text)
    let before = set.documents.filter(\.isRead).reduce(0) { $0 + $1.count }
    for document in documents { set.add(document, &diagnostics) }
    return set.documents.filter(\.isRead).reduce(0) { $0 + $1.count } > before
  }
}

/// Puts the text of a first scenario together.
private struct SketchWriter {
  let manifests: ManifestSet
  let files: [String]
  let title: String

  /// A service worth describing: its name in a scenario, and a request that its routes take.
  private struct Candidate {
    var service: ServiceManifest
    var name: String
    var method: String
    var path: String
    var operation: String { "\(method) \(path)" }
  }

  func text() -> String? {
    let candidates = candidates()
    guard let first = candidates.first else { return nil }
    let entrance = candidates.first { isBehindGateway($0) } ?? first
    var lines = [
      "scenario: \(title)",
      "about: What users see when \(entrance.name) slows down.  # say it in your words",
      "duration: 5m", "warmup: 30s", "manifests:",
    ]
    lines += patterns.map { "  - \(quoted($0))" }
    lines += ["", "services:  # what manifests cannot tell; the call graph is yours to fill in"]
    for candidate in candidates {
      lines += [
        "  \(quoted(candidate.name)):", "    workers: 100  # requests a pod works on at once",
      ]
      lines += ["    operations:", "      \(quoted(candidate.operation)):"]
      lines.append(
        "        - wait: { lognormal: { p50: 10ms, p99: 50ms } }  # FILL IN: measured times")
      let other = candidates.first { $0.name != candidate.name }
      if let other, candidate.name == entrance.name {
        lines.append("        # FILL IN: what it calls, for instance")
        lines.append("        # - call: \(other.name) \(other.operation)")
      }
    }
    lines += ["", "traffic:", "  - name: users", "    to: \(entrance.name) \(entrance.operation)"]
    lines += ["    rate: 50/s  # FILL IN: the rate at your busiest hour", "", "faults:"]
    lines.append(
      "  - { name: slow, at: 2m, for: 1m, slow: { pods: \(quoted(entrance.name)), factor: 10 } }")
    lines += ["", "expect:", "  - users: { errorRate: { below: 0.1% }, p99: { below: 500ms } }"]
    lines += ["  - recovered: { within: 60s, after: slow }"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The files themselves when they are few, else patterns for their folders.
  private var patterns: [String] {
    if files.count <= 12 { return files }
    var result: [String] = []
    for file in files {
      let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
      let ending = file.split(separator: ".").last ?? "yaml"
      let pattern = "\(folder)*.\(ending)"
      if !result.contains(pattern) { result.append(pattern) }
    }
    return result
  }

  private func candidates() -> [Candidate] {
    var taken: Set<String> = []
    var result: [Candidate] = []
    for service in manifests.services {
      let pods = manifests.workloads.filter {
        $0.meta.namespace == service.meta.namespace && $0.labels.isSelected(by: service.selector)
      }.map(\.meta.title)
      guard !pods.isEmpty, taken.isDisjoint(with: pods) else { continue }
      taken.formUnion(pods)
      let twins = manifests.services.filter { $0.meta.name == service.meta.name }
      let name =
        twins.count > 1 ? "\(service.meta.name).\(service.meta.namespace)" : service.meta.name
      let path = path(for: service)
      result.append(Candidate(service: service, name: name, method: "GET", path: path))
    }
    return result
  }

  /// A path that the routes of a service take.
  private func path(for service: ServiceManifest) -> String {
    let rules = manifests.virtualServices.flatMap { virtualService in
      virtualService.rules.filter { rule in
        virtualService.hosts.contains { $0.name == service.host }
          || rule.destinations.contains { $0.destination.host.name == service.host }
      }
    }
    let matches = rules.flatMap { $0.matches.isEmpty ? [nil] : $0.matches.map(\.path) }
    for match in matches {
      switch match {
      case .exact(let text): return text
      case .prefix(let text): return text
      case .regex(let text) where text.hasSuffix("(/.*)?"):
        return String(text.dropLast(6).filter { $0 != "\\" })
      case .regex, .present, nil: continue
      }
    }
    return "/"
  }

  private func isBehindGateway(_ candidate: Candidate) -> Bool {
    manifests.virtualServices.contains { virtualService in
      virtualService.gateways.contains { $0 != "mesh" }
        && virtualService.rules.contains { rule in
          rule.destinations.contains { $0.destination.host.name == candidate.service.host }
        }
    }
  }

  private func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "-_./ ".contains($0) }
    return isPlain ? text : "\"\(text.filter { $0 != "\"" && $0 != "\\" })\""
  }
}
