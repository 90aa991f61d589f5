// M/M/1 at 80 % load as a loop: arrivals, one server, one queue.
// usage: mm1 (standard|quad) REQUESTS SEED
#include "pending.hpp"
#include "statistics.hpp"

struct Quad {
  u64 now = 0, sequence = 1;
  QuadHeap heap;
  void at(u64 delay, u64 kind, u64 slot) {
    heap.push(eventKey(now + delay, sequence++, kind, slot));
  }
  u128 pop() {
    heap.settle();
    u128 key = heap.cells[0];
    heap.hole = true;
    now = key >> 64;
    return key;
  }
};

template <class Queue> void run(u64 total, u64 seed) {
  Sampler sampler;
  u64 begun = cpuNanoseconds();
  Queue queue;
  RandomStream gaps(seed, "arrivals client"), services(seed, "pod server/server-0");
  LatencyHistogram latency;
  std::vector<u64> waiting(1024);  // a ring of arrival times, the one in service first
  u64 mask = 1023, head = 0, tail = 0, arrived = 0, events = 0;
  const double rate = 800 / 1e9;

  auto nextArrival = [&] {
    queue.at((u64)(sampler.exponential(gaps) / rate + 0.5), 0, 0);
  };
  auto begin = [&] {
    queue.at(Sampler::nanoseconds(0.001 * sampler.exponential(services)), 1, 0);
  };
  nextArrival();
  while (latency.count < total) {
    u128 key = queue.pop();
    events++;
    if (((u64)key >> 24 & 15) == 0) {
      if (++arrived < total) nextArrival();
      if (tail - head > mask) {
        std::vector<u64> wider(2 * waiting.size());
        for (u64 i = head; i < tail; i++) wider[i & (wider.size() - 1)] = waiting[i & mask];
        waiting.swap(wider);
        mask = waiting.size() - 1;
      }
      waiting[tail++ & mask] = queue.now;
      if (tail - head == 1) begin();
    } else {
      u64 since = waiting[head++ & mask];
      if (head != tail) begin();
      latency.record(queue.now - since);
    }
  }
  events++;  // the engine's end of run
  printf("cpu %lu\nrequests %lu\nevents %lu\nend %lu\n", cpuNanoseconds() - begun, latency.count,
         events, queue.now);
  latency.print();
}

int main(int count, char** words) {
  if (count < 4) return 2;
  u64 total = strtoull(words[2], nullptr, 10), seed = strtoull(words[3], nullptr, 10);
  if (!strcmp(words[1], "standard"))
    run<StandardQueue>(total, seed);
  else
    run<Quad>(total, seed);
}
