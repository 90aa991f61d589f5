// The product's chance in C++: the same streams by name, tables and draws, to the last bit.
//
// A peer program that draws with these in the same order as the engine must arrive at the same
// statistics. Compile with -ffp-contract=off: a fused multiply-add rounds differently.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using u128 = unsigned __int128;

inline u64 bitsOf(double x) {
  u64 bits;
  memcpy(&bits, &x, 8);
  return bits;
}
inline double fromBits(u64 bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}

/// See `RandomStream`.
struct RandomStream {
  u64 state = 0;

  static u64 mix(u64 value) {
    u64 z = value + 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  RandomStream() = default;
  RandomStream(u64 seed, const std::string& name) {
    u64 hash = mix(seed + 0x9E3779B97F4A7C15ull);
    hash = mix(hash ^ 1);
    for (unsigned char byte : name) hash = mix(hash ^ byte);
    state = hash;
  }
  u64 next() {
    state += 0xA0761D6478BD642Full;
    u128 product = (u128)state * (state ^ 0xE7037ED1A0B428DBull);
    return (u64)(product >> 64) ^ (u64)product;
  }
  double unit() { return (double)(next() >> 11) * 0x1p-53; }
  u32 below(u32 bound) { return (u32)(((next() >> 32) * bound) >> 32); }
};

/// The unevaluated sum of two doubles; see `LongDouble`.
struct LongDouble {
  double high, low;
  static LongDouble sum(double larger, double smaller) {
    double high = larger + smaller;
    return {high, smaller - (high - larger)};
  }
  static void split(double value, double& high, double& low) {
    double spread = 0x1.0000002p27 * value;
    high = spread - (spread - value);
    low = value - high;
  }
  static LongDouble product(double x, double y) {
    double xHigh, xLow, yHigh, yLow;
    split(x, xHigh, xLow);
    split(y, yHigh, yLow);
    double high = x * y;
    return {high, xLow * yLow - (((high - xHigh * yHigh) - xLow * yHigh) - xHigh * yLow)};
  }
  LongDouble dividedBy(double divisor) const {
    double quotient = high / divisor;
    LongDouble covered = product(quotient, divisor);
    return sum(quotient, (((high - covered.high) - covered.low) + low) / divisor);
  }
  LongDouble operator+(LongDouble right) const {
    double total = high + right.high;
    double part = total - high;
    double error = (high - (total - part)) + (right.high - part);
    return sum(total, error + (low + right.low));
  }
  LongDouble operator*(LongDouble right) const {
    LongDouble whole = product(high, right.high);
    return sum(whole.high, whole.low + (high * right.low + low * right.high));
  }
};

/// The elementary functions and the ziggurat's tables; see `RealMath`, `Ziggurat`, `Sampler`.
struct Sampler {
  double powers[128];
  double exponentialEdges[257], exponentialDensities[257];
  double normalEdges[257], normalDensities[257];
  static constexpr double exponentialTail = 0x1.ec9d9297ebb83p+2;
  static constexpr double normalTail = 0x1.d3bb48209ad33p+1;

  Sampler() {
    for (int j = 0; j < 64; j++) {
      LongDouble log2{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
      LongDouble argument = log2 * LongDouble{(double)j / 64, 0};
      LongDouble sum{1, 0};
      for (double n = 28; n >= 1; n -= 1)
        sum = LongDouble{1, 0} + (argument * sum).dividedBy(n);
      powers[2 * j] = sum.high;
      powers[2 * j + 1] = sum.low / sum.high;
    }
    layers(
        exponentialEdges, exponentialDensities, exponentialTail, 0x1.02d84bc4b0285p-8,
        [this](double x) { return exp(-x); }, [](double y) { return -log(y); });
    layers(
        normalEdges, normalDensities, normalTail, 0x1.43016a5a43732p-8,
        [this](double x) { return exp(-0.5 * x * x); },
        [](double y) { return sqrt(-2 * log(y)); });
  }

  template <class Density, class Inverse>
  static void layers(
      double* edges, double* densities, double tail, double area, Density density,
      Inverse inverse) {
    double edge = tail, height = density(tail);
    edges[0] = area / height;
    edges[1] = edge;
    densities[0] = 0;
    densities[1] = height;
    for (int i = 2; i < 256; i++) {
      height += area / edge;
      edge = inverse(height);
      edges[i] = edge;
      densities[i] = height;
    }
    edges[256] = 0;
    densities[256] = 1;
  }

  /// For arguments of magnitude below 704.
  double exp(double x) const {
    double shifted = x * 0x1.71547652b82fep+6 + 0x1.8p+52;
    int64_t bits = (int64_t)(bitsOf(shifted) << 12) >> 12;
    int64_t power = bits >> 6, fraction = bits & 63;
    double k = shifted - 0x1.8p+52;
    double r = (x - k * 0x1.62e42fef8p-7) - k * 0x1.1cf79abc9e3b4p-42;
    double square = r * r;
    double lower = 0x1.fffffffffdefap-2 + r * 0x1.5555555500b8bp-3;
    double upper = 0x1.5555733fb597bp-5 + r * 0x1.1113dc9d243a1p-7;
    double growth = r + square * (lower + square * upper);
    const double* entry = powers + 2 * fraction;
    double scale = fromBits(bitsOf(entry[0]) + ((u64)power << 52));
    return scale + scale * (entry[1] + growth);
  }

  /// For positive normal arguments.
  static double log(double x) {
    if (x == 1) return 0;
    const u64 rootOfHalf = 0x3FE6A09E00000000ull;
    u64 bits = bitsOf(x) + (0x3FF0000000000000ull - rootOfHalf);
    int64_t k = (int64_t)(bits >> 52) - 1023;
    double f = fromBits((bits & 0x000FFFFFFFFFFFFFull) + rootOfHalf) - 1;
    double halfSquare = 0.5 * f * f;
    double s = f / (2 + f), z = s * s, w = z * z;
    double odd =
        w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3));
    double even = z
        * (0x1.5555555555593p-1
           + w
               * (0x1.2492494229359p-2
                  + w * (0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3)));
    double exponent = (double)k;
    double correction = s * (halfSquare + (odd + even)) + exponent * 0x1.a39ef35793c76p-33;
    return exponent * 0x1.62e42feep-1 - ((halfSquare - correction) - f);
  }

  double exponential(RandomStream& random) const {
    u64 bits = random.next();
    int layer = bits & 255;
    double x = (double)(bits >> 11) * 0x1p-53 * exponentialEdges[layer];
    if (__builtin_expect(x < exponentialEdges[layer + 1], 1)) return x;
    return exponentialAtTheEdge(x, layer, random);
  }
  double normal(RandomStream& random) const {
    u64 bits = random.next();
    int layer = bits & 255;
    double x = (double)(bits >> 11) * 0x1p-53 * normalEdges[layer];
    u64 sign = (bits & 0x100) << 55;
    if (__builtin_expect(x < normalEdges[layer + 1], 1)) return fromBits(bitsOf(x) | sign);
    return fromBits(bitsOf(normalAtTheEdge(x, layer, random)) | sign);
  }
  static u64 nanoseconds(double seconds) {
    return bitsOf(seconds * 1e9 + 0x1.8p52) & 0x7FFFFFFFFFFFFull;
  }

 private:
  static bool wedgeHolds(double density, const double* densities, RandomStream& random) {
    return densities[0] + (densities[1] - densities[0]) * random.unit() < density;
  }
  __attribute__((noinline)) double exponentialAtTheEdge(
      double x, int layer, RandomStream& random) const {
    double offset = 0;
    for (;;) {
      if (layer == 0)
        offset += exponentialTail;
      else if (wedgeHolds(exp(-x), exponentialDensities + layer, random))
        return offset + x;
      u64 bits = random.next();
      layer = bits & 255;
      x = (double)(bits >> 11) * 0x1p-53 * exponentialEdges[layer];
      if (x < exponentialEdges[layer + 1]) return offset + x;
    }
  }
  __attribute__((noinline)) double normalAtTheEdge(
      double x, int layer, RandomStream& random) const {
    for (;;) {
      if (layer == 0) {
        for (;;) {
          double beyond = exponential(random) / normalTail;
          if (2 * exponential(random) > beyond * beyond) return normalTail + beyond;
        }
      }
      if (wedgeHolds(exp(-0.5 * x * x), normalDensities + layer, random)) return x;
      u64 bits = random.next();
      layer = bits & 255;
      x = (double)(bits >> 11) * 0x1p-53 * normalEdges[layer];
      if (x < normalEdges[layer + 1]) return x;
    }
  }
};

/// A lognormal law of that mean and coefficient of variation; see `Distribution.Law`.
struct Lognormal {
  double location, spread;
  Lognormal(const Sampler& sampler, double mean, double sigma) {
    double cv = sqrt(sampler.exp(sigma * sigma) - 1);
    double square = Sampler::log(1 + cv * cv);
    location = Sampler::log(mean) - 0.5 * square;
    spread = sqrt(square);
  }
};
