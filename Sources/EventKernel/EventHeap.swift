/// The pending events with variable delays: a 4-ary heap with a hole at the root.
///
/// Three things make it fast. The four children of a node share a cache line. Unused cells hold the
/// largest key, so choosing a child needs no end check. And ``pop()`` leaves a hole at the root,
/// which the next ``push(_:)`` fills by sifting down; only a second `pop` moves the last leaf up.
/// In a simulator nearly every pop is followed by a push.
@frozen @usableFromInline struct EventHeap: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var cells: UnsafeMutablePointer<UInt128>
  @usableFromInline var count = 0
  @usableFromInline var capacity: Int
  @usableFromInline var hasHole = false

  @inlinable init(capacity: Int = 256) {
    self.capacity = capacity
    (base, cells) = EventHeap.allocate(capacity)
  }

  @inlinable deinit { base.deallocate() }

  /// Cells whose root lies 16 bytes before a cache line, so that each four siblings share one.
  @inlinable static func allocate(
    _ capacity: Int
  ) -> (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt128>) {
    let base = UnsafeMutableRawPointer.allocate(byteCount: (capacity + 16) * 16, alignment: 64)
    let cells = (base + 48).bindMemory(to: UInt128.self, capacity: capacity + 12)
    cells.initialize(repeating: .max, count: capacity + 12)
    return (base, cells)
  }

  @inline(never) @usableFromInline mutating func grow() {
    let (newBase, newCells) = EventHeap.allocate(capacity * 2)
    newCells.update(from: cells, count: count)
    base.deallocate()
    base = newBase
    cells = newCells
    capacity *= 2
  }

  @inlinable @inline(__always) var isEmpty: Bool { count == (hasHole ? 1 : 0) }

  /// True when ``push(_:)`` would have to grow the heap first.
  @inlinable @inline(__always) var isFull: Bool { count == capacity && !hasHole }

  /// Adds an event to a heap that is not full.
  @inlinable @inline(__always) mutating func push(_ event: Event) {
    if hasHole {
      hasHole = false
      siftDown(event.key)
    } else {
      append(event)
    }
  }

  /// Adds an event at the leaves.
  @inlinable @inline(__always) mutating func append(_ event: Event) {
    let key = event.key
    let cells = self.cells
    var index = count
    count &+= 1
    while index > 0 {
      let parent = (index &- 1) &>> 2
      let parentKey = cells[parent]
      guard key < parentKey else { break }
      cells[index] = parentKey
      index = parent
    }
    cells[index] = key
  }

  /// Looks at every event, in no order; there is no hole.
  func forEach(_ body: (Event) -> Void) {
    for index in 0..<count { body(Event(key: cells[index])) }
  }

  /// Takes every event away; there is no hole.
  mutating func removeAll() {
    cells.update(repeating: .max, count: count)
    count = 0
  }

  /// The least of the four keys from `child` on, which share a cache line.
  ///
  /// Unused cells hold the greatest key, so all four may be looked at.
  @inlinable @inline(__always)
  func least(of child: UnsafeMutablePointer<UInt128>) -> UnsafeMutablePointer<UInt128> {
    let left = child[1] < child[0] ? child + 1 : child
    let right = child[3] < child[2] ? child + 3 : child + 2
    return right.pointee < left.pointee ? right : left
  }

  /// The first child of a cell.
  @inlinable @inline(__always)
  func child(of cell: UnsafeMutablePointer<UInt128>) -> UnsafeMutablePointer<UInt128> {
    // In bytes, which spares the division of a distance by the size of a cell.
    let distance = UnsafeRawPointer(cell) - UnsafeRawPointer(cells)
    let child = UnsafeMutableRawPointer(cells) + (distance &* 4 &+ MemoryLayout<UInt128>.stride)
    return child.assumingMemoryBound(to: UInt128.self)
  }

  /// Puts a key, likely a small one, into the hole at the root.
  @inlinable @inline(__always) mutating func siftDown(_ key: UInt128) {
    let end = cells + count
    var hole = cells
    var child = cells + 1
    while child < end {
      let least = least(of: child)
      let leastKey = least.pointee
      guard leastKey < key else { break }
      hole.pointee = leastKey
      hole = least
      child = self.child(of: least)
    }
    hole.pointee = key
  }

  /// Fills the hole, so that the root is the least key; every look at the root begins here.
  ///
  /// The hole sinks to the leaves first and the last leaf, which is seldom small, rises from there:
  /// one compare less on each level, and no guess to be wrong about.
  @inlinable @inline(__always) mutating func settle() {
    guard hasHole else { return }
    hasHole = false
    count &-= 1
    let end = cells + count
    let key = end.pointee
    end.pointee = .max
    if count == 0 { return }
    var hole = cells
    var child = cells + 1
    while child < end {
      let least = least(of: child)
      hole.pointee = least.pointee
      hole = least
      child = self.child(of: least)
    }
    while hole > cells {
      let parent = cells + ((hole - cells) &- 1) &>> 2
      guard key < parent.pointee else { break }
      hole.pointee = parent.pointee
      hole = parent
    }
    hole.pointee = key
  }

  /// The least key, or the greatest that there is when the heap is empty; the caller has settled it.
  @inlinable @inline(__always) var root: Event { Event(key: cells[0]) }

  /// Takes the root away.
  @inlinable @inline(__always) mutating func pop() { hasHole = true }

  /// Bytes held.
  @inlinable var byteCount: Int { (capacity + 16) * 16 }
}
