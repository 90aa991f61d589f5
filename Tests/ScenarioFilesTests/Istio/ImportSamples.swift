/// Manifests as they ship, written for these tests; the same forms as in real clusters.
enum ImportSamples {
  /// A Deployment with anchors, its Service in a `List`, a Node, and kinds of no concern here.
  static let kubernetes = """
    # Exercises: multi-document file, kind List, anchors and aliases, quantities.
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: payments
      namespace: shop
      labels: &paymentLabels
        app: payments
        version: v1
    spec:
      replicas: 3
      selector:
        matchLabels:
          app: payments
      strategy:
        type: RollingUpdate
        rollingUpdate:
          maxSurge: 25%
          maxUnavailable: 1
      minReadySeconds: 5
      template:
        metadata:
          labels: *paymentLabels
        spec:
          priorityClassName: shop-critical
          terminationGracePeriodSeconds: 30
          containers:
            - name: app
              image: registry.example/payments:1.4.2
              ports:
                - {name: http, containerPort: 8080}
              resources:
                requests: {cpu: 250m, memory: 256Mi}
                limits: {cpu: "1", memory: 0.5Gi}
              readinessProbe:
                httpGet: {path: /ready, port: http}
                initialDelaySeconds: 10
    ---
    apiVersion: v1
    kind: List
    items:
      - apiVersion: v1
        kind: Service
        metadata:
          name: payments
          namespace: shop
        spec:
          selector: {app: payments}
          ports:
            - {name: http, port: 80, targetPort: http}
      - apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: payments
          namespace: shop
        spec:
          minAvailable: 60%
          selector:
            matchLabels: {app: payments}
    ---
    # A comment-only document, and an empty one.
    ---
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: payments, namespace: shop}
    ---
    apiVersion: v1
    kind: Node
    metadata:
      name: node-a1
      labels:
        topology.kubernetes.io/region: eu-1
        topology.kubernetes.io/zone: eu-1a
    status:
      capacity: {cpu: "8", memory: 32934252Ki, pods: "110"}
      allocatable: {cpu: 7910m, memory: 31781228Ki, pods: "110"}

    """

  /// Traffic policy of Istio, with a fault, a canary, and a local rate limit.
  static let istio = """
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata:
      name: edge
      namespace: shop
    spec:
      selector: {istio: ingressgateway}
      servers:
        - port: {number: 443, name: https, protocol: HTTPS}
          tls: {mode: SIMPLE, credentialName: shop-cert}
          hosts: ["shop.example.com"]
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata:
      name: payments
      namespace: shop
    spec:
      hosts: [payments]
      http:
        - name: charge
          match:
            - uri: {prefix: /charge}
          timeout: 2s
          retries:
            attempts: 3
            perTryTimeout: 600ms
            retryOn: connect-failure,refused-stream,gateway-error,503
            backoff: 50ms
          fault:
            delay: {percentage: {value: 0.5}, fixedDelay: 1s}
            abort: {percentage: {value: 0.1}, httpStatus: 503}
          route:
            - destination: {host: payments, subset: v1}
              weight: 90
            - destination: {host: payments, subset: v2}
              weight: 10
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata:
      name: payments
      namespace: shop
    spec:
      host: payments
      trafficPolicy:
        loadBalancer: {simple: LEAST_REQUEST}
        connectionPool:
          tcp: {maxConnections: 100, connectTimeout: 500ms}
          http:
            http1MaxPendingRequests: 64
            http2MaxRequests: 256
            maxRequestsPerConnection: 0
            maxRetries: 5
            idleTimeout: 1h30m
        outlierDetection:
          consecutive5xxErrors: 5
          consecutiveGatewayErrors: 5
          interval: 10s
          baseEjectionTime: 30s
          maxEjectionPercent: 50
          minHealthPercent: 0
      subsets:
        - name: v1
          labels: {version: v1}
        - name: v2
          labels: {version: v2}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata:
      name: default
      namespace: shop
    spec:
      mtls: {mode: STRICT}
    ---
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata:
      name: payments-local-limit
      namespace: shop
    spec:
      workloadSelector:
        labels: {app: payments}
      configPatches:
        - applyTo: HTTP_FILTER
          match:
            context: SIDECAR_INBOUND
            listener:
              filterChain:
                filter: {name: envoy.filters.network.http_connection_manager}
          patch:
            operation: INSERT_BEFORE
            value:
              name: envoy.filters.http.local_ratelimit
              typed_config:
                "@type": type.googleapis.com/udpa.type.v1.TypedStruct
                type_url: type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                value:
                  stat_prefix: payments_limiter
                  token_bucket: {max_tokens: 200, tokens_per_fill: 100, fill_interval: 1s}
                  filter_enabled:
                    default_value: {numerator: 100, denominator: HUNDRED}
                  filter_enforced:
                    default_value: {numerator: 100, denominator: HUNDRED}

    """

  /// An HTTPRoute with split, time limits and retries, and its Gateway.
  static let gatewayAPI = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: shop}
    spec:
      gatewayClassName: istio
      listeners:
        - {name: http, hostname: "*.example.com", port: 80, protocol: HTTP}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: cart
      namespace: shop
    spec:
      parentRefs:
        - {name: edge}
      hostnames: ["shop.example.com"]
      rules:
        - matches:
            - path: {type: PathPrefix, value: /cart}
          timeouts: {request: 1m30s, backendRequest: 500ms}
          retry: {attempts: 2, backoff: 100ms, codes: [500, 503]}
          backendRefs:
            - {name: cart-v1, port: 8080, weight: 9}
            - {name: cart-v2, port: 8080, weight: 1}

    """

  /// An EnvoyFilter in namespace shop with one local rate limit that is on.
  static func rateLimit(
    applyTo: String, context: String, match: String, selector: String,
    bucket: String = "token_bucket: {max_tokens: 5, tokens_per_fill: 5, fill_interval: 1s}"
  ) -> String {
    let on = "{default_value: {numerator: 100, denominator: HUNDRED}}"
    let limit = "{\(bucket), filter_enabled: \(on), filter_enforced: \(on)}"
    let name = "envoy.filters.http.local_ratelimit"
    let value =
      applyTo == "HTTP_FILTER"
      ? "{name: \(name), typed_config: {value: \(limit)}}"
      : "{typed_per_filter_config: {\(name): {value: \(limit)}}}"
    return """
      apiVersion: networking.istio.io/v1alpha3
      kind: EnvoyFilter
      metadata: {name: limit, namespace: shop}
      spec:
        workloadSelector: {labels: \(selector)}
        configPatches:
          - applyTo: \(applyTo)
            match: {context: \(context)\(match.isEmpty ? "" : ", ")\(match)}
            patch: {operation: MERGE, value: \(value)}

      """
  }

  /// A Deployment and a Service of the same name.
  static func app(
    _ name: String, version: String = "v1", namespace: String = "shop", port: Int = 80,
    labels: String = ""
  ) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(name)-\(version), namespace: \(namespace)}
    spec:
      template:
        metadata: {labels: {app: \(name), version: \(version)\(labels)}}
        spec: {containers: [{name: app}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: \(name), namespace: \(namespace)}
    spec: {selector: {app: \(name)}, ports: [{name: http, port: \(port)}]}

    """
  }
}
