/// gRPC status codes as HTTP statuses.
///
/// - Source: Envoy `source/common/grpc/status.cc` (grpcToHttpStatus).
public enum GRPCStatus {
  /// The HTTP status that the outlier detector counts for a gRPC status in response headers.
  @inlinable public static func httpStatus(of status: Int8) -> UInt16 {
    switch status {
    case 0: 200
    case 1: 499
    case 3, 9, 11: 400
    case 4: 504
    case 5: 404
    case 6, 10: 409
    case 7: 403
    case 8: 429
    case 12: 501
    case 14: 503
    case 16: 401
    default: 500  // UNKNOWN, INTERNAL, DATA_LOSS and codes that are not known
    }
  }
}
