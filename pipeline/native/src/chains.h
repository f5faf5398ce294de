/* Hash tables that grow a step at a time: chains of rows by key, and postings of sampled shingles.

   Open addressing with linear probing. A key's place is as far into its table as its hash is into
   32 bits, so a table is in the order of hashes and grows where it is: a pass goes from its end to
   its start, a few slots with each row added, and moves what it meets further out. From `pivot` on
   the new size counts, below it the old one. The memory of a table is reserved at its largest size
   and taken as it is written to. */
#ifndef COPYDESK_CHAINS_H
#define COPYDESK_CHAINS_H

#include "native.h"

/* The size of a table. `cursor`: slots that a pass has still to move, 0 between passes. */
typedef struct {
    uint64_t size, new_size, pivot, cursor, live;
    uint64_t slots; /* that are reserved; the last one stays empty and ends every search */
} growth;

/* Room for `keys` without growing, and the slots that a table of at most `keys` may ever need. */
growth growth_of(size_t keys, size_t slots);
size_t slots_for(size_t keys);

/* Tables from keys to chains, over rows of one numbering. The rows with one key form a ring by
   rising number: a slot holds the last, which is linked to the first. A key is `width` bytes of
   the row itself, one after the other for each table; equal hashes of 64 bits count as equal keys.
   Besides the row, a slot keeps three bits of the hash and how far it lies from its place. */
typedef struct {
    unsigned tables, width;
    growth *growth;         /* (tables) */
    uint32_t *slots;        /* (tables, slots) */
    uint32_t *links;        /* (rows, tables) */
    const uint8_t *keys;    /* (rows, stride) */
    size_t stride;
    const uint32_t *owners; /* whose number orders a row; NULL: its own */
    const uint64_t *numbers; /* of an owner, at three times its row */
} chains;

enum { ROW_BITS = 24, MAX_ROWS = (1 << ROW_BITS) - 1 };

uint64_t hash_key(const uint8_t *key, size_t width);
/* The last row of a key's chain, or -1. */
int64_t chain_find(const chains *of, unsigned table, uint64_t hash);
void chain_prefetch(const chains *of, unsigned table, uint64_t hash);
/* Add rows[i] in all tables from `first` to `end`, or take one out; where it cannot lie any more
   because thousands of keys share its place, a row is left out of a table. */
void chains_insert(chains *of, const uint32_t *rows, size_t count, unsigned first, unsigned end);
void chains_remove(chains *of, uint32_t row, unsigned end);

/* From sampled hashes, which lie under 2**32 / `rate`, to rows: a slot holds the hash in its upper
   32 bits and the row + 1 in its lower. At most `limit` rows of one hash: the earliest, and the
   newest. */
typedef struct {
    growth growth;
    uint64_t *slots;
    const uint32_t *owners;
    const uint64_t *numbers;
    uint32_t rate, limit;
} postings;

size_t posting_place(const postings *of, uint32_t hash);
/* Add a row under each hash; under how many another row, or itself, was left out. */
size_t postings_insert(postings *of, const uint32_t *sample, size_t count, uint32_t row);
void postings_remove(postings *of, const uint32_t *sample, size_t count, uint32_t row);

#endif
