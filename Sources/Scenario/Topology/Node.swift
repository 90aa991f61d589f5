/// A machine on which pods run.
public struct Node: Sendable, Equatable {
  /// The machine's name.
  public var name: String
  /// `topology.kubernetes.io/region`; may be empty.
  public var region: String
  /// `topology.kubernetes.io/zone`; may be empty.
  public var zone: String
  /// Processors that pods can use, in thousandths; nil is unlimited.
  ///
  /// Not simulated yet: each pod has what its own limit says, whatever stands beside it.
  public var allocatableMillicores: Int?
  /// A machine from its parts.
  public init(
    name: String, region: String = "", zone: String = "", allocatableMillicores: Int? = nil
  ) {
    self.name = name
    self.region = region
    self.zone = zone
    self.allocatableMillicores = allocatableMillicores
  }
}
