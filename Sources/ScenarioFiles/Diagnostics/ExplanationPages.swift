import Scenario

extension DiagnosticCode {
  typealias Page = (title: String, text: String)

  /// Pages about files and YAML.
  var filePage: Page {
    let limits = ReadingLimits.self
    return switch self {
    case .unreadableFile:
      (
        "a file cannot be read",
        """
        The file is not there, is a folder or a device, or may not be read. Patterns in 'manifests'
        are relative to the scenario's folder, paths on the command line to the current one.
        """
      )
    case .fileTooLarge:
      (
        "a file is too large",
        """
        One file may have \(limits.fileBytes >> 20) MiB and \(limits.documents) documents, all files together
        \(limits.totalBytes >> 20) MiB. Manifests of a whole cluster fit; a dump of every ConfigMap may not.
        Leave out what does not shape traffic.
        """
      )
    case .notUTF8:
      (
        "a file is not UTF-8",
        "YAML is read as UTF-8. Save the file in that encoding (iconv -t UTF-8)."
      )
    case .syntax:
      (
        "a document is not YAML",
        """
        The mark stands where the reader gave up, which may be a line after the mistake. Usual causes:
        a text with ': ' or ' #' that needs quotes, a tab in the indentation, a bracket left open.
        Other documents of the file are read all the same.
        """
      )
    case .helmTemplate:
      (
        "a Helm template is not rendered",
        """
        Templates hold {{ … }}, which is not YAML. Render them first and pass the result on:

            helm template my-chart -f values.yaml | foreshock run scenario.yaml -
        """
      )
    case .duplicateKey:
      (
        "a key is written twice",
        """
        In one mapping each key may stand once. YAML readers differ in which of the two counts, so a
        second one is refused rather than guessed at. Keys that come in by '<<' may be overridden.
        """
      )
    case .tooDeep:
      (
        "nesting is too deep",
        "Lists and mappings may stand \(limits.nesting) levels inside one another; manifests need about 20."
      )
    case .tooManyNodes:
      (
        "a document holds too much",
        """
        A document may hold \(limits.nodes) keys and values, those behind aliases counted each time they
        are used. Part a long list over several documents, behind '---'. Of aliases: nine anchors of nine aliases each would stand for more than a machine can hold.
        """
      )
    case .textTooLong:
      (
        "a text is too long",
        "One text may have \(limits.scalarBytes >> 20) MiB, the size of the largest ConfigMap."
      )
    case .keyNotText:
      (
        "a key is not a text",
        "Keys must be texts. A key in {…} or […] is usually a template that was not rendered."
      )
    case .mergeKey:
      (
        "'<<' does not hold a mapping",
        """
        The merge key brings the entries of another mapping in: '<<: *base'. Behind it stands one
        mapping or a list of them.
        """
      )
    case .pathLeavesFolder:
      (
        "a path leaves the scenario's folder",
        """
        Files that a scenario names lie in its own folder: no '..', no absolute paths, no links that
        lead out. So a scenario from elsewhere cannot read other files of the machine. Copy the files,
        or pass them on the command line: foreshock run scenario.yaml ../deploy/all.yaml
        """
      )
    case .noMatch:
      (
        "a pattern matches no file",
        "'*' and '?' stand for characters of a name, '**' for folders; hidden files need a dot."
      )
    case .tooManyFiles:
      (
        "a pattern matches too many files",
        "A pattern may match \(limits.files) files and look into \(limits.folders) folders."
      )
    case .noScenario:
      (
        "there is no scenario",
        """
        One document must begin with 'scenario: NAME'; the others are manifests. A first scenario for
        existing manifests is written by: foreshock init DIR
        """
      )
    case .twoScenarios:
      (
        "there are two scenarios",
        "A run has one scenario; the files that it is given may hold any number of manifests."
      )
    case .strangeDocument:
      (
        "a document is neither a scenario nor a manifest",
        "A scenario has the key 'scenario', a manifest 'apiVersion' and 'kind'."
      )
    case .badOverride:
      (
        "an override cannot be applied",
        """
        --set path=value replaces one value of the scenario. The path is made of keys joined by dots;
        keys with dots or blanks stand in double quotes, elements of lists by number in brackets:

            --set duration=2m --set services.content.workers=50
            --set 'services.content.operations."POST /posts"[0].cpu=10ms'

        What is not there yet is added; a warning says so when its name is close to one that is there.
        """
      )
    default:
      (
        "there are more diagnostics than are shown",
        "The first ones usually explain the rest; mend them and run again."
      )
    }
  }

  /// Pages about the form of a scenario.
  var formPage: Page {
    switch self {
    case .missingKey:
      (
        "a key is missing",
        """
        The mark stands where the mapping begins that lacks the key. The help line says what the key
        is for; 'foreshock schema' has them all, and gives your editor completion.
        """
      )
    case .wrongKind:
      (
        "a value is of the wrong kind",
        """
        A list stands where a text is needed, or the like. An empty value counts as none. What begins
        with '-' is a list, what holds 'key: value' a mapping:

            expect:
              - recovered: { within: 60s, after: fault }   # a list of mappings
        """
      )
    case .keysDisagree:
      (
        "keys do not go together",
        """
        Some keys say the same thing in different ways ('rate' and 'users' of traffic), or have a
        meaning only beside another key ('arrivals' beside 'rate'). Keep the one that you mean. Bounds of
        one metric must leave a figure that keeps them all.
        """
      )
    case .unknownKey:
      (
        "a key is not known",
        """
        Nothing that is written is silently left out. The nearest known key is offered. Keys of
        manifests belong into manifests: a scenario says only what they cannot tell.
        """
      )
    case .outOfRange:
      (
        "a value is out of its range",
        """
        The message names the range; nothing is clamped silently. Times are at most 200 days and never
        negative. The percentiles of a law ascend: p99 is at least p50. A law with a tail that never
        ends needs a 'max'.
        """
      )
    case .unitMissing:
      (
        "a unit is missing",
        """
        Lengths of time, rates and shares have a unit, so that 5 is never seconds to one reader and
        milliseconds to another: 5s, 250ms, 1h30m; 100/s, 6000/m; 0.1%.
        """
      )
    case .notAChoice:
      (
        "a word is not one of those known",
        "The message lists the words; upper and lower case matter, as in Kubernetes."
      )
    case .notANumber:
      (
        "a value cannot be read",
        """
        Numbers are decimal: no underscores, no hexadecimal, no leading zeros (YAML 1.1 would read 012
        as 10 and 1:30 as 90), no infinities.
        """
      )
    case .badText:
      (
        "a name cannot be used",
        """
        Names are one line of at most \(ReadingLimits.nameLength) bytes, without control characters and
        without the marks that turn the direction of writing: reports and logs must show them as they
        are.
        """
      )
    case .tooLargeToRun:
      (
        "a scenario is too large to be run",
        """
        Each part is within its limits and all of them together are not: the message says of what
        there is too much. Steps count as often as loops repeat them; calls, as often as there are
        callers and ways to what is called.
        """
      )
    default:
      (
        "a list is too long",
        """
        A list may have \(ReadingLimits.listLength) elements, a mapping with names of your own \
        \(ReadingLimits.mapLength) entries,
        a cluster \(ReadingLimits.clusterNodes) nodes.
        """
      )
    }
  }

  /// Pages about names and what they stand for.
  var namePage: Page {
    switch self {
    case .unknownService:
      (
        "a service is not known",
        """
        A service is known when a Service manifest names it, when 'services' describes it, or when a
        VirtualService routes it as a host. Targets are written 'service operation'.
        """
      )
    case .unknownOperation:
      (
        "a service has no such operation",
        """
        A described service answers only the operations that are described; a service that only
        manifests name answers every operation with the default behaviour. A route that leads to
        another service needs the operation there too.
        """
      )
    case .cyclicCalls:
      (
        "calls come back to where they began",
        """
        An operation that calls itself, directly or through others, would never end. Cut the cycle
        where the real service stops: usually one of the calls goes to another operation.
        """
      )
    case .tooManyCalls:
      (
        "one request leads to too many calls",
        """
        Calls of calls multiply: ten calls on each of six levels are a million for one request, more
        than a run could end. At most 100 000 are allowed, counted along the dearest branch and
        without retries. Look for a call inside a loop, or for levels that call each other's services
        over and over.
        """
      )
    case .tooManySteps:
      (
        "an operation does too many steps",
        """
        Loops are unrolled, so each pass counts each of its steps, and loops inside loops multiply.
        At most \(Step.most) are allowed for one operation. What a thousand passes do can mostly be
        written as one step that takes as long as all of them.
        """
      )
    case .unknownEdge:
      (
        "a service never calls another",
        """
        'content -> member' speaks of the calls that the steps of content make to member. No step does,
        so there would be no figure and the expectation could never hold. Calls through a third
        service are calls of that one.
        """
      )
    case .unmodelledKey:
      (
        "a key that could change behaviour is not simulated yet",
        """
        The key says something true of the cluster, which a run does not follow yet. Processors of a
        node: pods do not compete for them; each pod has what its own limit says. A pod that
        neighbours slow down is written as a fault:

            faults:
              - { at: 2m, for: 1m, stealCPU: { pods: content-0, share: 40% } }
        """
      )
    case .pastGateway:
      (
        "traffic passes a gateway by",
        """
        Without 'from' traffic enters by the gateway whose routes lead its requests to the target, else
        from outside, straight to the pods. Here routes of a gateway lead to the service, but none takes
        these requests: the gateway's retries, timeouts and limits would not act on them. Name the
        operation by a method and path that the routes take, mend the routes, or write 'from: outside'
        where the gateway is meant to be passed by.
        """
      )
    case .unknownPods:
      (
        "a target names no pods",
        """
        Pods are named timeline-2 (the third pod of timeline), by service or Deployment (timeline), by
        number or share (2 of timeline, 50% of timeline), by place (zone a, node n1).
        """
      )
    case .unknownFault:
      (
        "a fault is not known",
        """
        A fault has the name that its 'name' states, else that of its effect and target: 'slow shop',
        'kill timeline-2'. When there is only one, 'fault' stands for it.
        """
      )
    case .unknownSubject:
      (
        "an expectation is about nothing known",
        """
        Subjects are traffic (by name), a service, 'service operation', a workload, or the calls
        from one service to another: 'content -> member'.
        """
      )
    case .nameTwice:
      (
        "a name is used twice",
        "Reports and expectations need to tell the two apart. Give one of them a 'name' of its own."
      )
    case .saidTwice:
      (
        "a manifest states this already",
        """
        What ships to the cluster is stated in manifests and nowhere else; if the scenario stated it
        too, one of the two would sooner or later be wrong.
        """
      )
    case .noPods:
      (
        "a service has no pods",
        """
        The Service's selector matches no Deployment or StatefulSet among the manifests. Compare the
        selector with the labels of spec.template.metadata, or state 'pods' in the scenario.
        """
      )
    case .unknownNode:
      (
        "a node or zone is not known",
        """
        State it under 'nodes', or add its manifest. A zone is known by the nodes in it:

            nodes: { n1: { zone: a }, n2: { zone: b } }
        """
      )
    case .ambiguousService:
      (
        "a service is in several namespaces",
        "A name alone does not say which is meant. Write name.namespace, such as payments.prod."
      )
    case .unknownGateway:
      (
        "a gateway is not known",
        "Gateways are manifests of kind Gateway; 'from: gateway' takes any that routes the target."
      )
    case .outsideRun:
      (
        "a time lies outside the run",
        """
        'at', 'from' and 'by' count from the start of the run, the warm-up included; 'startTime' of a
        k6 scenario from the start of its traffic. A recovery needs a fault that ends before the run
        does, with some time left to recover in.
        """
      )
    case .endsTooSoon:
      (
        "the run ends before a recovery could be seen",
        """
        Recovered means that error rate and p99 are as before for 10 s, so the run must go on for 10 s
        after the fault's last end at least, and for 'within' and 10 s to tell late from never. Give
        it a longer 'duration', or let the fault end earlier.
        """
      )
    case .metricDoesNotFit:
      (
        "a metric has no meaning for this subject",
        """
        Queues, utilisation and ejections are those of a service or workload; 'trafficShare' is that of
        a workload, among those of its service.
        """
      )
    case .sharedWorkload:
      (
        "two described services share pods",
        "Pods behave in one way; describe them under one Service, the other answers alike."
      )
    default:
      (
        "no route leads to the target",
        """
        The proxy would answer every such request with 404. Compare the hosts of Gateway and
        VirtualService, and the matches of its routes with the operation's method and path.
        """
      )
    }
  }

  /// Pages about manifests and files of other tools.
  var manifestPage: Page {
    switch self {
    case .badK6Options:
      (
        "k6 options cannot be read",
        """
        The file is the JSON of a k6 test's options, as 'k6 inspect' prints it: 'scenarios', or 'vus'
        with 'duration', 'iterations' or 'stages'. What k6 itself refuses is refused here too.
        """
      )
    case .unreadK6Option:
      (
        "a k6 option is not read",
        "JavaScript is not run; thresholds belong under 'expect' in the scenario."
      )
    case .badCSV:
      (
        "a file of counts cannot be read",
        """
        The first row names the columns: 'count', and 'seconds' (the start of each interval) unless
        the scenario states an 'interval'.
        """
      )
    case .unknownField:
      (
        "a field of a manifest is not known",
        """
        The API server would refuse or drop it, so it is probably misspelt. It has no effect here.
        """
      )
    case .unmodelledField:
      (
        "a field that changes behaviour is not simulated",
        """
        The cluster would behave differently from this run. The message says in what. 'foreshock schema
        --manifests' lists what is read of each kind.
        """
      )
    case .skippedKind:
      (
        "a kind that changes behaviour is not simulated",
        """
        The manifest is skipped; the cluster may behave differently from this run. 'foreshock schema
        --manifests' lists the kinds that are read.
        """
      )
    case .badField:
      ("a field of a manifest has a wrong value", "The API server would refuse the manifest too.")
    case .danglingHost:
      (
        "a host is no service",
        """
        Short names are completed with the manifest's own namespace, names with a dot never: 'reviews'
        in namespace shop is reviews.shop.svc.cluster.local, 'reviews.prod' stays what it is. A route
        to a host that is not there answers 503 (flag NC).
        """
      )
    case .subsetWithoutPods:
      (
        "a subset selects no pods",
        "Its labels match no pods of the service; requests led there would get 503 (flag UH)."
      )
    case .unknownSubset:
      (
        "a subset is not defined",
        "No DestinationRule of the host names it; requests led there would get 503 (flag NC)."
      )
    case .unreachableRoute:
      ("a route is never reached", "The first match wins, and one before it takes every request.")
    case .policyTwice:
      (
        "a host has two VirtualServices in the mesh",
        "Sidecars use only one of them, and which one is not something to rely on. Join them."
      )
    case .policyWithoutProxy:
      (
        "nobody runs a policy",
        """
        Retries, timeouts and outlier detection are run by sidecars, waypoints and gateways; here
        nobody who calls the host has one, as if the manifest were not there.
        """
      )
    case .faultWithoutPercentage:
      (
        "a fault hits nobody",
        """
        Without a percentage Istio injects into 0 % of the requests. For all of them write

            fault: { delay: { fixedDelay: 2s, percentage: { value: 100 } } }
        """
      )
    case .suspiciousQuantity:
      (
        "a quantity is probably a mistake",
        """
        'm' is a thousandth, 'M' a million, 'Mi' 1048576: 'memory: 512m' is half a byte, where 512Mi was
        probably meant.
        """
      )
    case .objectTwice:
      (
        "an object is there twice",
        "Two manifests have the same kind, namespace and name; the cluster would keep one."
      )
    case .missingField:
      ("a field of a manifest is missing", "The manifest has no meaning without it.")
    case .notAdmitted:
      (
        "a gateway does not admit what names it",
        """
        The manifest is applied and changes nothing: the gateway runs no route of it, and neither does
        this run. An HTTPRoute needs a listener of its parent that has the name and port it asks for,
        reads HTTP, takes one of its hostnames, and admits it by 'allowedRoutes'. Without that field a
        listener admits the Gateway's own namespace alone; for others write

            allowedRoutes: { namespaces: { from: All } }

        or 'from: Selector' with a selector of Namespace labels. Labels are known from Namespace
        manifests; each namespace has kubernetes.io/metadata.name besides. A waypoint admits services
        in the same way, by its HBONE listener; routes name the Service as their parent, not the
        waypoint. A VirtualService must be exported (exportTo) to the namespace of the gateway's pods.
        """
      )
    default:
      (
        "a rate limit refuses nothing",
        """
        Envoy's local rate limit looks at filter_enabled and carries out filter_enforced, both 0 % by
        default. Without them the filter is there and does nothing.
        """
      )
    }
  }
}
