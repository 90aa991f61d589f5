import Scenario
import TimeAndChance

/// A traffic source as it is written.
struct TrafficDraft {
  var name: Located<String>?
  var to: Located<String>?
  var mix: [MixDraft] = []
  var from: Located<String>?
  var host: Located<String>?
  var port: Located<Int>?
  var instances: Located<Int>?
  var start: Located<SimDuration>?
  var length: SimDuration?
  var rate: Located<RateDraft>?
  var arrivals: Arrivals?
  var maxInFlight: Int?
  var users: Located<CurveDraft>?
  var think: Distribution?
  var startThinking = false
  var iterations: Int?
  var sharedIterations: Int?
  var minIterationDuration: SimDuration?
  var k6: Located<String>?
  var classes: [ClassDraft] = []
  var client = ClientPolicy.plain
}

struct MixDraft {
  var to: Located<String>?
  var weight = 1.0
}

struct ClassDraft {
  var name = ""
  var weight = 1.0
  var headers: [Named<String>] = []
}

/// A value over time as it is written.
struct CurveDraft {
  enum Form {
    /// The same value throughout.
    case constant
    /// Straight lines between the points.
    case linear
    /// Each point's value until the next point.
    case steps
  }
  struct Point {
    var at = SimDuration.zero
    var value = 0.0
  }
  var form: Form
  var points: [Located<Point>]
}

/// A rate as it is written.
enum RateDraft {
  case curve(CurveDraft)
  case spikes(base: Double, [Located<SpikeDraft>])
  case daily(DailyDraft)
  case csv(CSVDraft)
}

struct SpikeDraft {
  var at = SimDuration.zero
  var length = SimDuration.zero
  var rps = 0.0
}

struct DailyDraft {
  var low = 0.0
  var high = 0.0
  var period = SimDuration.seconds(86400)
  var peakAt = SimDuration.seconds(14 * 3600)
}

struct CSVDraft {
  var file: Located<String>?
  var interval: SimDuration?
}

extension Format where Value == TrafficDraft {
  static var traffic: Format {
    Format.object(
      TrafficDraft.init,
      rules: [
        .exactlyOne(["to", "mix"]), .exactlyOne(["rate", "users", "k6"]),
        .needs("arrivals", oneOf: ["rate"]), .needs("maxInFlight", oneOf: ["rate"]),
        .needs("think", oneOf: ["users", "k6"]), .needs("startThinking", oneOf: ["users"]),
        .needs("iterations", oneOf: ["users"]), .needs("sharedIterations", oneOf: ["users"]),
        .needs("minIterationDuration", oneOf: ["users"]),
        .atMostOne(["iterations", "sharedIterations"]),
      ], targetFields + patternFields
    ).named("Traffic")
  }

  private static var targetFields: [FieldFormat<TrafficDraft>] {
    [
      .optional("name", .locatedName, \.name, "The name in reports; the target by default."),
      .optional("to", .locatedName, \.to, "A service and an operation: content POST /posts."),
      .optional("mix", .list(of: .mix, minimum: 1), \.mix, "Several targets with weights."),
      .optional(
        "from", .locatedName, \.from,
        "outside, gateway, gateway NAME, or a service; by default the gateway that routes to the "
          + "target, else outside."),
      .optional("host", .locatedName, \.host, "The host that requests name at the gateway."),
      .optional("port", .locatedInteger(1...65535), \.port, "The port of the target."),
      .optional(
        "instances", .locatedInteger(1...ReadingLimits.instances), \.instances,
        "Client proxies or processes, each with its own state; 1 by default."),
      .optional("at", .locatedDuration(), \.start, "The first instant of requests; 0s."),
      .optional("for", .atLeastMicrosecond, \.length, "How long; to the run's end by default."),
      .optional(
        "classes", .list(of: .requestClass, minimum: 1), \.classes,
        "Kinds of requests by their headers."),
      .optional("client", .client, \.client, "How the sender itself behaves."),
    ]
  }

  private static var patternFields: [FieldFormat<TrafficDraft>] {
    [
      .optional(
        "rate", Format<RateDraft>.rate.located, \.rate,
        "Requests per time, whatever becomes of them."),
      .optional(
        "arrivals", .arrivals, \.arrivals,
        "poisson (default), even, {bursty: {cv}} or {batches: {size}}."),
      .optional(
        "maxInFlight", .integer(1...10_000_000), \.maxInFlight,
        "Requests that may be open at once; further ones are dropped and counted."),
      .optional(
        "users", Format<CurveDraft>.users.located, \.users,
        "Users who wait for an answer, think, and ask again."),
      .optional("think", .distribution, \.think, "From an answer to the next request; 0s."),
      .optional(
        "startThinking", .boolean, \.startThinking,
        "Whether users think before their first request; false by default."),
      .optional(
        "iterations", .integer(1...1_000_000_000), \.iterations, "Requests of each user."),
      .optional(
        "sharedIterations", .integer(1...1_000_000_000), \.sharedIterations,
        "Requests of all users together."),
      .optional(
        "minIterationDuration", .duration(), \.minIterationDuration,
        "The least time from one request of a user to its next, as in k6; 0s."),
      .optional("k6", .locatedName, \.k6, "A file of k6 options (JSON) in this folder."),
    ]
  }
}

extension Format where Value == MixDraft {
  fileprivate static var mix: Format {
    .object(
      MixDraft.init,
      [
        .required("to", .locatedName, \.to, "A service and an operation."),
        .required("weight", .number(0...1e12), \.weight, "The share relative to the others."),
      ])
  }
}

extension Format where Value == ClassDraft {
  fileprivate static var requestClass: Format {
    .object(
      ClassDraft.init,
      [
        .required("name", .name, \.name, "The name in reports."),
        .required("weight", .number(0...1e12), \.weight, "The share relative to the others."),
        .optional(
          "headers", .map(of: .text, names: "header"), \.headers, "Headers of its requests."),
      ])
  }
}

extension Format where Value == Arrivals {
  fileprivate static var arrivals: Format {
    let bursty = Format<ArrivalsDraft>.object(
      ArrivalsDraft.init,
      [.required("cv", .number(0.001...1000), \.cv, "Deviation / mean of the gaps.")]
    ).map { Arrivals.bursty(cv: $0.cv) }
    let batches = Format<ArrivalsDraft>.object(
      ArrivalsDraft.init,
      [.required("size", .integer(1...1_000_000), \.size, "Requests that come at once.")]
    ).map { Arrivals.batches(size: $0.size) }
    return .byKind(
      scalar: .choice([("poisson", .poisson), ("even", .even)]),
      mapping: .oneKey([
        Alternative("bursty", bursty, "Independent gaps by the gamma law."),
        Alternative("batches", batches, "Several requests at once."),
      ]), expected: "poisson, even, bursty or batches")
  }
}

private struct ArrivalsDraft {
  var cv = 1.0
  var size = 1
}
