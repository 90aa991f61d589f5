public import TimeAndChance

/// A group of pods that answer the same operations.
public struct ServiceModel: Sendable {
  /// What is taken from a full or ordered queue.
  public enum QueueOrder: Sendable, Equatable {
    /// First in, first out; a full queue refuses.
    case fifo
    /// Last in, first out; a full queue refuses.
    case lifo
    /// First in, first out; a full queue drops its oldest and takes the new one.
    case dropOldest
    /// Last in, first out; a full queue drops its oldest and takes the new one.
    case lifoDropOldest
  }

  /// What becomes of work whose caller has given up.
  public enum AbandonedWork: Sendable, Equatable {
    /// It is done all the same, and nobody hears the answer.
    case finished
    /// It is dropped when it would be started; work under way is finished.
    case droppedAtStart
    /// It leaves the queue as soon as the news arrives; work under way is finished.
    case leavesQueue
    /// It leaves the queue, or stops, as soon as the news arrives; its own calls are reset too.
    case droppedAtOnce
  }

  /// How a full queue answers.
  public enum Refusal: Sendable, Equatable {
    /// With a status at once; 503 in Envoy's and most servers' way.
    case status(Int)
    /// Not at all: the caller notices at its own time limit.
    case silence
  }

  /// The name, as in reports.
  public var name: String
  /// The pods.
  public var pods: [PodModel]
  /// Requests that one pod works on at once; nil is unlimited.
  public var workers: Int?
  /// Requests that may wait in one pod, those in service not counted; nil is unlimited.
  public var queueLimit: Int?
  /// The order of the queue.
  public var queueOrder: QueueOrder
  /// How a full queue answers.
  public var refusal: Refusal
  /// What becomes of work whose caller has given up.
  public var abandonedWork: AbandonedWork
  /// True when a request keeps its worker while it waits for calls of its own.
  public var holdsWorkerWhileCalling: Bool
  /// What CPU each pod has; nil gives every request a core of its own.
  public var cpu: CPUModel?
  /// What the pods do, by operation; edges name one by index.
  public var operations: [OperationModel]
  /// Whether the latencies of every window are kept, for quantiles over parts of the run.
  public var keepsWindowLatency: Bool
  /// What the proxy in front of each pod adds to the way, for callers with ``ProxyModel/ways``.
  public var hop: HopModel
  /// A service of those pods.
  public init(
    name: String, pods: [PodModel], workers: Int? = nil, queueLimit: Int? = nil,
    queueOrder: QueueOrder = .fifo, refusal: Refusal = .status(503),
    abandonedWork: AbandonedWork = .finished, holdsWorkerWhileCalling: Bool = true,
    cpu: CPUModel? = nil, operations: [OperationModel], keepsWindowLatency: Bool = false,
    hop: HopModel = HopModel()
  ) {
    self.name = name
    self.pods = pods
    self.workers = workers
    self.queueLimit = queueLimit
    self.queueOrder = queueOrder
    self.refusal = refusal
    self.abandonedWork = abandonedWork
    self.holdsWorkerWhileCalling = holdsWorkerWhileCalling
    self.cpu = cpu
    self.operations = operations
    self.keepsWindowLatency = keepsWindowLatency
    self.hop = hop
  }
}

/// The CPU of a service's pods.
public struct CPUModel: Sendable, Equatable {
  /// The limit of each pod in thousandths of a core, at least 1; nil is none, and only what
  /// neighbours steal matters.
  public var limitMillicores: Int?
  /// Pods of that limit.
  public init(limitMillicores: Int? = nil) { self.limitMillicores = limitMillicores }
}

/// One pod: an address that answers, refuses, or is silent.
public struct PodModel: Sendable {
  /// Whether and how the pod's address answers connections.
  public enum Reachability: Sendable, Equatable {
    /// Accepts connections.
    case up
    /// Refuses connections: nothing listens.
    case down
    /// Never completes a handshake: packets vanish.
    case blackhole
  }
  /// The name, as in reports.
  public var name: String
  /// The state at the start of the run.
  public var reachability: Reachability
  /// The answers of a scripted pod, in place of the operation's steps; nil runs the steps.
  public var script: HostScript?
  /// Where it stands: a place of ``SimulationModel/network``.
  public var place: Int

  /// A pod.
  public init(
    name: String, reachability: Reachability = .up, script: HostScript? = nil, place: Int = 0
  ) {
    self.name = name
    self.reachability = reachability
    self.script = script
    self.place = place
  }
}

/// What a pod does for one kind of request.
public struct OperationModel: Sendable {
  /// The name, as in reports, for instance `GET /posts`.
  public var name: String
  /// The steps, in order; the answer is 200 when all have ended.
  public var steps: [StepModel]

  /// An operation of those steps.
  public init(name: String, steps: [StepModel]) {
    self.name = name
    self.steps = steps
  }

  /// What a service answers when it is asked for something that it does not know: 404.
  public static func unknown(_ name: String) -> OperationModel {
    OperationModel(name: name, steps: [.fail(probability: 1, status: 404)])
  }

  /// Whether it is what ``unknown(_:)`` makes.
  var isUnknown: Bool {
    if steps.count == 1, case .fail(1, 404) = steps[0] { return true }
    return false
  }

  /// The operation of a forwarding proxy: passes the request on and its outcome back.
  ///
  /// The answer's status and headers are those of the call; a reset by the downstream proxy is
  /// passed on when the service's ``ServiceModel/abandonedWork`` says ``ServiceModel/AbandonedWork/droppedAtOnce``.
  public static func forwarding(to edge: Int) -> OperationModel {
    OperationModel(name: "forward", steps: [.forward(edge: edge)])
  }
}

/// One step of an operation.
public indirect enum StepModel: Sendable {
  /// Works for a drawn time, holding a worker.
  ///
  /// Stretched by a slow-down fault of the pod.
  case work(Distribution)
  /// Uses that much CPU time, holding a worker: under the pod's limit and beside its other work.
  ///
  /// Without ``ServiceModel/cpu`` every request has a core of its own, and it is the same as work.
  case cpu(Distribution)
  /// Waits for a drawn time, holding a worker, not stretched by slow-downs.
  case wait(Distribution)
  /// Calls along an edge and waits for the answer; a failure ends the operation.
  case call(edge: Int)
  /// The same, but a failure is ignored.
  case callIgnoringFailure(edge: Int)
  /// Passes the request on and answers with its outcome.
  case forward(edge: Int)
  /// Runs the branches side by side and goes on when all have ended.
  ///
  /// When one failed, the operation then ends as failed.
  case parallel([[StepModel]])
  /// Runs one of the branches, drawn by weight.
  case branch([(weight: Double, steps: [StepModel])])
  /// Runs the steps that many times.
  case loop(count: Int, steps: [StepModel])
  /// Ends the operation with a status, with that probability.
  case fail(probability: Double, status: Int)
}

/// A scripted host: rules over the count of requests it has received, first match wins.
public struct HostScript: Sendable, Equatable {
  /// A reply of a scripted host.
  public struct Reply: Sendable, Equatable {
    /// What the host does with the request.
    public enum Action: Sendable, Equatable {
      /// Answers.
      case answer
      /// Resets the connection before any answer.
      case reset
      /// Closes the connection before any answer.
      case close
      /// Never answers.
      case hang
      /// Answers 200 and a part of the body, and resets the connection that much later.
      case answerThenReset(after: SimDuration)
    }
    /// What the host does.
    public var action: Action
    /// The status of the answer.
    public var status: Int
    /// The answer's headers, names in lower case, in order.
    public var headers: [Header]
    /// The time before this reply; nil takes the script's own.
    public var latency: SimDuration?
    /// A reply.
    public init(
      action: Action = .answer, status: Int = 200, headers: [Header] = [],
      latency: SimDuration? = nil
    ) {
      self.action = action
      self.status = status
      self.headers = headers
      self.latency = latency
    }
  }

  /// A header of an answer.
  public struct Header: Sendable, Equatable {
    /// The name in lower case.
    public var name: String
    /// The value.
    public var value: String
    /// That header.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// When a rule holds: every condition that is set, over the count n of requests from 1.
  public struct Condition: Sendable, Equatable {
    /// n is divisible by this.
    public var every: Int?
    /// n is at most this.
    public var first: Int?
    /// n is above this.
    public var after: Int?
    /// `((n - 1) mod of) < fail`.
    public var of: Int?
    /// See ``of``.
    public var fail: Int?
    /// The proxy's number of the try, from 1, is at most this.
    public var attemptAtMost: Int?
    /// Drawn for each request.
    public var probability: Double?
    /// Holds always until conditions are set.
    public init() {}
  }

  /// A condition and what follows.
  public struct Rule: Sendable, Equatable {
    /// When.
    public var when: Condition
    /// Then.
    public var reply: Reply
    /// A rule.
    public init(when: Condition, reply: Reply) {
      self.when = when
      self.reply = reply
    }
  }

  /// The time before every reply that has none of its own.
  public var latency: SimDuration
  /// The rules, first match wins.
  public var rules: [Rule]
  /// The reply when no rule holds.
  public var otherwise: Reply

  /// A script.
  public init(latency: SimDuration = .zero, rules: [Rule] = [], otherwise: Reply = Reply()) {
    self.latency = latency
    self.rules = rules
    self.otherwise = otherwise
  }
}
