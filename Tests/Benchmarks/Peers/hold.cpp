// The hold model: take the next event, schedule it again, with so many pending.
// usage: hold (standard|quad) PENDING OPERATIONS SEED
#include "pending.hpp"
#include "statistics.hpp"

struct Standard {
  std::priority_queue<u128, std::vector<u128>, std::greater<u128>> queue;
  void push(u128 key) { queue.push(key); }
  u128 pop() {
    u128 key = queue.top();
    queue.pop();
    return key;
  }
};

struct Quad {
  QuadHeap heap;
  void push(u128 key) { heap.push(key); }
  u128 pop() {
    heap.settle();
    heap.hole = true;
    return heap.cells[0];
  }
};

template <class Queue> void hold(long pending, long operations, u64 seed) {
  std::vector<u64> delays(65536);
  Sampler sampler;
  RandomStream random(seed, "hold");
  for (u64& delay : delays) delay = (u64)(sampler.exponential(random) * 1e6);

  Queue queue;
  u64 sequence = 0, digest = 0;
  long draw = 0;
  for (long i = 0; i < pending; i++, draw += 7)
    queue.push(eventKey(delays[draw & 65535], ++sequence, 0, i));
  auto step = [&] {
    u128 key = queue.pop();
    u64 slot = (u64)key & 0xFFFFFF;
    digest = digest * 31 + slot;
    queue.push(eventKey((u64)(key >> 64) + delays[draw++ & 65535], ++sequence, 0, slot));
  };
  for (long i = 0; i < 2 * pending; i++) step();
  u64 start = cpuNanoseconds();
  for (long i = 0; i < operations; i++) step();
  printf("cpu %lu\ndigest %lu\n", cpuNanoseconds() - start, digest);
}

int main(int count, char** words) {
  if (count < 5) return 2;
  long pending = atol(words[2]), operations = atol(words[3]);
  u64 seed = strtoull(words[4], nullptr, 10);
  if (!strcmp(words[1], "standard"))
    hold<Standard>(pending, operations, seed);
  else
    hold<Quad>(pending, operations, seed);
}
