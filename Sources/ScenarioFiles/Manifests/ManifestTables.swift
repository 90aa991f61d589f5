import Scenario

/// The fields of each kind of manifest that is read.
enum ManifestTables {
  /// The table of a kind; nil when the kind is not read.
  static func table(kind: String, isIstio: Bool) -> FieldTable? {
    let spec: String?
    switch kind {
    case "Deployment": spec = workload(deployment)
    case "StatefulSet": spec = workload(statefulSet)
    case "Service": spec = service
    case "Namespace": spec = "spec -"
    case "Node": spec = node
    case "VirtualService": spec = virtualService
    case "DestinationRule": spec = destinationRule
    case "Gateway": spec = isIstio ? istioGateway : gateway
    case "HTTPRoute": spec = httpRoute
    case "PeerAuthentication": spec = peerAuthentication
    case "EnvoyFilter": spec = envoyFilter
    case "ServiceEntry": spec = serviceEntry
    default: spec = nil
    }
    return spec.map { FieldTable(common + $0) }
  }

  /// The kinds that are read, each with its table.
  static var all: [(kind: String, table: FieldTable)] {
    let kinds = [
      "Deployment", "StatefulSet", "Service", "Node", "VirtualService", "DestinationRule",
      "PeerAuthentication", "EnvoyFilter", "ServiceEntry", "HTTPRoute",
    ]
    let plain = kinds.map { (kind: $0, table: table(kind: $0, isIstio: true)) }
    let gateways = [
      (kind: "Gateway (Istio)", table: table(kind: "Gateway", isIstio: true)),
      (kind: "Gateway (Gateway API)", table: table(kind: "Gateway", isIstio: false)),
    ]
    return (plain + gateways).compactMap { kind, table in table.map { (kind, $0) } }
  }

  /// Every field of every kind that is read, with what becomes of it.
  static var fields: [ManifestField] {
    all.flatMap { kind, table in
      table.leaves().map {
        ManifestField(kind: kind, path: $0.path, handling: $0.handling, count: 0)
      }
    }
  }

  /// Kinds that change what users see and are not simulated.
  static let behavioural = [
    "AuthorizationPolicy", "BackendTrafficPolicy", "CronJob", "DaemonSet", "GRPCRoute",
    "HorizontalPodAutoscaler", "Ingress", "Job", "LimitRange", "NetworkPolicy", "Pod",
    "PodDisruptionBudget", "PriorityClass", "ProxyConfig", "ReplicaSet", "RequestAuthentication",
    "ResourceQuota", "Rollout", "ScaledObject", "Sidecar", "TCPRoute", "TLSRoute",
    "VerticalPodAutoscaler", "WasmPlugin", "WorkloadEntry", "WorkloadGroup",
  ]

  private static let common = """
    apiVersion
    kind
    metadata
      name
      namespace
      labels
      annotations
      generateName -
      uid -
      resourceVersion -
      creationTimestamp -
      generation -
      managedFields -
      ownerReferences -
      finalizers -
      selfLink -
    status -

    """

  private static func workload(_ own: String) -> String {
    own + pod.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
  }

  private static let deployment = """
    spec
      replicas
      selector -
      strategy -
      minReadySeconds -
      progressDeadlineSeconds -
      revisionHistoryLimit -
      paused -
      template

    """

  private static let statefulSet = """
    spec
      replicas
      selector -
      serviceName -
      updateStrategy -
      minReadySeconds -
      podManagementPolicy -
      revisionHistoryLimit -
      persistentVolumeClaimRetentionPolicy -
      ordinals -
      volumeClaimTemplates -
      template

    """

  private static let pod = """
    metadata
      labels
      annotations
      creationTimestamp -
      name -
      namespace -
    spec
      nodeName
      nodeSelector
      containers
        name
        image -
        imagePullPolicy -
        command -
        args -
        env -
        envFrom -
        ports -
        resources
          requests -
          limits
            cpu
            * -
          claims -
        resizePolicy -
        restartPolicy -
        readinessProbe -
        livenessProbe -
        startupProbe -
        lifecycle -
        securityContext -
        stdin -
        stdinOnce -
        terminationMessagePath -
        terminationMessagePolicy -
        tty -
        volumeDevices -
        volumeMounts -
        workingDir -
      initContainers -
      ephemeralContainers -
      activeDeadlineSeconds -
      affinity -
      automountServiceAccountToken -
      dnsConfig -
      dnsPolicy -
      enableServiceLinks -
      hostAliases -
      hostIPC -
      hostNetwork -
      hostPID -
      hostUsers -
      hostname -
      imagePullSecrets -
      os -
      overhead -
      preemptionPolicy -
      priority -
      priorityClassName -
      readinessGates -
      resourceClaims -
      resources -
      restartPolicy -
      runtimeClassName -
      schedulerName -
      schedulingGates -
      securityContext -
      serviceAccount -
      serviceAccountName -
      setHostnameAsFQDN -
      shareProcessNamespace -
      subdomain -
      terminationGracePeriodSeconds -
      tolerations -
      topologySpreadConstraints -
      volumes -
    """

  private static let service = """
    spec
      selector
      ports
        name
        port
        protocol -
        appProtocol
        targetPort -
        nodePort -
      type -
      clusterIP -
      clusterIPs -
      allocateLoadBalancerNodePorts -
      externalIPs -
      externalName ! names outside the cluster are read from ServiceEntry
      externalTrafficPolicy -
      healthCheckNodePort -
      internalTrafficPolicy ! calls are not kept on the caller's node
      ipFamilies -
      ipFamilyPolicy -
      loadBalancerClass -
      loadBalancerIP -
      loadBalancerSourceRanges -
      publishNotReadyAddresses -
      sessionAffinity ! calls are not kept on one pod
      sessionAffinityConfig -
      trafficDistribution
    """

  private static let node = """
    spec -
    status
      * -
    """

  private static let match = """
    name -
    uri
      exact
      prefix
      regex
    scheme ! every request matches it
    method
      exact
      prefix
      regex
    authority
      exact
      prefix
      regex
    headers
      *
        exact
        prefix
        regex
    withoutHeaders
      *
        exact
        prefix
        regex
    port
    sourceLabels
    sourceNamespace
    gateways
    queryParams ! requests have no query, so a match on one never holds
    ignoreUriCase
    statPrefix -
    """

  private static func indented(_ outline: String, by count: Int) -> String {
    let margin = String(repeating: " ", count: count)
    return outline.split(separator: "\n").map { margin + $0 }.joined(separator: "\n")
  }

  private static let virtualService = """
    spec
      hosts
      gateways
      exportTo
      tls ! only HTTP routes are
      tcp ! only HTTP routes are
      http
        name -
        match
    \(indented(match, by: 6))
        route
          destination
            host
            subset
            port
              number
          weight
          headers ! routes do not see headers that routes set
        redirect
          redirectCode
          * -
        directResponse
          status
          body -
        delegate ! the routes of the other VirtualService are missing
        rewrite ! services are asked for what the client's path says
        timeout
        retries
          attempts
          perTryTimeout
          retryOn
          backoff
          retryRemoteLocalities
          retryIgnorePreviousHosts
        fault
          delay
            percentage
              value
            percent
            fixedDelay
            exponentialDelay ! Istio does not read it either
          abort
            percentage
              value
            httpStatus
            grpcStatus ! only HTTP statuses are
            http2Error ! only HTTP statuses are
        mirror
          host
          subset
          port
            number
        mirrorPercentage
          value
        mirrorPercent
        mirror_percent
        mirrors
          destination
            host
            subset
            port
              number
          percentage
            value
        corsPolicy -
        headers ! routes do not see headers that routes set
    """

  private static let trafficPolicy = """
    loadBalancer
      simple
      consistentHash
        httpHeaderName
        httpCookie
          name
          path -
          ttl -
          attributes -
        useSourceIp
        httpQueryParameterName
        minimumRingSize
        ringHash
          minimumRingSize
        maglev
          tableSize
      localityLbSetting
        enabled
        distribute
          from
          to
        failover
          from
          to
        failoverPriority
      warmup
        duration
        minimumPercent
        aggression
      warmupDurationSecs
    connectionPool
      tcp
        maxConnections
        connectTimeout
        tcpKeepalive -
        maxConnectionDuration ! connections are not closed for their age
        idleTimeout
      http
        http1MaxPendingRequests
        http2MaxRequests
        maxRequestsPerConnection
        maxRetries
        idleTimeout
        h2UpgradePolicy
        useClientProtocol
        maxConcurrentStreams
    outlierDetection
      consecutiveErrors -
      consecutive5xxErrors
      consecutiveGatewayErrors
      splitExternalLocalOriginErrors
      consecutiveLocalOriginFailures
      interval
      baseEjectionTime
      maxEjectionPercent
      minHealthPercent
      outlierDetectionHttpErrorCodes ! the classes of errors stay as they are
    tls
      mode
      * -
    retryBudget
      percent
      minRetryConcurrency
    tunnel -
    proxyProtocol -
    """

  private static let destinationRule = """
    spec
      host
      exportTo
      workloadSelector
        matchLabels
      trafficPolicy
    \(indented(trafficPolicy, by: 4))
        portLevelSettings
          port
            number
    \(indented(trafficPolicy, by: 6))
      subsets
        name
        labels
        trafficPolicy
    \(indented(trafficPolicy, by: 6))
          portLevelSettings
            port
              number
    \(indented(trafficPolicy, by: 8))
    """

  private static let istioGateway = """
    spec
      selector
      servers
        name
        port
          number
          name -
          protocol
          targetPort -
        hosts
        tls
          mode
          * -
        bind -
        defaultEndpoint -
    """

  private static let gateway = """
    spec
      gatewayClassName
      listeners
        name
        hostname
        port
        protocol
        tls
          mode
          * -
        allowedRoutes
          namespaces
            from
            selector
              matchLabels
              matchExpressions
                key
                operator
                values
          kinds
            group
            kind
      addresses -
      infrastructure -
      allowedListeners -
      backendTLS -
      tls -
    """

  private static let httpRoute = """
    spec
      parentRefs
        group
        kind
        name
        namespace
        sectionName
        port
      hostnames
      useDefaultGateways -
      rules
        name -
        matches
          path
            type
            value
          headers
            type
            name
            value
          queryParams ! requests have no query, so a match on one never holds
          method
        filters
          type
          requestMirror
            backendRef
              group -
              kind
              name
              namespace
              port
            percent
            fraction
              numerator
              denominator
          requestRedirect
            statusCode
            * -
          urlRewrite ! services are asked for what the client's path says
          requestHeaderModifier ! routes do not see headers that routes set
          responseHeaderModifier -
          cors -
          extensionRef ! the filter is missing
          externalAuth ! requests are let through
        backendRefs
          group -
          kind
          name
          namespace
          port
          weight
          filters ! filters of single backends are missing
        timeouts
          request
          backendRequest
        retry
          attempts
          backoff
          codes
        sessionPersistence ! requests are not kept on one pod
    """

  private static let peerAuthentication = """
    spec
      selector
        matchLabels
      mtls
        mode
      portLevelMtls ! the mode of the whole workload is used
    """

  private static let envoyFilter = """
    spec
      workloadSelector
        labels
      targetRefs ! the filter is taken for its whole namespace
      priority -
      configPatches
        applyTo
        match
          context
          proxy ! the patch is taken for every version of the proxy
          listener
            portNumber
            * -
          routeConfiguration
            portNumber
            vhost
              name
              * -
            * -
          cluster -
        patch
    """

  private static let serviceEntry = """
    spec
      hosts
      addresses -
      ports
        number
        name
        protocol
        targetPort -
      location -
      resolution -
      endpoints
      workloadSelector ! the entry stands for hosts outside
      exportTo -
      subjectAltNames -
    """
}
