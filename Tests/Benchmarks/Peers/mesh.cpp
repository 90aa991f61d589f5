// mesh3 by hand: three tiers of ten hosts with four workers, per-try timeouts, retries.
// usage: mesh (standard|tuned) REQUESTS SEED PER_SECOND RETRIES QUEUE_LIMIT
//
// The same draws in the same order as the engine's, so every statistic is the same to the digit.
#include "pending.hpp"
#include "statistics.hpp"

constexpr int tiers = 3, hostCount = 10, workers = 4;
constexpr u64 network = 250000;
constexpr u64 tryTimeouts[tiers] = {1000000000, 500000000, 250000000};
constexpr u32 none = ~0u;

enum Kind : u64 { arrival, atHost, workDone, tryTimeout, atCaller, backOffOver, runEnd };

struct Call {
  u64 started, timer;
  u32 parent, job;  // a freed call's parent is the next free one
  u8 tier, attempts, host;
};

struct Job {
  u32 call, next;
  u16 status;
  u8 tier, host;
};

struct Host {
  RandomStream random;
  int busy = 0, queued = 0;
  u32 head = none, tail = none;
};

template <class Queue> struct Mesh {
  Queue queue;
  Sampler sampler;
  std::vector<Call> calls;
  std::vector<Job> jobs;
  u32 freeCall = none, freeJob = none;
  Host hosts[tiers][hostCount];
  u32 active[tiers][hostCount] = {};
  RandomStream gaps, balancing[tiers], jitter[tiers];
  Lognormal service{sampler, 0.001, 0.5};
  double rate, usualShare = 0.9999 / (0.9999 + 0.0001);
  u64 total, started = 0;
  int retries, queueLimit;
  u64 attempts = 0, retried = 0, timeouts = 0, refused = 0, failed = 0, events = 0, stale = 0;
  LatencyHistogram latency;

  Mesh(u64 total, u64 seed, double perSecond, int retries, int queueLimit)
      : gaps(seed, "arrivals load"), rate(perSecond / 1e9), total(total), retries(retries),
        queueLimit(queueLimit) {
    calls.reserve(4096);
    jobs.reserve(4096);
    for (int tier = 0; tier < tiers; tier++) {
      std::string name = "tier" + std::to_string(tier + 1);
      balancing[tier] = RandomStream(seed, "balancing to " + name + "/0/" + name);
      balancing[tier].next();  // the balancer's own seed
      jitter[tier] = RandomStream(seed, "retry.jitter to " + name + "/0/" + name);
      for (int host = 0; host < hostCount; host++)
        hosts[tier][host].random =
            RandomStream(seed, "pod " + name + "/" + name + "-" + std::to_string(host));
    }
  }

  u32 newCall(u8 tier, u32 parent) {
    u32 c = freeCall;
    if (c != none) {
      freeCall = calls[c].parent;
    } else {
      c = calls.size();
      calls.emplace_back();
    }
    calls[c] = Call{queue.now, 0, parent, none, tier, 0, 0};
    return c;
  }
  u32 newJob(u32 call, u8 tier, u8 host) {
    u32 j = freeJob;
    if (j != none) {
      freeJob = jobs[j].next;
    } else {
      j = jobs.size();
      jobs.emplace_back();
    }
    jobs[j] = Job{call, none, 200, tier, host};
    return j;
  }
  void release(u32 j) {
    jobs[j].next = freeJob;
    freeJob = j;
  }

  void nextArrival() {
    queue.at((u64)(sampler.exponential(gaps) / rate + 0.5), arrival, 0);
  }

  void startTry(u32 c) {
    Call& call = calls[c];
    int tier = call.tier;
    call.attempts++;
    attempts++;
    u64 bits = balancing[tier].next();
    u32 first = ((bits >> 32) * hostCount) >> 32, second = ((bits & 0xFFFFFFFF) * hostCount) >> 32;
    u32 host = active[tier][second] < active[tier][first] ? second : first;
    active[tier][host]++;
    call.host = host;
    u32 j = newJob(c, tier, host);
    call.job = j;
    call.timer = queue.timer(tier, tryTimeouts[tier], tryTimeout, c);
    queue.along(network, atHost, j);
  }

  void arrives(u32 j) {
    Host& host = hosts[jobs[j].tier][jobs[j].host];
    if (host.busy < workers) {
      host.busy++;
      begin(j);
    } else if (host.queued < queueLimit) {
      host.queued++;
      if (host.head == none)
        host.head = j;
      else
        jobs[host.tail].next = j;
      host.tail = j;
    } else {
      refused++;
      jobs[j].status = 503;
      respond(j);
    }
  }

  void begin(u32 j) {
    RandomStream& random = hosts[jobs[j].tier][jobs[j].host].random;
    u64 time = 400000000;
    if (random.unit() < usualShare)
      time = Sampler::nanoseconds(
          sampler.exp(service.location + service.spread * sampler.normal(random)));
    queue.at(time, workDone, j);
  }

  void releaseWorker(Host& host) {
    u32 next = host.head;
    if (next == none) {
      host.busy--;
    } else {
      host.head = jobs[next].next;
      host.queued--;
      begin(next);
    }
  }

  void done(u32 j) {
    int tier = jobs[j].tier;
    Host& host = hosts[tier][jobs[j].host];
    bool fails = host.random.unit() < 0.002;
    releaseWorker(host);
    if (fails) {
      jobs[j].status = 500;
      respond(j);
    } else if (tier == tiers - 1) {
      respond(j);
    } else {
      startTry(newCall(tier + 1, j));
    }
  }

  void respond(u32 j) {
    if (jobs[j].call == none)
      release(j);
    else
      queue.along(network, atCaller, j);
  }

  void answered(u32 j) {
    u32 c = jobs[j].call;
    u16 status = jobs[j].status;
    release(j);
    if (c == none) return;
    queue.cancel(calls[c].timer);
    calls[c].timer = 0;
    tryEnded(c, status);
  }

  __attribute__((noinline)) void timedOut(u32 c) {
    timeouts++;
    calls[c].timer = 0;
    jobs[calls[c].job].call = none;
    tryEnded(c, 504);
  }

  void tryEnded(u32 c, u16 status) {
    Call& call = calls[c];
    active[call.tier][call.host]--;
    if (__builtin_expect(status >= 500 && call.attempts <= retries, 0))
      retry(c);
    else
      finish(c, status);
  }

  __attribute__((noinline)) void retry(u32 c) {
    Call& call = calls[c];
    u32 bound = 25;
    for (int n = 1; n < call.attempts && bound < 250; n++) bound = std::min(2 * bound, 250u);
    queue.at(jitter[call.tier].below(bound) * 1000000ull, backOffOver, c);
  }

  void finish(u32 c, u16 status) {
    Call call = calls[c];
    calls[c].parent = freeCall;
    freeCall = c;
    if (call.tier == 0) {
      if (status >= 500) failed++;
      latency.record(queue.now - call.started);
      if (latency.count == total) queue.at(0, runEnd, 0);
    } else {
      if (status >= 400) jobs[call.parent].status = 503;
      respond(call.parent);
    }
  }

  void run() {
    nextArrival();
    for (;;) {
      u128 key = queue.pop();
      events++;
      u64 low = (u64)key;
      u32 slot = low & 0xFFFFFF;
      switch (low >> 24 & 15) {
        case arrival:
          if (++started < total) nextArrival();
          startTry(newCall(0, none));
          break;
        case atHost: arrives(slot); break;
        case workDone: done(slot); break;
        case tryTimeout:
          if (Queue::cancelsLazily && calls[slot].timer != low >> 28)
            stale++;
          else
            timedOut(slot);
          break;
        case atCaller: answered(slot); break;
        case backOffOver:
          retried++;  // a retry counts when it is sent
          startTry(slot);
          break;
        default: return;
      }
    }
  }
};

template <class Queue>
void measure(u64 total, u64 seed, double perSecond, int retries, int queueLimit) {
  u64 begun = cpuNanoseconds();
  auto* mesh = new Mesh<Queue>(total, seed, perSecond, retries, queueLimit);
  mesh->run();
  u64 cpu = cpuNanoseconds() - begun;
  printf("cpu %lu\nrequests %lu\nfailed %lu\nattempts %lu\nretries %lu\ntimeouts %lu\nrefused %lu\n",
         cpu, mesh->latency.count, mesh->failed, mesh->attempts, mesh->retried, mesh->timeouts,
         mesh->refused);
  printf("events %lu\nend %lu\n", mesh->events - mesh->stale, mesh->queue.now);
  mesh->latency.print();
}

int main(int count, char** words) {
  if (count < 7) return 2;
  u64 total = strtoull(words[2], nullptr, 10), seed = strtoull(words[3], nullptr, 10);
  double perSecond = atof(words[4]);
  int retries = atoi(words[5]), queueLimit = atoi(words[6]);
  if (!strcmp(words[1], "standard"))
    measure<StandardQueue>(total, seed, perSecond, retries, queueLimit);
  else
    measure<HeapAndRings>(total, seed, perSecond, retries, queueLimit);
}
