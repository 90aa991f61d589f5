enum EnvoyVectors: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? { nil }
}
