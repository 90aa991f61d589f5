enum Resilience4jTraces: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? { nil }
}
