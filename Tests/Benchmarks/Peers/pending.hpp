// Sets of pending events: what a careful C++ programmer writes first, and what one writes who
// has measured. An event is one 128-bit key: 64 bits of time, 36 of sequence, 4 of kind, 24 of slot.
#pragma once
#include <cstdlib>
#include <ctime>
#include <functional>
#include <queue>
#include <vector>

#include "chance.hpp"

inline u64 cpuNanoseconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

inline u128 eventKey(u64 time, u64 sequence, u64 kind, u64 slot) {
  return (u128)time << 64 | (sequence << 28 | kind << 24 | slot);
}

/// `std::priority_queue`; timers that are taken back stay in it until their time.
struct StandardQueue {
  static constexpr bool cancelsLazily = true;
  u64 now = 0, sequence = 1;
  std::priority_queue<u128, std::vector<u128>, std::greater<u128>> queue;

  void at(u64 delay, u64 kind, u64 slot) {
    queue.push(eventKey(now + delay, sequence++, kind, slot));
  }
  void along(u64 delay, u64 kind, u64 slot) { at(delay, kind, slot); }
  u64 timer(int, u64 delay, u64 kind, u64 slot) {
    at(delay, kind, slot);
    return sequence - 1;
  }
  void cancel(u64) {}
  u128 pop() {
    u128 key = queue.top();
    queue.pop();
    now = key >> 64;
    return key;
  }
};

/// A 4-ary heap with a hole at the root, four siblings to a cache line.
struct QuadHeap {
  char* block;
  u128* cells;
  long count = 0, capacity;
  bool hole = false;

  explicit QuadHeap(long capacity = 1024) : capacity(capacity) {
    block = (char*)aligned_alloc(64, ((capacity + 16) * 16 + 63) / 64 * 64);
    cells = (u128*)(block + 48);
    for (long i = 0; i < capacity + 12; i++) cells[i] = ~(u128)0;
  }
  __attribute__((noinline)) void grow() {
    QuadHeap wider(capacity * 2);
    memcpy(wider.cells, cells, count * 16);
    wider.count = count;
    wider.hole = hole;
    free(block);
    *this = wider;
  }
  void sift(u128 key) {
    u128* p = cells;
    long n = count, i = 0, c = 1;
    while (c < n) {
      long a = c + (p[c + 1] < p[c]), b = c + 2 + (p[c + 3] < p[c + 2]);
      long least = p[b] < p[a] ? b : a;
      u128 leastKey = p[least];
      if (!(leastKey < key)) break;
      p[i] = leastKey;
      i = least;
      c = 4 * least + 1;
    }
    p[i] = key;
  }
  void push(u128 key) {
    if (hole) {
      hole = false;
      sift(key);
      return;
    }
    if (count == capacity) grow();
    long i = count++;
    while (i > 0) {
      long parent = (i - 1) >> 2;
      u128 parentKey = cells[parent];
      if (!(key < parentKey)) break;
      cells[i] = parentKey;
      i = parent;
    }
    cells[i] = key;
  }
  void settle() {
    if (!hole) return;
    hole = false;
    count--;
    u128 last = cells[count];
    cells[count] = ~(u128)0;
    if (count > 0) sift(last);
  }
};

/// The heap for delays that vary, one ring for each constant delay; a timer is taken back by one
/// store. The rings' heads are compared with the heap's at each step.
struct HeapAndRings {
  static constexpr bool cancelsLazily = false;
  struct Ring {
    u128* entries = (u128*)malloc(1024 * 16);
    long mask = 1023, head = 0, tail = 0;
    __attribute__((noinline)) void grow() {
      long wider = mask * 2 + 1;
      u128* moved = (u128*)malloc((wider + 1) * 16);
      for (long i = head; i < tail; i++) moved[i & wider] = entries[i & mask];
      free(entries);
      entries = moved;
      mask = wider;
    }
  };
  u64 now = 0, sequence = 1;
  QuadHeap heap;
  Ring rings[4];
  u128 heads[4] = {~(u128)0, ~(u128)0, ~(u128)0, ~(u128)0};

  void at(u64 delay, u64 kind, u64 slot) {
    heap.push(eventKey(now + delay, sequence++, kind, slot));
  }
  u64 append(int line, u64 delay, u64 kind, u64 slot) {
    u128 key = eventKey(now + delay, sequence++, kind, slot);
    Ring& ring = rings[line];
    long tail = ring.tail;
    if (tail - ring.head > ring.mask) ring.grow();
    ring.entries[tail & ring.mask] = key;
    ring.tail = tail + 1;
    if (ring.head == tail) heads[line] = key;
    return (u64)tail << 8 | (u64)line;
  }
  void along(u64 delay, u64 kind, u64 slot) { append(3, delay, kind, slot); }
  u64 timer(int line, u64 delay, u64 kind, u64 slot) { return append(line, delay, kind, slot); }
  void advance(int line) {
    Ring& ring = rings[line];
    long i = ring.head + 1;
    while (i < ring.tail && ring.entries[i & ring.mask] == 0) i++;
    ring.head = i;
    heads[line] = i < ring.tail ? ring.entries[i & ring.mask] : ~(u128)0;
  }
  void cancel(u64 handle) {
    int line = handle & 255;
    long i = handle >> 8;
    if (i == rings[line].head)
      advance(line);
    else
      rings[line].entries[i & rings[line].mask] = 0;
  }
  u128 pop() {
    heap.settle();
    int a = heads[1] < heads[0] ? 1 : 0, b = heads[3] < heads[2] ? 3 : 2;
    int line = heads[b] < heads[a] ? b : a;
    u128 first = heads[line];
    u128 top = heap.count > 0 ? heap.cells[0] : ~(u128)0;
    if (top < first) {
      heap.hole = true;
      now = top >> 64;
      return top;
    }
    advance(line);
    now = first >> 64;
    return first;
  }
};
