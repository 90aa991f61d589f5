// The latency histogram of the product, and the way a peer program reports: one `name value` a line.
#pragma once
#include <algorithm>
#include <cstdio>

#include "chance.hpp"

/// See `LatencyBucket` and `LatencyHistogram.quantile`.
struct LatencyHistogram {
  std::vector<u64> counts = std::vector<u64>(7400);
  u64 count = 0, sum = 0, least = ~0ull, greatest = 0;

  static int bucket(u64 value) {
    int shift = 56 - __builtin_clzll(value | 128);
    return (shift << 7) + (int)(value >> shift);
  }
  static u64 lowerEnd(int index) {
    return index < 256 ? index : (u64)((index & 127) | 128) << (index / 128 - 1);
  }
  void record(u64 value) {
    counts[bucket(value)]++;
    count++;
    sum += value;
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }
  double quantile(double share) const {
    double rank = share * (double)count;
    u64 below = 0;
    for (int index = 0; index < 7300; index++) {
      if (counts[index] == 0) continue;
      u64 upTo = below + counts[index];
      if ((double)upTo >= rank) {
        double low = std::max((double)lowerEnd(index), (double)least);
        double high = std::min((double)lowerEnd(index + 1), (double)greatest);
        return low + (high - low) * ((rank - (double)below) / (double)counts[index]);
      }
      below = upTo;
    }
    return (double)greatest;
  }
  void print() const {
    printf("latencySum %lu\n", sum);
    printf("p50 %.3f\n", quantile(0.5));
    printf("p99 %.3f\n", quantile(0.99));
    printf("latencyMax %lu\n", greatest);
  }
};
