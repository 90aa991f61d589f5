/// A cache of so many keys that evicts the one whose last reference is longest ago.
///
/// Keys are small whole numbers; the order of use is a circular list through two arrays.
struct LeastRecentlyUsedCache {
  /// The most keys that it holds.
  let capacity: Int
  private var count = 0
  /// For each key the one used next and the one used before; the last element is the list's end.
  private var newer: [Int32]
  private var older: [Int32]
  private var isHeld: [Bool]

  /// An empty cache for keys `0 ..< keys`.
  init(keys: Int, capacity: Int) {
    self.capacity = capacity
    newer = Array(repeating: 0, count: keys + 1)
    older = Array(repeating: 0, count: keys + 1)
    isHeld = Array(repeating: false, count: keys)
    newer[keys] = Int32(keys)
    older[keys] = Int32(keys)
  }

  /// A reference to a key, which is held afterwards; true when it was held before.
  mutating func reference(_ key: Int) -> Bool {
    let end = isHeld.count
    let isHit = isHeld[key]
    if isHit {
      unlink(key)
    } else {
      if count == capacity {
        let victim = Int(newer[end])
        unlink(victim)
        isHeld[victim] = false
      } else {
        count += 1
      }
      isHeld[key] = true
    }
    // Between the most recently used key and the list's end.
    let latest = older[end]
    older[key] = latest
    newer[key] = Int32(end)
    newer[Int(latest)] = Int32(key)
    older[end] = Int32(key)
    return isHit
  }

  private mutating func unlink(_ key: Int) {
    newer[Int(older[key])] = newer[key]
    older[Int(newer[key])] = older[key]
  }
}
