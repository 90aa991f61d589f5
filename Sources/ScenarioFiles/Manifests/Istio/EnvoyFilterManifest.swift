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

  struct LocalRateLimit {
    var context: Context
    /// Whether it stands on routes instead of the listener.
    var isPerRoute: Bool
    var settings: LocalRateLimitSettings
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
    let contextName = patch["match"]["context"].text(&diagnostics) ?? "ANY"
    let context = Context(rawValue: contextName) ?? .any
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
      if let settings = Self.settings(value["typed_config"], headers, &diagnostics) {
        limits.append(LocalRateLimit(context: context, isPerRoute: false, settings: settings))
      }
    case "VIRTUAL_HOST", "HTTP_ROUTE", "ROUTE_CONFIGURATION":
      let own = value["typed_per_filter_config"][Self.filterName]
      guard own.exists else {
        if !value["route"].exists && !value["rate_limits"].exists { fallthrough }
        return
      }
      if let settings = Self.settings(own, headers, &diagnostics) {
        limits.append(LocalRateLimit(context: context, isPerRoute: true, settings: settings))
      }
    default:
      diagnostics.warning(
        .unmodelledField, at: patch.span, path: patch.path,
        "this patch of \(applyTo.isEmpty ? "nothing" : applyTo) is not simulated: "
          + "only local rate limits are")
    }
  }

  /// The settings of the filter, wrapped in a `TypedStruct` or direct; nil without a bucket.
  private static func settings(
    _ config: ManifestCursor, _ headers: [String: String], _ diagnostics: inout DiagnosticList
  ) -> LocalRateLimitSettings? {
    let body = config["value"].exists ? config["value"] : config
    guard body["token_bucket"].exists,
      let bucket = bucket(body["token_bucket"], &diagnostics)
    else { return nil }
    var result = LocalRateLimitSettings(
      statPrefix: body["stat_prefix"].text(&diagnostics) ?? "http_local_rate_limiter",
      bucket: bucket)
    result.enabled = fraction(body["filter_enabled"], &diagnostics)
    result.enforced = fraction(body["filter_enforced"], &diagnostics)
    result.status = body["status"]["code"].integer(400...599, &diagnostics) ?? 429
    result.perDownstreamConnection =
      body["local_rate_limit_per_downstream_connection"].boolean(&diagnostics) ?? false
    result.alwaysConsumesDefaultBucket =
      body["always_consume_default_token_bucket"].boolean(&diagnostics) ?? true
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

  private static func bucket(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> TokenBucketSettings? {
    guard let maximum = cursor["max_tokens"].integer(1...1_000_000_000, &diagnostics),
      let interval = cursor["fill_interval"].duration(atLeast: .milliseconds(50), &diagnostics)
    else {
      if !cursor["max_tokens"].exists { cursor.missing("max_tokens", &diagnostics) }
      if !cursor["fill_interval"].exists { cursor.missing("fill_interval", &diagnostics) }
      return nil
    }
    let fill = cursor["tokens_per_fill"].integer(1...1_000_000_000, &diagnostics) ?? 1
    return TokenBucketSettings(maxTokens: maximum, tokensPerFill: fill, fillInterval: interval)
  }

  private static func fraction(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> Fraction {
    let value = cursor["default_value"]
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
    guard let bucket = bucket(cursor["token_bucket"], &diagnostics) else { return nil }
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
      for limit in holder["rate_limits"].list(&diagnostics) {
        for action in limit["actions"].list(&diagnostics) {
          let request = action["request_headers"]
          guard let key = request["descriptor_key"].text(&diagnostics),
            let name = request["header_name"].text(&diagnostics)
          else { continue }
          names[key] = name.lowercased()
        }
      }
    }
  }
}
