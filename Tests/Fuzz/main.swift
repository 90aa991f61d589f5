import Foundation
import ScenarioFiles
import TimeAndChance

// Feeds broken scenarios and manifests to the readers for a while. Every input is derived from the
// seed and its number alone, so a finding is repeated with --from NUMBER.
//
//   Fuzz [--seconds 60] [--seed 1] [--from 0] [--corpus scenarios] [--verbose]

/// A number given on the command line.
func option(_ name: String, _ usual: Int) -> Int {
  text(name).flatMap { Int($0) } ?? usual
}

/// A text given on the command line.
func text(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
  return arguments[index + 1]
}

/// Ends the program because of a finding.
func report(_ finding: String, _ number: Int, _ input: String) -> Never {
  print("FOUND at \(number): \(finding)")
  print("--- input ---\n\(input.prefix(4_000))\n-------------")
  print("repeat with --from \(number)")
  exit(1)
}

let seconds = option("--seconds", 60)
let seed = option("--seed", 1)
let isVerbose = CommandLine.arguments.contains("--verbose")
let usualCorpus =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path + "/scenarios"
let corpus = Corpus(folder: text("--corpus") ?? usualCorpus)
guard !corpus.scenarios.isEmpty else {
  print("no scenarios in \(text("--corpus") ?? usualCorpus)")
  exit(1)
}

let start = Date()
var number = option("--from", 0)
var loaded = 0
var longest = 0.0
while Date().timeIntervalSince(start) < Double(seconds) {
  var mutator = Mutator(
    random: RandomStream(seed: UInt64(seed), replication: UInt64(number), name: "fuzz"),
    corpus: corpus)
  let input = mutator.input()
  if isVerbose { print("\(number): \(input.path), \(input.text.utf8.count) bytes") }
  var files = corpus.files
  files[input.path] = input.text
  // Of the processor: a wait for a busy machine is no fault of the readers.
  let before = clock()
  let result = ScenarioLoader.load(
    paths: [input.path], overrides: input.overrides, fileSystem: .memory(files))
  let shown = result.diagnostics.text
  let time = Double(clock() - before) / Double(CLOCKS_PER_SEC)
  longest = max(longest, time)
  if time > 5 { report("took \(time) s", number, input.text) }
  if result.scenario == nil, !result.diagnostics.hasErrors {
    report("neither a scenario nor an error", number, input.text)
  }
  if result.scenario == nil, shown.isEmpty { report("an error without a word", number, input.text) }
  if let scenario = result.scenario {
    loaded += 1
    if let broken = ScenarioInvariants.broken(in: scenario) {
      report(broken, number, input.text)
    }
  }
  number += 1
  if number % 2_000 == 0 { print("\(number) inputs, \(loaded) loaded, longest \(longest) s") }
}
print("\(number) inputs, \(loaded) loaded, none crashed, longest \(longest) s")
