/* Hash tables that grow a step at a time: chains of rows by key, and postings of sampled shingles.

   Open addressing with linear probing. A key's home slot is proportional to its hash, so a table is
   in the order of hashes and grows in place: a pass goes from the end of the table to its start, a
   few slots with each row added, and moves them further out. From `pivot` on the new size counts,
   below it the old one. The memory of a table is reserved at its largest size; the system commits
   it as it is written to. */
#ifndef COPYDESK_CHAINS_H
#define COPYDESK_CHAINS_H

#include "native.h"

/* The size of a table. `cursor`: slots that the pass still has to move, 0 between passes. */
typedef struct {
    uint64_t size, new_size, pivot, cursor, live;
    uint64_t slots; /* reserved; the last slot stays empty and ends every search */
} growth;

/* A table with room for `keys` without growing, of at most `slots`. */
growth growth_of(size_t keys, size_t slots);
size_t slots_for(size_t keys);

/* Tables from keys to chains of rows. The rows with the same key form a ring in ascending order of
   their numbers: a slot holds the last row, which is linked to the first. A key is `width` bytes of
   the row's own data, one key after the other for each table; equal hashes of 64 bits count as
   equal keys. A slot also keeps three bits of the hash and its distance from the home slot. */
typedef struct {
    unsigned tables, width;
    growth *growth;         /* (tables) */
    uint32_t *slots;        /* (tables, slots) */
    uint32_t *links;        /* (rows, tables) */
    const uint8_t *keys;    /* (rows, stride) */
    size_t stride;
    const uint32_t *owners; /* whose number orders a row; NULL: its own */
    const uint64_t *numbers; /* the number of an owner is at three times its row */
} chains;

enum { ROW_BITS = 24, MAX_ROWS = (1 << ROW_BITS) - 1 };

uint64_t hash_key(const uint8_t *key, size_t width);
/* The last row of a key's chain, or -1. */
int64_t chain_find(const chains *of, unsigned table, uint64_t hash);
void chain_prefetch(const chains *of, unsigned table, uint64_t hash);
/* Insert rows[i] into the tables from `first` to `end`, or remove it. A row is left out of a table
   if thousands of keys share its home slot, so that it finds no slot. */
void chains_insert(chains *of, const uint32_t *rows, size_t count, unsigned first, unsigned end);
void chains_remove(chains *of, uint32_t row, unsigned end);

/* A table from sampled hashes, which are below 2**32 / `rate`, to rows. A slot holds the hash in
   its upper 32 bits and the row + 1 in its lower. It keeps at most `limit` rows of one hash: the
   earliest, and the newest. */
typedef struct {
    growth growth;
    uint64_t *slots;
    const uint32_t *owners;
    const uint64_t *numbers;
    uint32_t rate, limit;
} postings;

size_t posting_place(const postings *of, uint32_t hash);
void postings_prefetch(const postings *of, const uint32_t *sample, size_t count);
/* Insert a row under each hash; returns under how many of them a row was left out. */
size_t postings_insert(postings *of, const uint32_t *sample, size_t count, uint32_t row);
void postings_remove(postings *of, const uint32_t *sample, size_t count, uint32_t row);

#endif
