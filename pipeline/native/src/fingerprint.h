#ifndef COPYDESK_FINGERPRINT_H
#define COPYDESK_FINGERPRINT_H

#include "native.h"

/* Write the sample of a set of shingles (FracMinHash): their mixed hashes below 2**32 / rate; of
   more than `size` the smallest, sorted. `into` has room for `count` + 1. Returns the count. */
size_t sample(const uint32_t *shingles, size_t count, uint32_t rate, size_t size, uint32_t *into);

#endif
