public import TimeAndChance

/// Something that must hold.
public struct Expectation: Sendable, Equatable {
  /// What kind of statement it is.
  public enum Statement: Sendable, Equatable {
    /// A figure keeps to a bound.
    case bound(MetricBound)
    /// After a fault, things are as before.
    case recovered(Recovery)
  }
  /// What must hold.
  public var statement: Statement
  /// As it is written in the scenario: `content POST /posts: p99 below 300ms`.
  public var text: String
  /// Where it is written.
  public var location: SourceLocation
  /// An expectation from its parts.
  public init(statement: Statement, text: String, location: SourceLocation) {
    self.statement = statement
    self.text = text
    self.location = location
  }
}

/// A figure and its bound.
public struct MetricBound: Sendable, Equatable {
  /// How the figure is compared; the figure is in the metric's unit.
  public enum Comparison: Sendable, Equatable {
    /// `<`.
    case below(Double)
    /// `<=`.
    case atMost(Double)
    /// `>=`.
    case atLeast(Double)
    /// `>`.
    case above(Double)
    /// `==`.
    case equals(Double)
  }

  /// The share of replications in which the comparison must hold.
  public struct RunShare: Sendable, Equatable {
    /// The smallest share, 0...1.
    public var atLeast: Double
    /// The largest share, 0...1.
    public var atMost: Double
    /// A share between the two.
    public init(atLeast: Double = 0, atMost: Double = 1) {
      self.atLeast = atLeast
      self.atMost = atMost
    }
  }

  /// Whose figure.
  public var subject: Subject
  /// Which figure.
  public var metric: Metric
  /// The bound.
  public var comparison: Comparison
  /// When it is measured.
  public var window: TimeWindow
  /// The share of replications that must hold; nil: the mean over replications is compared.
  public var runs: RunShare?

  /// A bound from its parts.
  public init(
    subject: Subject, metric: Metric, comparison: Comparison, window: TimeWindow = .counted,
    runs: RunShare? = nil
  ) {
    self.subject = subject
    self.metric = metric
    self.comparison = comparison
    self.window = window
    self.runs = runs
  }
}

/// When a figure is measured.
public enum TimeWindow: Sendable, Equatable {
  /// The whole run without its warm-up.
  case counted
  /// From the first instant to before the second.
  case between(SimTime, SimTime)
  /// While a fault lasts, as index in ``Scenario/faults``, all its repetitions together.
  case during(fault: Int)
}

/// Error rate and p99 back within 10 % of the window before the fault, for 10 s.
public struct Recovery: Sendable, Equatable {
  /// The traffic sources that must be back, as indices in ``Scenario/traffic``.
  public var sources: [Int]
  /// The fault, as index in ``Scenario/faults``.
  public var fault: Int
  /// How long after the fault's end, at the latest.
  public var within: SimDuration
  /// For how long things must be as before.
  public static var stretch: SimDuration { .seconds(10) }
  /// What before is: so long until the fault begins, as far as it is counted.
  public static var baseline: SimDuration { .seconds(60) }
  /// A recovery from its parts.
  public init(sources: [Int], fault: Int, within: SimDuration) {
    self.sources = sources
    self.fault = fault
    self.within = within
  }
}

/// A place in a file.
public struct SourceLocation: Sendable, Equatable {
  /// The file as it was named; `<stdin>` for standard input.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column, from 1.
  public var column: Int
  /// A place in a file.
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}
