#ifndef FORESHOCK_PREFETCH_H
#define FORESHOCK_PREFETCH_H

/// Asks for the cache line at an address, which need not be readable, and does not wait for it.
///
/// Swift has no such instruction of its own.
static inline void prefetch(const void *address) { __builtin_prefetch(address); }

#endif
