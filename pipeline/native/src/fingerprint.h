#ifndef COPYDESK_FINGERPRINT_H
#define COPYDESK_FINGERPRINT_H

#include "native.h"

/* The sample of a set of shingles (FracMinHash): their mixed hashes under 2**32 / rate, sorted and
   the least `size` of them where more are. `into` has room for `count` + 1; how many. */
size_t sample(const uint32_t *shingles, size_t count, uint32_t rate, size_t size, uint32_t *into);

#endif
