import Foundation
import Simulation
import Statistics
import TimeAndChance
import EventKernel

func cpu() -> Double { var t = timespec(); clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return Double(t.tv_sec) * 1e9 + Double(t.tv_nsec) }
let args = CommandLine.arguments
let which = args.count > 1 ? args[1] : "mesh3"
let n = args.count > 2 ? Int(args[2])! : 1_000_000
switch which {
case "mesh3", "bare":
  let m = try ReferenceModels.mesh3(requests: n)
  let t = cpu()
  let r = which == "mesh3" ? SimulationRun.run(m, seed: 7) : SimulationRun.runWithoutPolicies(m, seed: 7)
  let dt = cpu() - t
  let s = r.sources[0]
  print("ns/req", dt / Double(n), "ns/event", dt / Double(r.eventCount), "events", r.eventCount, "mean", (s.latency.mean ?? 0)/1e6, "p99", (s.latency.quantile(0.99) ?? 0)/1e6, s.byStatus.sorted{$0.key<$1.key}, "retries", r.edges.map(\.retries), r.proxies.map{$0.clusters[0].upstreamRqPerTryTimeout})
case "mm1":
  let m = try ReferenceModels.mm1(requests: n)
  let t = cpu()
  let r = SimulationRun.run(m, seed: 7)
  let dt = cpu() - t
  let s = r.sources[0]
  print("ns/req", dt / Double(n), "mean ms", (s.latency.mean ?? 0)/1e6, r.services[0].pods[0].meanBusy)
default: break
}
