/// Records of one kind, named by small numbers, recycled without allocation.
///
/// A freed record's first four bytes hold the link to the next free one, so the free list costs
/// nothing. Growing moves the records: keep handles, never references, across ``allocate()``.
@frozen public struct Slab<Record: BitwiseCopyable>: ~Copyable {
  @usableFromInline var records: UnsafeMutablePointer<Record>
  @usableFromInline var capacity: Int
  @usableFromInline var used: UInt32 = 0
  @usableFromInline var freeList: UInt32 = Slab.none

  /// The handle of no record.
  @inlinable @inline(__always) public static var none: UInt32 { 0xFF_FFFF }

  /// A slab with room for some records; it grows when it must, up to 16 777 215.
  @inlinable public init(capacity: Int = 1024) {
    precondition(MemoryLayout<Record>.stride >= 4, "a record must have room for a link")
    self.capacity = capacity
    records = Self.allocate(capacity)
  }

  /// Room that begins with a cache line, so that records of half a line stand in one.
  @inlinable static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Record> {
    UnsafeMutableRawPointer.allocate(
      byteCount: max(1, capacity) * MemoryLayout<Record>.stride, alignment: 64
    ).bindMemory(to: Record.self, capacity: capacity)
  }

  @inlinable deinit { records.deallocate() }

  @inline(never) @usableFromInline mutating func grow() {
    precondition(used < Slab.none, "out of handles: 16 777 215 records of one kind are alive")
    let grown = min(capacity < 1 << 20 ? capacity * 2 : capacity + capacity / 8, Int(Slab.none))
    let moved = Self.allocate(grown)
    moved.update(from: records, count: Int(used))
    records.deallocate()
    records = moved
    capacity = grown
  }

  /// The handle of a record whose content is not defined; the caller writes all of it.
  @inlinable @inline(__always) public mutating func allocate() -> UInt32 {
    let handle = freeList
    if handle != Slab.none {
      freeList = UnsafeRawPointer(records + Int(handle)).loadUnaligned(as: UInt32.self)
      return handle
    }
    if Int(used) == capacity { grow() }
    used &+= 1
    return used &- 1
  }

  /// Gives a record back; its handle may be handed out again at once.
  @inlinable @inline(__always) public mutating func free(_ handle: UInt32) {
    UnsafeMutableRawPointer(records + Int(handle)).storeBytes(of: freeList, as: UInt32.self)
    freeList = handle
  }

  /// A record in place.
  @inlinable @inline(__always) public subscript(handle: UInt32) -> Record {
    unsafeAddress {
      assert(handle < used)
      return UnsafePointer(records + Int(handle))
    }
    unsafeMutableAddress {
      assert(handle < used)
      return records + Int(handle)
    }
  }

  /// The records, valid until the next ``allocate()``.
  @inlinable @inline(__always) public var base: UnsafePointer<Record> { UnsafePointer(records) }

  /// A pointer to a record, valid until the next ``allocate()``.
  @inlinable @inline(__always)
  public func pointer(_ handle: UInt32) -> UnsafeMutablePointer<Record> {
    assert(handle < used)
    return records + Int(handle)
  }

  /// By handle: whether it is not in use.
  ///
  /// Walks the free list, so it is for looking back and not for run loops.
  public var areFree: [Bool] {
    var result = [Bool](repeating: false, count: Int(used))
    var handle = freeList
    while handle != Slab.none {
      result[Int(handle)] = true
      handle = UnsafeRawPointer(records + Int(handle)).loadUnaligned(as: UInt32.self)
    }
    return result
  }

  /// The most records that were alive at once.
  @inlinable public var highWater: Int { Int(used) }

  /// Bytes held.
  @inlinable public var byteCount: Int { capacity * MemoryLayout<Record>.stride }
}
