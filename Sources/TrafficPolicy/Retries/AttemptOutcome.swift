/// How one try of a request ended, as the router sees it.
///
/// Six bytes, trivial: the engine builds one per try and hands it to the retry classifier and
/// the outlier detector.
///
/// - Source: Envoy `source/common/router/router.cc` (onUpstreamHeaders, onUpstreamReset,
///   onPerTryTimeoutCommon, streamResetReasonToResponseFlag).
@frozen public struct AttemptOutcome: Sendable, Hashable {
  /// What ended the try.
  @frozen public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    /// Response headers arrived.
    case response
    /// The connection was refused.
    case connectFailure
    /// The connection attempt ran into `connect_timeout`.
    case connectTimeout
    /// The connection closed, or was reset, before an answer.
    case connectionTermination
    /// The host reset the stream (HTTP/2).
    case remoteReset
    /// The host broke the protocol.
    case protocolError
    /// The per-try timer fired.
    case perTryTimeout
    /// The per-try idle timer fired.
    case perTryIdleTimeout
    /// The route's timer fired: ends the request, whatever may be retried.
    case routeTimeout
    /// The pending queue of the pool was full.
    case pendingOverflow
    /// `max_requests` was reached when the stream was to be attached.
    case activeOverflow
    /// No host could be picked.
    case noHost
    /// The try broke after its answer had begun (part of the body is with the client).
    case resetAfterHeaders
    /// The client went away.
    case clientAbort
  }

  /// What else is known of the try.
  @frozen public struct Marks: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The answer carries `x-envoy-ratelimited`.
    @inlinable public static var rateLimited: Marks { Marks(rawValue: 1) }
    /// A matcher of `retriable_headers` matched the answer.
    @inlinable public static var retriableHeader: Marks { Marks(rawValue: 2) }
    /// The stream was refused (HTTP/2 REFUSED_STREAM): the host did no work.
    @inlinable public static var refusedStream: Marks { Marks(rawValue: 4) }
    /// The upstream speaks HTTP/2.
    @inlinable public static var http2: Marks { Marks(rawValue: 8) }
  }

  /// What ended the try.
  public var kind: Kind
  /// What else is known.
  public var marks: Marks
  /// The HTTP status of an answer, else the status that the proxy makes of it; 0 for a client that
  /// went away.
  public var status: UInt16
  /// `grpc-status` in the response headers; -1 when there is none.
  public var grpcStatus: Int8

  /// An answer of a host.
  @inlinable @inline(__always)
  public init(status: UInt16, grpcStatus: Int8 = -1, marks: Marks = []) {
    self.kind = .response
    self.marks = marks
    self.status = status
    self.grpcStatus = grpcStatus
  }

  /// An end without an answer; the status is the one that the proxy makes.
  @inlinable @inline(__always)
  public init(_ kind: Kind, marks: Marks = []) {
    self.kind = kind
    self.marks = marks
    self.status = kind.localStatus
    self.grpcStatus = -1
  }

  /// True for an answer with a status below 500 and no gRPC failure or limit mark: the common
  /// case, which no default retry class and no detector counts against the host.
  @inlinable @inline(__always) public var isPlainSuccess: Bool {
    kind == .response && status < 400 && marks.isEmpty && grpcStatus <= 0
  }
}

extension AttemptOutcome.Kind {
  /// The status that the proxy answers with when a request ends so.
  @inlinable public var localStatus: UInt16 {
    switch self {
    case .response, .resetAfterHeaders: 200
    case .connectFailure, .connectTimeout, .connectionTermination, .remoteReset, .pendingOverflow,
      .activeOverflow, .noHost:
      503
    case .protocolError: 502
    case .perTryTimeout, .perTryIdleTimeout, .routeTimeout: 504
    case .clientAbort: 0
    }
  }

  /// True when the try picked a host, so that the host's outlier detector hears of it.
  ///
  /// Overflows, picks without a host and clients that went away are not the host's doing. A try
  /// that breaks in mid body was already reported by its headers and is reported once more.
  @inlinable @inline(__always) public var feedsOutlierDetector: Bool {
    switch self {
    case .response, .connectFailure, .connectTimeout, .connectionTermination, .remoteReset,
      .protocolError, .perTryTimeout, .perTryIdleTimeout, .routeTimeout, .resetAfterHeaders:
      true
    case .pendingOverflow, .activeOverflow, .noHost, .clientAbort: false
    }
  }
}

extension AttemptOutcome {
  /// The response flags of a request that ends with this try, without ``ResponseFlags`` of the
  /// retry decision (URX, or UO for a retry without room).
  @inlinable public var flags: ResponseFlags {
    switch kind {
    case .response: []
    case .connectFailure, .connectTimeout: .upstreamConnectionFailure
    case .connectionTermination: .upstreamConnectionTermination
    case .remoteReset: .upstreamRemoteReset
    case .protocolError: .upstreamProtocolError
    case .perTryTimeout, .perTryIdleTimeout, .routeTimeout: .upstreamRequestTimeout
    case .pendingOverflow, .activeOverflow: .upstreamOverflow
    case .noHost: .noHealthyUpstream
    case .resetAfterHeaders: marks.contains(.http2) ? .upstreamRemoteReset : .upstreamProtocolError
    case .clientAbort: .downstreamConnectionTermination
    }
  }

  /// The response code details of a request that ends with this try.
  @inlinable public var details: ResponseDetails {
    switch kind {
    case .response: .viaUpstream
    case .connectFailure: .remoteConnectionFailure
    case .connectTimeout: .connectionTimeout
    case .connectionTermination: .connectionTermination
    case .remoteReset: marks.contains(.refusedStream) ? .remoteRefusedStreamReset : .remoteReset
    case .protocolError: .protocolError
    case .perTryTimeout: .upstreamPerTryTimeout
    case .perTryIdleTimeout: .upstreamPerTryIdleTimeout
    case .routeTimeout: .responseTimeout
    case .pendingOverflow, .activeOverflow: .overflow
    case .noHost: .noHealthyUpstream
    case .resetAfterHeaders: .resetAfterResponseStarted
    case .clientAbort: .downstreamRemoteDisconnect
    }
  }
}
