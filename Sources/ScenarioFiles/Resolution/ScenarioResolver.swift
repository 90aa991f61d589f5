import Scenario
import TimeAndChance

/// Turns a written scenario and its manifests into a checked ``Scenario``.
///
/// The order matters: places, then services and pods, then who calls whom, then traffic, then the
/// policies of the proxies on those ways, then faults and expectations, which speak of all of it.
struct ScenarioResolver {
  let draft: ScenarioDraft
  let manifests: ManifestSet
  /// Gives the text of a file named in the scenario; nil after a diagnostic.
  let readFile: (Located<String>, inout DiagnosticList) -> String?
  var diagnostics: DiagnosticList
  var scenario: Scenario
  /// Services, routes and rules by their names.
  var index = NameIndex()
  /// What the resolver knows of each service beside ``Scenario/services``.
  var services: [ServiceKnowledge] = []
  /// What the resolver knows of each workload beside ``Scenario/workloads``.
  var workloads: [WorkloadKnowledge] = []
  /// Every call that a step writes.
  var callSites = CallSiteList()
  /// Workloads by their labels, once all are there.
  var labelIndex = LabelIndex()
  /// The namespace of services that no manifest names.
  var usualNamespace = "default"
  /// Whether services were added that only routes know.
  var hasRoutedServices = false
  /// The indices of all nodes, which workloads and gateways share.
  var allNodes: [Int] = [0]
  /// Nodes by name; the first has it.
  var nodeIndex: [String: Int] = [:]
  /// The versions of each service that has some, by name.
  var versionIndex: [Int: [String: Int]] = [:]
  /// The names of all faults that are written, also of broken ones; once they are needed.
  var writtenFaults: Set<String>?
  /// The services that each service calls; once they are needed.
  var calledServices: [[Int]]?
  /// Whether any node has a zone or a region.
  var hasLocalities = false
  /// PeerAuthentications and EnvoyFilters by what they select.
  var authenticationIndex = PolicyIndex()
  var filterIndex = PolicyIndex()
  /// The labels of each Namespace.
  var namespaceLabels = NamespaceLabels()
  /// The manifests that proxies run, by title, in order of use.
  var placements = PlacementList()
  /// Values that nobody stated.
  var defaults = DefaultList()
  /// What routes and clusters leave out.
  var policyDefaults = PolicyDefaults()
  /// Where traffic enters the mesh.
  var entrances: [Entrance] = []
  /// The instances that traffic states for a gateway, by the gateway's index in the proxies.
  var gatewayInstances: [Int: Located<Int>] = [:]

  /// What stands behind a service.
  struct ServiceKnowledge {
    var draft: Named<ServiceDraft>?
    var manifest: ServiceManifest?
    /// The names by which it can be called.
    var names: [String]
    /// The service whose operations it shares because it selects the same pods; nil: its own.
    var alias: Int?
  }

  /// What stands behind a workload.
  struct WorkloadKnowledge {
    var manifest: WorkloadManifest?
    var labels: [Label]
    /// What is stated for all its service's pods, and for its version alone.
    var common: PodsDraft?
    var version: PodsDraft?
  }

  /// A call that a step writes.
  struct CallSite {
    var workload: Int
    var operation: Int
    var target: CallTarget
    var span: SourceSpan
    var path: KeyPathText
  }

  init(
    draft: ScenarioDraft, manifests: ManifestSet, diagnostics: DiagnosticList,
    readFile: @escaping (Located<String>, inout DiagnosticList) -> String?
  ) {
    self.draft = draft
    self.manifests = manifests
    self.diagnostics = diagnostics
    self.readFile = readFile
    scenario = Scenario(
      name: draft.name?.value ?? "", about: draft.about,
      duration: draft.duration?.value ?? .seconds(1), warmup: draft.warmup?.value ?? .zero,
      seed: draft.seed, replications: draft.replications)
  }

  /// The whole way; the scenario is meaningful only when there are no errors.
  mutating func resolve() {
    checkTimes()
    resolvePlaces()
    resolveServices()
    resolveWorkloads()
    resolveSteps()
    prepareEntrances()
    resolveTraffic()
    resolveMesh()
    fillUndescribedSteps()
    checkCalls()
    checkSize()
    resolveFaults()
    resolveExpectations()
    fillProvenance()
  }

  /// What to say of a name that is not known: the nearest one, else what there is.
  ///
  /// Nothing once diagnostics are only counted: to search thousands of names for thousands of mistakes
  /// would take minutes.
  func suggestion(
    for written: String, among known: @autoclosure () -> [String],
    otherwise: ([String]) -> String? = NameList.known
  ) -> String? {
    if diagnostics.isFull { return nil }
    let known = known()
    return Spelling.help(for: written, among: known) ?? otherwise(known)
  }

  private mutating func checkTimes() {
    guard let warmup = draft.warmup, warmup.value >= scenario.duration, draft.duration != nil else {
      return
    }
    diagnostics.error(
      .outOfRange, at: warmup.span, path: warmup.path,
      "'warmup' must be shorter than 'duration' (\(scenario.duration.written)), is "
        + warmup.value.written)
  }

  private mutating func checkSize() {
    let pods = scenario.workloads.reduce(0) { $0 + $1.replicas }
    guard pods > ReadingLimits.pods, let name = draft.name else { return }
    diagnostics.error(
      .outOfRange, at: name.span,
      "a scenario must have at most \(ReadingLimits.pods) pods, has \(pods)")
  }

  private mutating func fillProvenance() {
    scenario.provenance.fields = manifests.fields.fields
    scenario.provenance.documents = manifests.documents
    scenario.provenance.policyPlacements = placements.placements
    scenario.provenance.filledDefaults = defaults.defaults
  }
}

/// Values that nobody stated, each once.
struct DefaultList {
  private var seen: Set<String> = []
  private(set) var unsorted: [FilledDefault] = []

  mutating func add(_ subject: String, _ field: String, _ value: String, by origin: String) {
    guard seen.insert("\(subject)\u{0}\(field)").inserted else { return }
    unsorted.append(FilledDefault(subject: subject, field: field, value: value, origin: origin))
  }

  /// By subject and field.
  var defaults: [FilledDefault] {
    unsorted.sorted { ($0.subject, $0.field) < ($1.subject, $1.field) }
  }
}

/// Which proxies run which manifest, each proxy once.
struct PlacementList {
  private(set) var placements: [PolicyPlacement] = []
  private var indices: [String: Int] = [:]
  private var seen: [Set<String>] = []

  /// Makes a manifest known, run by nobody so far, and gives its index.
  @discardableResult
  mutating func register(_ manifest: String) -> Int {
    if let index = indices[manifest] { return index }
    indices[manifest] = placements.count
    placements.append(PolicyPlacement(manifest: manifest, proxies: []))
    seen.append([])
    return placements.count - 1
  }

  /// Whether a manifest that is known is run by nobody.
  func isUnused(_ manifest: String) -> Bool {
    indices[manifest].map { placements[$0].proxies.isEmpty } ?? true
  }

  mutating func add(_ manifest: String, proxy: String) {
    let index = register(manifest)
    // A proxy meets a manifest several times, for its routes and clusters.
    if seen[index].insert(proxy).inserted { placements[index].proxies.append(proxy) }
  }
}

/// The calls that steps write, and those to which routes lead them.
struct CallSiteList {
  /// In order of finding.
  private(set) var all: [ScenarioResolver.CallSite] = []
  private var known: Set<ScenarioResolver.CallSite> = []

  /// Adds a call.
  mutating func append(_ site: ScenarioResolver.CallSite) {
    known.insert(site)
    all.append(site)
  }

  /// Adds a call that may be there already.
  mutating func add(_ site: ScenarioResolver.CallSite) {
    if known.insert(site).inserted { all.append(site) }
  }
}
