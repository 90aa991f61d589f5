import ArgumentParser
import Scenario
import ScenarioFiles
import Simulation

/// `foreshock validate`: reads a scenario and tells what is wrong with it.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check a scenario and its manifests without running them.")

  @OptionGroup var scenario: ScenarioArguments

  func run() throws {
    let loaded = try scenario.load()
    do {
      let compiled = try ScenarioCompiler.compile(loaded)
      for line in compiled.gaps.lines {
        Console.complain("warning: not modelled as written: \(line)")
      }
    } catch {
      Console.complain(error.text)
      throw ExitCode.badScenario
    }
    let counts = [
      (loaded.services.count, "service"), (loaded.workloads.count, "workload"),
      (loaded.proxies.count, "proxy policy"), (loaded.traffic.count, "traffic source"),
      (loaded.faults.count, "fault"), (loaded.expectations.count, "expectation"),
    ]
    let parts = counts.map { count, word in
      count == 1
        ? "1 \(word)" : "\(count) " + (word.hasSuffix("y") ? word.dropLast() + "ies" : word + "s")
    }
    try Console.write("\(loaded.name) is valid: \(parts.joined(separator: ", "))\n")
  }
}
