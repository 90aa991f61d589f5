public import Results
public import Scenario
import TimeAndChance

/// Turns a scenario into what the engine is fed.
public enum ScenarioCompiler {
  /// The model of a scenario, the way back from it to the scenario, and what it leaves out.
  ///
  /// Every workload becomes a ``ServiceModel`` of the same index, so that subsets, versions and
  /// faults of single pods need no further names.
  ///
  /// - Throws: ``CompilationError`` when the scenario is larger than the engine's tables.
  public static func compile(_ scenario: Scenario) throws(CompilationError) -> CompiledScenario {
    var builder = ModelBuilder(scenario)
    builder.addWorkloads()
    builder.addProxies()
    try builder.addTraffic()
    try builder.addOperations()
    builder.addFaults()
    return builder.compiled()
  }
}

/// A scenario that the engine's tables cannot hold.
public enum CompilationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// More of something than there may be.
  case tooMany(String, count: Int, limit: Int)

  /// The error as a user reads it.
  public var description: String {
    switch self {
    case .tooMany(let what, let count, let limit):
      "the scenario has \(count) \(what), and there may be at most \(limit)"
    }
  }
}

/// Something that the scenario asks for and the run does not do, or does only roughly.
public struct ModelGap: Sendable, Hashable {
  /// What is concerned: `traffic shop GET /`, `workload content`.
  public var subject: String
  /// What is asked for and what happens instead, in words.
  public var text: String
  /// A gap.
  public init(subject: String, text: String) {
    self.subject = subject
    self.text = text
  }
}

extension [ModelGap] {
  /// The gaps in lines: those of the same kind together, three subjects at most by name.
  public var lines: [String] {
    var texts: [String] = []
    var subjectsOf: [String: [String]] = [:]
    for gap in self {
      if subjectsOf[gap.text] == nil { texts.append(gap.text) }
      subjectsOf[gap.text, default: []].append(gap.subject)
    }
    return texts.map { text in
      let subjects = subjectsOf[text] ?? []
      let rest = subjects.count > 3 ? " and \(subjects.count - 3) more" : ""
      return subjects.prefix(3).joined(separator: ", ") + rest + ": " + text
    }
  }
}

/// A compiled scenario.
public struct CompiledScenario: Sendable {
  /// The model, without what each replication draws for itself.
  public var model: SimulationModel
  /// From the model's indices to the scenario's.
  public var map: ModelMap
  /// What the model does not do as the scenario says, in order of finding, each once.
  public var gaps: [ModelGap]
  /// Pods that die again and again, at times that each replication draws.
  var crashLoops: [CrashLoop] = []
  /// Deaths of pods of which proxies hear at times that each replication draws.
  var kills: [Kill] = []
  /// What the faults with fixed times do.
  var spells = FaultSpells()

  /// What happens to pods and ways in one replication.
  func spells(seed: UInt64, replication: UInt64) -> FaultSpells {
    var all = spells
    for loop in crashLoops {
      all.add(loop, seed: seed, replication: replication, until: model.duration ?? .zero)
    }
    for kill in kills { all.add(kill, seed: seed, replication: replication) }
    return all
  }

  /// The model of one replication.
  public func model(seed: UInt64, replication: UInt64) -> SimulationModel {
    guard !crashLoops.isEmpty || !kills.isEmpty else { return model }
    var result = model
    result.actions = spells(seed: seed, replication: replication).actions
    return result
  }
}

/// From a model back to its scenario.
///
/// The model's sources are the scenario's traffic and its services are the scenario's workloads, by
/// the same index; services beyond those stand for hosts that refuse every connection.
public struct ModelMap: Sendable, Equatable {
  /// Where an edge of the model comes from.
  public struct EdgeOrigin: Sendable, Equatable {
    /// Who calls.
    public var caller: RunDescription.Edge.Caller
    /// Who is asked for, as index in the scenario's services.
    public var service: Int
    /// The operation of that service.
    public var operation: Int
    /// What refuses the proxy's retries on it.
    public var refusal: Refusal
  }

  /// What refuses a proxy's retries.
  public enum Refusal: Sendable, Equatable {
    /// A retry budget of the proxy.
    case budget
    /// A circuit breaker's limit.
    case overflow
  }

  /// A kind of proxy of the model.
  public struct ProxyOrigin: Sendable, Equatable {
    /// Its name in reports.
    public var name: String
    /// How many instances there are.
    public var instances: Int
    /// The service behind each cluster, as index in the scenario's services.
    public var services: [Int]
  }

  /// Calls that the model counts together.
  public struct FlowOrigin: Sendable, Hashable {
    /// Who calls.
    public var caller: RunDescription.Edge.Caller
    /// Who is asked for, as index in the scenario's services.
    public var service: Int
  }

  /// By edge of the model.
  public var edges: [EdgeOrigin] = []
  /// By flow of the model.
  public var flows: [FlowOrigin] = []
  /// By kind of proxy of the model.
  public var proxies: [ProxyOrigin] = []
}
