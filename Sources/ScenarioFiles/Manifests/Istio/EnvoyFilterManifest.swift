import TimeAndChance
import TrafficPolicy

/// The local rate limits of an EnvoyFilter; other patches are not simulated.
struct EnvoyFilterManifest {
  /// Where a patch applies.
  enum Context: String {
    case any = "ANY"
    case inbound = "SIDECAR_INBOUND"
    case outbound = "SIDECAR_OUTBOUND"
    case gateway = "GATEWAY"
  }

  /// The part of a proxy that a patch is for.
  struct Place {
    /// The port of the listener or of the routes; nil: every one.
    var port: Int?
    /// The name of the virtual host; nil: every one.
    var virtualHost: String?
  }

  /// What shares the buckets of a limit.
  enum Scope {
    /// All requests of a listener.
    case listener
    /// All routes of a proxy, of a virtual host, or each by itself.
    case routes
    case virtualHost
    case route
  }

  struct LocalRateLimit {
    var context: Context
    var place: Place
    var scope: Scope
    var settings: LocalRateLimitSettings
    /// Where the patch is written.
    var span: SourceSpan
  }

  var meta: ObjectMeta
  /// Labels of the pods that it is for; empty: the whole namespace.
  var selector: [Label]
  var limits: [LocalRateLimit] = []

  private static let filterName = "envoy.filters.http.local_ratelimit"

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = spec["workloadSelector"]["labels"].labels(&diagnostics)
    let patches = spec["configPatches"].list(&diagnostics)
    // Descriptors get their values from actions, which other patches may bring.
    let headers = patches.reduce(into: [String: String]()) { names, patch in
      Self.collectActions(patch["patch"]["value"], into: &names, &diagnostics)
    }
    for patch in patches { read(patch, headers, &diagnostics) }
  }

  private mutating func read(
    _ patch: ManifestCursor, _ headers: [String: String], _ diagnostics: inout DiagnosticList
  ) {
    let applyTo = patch["applyTo"].text(&diagnostics) ?? ""
    let match = patch["match"]
    let contextName =
      match["context"].choice(
        ["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY"], &diagnostics) ?? "ANY"
    let context = Context(rawValue: contextName) ?? .any
    let place = Self.place(match, &diagnostics)
    let value = patch["patch"]["value"]
    let operation = patch["patch"]["operation"].text(&diagnostics) ?? "MERGE"
    guard operation != "REMOVE" else {
      diagnostics.warning(
        .unmodelledField, at: patch.span, path: patch.path,
        "a patch that removes from \(applyTo) is not simulated")
      return
    }
    switch applyTo {
    case "HTTP_FILTER" where value["name"].node?.text == Self.filterName:
      if let settings = Self.settings(value.either("typed_config"), headers, &diagnostics) {
        limits.append(
          LocalRateLimit(
            context: context, place: place, scope: .listener, settings: settings,
            span: patch.span))
      }
    case "VIRTUAL_HOST", "HTTP_ROUTE", "ROUTE_CONFIGURATION":
      let own = value.either("typed_per_filter_config")[Self.filterName]
      guard own.exists else {
        if !value["route"].exists && !value.either("rate_limits").exists { fallthrough }
        return
      }
      let scope: Scope =
        applyTo == "HTTP_ROUTE" ? .route : applyTo == "VIRTUAL_HOST" ? .virtualHost : .routes
      if let settings = Self.settings(own, headers, &diagnostics) {
        limits.append(
          LocalRateLimit(
            context: context, place: place, scope: scope, settings: settings,
            span: patch.span))
      }
    default:
      diagnostics.warning(
        .unmodelledField, at: patch.span, path: patch.path,
        "this patch of \(applyTo.isEmpty ? "nothing" : applyTo) is not simulated: "
          + "only local rate limits are")
    }
  }

  /// The port and virtual host that a patch's `match` names.
  private static func place(
    _ match: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> Place {
    let routes = match["routeConfiguration"]
    let range = 1...65535
    let port =
      match["listener"]["portNumber"].integer(range, &diagnostics)
      ?? routes["portNumber"].integer(range, &diagnostics)
    let host = routes["vhost"]
    let takesEveryRoute =
      host["route"]["action"].node?.text == "ANY" && !host["route"]["name"].exists
    let usual = takesEveryRoute ? ["name", "route"] : ["name"]
    for (holder, known) in [(routes, ["portNumber", "vhost"]), (host, usual)] {
      for entry in holder.node?.entries ?? [] where !known.contains(entry.key) {
        diagnostics.warning(
          .unmodelledField, at: entry.keySpan, path: holder.path,
          "'\(entry.key)' of a patch's match is not simulated: it may apply to less than here")
      }
    }
    return Place(port: port, virtualHost: host["name"].text(&diagnostics))
  }

  /// The settings of the filter, wrapped in a `TypedStruct` or direct; nil without a bucket.
  private static func settings(
    _ config: ManifestCursor, _ headers: [String: String], _ diagnostics: inout DiagnosticList
  ) -> LocalRateLimitSettings? {
    let body = config["value"].exists ? config["value"] : config
    guard body.exists else { return nil }
    checkFields(of: body, &diagnostics)
    guard let bucket = bucket(body.either("token_bucket"), &diagnostics) else {
      if body.either("descriptors").exists, !body.either("token_bucket").exists {
        body.missing("token_bucket", &diagnostics)
      }
      return nil
    }
    var result = LocalRateLimitSettings(
      statPrefix: body.either("stat_prefix").text(&diagnostics) ?? "http_local_rate_limiter",
      bucket: bucket)
    result.enabled = fraction(body.either("filter_enabled"), &diagnostics)
    result.enforced = fraction(body.either("filter_enforced"), &diagnostics)
    result.status = status(body["status"]["code"], &diagnostics) ?? 429
    result.perDownstreamConnection =
      body.either("local_rate_limit_per_downstream_connection").boolean(&diagnostics) ?? false
    result.alwaysConsumesDefaultBucket =
      body.either("always_consume_default_token_bucket").boolean(&diagnostics) ?? true
    for descriptor in body["descriptors"].list(&diagnostics) {
      if let value = self.descriptor(descriptor, headers, &diagnostics) {
        result.descriptors.append(value)
      }
    }
    if result.enabled.numerator == 0 || result.enforced.numerator == 0 {
      diagnostics.warning(
        .limitAlwaysOff, at: body.span, path: body.path,
        "this rate limit refuses nothing: filter_enabled and filter_enforced are 0 % by default",
        help: "set both to {default_value: {numerator: 100, denominator: HUNDRED}}")
    }
    return result
  }

  /// The fields of the filter that act here, and those that do not change who is limited.
  private static let fields = [
    "@type", "stat_prefix", "status", "token_bucket", "filter_enabled", "filter_enforced",
    "descriptors", "local_rate_limit_per_downstream_connection",
    "always_consume_default_token_bucket", "response_headers_to_add",
    "request_headers_to_add_when_not_enforced", "enable_x_ratelimit_headers",
    "rate_limited_as_resource_exhausted", "vh_rate_limits", "stage",
  ]

  private static func checkFields(
    of body: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) {
    for entry in body.node?.entries ?? [] where !fields.contains(entry.key.inSnakeCase) {
      diagnostics.warning(
        .unknownField, at: entry.keySpan, path: body.path,
        "unknown field \(entry.key.quoted) of the local rate limit",
        help: Spelling.help(for: entry.key, among: fields))
    }
  }

  /// The status of refusals, as a number or by Envoy's name of it.
  ///
  /// - Source: Envoy `api/envoy/type/v3/http_status.proto`.
  private static func status(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> Int? {
    if let text = cursor.node?.text, let code = statusNames[text] { return code }
    return cursor.integer(400...599, &diagnostics)
  }

  private static let statusNames = [
    "BadRequest": 400, "Unauthorized": 401, "PaymentRequired": 402, "Forbidden": 403,
    "NotFound": 404, "MethodNotAllowed": 405, "NotAcceptable": 406,
    "ProxyAuthenticationRequired": 407, "RequestTimeout": 408, "Conflict": 409, "Gone": 410,
    "LengthRequired": 411, "PreconditionFailed": 412, "PayloadTooLarge": 413, "URITooLong": 414,
    "UnsupportedMediaType": 415, "RangeNotSatisfiable": 416, "ExpectationFailed": 417,
    "MisdirectedRequest": 421, "UnprocessableEntity": 422, "Locked": 423, "FailedDependency": 424,
    "UpgradeRequired": 426, "PreconditionRequired": 428, "TooManyRequests": 429,
    "RequestHeaderFieldsTooLarge": 431, "InternalServerError": 500, "NotImplemented": 501,
    "BadGateway": 502, "ServiceUnavailable": 503, "GatewayTimeout": 504,
    "HTTPVersionNotSupported": 505, "VariantAlsoNegotiates": 506, "InsufficientStorage": 507,
    "LoopDetected": 508, "NotExtended": 510, "NetworkAuthenticationRequired": 511,
  ]

  private static func bucket(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> TokenBucketSettings? {
    guard cursor.exists else { return nil }
    let tokens = cursor.either("max_tokens")
    let wait = cursor.either("fill_interval")
    guard let maximum = tokens.integer(1...1_000_000_000, &diagnostics),
      let interval = wait.duration(atLeast: .milliseconds(50), &diagnostics)
    else {
      if !tokens.exists { cursor.missing("max_tokens", &diagnostics) }
      if !wait.exists { cursor.missing("fill_interval", &diagnostics) }
      return nil
    }
    let fill = cursor.either("tokens_per_fill").integer(1...1_000_000_000, &diagnostics) ?? 1
    return TokenBucketSettings(maxTokens: maximum, tokensPerFill: fill, fillInterval: interval)
  }

  private static func fraction(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> Fraction {
    let value = cursor.either("default_value")
    guard value.exists, let numerator = value["numerator"].integer(0...1_000_000, &diagnostics)
    else { return .none }
    let word =
      value["denominator"].choice(["HUNDRED", "TEN_THOUSAND", "MILLION"], &diagnostics)
      ?? "HUNDRED"
    let sizes: [String: UInt32] = ["HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000]
    return Fraction(numerator: UInt32(numerator), denominator: sizes[word] ?? 100)
  }

  private static func descriptor(
    _ cursor: ManifestCursor, _ headers: [String: String], _ diagnostics: inout DiagnosticList
  ) -> LocalRateLimitSettings.Descriptor? {
    guard let bucket = bucket(cursor.either("token_bucket"), &diagnostics) else { return nil }
    var conditions: [RouteMatch.HeaderMatch] = []
    for entry in cursor["entries"].list(&diagnostics) {
      let key = entry["key"].text(&diagnostics) ?? ""
      guard let name = headers[key] else {
        diagnostics.warning(
          .unmodelledField, at: entry.span, path: entry.path,
          "descriptor \(key.quoted) is not filled by a request header and is not simulated")
        return nil
      }
      let value = entry["value"].text(&diagnostics)
      conditions.append(
        RouteMatch.HeaderMatch(name: name, value: value.map { .exact($0) } ?? .present))
    }
    return LocalRateLimitSettings.Descriptor(headers: conditions, bucket: bucket)
  }

  /// The headers that `rate_limits` actions turn into descriptor keys.
  private static func collectActions(
    _ value: ManifestCursor, into names: inout [String: String],
    _ diagnostics: inout DiagnosticList
  ) {
    for holder in [value, value["route"]] {
      for limit in holder.either("rate_limits").list(&diagnostics) {
        for action in limit["actions"].list(&diagnostics) {
          let request = action.either("request_headers")
          guard let key = request.either("descriptor_key").text(&diagnostics),
            let name = request.either("header_name").text(&diagnostics)
          else { continue }
          names[key] = name.lowercased()
        }
      }
    }
  }
}

extension ManifestCursor {
  /// The place of a field of a protobuf message, which JSON may write in camel case too.
  fileprivate func either(_ field: String) -> ManifestCursor {
    let own = self[field]
    if own.exists { return own }
    let other = node?.entries?.first { $0.key.inSnakeCase == field }
    return other.map { self[$0.key] } ?? own
  }
}

extension String {
  /// `tokenBucket` as `token_bucket`.
  fileprivate var inSnakeCase: String {
    reduce(into: "") { text, character in
      if character.isUppercase { text += "_" }
      text += character.lowercased()
    }
  }
}
