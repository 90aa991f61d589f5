/// Tables for exponential and normal draws: one random number, one multiplication, one comparison.
///
/// The area under the density is covered by 256 layers of equal size, each a rectangle but for a
/// thin wedge. A draw picks a layer with the lowest 8 bits of a random number and a place in it
/// with the highest 53. About 98.9 % (exponential) and 99.3 % (normal) of the draws lie inside the
/// rectangle and are done; the others decide on wedge or tail with ``RealMath``, out of line.
///
/// - Source: G. Marsaglia, W. W. Tsang, "The Ziggurat Method for Generating Random Variables",
///   Journal of Statistical Software 5(8), 2000, with the layer count of 256 for both laws.
struct Ziggurat {
  /// Layer edges from the outermost (widened to hold the tail) inwards to 0: 257 numbers.
  var edges: [Double] = []
  /// The density at each edge.
  var densities: [Double] = []

  /// Where the exponential law's tail begins, 7.697; found to 20 digits by closing the last layer.
  static var exponentialTail: Double { 0x1.ec9d9297ebb83p+2 }
  /// Where the normal law's tail begins, 3.654; found likewise.
  static var normalTail: Double { 0x1.d3bb48209ad33p+1 }

  /// The layers of `exp(-x)`.
  static func exponential() -> Ziggurat {
    layers(
      from: exponentialTail, area: 0x1.02d84bc4b0285p-8,
      density: { RealMath.exp(-$0) }, inverse: { -RealMath.log($0) })
  }

  /// The layers of `exp(-x²/2)`.
  static func normal() -> Ziggurat {
    layers(
      from: normalTail, area: 0x1.43016a5a43732p-8,
      density: { RealMath.exp(-0.5 * $0 * $0) },
      inverse: { (-2 * RealMath.log($0)).squareRoot() })
  }

  private static func layers(
    from tail: Double, area: Double, density: (Double) -> Double, inverse: (Double) -> Double
  ) -> Ziggurat {
    var result = Ziggurat()
    var edge = tail
    var height = density(tail)
    result.edges = [area / height, edge]
    result.densities = [0, height]
    for _ in 2..<256 {
      height += area / edge
      edge = inverse(height)
      result.edges.append(edge)
      result.densities.append(height)
    }
    result.edges.append(0)
    result.densities.append(1)
    return result
  }
}
