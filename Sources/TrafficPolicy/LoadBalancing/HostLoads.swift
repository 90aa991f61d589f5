/// The active requests that a proxy has at each host of a cluster: what its balancers look at.
///
/// A view of numbers that the proxy keeps, one in every so many bytes, so that each may lie beside
/// what else is known of its host. Valid while they do not move.
@frozen public struct HostLoads {
  /// Nil when there are no hosts.
  @usableFromInline let first: UnsafeRawPointer?
  @usableFromInline let stride: Int

  /// Numbers that lie side by side, in the order of the hosts.
  @inlinable public init(_ numbers: UnsafeBufferPointer<UInt32>) {
    first = UnsafeRawPointer(numbers.baseAddress)
    stride = MemoryLayout<UInt32>.stride
  }

  /// Numbers that lie `stride` bytes apart, a multiple of 4, in the order of the hosts.
  @inlinable @inline(__always) public init(first: UnsafeRawPointer, stride: Int) {
    self.first = first
    self.stride = stride
  }

  /// Requests at a host.
  @inlinable @inline(__always) public subscript(host: UInt32) -> UInt32 {
    first.unsafelyUnwrapped.load(fromByteOffset: Int(host) &* stride, as: UInt32.self)
  }
}
