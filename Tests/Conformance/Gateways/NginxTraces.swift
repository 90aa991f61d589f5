enum NginxTraces: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? { nil }
}
