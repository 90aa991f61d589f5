/// Traces recorded on nginx: `limit_req` admission and the choice among upstream servers.
enum NginxTraces: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    guard let trace = TraceFile(file.text) else { return nil }
    let keys = trace.header
    if keys["kind"] as? String == "limit_req" || (keys["zones"] != nil && keys["rules"] != nil) {
      let replay = try NginxLimitReqReplay(trace)
      return [VectorCase(name: caseName(trace)) { replay.mismatches() }]
    }
    if keys["kind"] as? String == "upstream"
      || (keys["servers"] != nil && keys["next_upstream"] != nil)
    {
      let recording = try NginxUpstreamTrace(trace)
      return [VectorCase(name: caseName(trace)) { NginxUpstreamReplay.mismatches(recording) }]
    }
    return nil
  }

  private static func caseName(_ trace: TraceFile) -> String {
    trace.header["name"] as? String ?? "trace"
  }
}
