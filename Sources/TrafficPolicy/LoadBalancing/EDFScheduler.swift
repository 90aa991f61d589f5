/// Earliest deadline first: weighted turns that follow the weights exactly over whole cycles.
///
/// An entry's deadline is `now + 1/weight` when it is put in; the earliest is picked, ties in order
/// of insertion; `now` becomes its deadline, and it is put back with the weight that it has then.
///
/// - Source: Envoy `source/common/upstream/edf_scheduler.h` (pickAndAdd, createWithPicks).
public struct EDFScheduler: Sendable {
  @usableFromInline struct Entry: Sendable {
    @usableFromInline var deadline: Double
    @usableFromInline var order: UInt64
    @usableFromInline var item: UInt32

    @inlinable init(deadline: Double, order: UInt64, item: UInt32) {
      self.deadline = deadline
      self.order = order
      self.item = item
    }
    @inlinable func precedes(_ other: Entry) -> Bool {
      deadline < other.deadline || (deadline == other.deadline && order < other.order)
    }
  }

  /// A binary heap, earliest first.
  @usableFromInline var heap: ContiguousArray<Entry> = []
  @usableFromInline var now = 0.0
  @usableFromInline var nextOrder: UInt64 = 0

  /// Bytes of its entries.
  var byteCount: Int { heap.count * MemoryLayout<Entry>.stride }

  /// A schedule without entries.
  public init() {}

  /// A schedule of items with weights above 0, as if `picks` picks had been made.
  ///
  /// Most of the picks are accounted for at once: an item gets `floor(picks × share)` of them, and
  /// only the rest are made one by one. With a random number of picks, schedules of many proxies do
  /// not start at the same item.
  public init(
    items: UnsafeBufferPointer<UInt32>, picks: UInt32, weight: (UInt32) -> Double
  ) {
    let picks = picks % 429_496_729  // Envoy's bound
    // Envoy adds a trifle to each weight here, so that deadlines of weights that are multiples of
    // each other do not change places by rounding.
    let weights = items.map { weight($0) + 1e-13 }
    let sum = weights.reduce(0, +)
    heap.reserveCapacity(items.count)
    var made: UInt32 = 0
    for (item, weight) in zip(items, weights) {
      var share = (weight * Double(picks) / sum).rounded(.down)
      if share > 0, share / weight >= Double(picks) / sum { share -= 1 }
      now = max(now, share / weight)
      heap.append(Entry(deadline: (share + 1) / weight, order: nextOrder, item: item))
      nextOrder += 1
      made &+= UInt32(share)
    }
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    while made < picks, !heap.isEmpty {
      let item = pick()
      putBack(weight: weight(item))
      made &+= 1
    }
  }

  /// True without entries.
  @inlinable public var isEmpty: Bool { heap.isEmpty }

  /// The item whose turn it is; ``putBack(weight:)`` must follow.
  @inlinable public mutating func pick() -> UInt32 {
    now = heap[0].deadline
    return heap[0].item
  }

  /// Puts the picked item back with the weight that it has now, above 0.
  @inlinable public mutating func putBack(weight: Double) {
    heap[0].deadline = now + 1 / weight
    heap[0].order = nextOrder
    nextOrder += 1
    siftDown(0)
  }

  @inlinable mutating func siftDown(_ start: Int) {
    let count = heap.count
    heap.withUnsafeMutableBufferPointer { heap in
      var index = start
      let entry = heap[index]
      while true {
        var child = 2 * index + 1
        if child >= count { break }
        if child + 1 < count, heap[child + 1].precedes(heap[child]) { child += 1 }
        if !heap[child].precedes(entry) { break }
        heap[index] = heap[child]
        index = child
      }
      heap[index] = entry
    }
  }
}
