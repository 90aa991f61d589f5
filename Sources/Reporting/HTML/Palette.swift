/// The colours of the report's drawings, as presentation attributes for light paper.
///
/// Each has a class of the same name by which the style sheet turns it for dark screens. Chosen to
/// keep 3:1 contrast with their ground and apart from each other for colour-blind readers; series
/// differ by dashes too.
enum Ink: String {
  case good, rejected, errors, p50, p99, tries, queue, busy, ejected, offered
  case axis, grid, label, fault, warmup, node, edge, plate

  /// The colour on a light ground.
  var light: String {
    switch self {
    case .good: "#0f766e"
    case .rejected: "#b45309"
    case .errors: "#c2262e"
    case .p50: "#1d5fc2"
    case .p99: "#8a2be2"
    case .tries: "#b4421a"
    case .queue: "#4d5b97"
    case .busy: "#23717f"
    case .ejected: "#a3195b"
    case .offered: "#55606e"
    case .axis: "#8b95a3"
    case .grid: "#e3e7ec"
    case .label: "#46505d"
    case .fault: "#f2a33a"
    case .warmup: "#aab4c0"
    case .node: "#ffffff"
    case .edge: "#6b7887"
    case .plate: "#ffffff"
    }
  }

  /// The colour on a dark ground.
  var dark: String {
    switch self {
    case .good: "#3fc1b3"
    case .rejected: "#f0a445"
    case .errors: "#ff7b7b"
    case .p50: "#7ab2ff"
    case .p99: "#c79bff"
    case .tries: "#ff9a6b"
    case .queue: "#a5b2ef"
    case .busy: "#6fcbd9"
    case .ejected: "#ff85bb"
    case .offered: "#aeb9c6"
    case .axis: "#6d7886"
    case .grid: "#2b333d"
    case .label: "#b9c3cf"
    case .fault: "#f2a33a"
    case .warmup: "#5d6773"
    case .node: "#1c232c"
    case .edge: "#8592a1"
    case .plate: "#1a2129"
    }
  }

  /// A stroke of that colour.
  var stroke: String { "class=\"s-\(rawValue)\" stroke=\"\(light)\"" }
  /// A fill of that colour.
  var fill: String { "class=\"f-\(rawValue)\" fill=\"\(light)\"" }

  static let all: [Ink] = [
    .good, .rejected, .errors, .p50, .p99, .tries, .queue, .busy, .ejected, .offered, .axis,
    .grid, .label, .fault, .warmup, .node, .edge, .plate,
  ]
}
