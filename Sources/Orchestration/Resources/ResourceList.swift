/// Amounts of several resources: a container's requests, a quota's limits, a node's capacity.
///
/// A name that is absent differs from one with amount zero: an absent request can be defaulted.
/// Entries are ordered by name, so that nothing depends on the order they were given in.
public struct ResourceList: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One resource and its amount.
  @frozen public struct Entry: Sendable, Equatable {
    /// Which resource.
    public let name: ResourceName
    /// How much of it.
    public var quantity: ResourceQuantity
  }

  /// The amounts, by ascending name.
  public private(set) var entries: [Entry] = []

  /// No amounts at all.
  public init() {}

  /// The given amounts; a name given twice keeps its last amount.
  public init(dictionaryLiteral elements: (ResourceName, ResourceQuantity)...) {
    for (name, quantity) in elements { self[name] = quantity }
  }

  /// Whether nothing is listed.
  public var isEmpty: Bool { entries.isEmpty }

  /// The amount of a resource; nil when it is not listed.
  public subscript(name: ResourceName) -> ResourceQuantity? {
    get { entries.first { $0.name == name }?.quantity }
    set {
      let index = entries.firstIndex { $0.name >= name } ?? entries.endIndex
      let isListed = index < entries.endIndex && entries[index].name == name
      switch (newValue, isListed) {
      case (let quantity?, true): entries[index].quantity = quantity
      case (let quantity?, false): entries.insert(Entry(name: name, quantity: quantity), at: index)
      case (nil, true): entries.remove(at: index)
      case (nil, false): break
      }
    }
  }

  /// The amount of a resource, zero when it is not listed.
  public func amount(_ name: ResourceName) -> ResourceQuantity { self[name] ?? .zero }

  /// Adds every amount of another list; what is not listed here is added as it is.
  public mutating func add(_ other: ResourceList) {
    for entry in other.entries { self[entry.name] = amount(entry.name) + entry.quantity }
  }

  /// Takes away every amount of another list.
  public mutating func subtract(_ other: ResourceList) {
    for entry in other.entries { self[entry.name] = amount(entry.name) - entry.quantity }
  }

  /// Keeps, resource by resource, the larger amount of the two lists.
  public mutating func formMaximum(_ other: ResourceList) {
    for entry in other.entries where self[entry.name].map({ $0 < entry.quantity }) ?? true {
      self[entry.name] = entry.quantity
    }
  }

  /// Takes over what another list has and this one has not.
  public mutating func fillMissing(from other: ResourceList) {
    for entry in other.entries where self[entry.name] == nil { self[entry.name] = entry.quantity }
  }
}
