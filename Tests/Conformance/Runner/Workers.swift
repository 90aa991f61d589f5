import Foundation
import Synchronization

/// Work spread over threads; results come back in the order of the work, whatever ran first.
enum Workers {
  /// Threads for work inside one case: as many as the command line allows.
  static let jobs: Int =
    (try? RunnerOptions(arguments: Array(CommandLine.arguments.dropFirst())))?.jobs ?? 1

  /// Calls `body` once for each of `0 ..< count`, on at most `jobs` threads at once.
  static func forEach(_ count: Int, jobs: Int = Workers.jobs, _ body: @Sendable (Int) -> Void) {
    guard count > 0 else { return }
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: min(max(1, jobs), count)) { _ in
      while true {
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard index < count else { return }
        body(index)
      }
    }
  }

  /// The values of `body` for `0 ..< count`, in that order, worked out on at most `jobs` threads.
  static func map<Value: Sendable>(
    _ count: Int, jobs: Int = Workers.jobs, _ body: @Sendable (Int) -> Value
  ) -> [Value] {
    let values = Mutex([Value?](repeating: nil, count: count))
    forEach(count, jobs: jobs) { index in
      let value = body(index)
      values.withLock { $0[index] = value }
    }
    return values.withLock { $0 }.compactMap { $0 }
  }
}
