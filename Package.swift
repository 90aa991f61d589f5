// swift-tools-version: 6.2
import PackageDescription

/// What every target is compiled with: the Swift 6 language mode comes with the tools version,
/// a warning is an error, and imports stay out of a module's interface unless they say `public`.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target of ours: its folder is `Sources/<name>`.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, swiftSettings: settings,
    linkerSettings: [.linkedLibrary("m")])  // rounding in debug builds without Foundation
}

/// The tests of a library: their folder is `Tests/<name>Tests`, the same tree as the sources.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    exclude: name == "Reporting" ? ["Goldens"] : [], swiftSettings: settings)
}

/// A program that judges the product: its folder is `Tests/<name>`.
func judge(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)",
    exclude: name == "Conformance" ? ["Vectors"] : name == "Benchmarks" ? ["Peers"] : [],
    swiftSettings: settings)
}

/// Release builds of the program hold the Swift runtime and Foundation.
///
/// It starts in two thirds of the time and runs where no toolchain is. `FORESHOCK_LINKING=dynamic`
/// leaves them outside.
let standalone: [LinkerSetting] =
  Context.environment["FORESHOCK_LINKING"] == "dynamic"
  ? []
  : [.unsafeFlags(["-static-stdlib", "-use-ld=lld"], .when(configuration: .release))]
    + ["_FoundationCShims", "_FoundationCollections", "CoreFoundation", "_FoundationICU", "stdc++"]
    .map { .linkedLibrary($0, .when(configuration: .release)) }

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "Foreshock",
  products: [
    .executable(name: "foreshock", targets: ["foreshock"]),
    .library(name: "EventKernel", targets: ["EventKernel", "TimeAndChance", "Statistics"]),
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    .target(name: "CPrefetch"),
    library("TimeAndChance"),
    library("Statistics", ["TimeAndChance"]),
    library("EventKernel", ["TimeAndChance"]),
    library("TrafficPolicy", ["TimeAndChance"]),
    library("Orchestration", ["TimeAndChance"]),
    library("Middleware", ["TimeAndChance"]),
    library("Scenario", ["TimeAndChance", "TrafficPolicy", "Orchestration", "Middleware"]),
    library("ScenarioFiles", ["Scenario", "TrafficPolicy", "TimeAndChance", yams]),
    library("Results", ["Scenario", "Statistics", "TimeAndChance"]),
    library(
      "Simulation",
      [
        "Scenario", "Results", "Statistics", "TimeAndChance", "EventKernel", "TrafficPolicy",
        "Orchestration", "Middleware", "CPrefetch",
      ]),
    library("Reporting", ["Results", "Scenario", "Statistics", "TimeAndChance"]),
    .executableTarget(
      name: "foreshock",
      dependencies: [
        "ScenarioFiles", "Scenario", "Simulation", "Results", "Reporting", argumentParser,
      ],
      swiftSettings: settings, linkerSettings: standalone),
    tests("Statistics"),
    tests("TimeAndChance", ["Statistics"]),
    tests("EventKernel", ["TimeAndChance"]),
    tests("TrafficPolicy", ["TimeAndChance"]),
    tests("Orchestration", ["TimeAndChance"]),
    tests("Middleware", ["TimeAndChance"]),
    tests("ScenarioFiles", ["Scenario", "TrafficPolicy", "TimeAndChance"]),
    tests(
      "Simulation",
      ["Scenario", "ScenarioFiles", "Results", "Statistics", "TrafficPolicy", "TimeAndChance"]),
    tests("Reporting", ["Results", "Scenario", "Statistics", "TimeAndChance"]),
    tests("foreshock", [argumentParser]),
    judge(
      "Conformance",
      [
        "Simulation", "ScenarioFiles", "TrafficPolicy", "Orchestration", "Middleware", "Statistics",
        "TimeAndChance", "EventKernel", "Scenario", "Results", yams,
      ]),
    judge("Fuzz", ["ScenarioFiles", "Scenario", "TrafficPolicy", "TimeAndChance"]),
    judge(
      "Benchmarks",
      [
        "Simulation", "EventKernel", "TimeAndChance", "Statistics", "TrafficPolicy",
        "Orchestration",
      ]),
  ]
)
