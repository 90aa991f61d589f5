/// What a metrics API answered for one metric of an autoscaler, at the moment of a sync.
public enum MetricReading: Sendable, Equatable {
  /// The source did not answer or answered with an error.
  case unavailable
  /// Values per pod, for resource, container resource and pods metrics.
  case pods(PodMetricReading)
  /// The series of an object or external metric, in thousandths; they are summed.
  case series([Int64])
}

/// The samples of one metric, one per observed pod, and what the pods request.
public struct PodMetricReading: Sendable, Equatable {
  /// The sample of each pod, by the pod's index; as many as there are pods.
  public var samples: [PodSample]
  /// The request of each pod in thousandths, by the pod's index.
  ///
  /// As many as there are pods for a utilisation; other targets read none.
  public var requests: [Int64]
  /// Why the requests cannot be known, when any pod's cannot: the whole metric then fails, even
  /// if that pod would be ignored.
  public var requestFailure: MetricFailure?
  /// Values in thousandths of pods that the API server no longer lists.
  ///
  /// Utilisations leave them out of the ratio, yet count them when pods are filled in, as the
  /// controller does.
  public var straySamples: [Int64]

  /// A reading; by default without requests and stray samples.
  public init(
    samples: [PodSample], requests: [Int64] = [], requestFailure: MetricFailure? = nil,
    straySamples: [Int64] = []
  ) {
    self.samples = samples
    self.requests = requests
    self.requestFailure = requestFailure
    self.straySamples = straySamples
  }
}

/// Why no size could be computed from a metric.
public enum MetricFailure: Error, Sendable, Equatable {
  /// The metrics API failed: "unable to fetch metrics from … API".
  case unavailable
  /// "no metrics returned from … API", or "did not receive metrics for targeted pods".
  case noMetrics
  /// "no pods returned by selector while calculating replica count".
  case noPods
  /// "no metrics returned matched known pods".
  case noMatchingPods
  /// "missing request for … in container … of Pod …"; without a name for a pod-level request.
  case missingRequest(container: String?)
  /// "container … not found in Pod …".
  case containerNotFound
  /// The metric's type is unknown, or the reading is not of its kind.
  case invalidSource
}
