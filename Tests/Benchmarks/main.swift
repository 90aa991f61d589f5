import Foundation

/// `make bench`: measures the product beside hand-written programs of the same models.
do {
  let options = try BenchmarkOptions(Array(CommandLine.arguments.dropFirst()))
  if let child = options.child {
    try ChildRun.run(child, size: options.childSize)
  } else if options.wantsHelp {
    print(BenchmarkOptions.help)
  } else {
    let isRight = try Bench(options).runAll()
    exit(isRight ? 0 : 1)
  }
} catch {
  FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
  exit(2)
}
