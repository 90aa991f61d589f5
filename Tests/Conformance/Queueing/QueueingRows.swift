enum QueueingRows: VectorFormat {
  static func cases(in file: VectorFile) throws -> [VectorCase]? { nil }
}
