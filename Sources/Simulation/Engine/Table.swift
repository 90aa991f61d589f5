/// A fixed or growing row of values in place, without bounds checks in release builds.
///
/// What a run reads and writes all the time lives in these: no reference counts, no copies.
struct Table<Element: ~Copyable>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init() {
    capacity = 1
    base = Self.allocate(1)
  }

  /// A row of so many values, each made in place.
  init(count: Int, _ make: (Int) -> Element) {
    capacity = max(1, count)
    base = Self.allocate(capacity)
    for index in 0..<count { (base + index).initialize(to: make(index)) }
    self.count = count
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  /// Room that begins with a cache line, so that elements of whole lines share none.
  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer.allocate(
      byteCount: max(1, capacity * MemoryLayout<Element>.stride), alignment: 64
    ).bindMemory(to: Element.self, capacity: capacity)
  }

  mutating func append(_ element: consuming Element) {
    if count == capacity {
      let grown = Self.allocate(capacity * 2)
      grown.moveInitialize(from: base, count: count)
      base.deallocate()
      base = grown
      capacity *= 2
    }
    (base + count).initialize(to: element)
    count += 1
  }

  @inline(__always) subscript(index: Int) -> Element {
    unsafeAddress {
      assert(index < count)
      return UnsafePointer(base + index)
    }
    unsafeMutableAddress {
      assert(index < count)
      return base + index
    }
  }

  @inline(__always) subscript(index: UInt32) -> Element {
    unsafeAddress {
      assert(index < count)
      return UnsafePointer(base + Int(index))
    }
    unsafeMutableAddress {
      assert(index < count)
      return base + Int(index)
    }
  }

  /// Bytes held.
  var byteCount: Int { capacity * MemoryLayout<Element>.stride }
}

extension Table where Element: Copyable {
  /// A row of those values.
  init(_ elements: [Element]) {
    self.init(count: elements.count) { elements[$0] }
  }
}
