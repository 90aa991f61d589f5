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

  @inlinable @inline(__always) mutating func push(_ event: Event) {
    let key = event.key
    if hasHole {
      hasHole = false
      siftDown(key)
      return
    }
    if count == capacity { grow() }
    let cells = self.cells
    var index = count
    count += 1
    while index > 0 {
      let parent = (index - 1) &>> 2
      let parentKey = cells[parent]
      if key < parentKey {
        cells[index] = parentKey
        index = parent
      } else {
        break
      }
    }
    cells[index] = key
  }

  @inlinable @inline(__always) mutating func siftDown(_ key: UInt128) {
    let cells = self.cells
    let count = self.count
    var index = 0
    var child = 1
    while child < count {
      let left = child + (cells[child + 1] < cells[child] ? 1 : 0)
      let right = child + 2 + (cells[child + 3] < cells[child + 2] ? 1 : 0)
      let least = cells[right] < cells[left] ? right : left
      let leastKey = cells[least]
      if leastKey < key {
        cells[index] = leastKey
        index = least
        child = 4 &* least &+ 1
      } else {
        break
      }
    }
    cells[index] = key
  }

  /// Fills the hole, so that the root is the least key; every look at the root begins here.
  @inlinable @inline(__always) mutating func settle() {
    guard hasHole else { return }
    hasHole = false
    count -= 1
    let last = cells[count]
    cells[count] = .max
    if count > 0 { siftDown(last) }
  }

  /// The least key; the caller has settled the heap and knows that it is not empty.
  @inlinable @inline(__always) var root: Event {
    let key = cells[0]
    return Event(
      high: UInt64(truncatingIfNeeded: key &>> 64), low: UInt64(truncatingIfNeeded: key))
  }

  /// Takes the root away.
  @inlinable @inline(__always) mutating func pop() { hasHole = true }

  /// Bytes held.
  @inlinable var byteCount: Int { (capacity + 16) * 16 }
}
