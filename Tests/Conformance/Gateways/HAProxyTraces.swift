/// Traces recorded on HAProxy: balancing, retries, queues and health.
enum HAProxyTraces: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    guard let trace = TraceFile(file.text) else { return nil }
    let keys = trace.header
    guard
      keys["kind"] as? String == "haproxy"
        || (keys["backend"] != nil && keys["servers"] != nil && keys["timeouts"] != nil)
    else { return nil }
    let recording = try HAProxyTrace(trace)
    let name = keys["name"] as? String ?? "trace"
    return [VectorCase(name: name) { HAProxyReplay.mismatches(recording) }]
  }
}
