import Scenario
import TimeAndChance

/// A scenario as it is written: forms are checked, names are not yet looked up.
struct ScenarioDraft {
  var name: Located<String>?
  var about = ""
  var duration: Located<SimDuration>?
  var warmup: Located<SimDuration>?
  var seed: UInt64 = 1
  var replications = Replications.untilDecided
  var manifests: [Located<String>] = []
  var mesh = MeshDraft()
  var network = NetworkDraft()
  var nodes: [Named<NodeDraft>] = []
  var services: [Named<ServiceDraft>] = []
  var traffic: [Located<TrafficDraft>] = []
  var faults: [Located<FaultDraft>] = []
  var expectations: [Located<ExpectationDraft>] = []
}

/// What the mesh is where manifests do not tell.
struct MeshDraft {
  enum DataPlane {
    case none
    case sidecar
    case ambient
  }
  var dataPlane: DataPlane?
  var workerThreads: Int?
  var serverSidecars: Bool?
  var endpointDelay: EndpointDelay?

  enum EndpointDelay {
    case never
    case after(Distribution)
  }
}

struct NetworkDraft {
  var sameNode: Distribution?
  var sameZone: Distribution?
  var betweenZones: Distribution?
  var betweenRegions: Distribution?
  var outside: Distribution?
  var proxyHop: Distribution?
  var pairs: [Located<PairDraft>] = []

  struct PairDraft {
    var between: [Located<String>] = []
    var latency: Distribution?
  }
}

struct NodeDraft {
  var region = ""
  var zone = ""
  var cpu: Located<Int>?
}

/// The root of the format.
extension Format where Value == ScenarioDraft {
  static var scenario: Format {
    .object(
      ScenarioDraft.init,
      [
        .required("scenario", .locatedName, \.name, "The scenario's name."),
        .optional(
          "about", .text(atMost: ReadingLimits.about), \.about, "What it shows, in a sentence."),
        .required(
          "duration", .locatedDuration(.milliseconds(1)...(.longestInFiles)), \.duration,
          "The length of the simulated time, for instance 12m."),
        .optional(
          "warmup", .locatedDuration(), \.warmup,
          "The beginning that is simulated and not counted; inside the duration; 0s by default."),
        .optional(
          "seed", .wholeNumber, \.seed,
          "The seed of every random number; 1 by default."),
        .optional(
          "replications", .replications, \.replications,
          "How many replications are run; by default as many as the expectations need."),
        .optional(
          "manifests", .list(of: .locatedName), \.manifests,
          "The files that ship to the cluster, by patterns inside this file's folder."),
        .optional("mesh", .mesh, \.mesh, "What the mesh is where manifests do not tell."),
        .optional(
          "network", .network, \.network, "How long the network takes; no time by default."),
        .optional(
          "nodes", .map(of: .node, names: "node"), \.nodes,
          "The machines, by name; one by default, and those of the manifests."),
        .optional(
          "services", .map(of: .service, names: "service"), \.services,
          "How services behave, by Kubernetes Service name (name.namespace if ambiguous)."),
        .required(
          "traffic", .list(of: Format<TrafficDraft>.traffic.located, minimum: 1), \.traffic,
          "Who sends requests."),
        .optional(
          "faults", .list(of: Format<FaultDraft>.fault.located), \.faults, "What goes wrong."),
        .optional(
          "expect", .list(of: Format<ExpectationDraft>.expectation.located), \.expectations,
          "What must hold."),
      ])
  }
}

extension Format where Value == Replications {
  static var replications: Format {
    Format<Int>.integer(1...100_000).map { .exactly($0) }.or("auto", .untilDecided)
  }
}

extension Format where Value == MeshDraft {
  static var mesh: Format {
    .object(
      MeshDraft.init,
      [
        .optional(
          "dataPlane",
          .choice([("none", .none), ("sidecar", .sidecar), ("ambient", .ambient)]), \.dataPlane,
          "Where policies run; by default sidecars when there are Istio manifests."),
        .optional(
          "workerThreads", .integer(1...64), \.workerThreads,
          "Worker threads of each proxy; 2 by default, as in Istio's sidecars."),
        .optional(
          "serverSidecars", .boolean, \.serverSidecars,
          "Whether called pods have a sidecar too; true by default."),
        .optional(
          "endpointDelay", .endpointDelay, \.endpointDelay,
          "The time from a pod's end or return to every proxy's endpoint list; 2s by default, "
            + "off keeps the lists as they are."),
      ])
  }
}

extension Format where Value == MeshDraft.EndpointDelay {
  static var endpointDelay: Format {
    Format<Distribution>.distribution.map { .after($0) }.or("off", .never)
  }
}

extension Format where Value == NetworkDraft {
  static var network: Format {
    .object(
      NetworkDraft.init,
      [
        .optional("sameNode", .distribution, \.sameNode, "One way between pods of a node."),
        .optional("sameZone", .distribution, \.sameZone, "One way between nodes of a zone."),
        .optional("betweenZones", .distribution, \.betweenZones, "One way between zones."),
        .optional("betweenRegions", .distribution, \.betweenRegions, "One way between regions."),
        .optional("outside", .distribution, \.outside, "One way between clients and the cluster."),
        .optional(
          "proxyHop", .distribution, \.proxyHop, "Added to a request by each proxy on its way."),
        .optional(
          "pairs", .list(of: Format<NetworkDraft.PairDraft>.networkPair.located), \.pairs,
          "Particular pairs of zones or of nodes."),
      ])
  }
}

extension Format where Value == NetworkDraft.PairDraft {
  static var networkPair: Format {
    .object(
      NetworkDraft.PairDraft.init,
      [
        .required(
          "between", .list(of: .locatedName, minimum: 2), \.between, "Two zones or two nodes."),
        .required("latency", .distribution, \.latency, "One way, in either direction."),
      ])
  }
}

extension Format where Value == NodeDraft {
  static var node: Format {
    .object(
      NodeDraft.init,
      [
        .optional("region", .name, \.region, "The region."),
        .optional("zone", .name, \.zone, "The zone."),
        .optional(
          "cpu", Format<Int>.cpu.located, \.cpu,
          "Processors of the node, for instance 7910m; not simulated yet: pods do not compete for them."
        ),
      ])
  }
}

extension Format where Value == Int {
  /// A CPU quantity, in thousandths of a core.
  static var cpu: Format {
    Format(
      schema: .anyOf([
        .text(pattern: "^[0-9]+(\\.[0-9]+)?m?$", examples: ["500m", "2"]),
        .number(0...1e6, isExclusiveBelow: false),
      ])
    ) { node, reading in
      guard let text = node.text else {
        reading.wrongKind(node, expected: "a CPU quantity like 500m")
        return nil
      }
      guard let quantity = Quantity(text), let value = quantity.thousandths,
        quantity.suffix.isEmpty || quantity.suffix == "m"
      else {
        reading.error(
          .notANumber, at: node.span, "'\(reading.key)' must be a CPU quantity, is \(text.quoted)",
          help: "for instance 500m or 2")
        return nil
      }
      guard (1...1_000_000_000).contains(value) else {
        reading.error(
          .outOfRange, at: node.span, "'\(reading.key)' must be 1m...1000000, is \(text)")
        return nil
      }
      return Int(value)
    }
  }
}
