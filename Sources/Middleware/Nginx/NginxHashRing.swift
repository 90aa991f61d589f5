/// The ring of `hash KEY consistent`: 160 points per unit of weight.
///
/// A point's place is the CRC-32 of host, a zero byte, port and the previous point's place (four
/// bytes, little-endian, 0 for the first), as in Cache::Memcached::Fast. Of points at the same
/// place one stays.
///
/// - Source: nginx `ngx_http_upstream_hash_module.c`, `ngx_http_upstream_init_chash`. nginx sorts
///   with an unstable sort, so which of two equal points stays is open there; here it is the first.
struct NginxHashRing: Sendable, Equatable {
  struct Point: Sendable, Equatable {
    let place: UInt32
    let address: String
  }

  let points: [Point]

  init(servers: [NginxServerSettings]) {
    var all: [Point] = []
    for server in servers {
      var base = CRC32()
      let (host, port) = Self.hostAndPort(Array(server.address.utf8))
      base.update(host)
      base.update(CollectionOfOne(0))
      base.update(port)
      var place: UInt32 = 0
      for _ in 0..<server.weight * 160 {
        var sum = base
        sum.update((0..<4).map { UInt8(truncatingIfNeeded: place >> ($0 * 8)) })
        place = sum.value
        all.append(Point(place: place, address: server.address))
      }
    }
    let sorted = all.indices.sorted {
      (all[$0].place, $0) < (all[$1].place, $1)
    }
    var kept: [Point] = []
    for index in sorted where kept.last?.place != all[index].place { kept.append(all[index]) }
    points = kept
  }

  /// The index of the first point at or after `place`; the number of points when there is none.
  func index(ofFirstPointFrom place: UInt32) -> Int {
    var low = 0
    var high = points.count
    while low < high {
      let middle = (low + high) / 2
      if points[middle].place < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Splits at the last colon when only digits follow it.
  private static func hostAndPort(_ address: [UInt8]) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
    if address.starts(with: Array("unix:".utf8)) { return (address[5...], []) }
    let colon = address.lastIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let colon, address[colon] == UInt8(ascii: ":") else { return (address[...], []) }
    return (address[..<colon], address[(colon + 1)...])
  }
}
