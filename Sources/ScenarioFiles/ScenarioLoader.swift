public import Scenario

/// Reads scenarios and manifests from files.
public enum ScenarioLoader {
  /// What came of reading.
  public struct Result: Sendable {
    /// The scenario; nil when a diagnostic is an error.
    public var scenario: Scenario?
    /// Everything that was found, by file and line.
    public var diagnostics: [Diagnostic]
  }

  /// The scenario that the files describe together: one document is the scenario, the others and
  /// those that it names are manifests.
  ///
  /// - Parameters:
  ///   - paths: The files, in order; `-` is standard input.
  ///   - overrides: Values that replace those of the scenario, as `path=value`.
  ///   - fileSystem: Where the files are.
  /// - Returns: The scenario, or what is wrong with it; all mistakes of all files at once.
  public static func load(
    paths: [String], overrides: [String] = [], fileSystem: FileSystem = .machine
  ) -> Result {
    var reader = FileReader(files: fileSystem)
    var scenarioDocuments: [(node: YAMLNode, file: String)] = []
    var manifests: [YAMLNode] = []
    for path in paths {
      guard let text = reader.read(path) else { continue }
      for document in reader.documents(text, path) {
        if document["scenario"] != nil {
          scenarioDocuments.append((document, path))
        } else {
          manifests.append(document)
        }
      }
    }
    guard let first = scenarioDocuments.first else {
      reader.reportMissingScenario(paths, manifests)
      return reader.result(nil)
    }
    for other in scenarioDocuments.dropFirst() {
      reader.diagnostics.error(
        .twoScenarios, at: other.node["scenario"]?.span ?? other.node.span,
        "a second scenario begins here", help: "run each scenario on its own",
        note: Diagnostic.Note(message: "the first stands", span: first.node.span))
    }
    var document = first.node
    for (number, text) in overrides.enumerated() {
      guard let override = Override(text, number: number, &reader.diagnostics) else { continue }
      document = override.applied(to: document, &reader.diagnostics)
    }
    guard let draft = reader.draft(document) else { return reader.result(nil) }
    let folder = ScenarioFolder(of: first.file, fileSystem)
    manifests += reader.manifests(draft.manifests, in: folder)
    var set = ManifestSet()
    for manifest in manifests { set.add(manifest, &reader.diagnostics) }
    let shared = SharedReader(reader)
    var resolver = ScenarioResolver(
      draft: draft, manifests: set, diagnostics: reader.diagnostics,
      readFile: { name, diagnostics in shared.read(name, in: folder, &diagnostics) })
    resolver.resolve()
    reader = shared.reader
    reader.diagnostics = resolver.diagnostics
    resolver.scenario.provenance.inputs = reader.inputs
    return reader.result(resolver.scenario)
  }

  /// Every field of the manifests that are read, and whether it is read, ignored or not simulated.
  public static var manifestFields: [ManifestField] { ManifestTables.fields }

  /// The same as a page in Markdown, with the reasons.
  public static var manifestFieldsPage: String { ManifestFieldsPage.text }

  /// The JSON Schema of scenario files, draft 2020-12.
  public static var jsonSchema: String {
    SchemaWriter.document(
      Format<ScenarioDraft>.scenario.schema, title: "Foreshock scenario",
      description: "What manifests cannot tell: services, traffic, faults, expectations.")
  }
}

/// Reads files within the limits, and remembers which.
private struct FileReader {
  let files: FileSystem
  var diagnostics = DiagnosticList()
  private(set) var inputs: [InputFile] = []
  private var bytes = 0

  init(files: FileSystem) { self.files = files }

  /// A file's text, or a diagnostic.
  mutating func read(_ path: String, at span: SourceSpan? = nil) -> String? {
    let name = FileReader.name(path)
    let span = span ?? SourceSpan(file: name)
    switch files.read(path, ReadingLimits.fileBytes) {
    case .failure(.missing):
      diagnostics.error(.unreadableFile, at: span, "there is no file \(name.quoted)")
    case .failure(.unreadable(let reason)):
      diagnostics.error(.unreadableFile, at: span, "cannot read \(name.quoted): \(reason)")
    case .failure(.notRegular):
      diagnostics.error(
        .unreadableFile, at: span, "cannot read \(name.quoted): it is not a regular file",
        help: "standard input is read as '-': helm template CHART | foreshock run SCENARIO -")
    case .failure(.tooLarge):
      diagnostics.error(
        .fileTooLarge, at: span,
        "\(name.quoted) must be at most \(ReadingLimits.fileBytes) bytes")
    case .success(let content):
      bytes += content.count
      guard bytes <= ReadingLimits.totalBytes else {
        diagnostics.error(
          .fileTooLarge, at: span,
          "all files together must be at most \(ReadingLimits.totalBytes) bytes")
        return nil
      }
      inputs.append(InputFile(path: name, sha256: SHA256.hexDigest(of: content)))
      let text = content.starts(with: [0xEF, 0xBB, 0xBF]) ? content.dropFirst(3) : content[...]
      guard let decoded = String(validating: text, as: UTF8.self) else {
        diagnostics.error(
          .notUTF8, at: span,
          "\(name.quoted) is not UTF-8 text" + (Self.isUTF16(content) ? ", but UTF-16" : ""),
          help: "save it as UTF-8")
        return nil
      }
      return decoded
    }
    return nil
  }

  /// Whether a text begins with the byte order mark of UTF-16.
  private static func isUTF16(_ content: [UInt8]) -> Bool {
    content.starts(with: [0xFF, 0xFE]) || content.starts(with: [0xFE, 0xFF])
  }

  private static func name(_ path: String) -> String { path == "-" ? "<stdin>" : path }

  /// The documents of a file's text.
  mutating func documents(_ text: String, _ path: String) -> [YAMLNode] {
    YAMLDocuments.read(text, file: Self.name(path), diagnostics: &diagnostics)
  }

  /// The scenario as it is written.
  mutating func draft(_ document: YAMLNode) -> ScenarioDraft? {
    var reading = Reading(diagnostics: diagnostics)
    let draft = Format<ScenarioDraft>.scenario.read(document, &reading)
    diagnostics = reading.diagnostics
    return draft
  }

  /// The documents of the files that the scenario names.
  mutating func manifests(
    _ patterns: [Located<String>], in folder: ScenarioFolder
  ) -> [YAMLNode] {
    var seen: Set<String> = []
    var documents: [YAMLNode] = []
    for pattern in patterns {
      for path in folder.matches(pattern, &diagnostics) ?? [] where seen.insert(path).inserted {
        guard let text = read(path, at: pattern.span) else { continue }
        documents += self.documents(text, path).filter { $0["scenario"] == nil }
      }
    }
    return documents
  }

  /// Says that no document is a scenario, at one that was probably meant to be.
  mutating func reportMissingScenario(_ paths: [String], _ documents: [YAMLNode]) {
    guard !diagnostics.hasErrors else { return }
    for document in documents where document["kind"] == nil {
      guard let entries = document.entries else {
        diagnostics.error(
          .noScenario, at: document.span,
          "a scenario must be a mapping with the key 'scenario', is \(document.kindName)")
        return
      }
      let names = entries.map(\.key)
      guard let near = Spelling.nearest(to: "scenario", among: names),
        let entry = entries.first(where: { $0.key == near })
      else {
        guard names.contains(where: ["services", "traffic", "duration"].contains) else { continue }
        diagnostics.error(
          .noScenario, at: document.span, "this document has no key 'scenario'",
          help: "a scenario begins with 'scenario: NAME'")
        return
      }
      let isEmpty = near == "scenario"
      diagnostics.error(
        isEmpty ? .wrongKind : .unknownKey, at: entry.keySpan,
        isEmpty ? "'scenario' must be a name, has no value" : "unknown key \(near.quoted)",
        help: isEmpty ? nil : "did you mean 'scenario'?")
      return
    }
    let span = SourceSpan(file: paths.first.map(Self.name) ?? "<none>")
    let hasManifests = documents.contains { $0["kind"] != nil }
    diagnostics.error(
      .noScenario, at: span,
      hasManifests ? "there are manifests but no scenario" : "there is no scenario",
      help: "a scenario is a document with 'scenario: NAME'; foreshock init DIR writes a first one")
  }

  func result(_ scenario: Scenario?) -> ScenarioLoader.Result {
    let sorted = diagnostics.sorted()
    return ScenarioLoader.Result(
      scenario: sorted.hasErrors ? nil : scenario, diagnostics: sorted)
  }
}

/// A reader that closures share while one scenario is resolved; the loader owns it.
private final class SharedReader {
  var reader: FileReader

  init(_ reader: FileReader) { self.reader = reader }

  /// The text of a file that the scenario names.
  func read(
    _ name: Located<String>, in folder: ScenarioFolder, _ diagnostics: inout DiagnosticList
  ) -> String? {
    let path = folder.join(name.value)
    guard ScenarioFolder.staysInside(name.value) else {
      diagnostics.error(
        .pathLeavesFolder, at: name.span, path: name.path,
        "\(name.value.quoted) leaves the scenario's folder",
        help: "name a file inside the folder, without '..' and not from '/'")
      return nil
    }
    reader.diagnostics = diagnostics
    defer { diagnostics = reader.diagnostics }
    guard let text = reader.read(path, at: name.span) else { return nil }
    guard folder.holds(path) else {
      reader.diagnostics.error(
        .pathLeavesFolder, at: name.span, path: name.path,
        "\(name.value.quoted) is a link out of the scenario's folder")
      return nil
    }
    return text
  }
}
