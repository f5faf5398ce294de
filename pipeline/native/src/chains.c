#include "chains.h"

#include <stdlib.h>

enum {
    MIN_SIZE = 1024, /* slots of an empty table */
    SLACK = 2048,    /* slots after the last home slot, for keys whose home slot is taken */
    SMALL = 1 << 16, /* slots up to which a table doubles: there moving costs more than memory */
    STEP = 512,      /* slots a pass moves with each row added, 10 us */
    AHEAD = 16,      /* rows whose slots are fetched while others are added */
};
static const double FULL = 0.9;   /* load factor at which a pass begins to enlarge the table */
static const double ROOMY = 0.6;  /* the same for a small table */
static const double GROWTH = 1.2; /* factor by which a table grows */
static const uint64_t WHOLE = (uint64_t)1 << 32;

growth
growth_of(size_t keys, size_t slots)
{
    size_t size = (size_t)((double)keys / (FULL - 0.02));
    size = size < MIN_SIZE ? MIN_SIZE : size;
    if (size <= SMALL) {
        const size_t roomy = (size_t)((double)keys / ROOMY) + 1;
        size = size < roomy ? roomy : size;
    }
    size = size > slots - SLACK ? slots - SLACK : size;
    return (growth){.size = size, .new_size = size, .slots = slots};
}

size_t
slots_for(size_t keys)
{
    const size_t grown = (size_t)((double)keys / FULL * GROWTH);
    return (grown < 2 * SMALL ? 2 * SMALL : grown) + SLACK;
}

static int
is_full(const growth *of)
{
    return (double)of->live >= (of->size > SMALL ? FULL : ROOMY) * (double)of->size;
}

static size_t
place_of(const growth *of, uint64_t high)
{
    return (size_t)(high * (high >= of->pivot ? of->new_size : of->size) >> 32);
}

static int
is_taken(const void *slots, size_t at, size_t width)
{
    static const uint8_t empty[sizeof(uint64_t)] = {0};
    return memcmp((const uint8_t *)slots + at * width, empty, width) != 0;
}

/* Remove the slots of the next step of a pass, or of a new pass. Returns a copy of `count` slots,
   which the caller re-inserts before `end_step`. NULL if the table cannot grow any more, or if
   there is no memory for the copy; then the step is taken later. */
static void *
lift(growth *of, void *slots, size_t width, size_t *count)
{
    if (of->cursor == 0) {
        const uint64_t larger =
            of->size <= SMALL ? 2 * of->size : (uint64_t)((double)of->size * GROWTH);
        if (larger > of->slots - SLACK) {
            return NULL;
        }
        of->new_size = larger, of->cursor = of->size, of->pivot = WHOLE;
    }
    size_t end = of->cursor;
    const size_t start = end > STEP ? end - STEP : 0;
    while (is_taken(slots, end, width)) {
        end++; /* slots beyond the end of the step are moved twice */
    }
    *count = end - start;
    void *const moved = malloc(*count * width);
    if (moved) {
        uint8_t *const from = (uint8_t *)slots + start * width;
        memcpy(moved, from, *count * width);
        memset(from, 0, *count * width);
        of->cursor = start;
        of->pivot = (((uint64_t)start << 32) + of->size - 1) / of->size;
    }
    return moved;
}

static void
end_step(growth *of)
{
    if (of->cursor == 0) {
        of->size = of->new_size;
    }
}

/* Chains. */

static const uint32_t ROW = MAX_ROWS;
enum { TAG = 7, NEXT = 8, FAR = 31 << 3 }; /* of a slot's mark: bits of the hash; probe distance, 31 or more */

uint64_t
hash_key(const uint8_t *key, size_t width)
{
    uint64_t value = 0xCBF29CE484222325; /* FNV-1a, finished as MurmurHash3 does */
    for (size_t i = 0; i < width; i++) {
        value = (value ^ key[i]) * 0x100000001B3;
    }
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD;
    return value ^ value >> 29;
}

static uint64_t
hash_of(const chains *of, unsigned table, uint32_t row)
{
    return hash_key(of->keys + row * of->stride + table * of->width, of->width);
}

static uint32_t *
slots_of(const chains *of, unsigned table)
{
    return of->slots + table * of->growth[table].slots;
}

static uint32_t *
link_of(const chains *of, unsigned table, uint32_t row)
{
    return of->links + (size_t)row * of->tables + table;
}

static uint64_t
number_of(const uint32_t *owners, const uint64_t *numbers, uint32_t row)
{
    return numbers[3 * (size_t)(owners ? owners[row] : row)];
}

static uint32_t
row_in(uint32_t slot)
{
    return (slot & ROW) - 1;
}

static uint32_t
slot_of(uint32_t row, uint64_t hash, size_t steps)
{
    const uint32_t mark = (uint32_t)(hash & TAG) | (uint32_t)(steps < 31 ? steps : 31) << 3;
    return mark << ROW_BITS | (row + 1);
}

void
chain_prefetch(const chains *of, unsigned table, uint64_t hash)
{
    __builtin_prefetch(slots_of(of, table) + place_of(&of->growth[table], hash >> 32));
}

/* The slot of a key's chain, or the free one where it would be. */
static size_t
seek(const chains *of, unsigned table, uint64_t hash)
{
    const uint32_t *const slots = slots_of(of, table);
    uint32_t mark = (uint32_t)(hash & TAG);
    size_t at = place_of(&of->growth[table], hash >> 32);
    for (; slots[at]; at++) {
        if (slots[at] >> ROW_BITS == mark && hash_of(of, table, row_in(slots[at])) == hash) {
            break;
        }
        mark += mark < FAR ? NEXT : 0;
    }
    return at;
}

int64_t
chain_find(const chains *of, unsigned table, uint64_t hash)
{
    const uint32_t slot = slots_of(of, table)[seek(of, table, hash)];
    return slot ? (int64_t)row_in(slot) : -1;
}

/* Advance the pass of a table by a step, or begin a pass. */
static void
advance_chains(chains *of, unsigned table)
{
    growth *const growth = &of->growth[table];
    uint32_t *const slots = slots_of(of, table);
    size_t count;
    uint32_t *const moved = lift(growth, slots, sizeof *slots, &count);
    if (!moved) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (moved[i]) {
            __builtin_prefetch(of->keys + row_in(moved[i]) * of->stride + table * of->width);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (moved[i]) {
            const uint64_t hash = hash_of(of, table, row_in(moved[i]));
            const size_t place = place_of(growth, hash >> 32);
            size_t at = place;
            while (slots[at]) {
                at++;
            }
            if (at < growth->slots - 1) {
                slots[at] = slot_of(row_in(moved[i]), hash, at - place);
            } else {
                growth->live--;
            }
        }
    }
    free(moved);
    end_step(growth);
}

/* Link a row into the chain that a slot holds. */
static void
join(const chains *of, unsigned table, uint32_t row, uint32_t *slot)
{
    const uint64_t number = number_of(of->owners, of->numbers, row);
    const uint32_t last = row_in(*slot);
    uint32_t before = last;
    if (number > number_of(of->owners, of->numbers, last)) {
        *slot += row - last;
    } else {
        uint32_t next;
        while (next = *link_of(of, table, before),
               number_of(of->owners, of->numbers, next) < number) {
            before = next;
        }
    }
    *link_of(of, table, row) = *link_of(of, table, before);
    *link_of(of, table, before) = row;
}

static void
insert_into(chains *of, unsigned table, uint32_t row, uint64_t hash)
{
    growth *const growth = &of->growth[table];
    uint32_t *const slots = slots_of(of, table);
    const size_t at = seek(of, table, hash);
    *link_of(of, table, row) = row;
    if (slots[at]) {
        join(of, table, row, &slots[at]);
    } else if (at < growth->slots - 1) {
        growth->live++;
        slots[at] = slot_of(row, hash, at - place_of(growth, hash >> 32));
    }
    if (growth->cursor || is_full(growth)) {
        advance_chains(of, table);
    }
}

void
chains_insert(chains *of, const uint32_t *rows, size_t count, unsigned first, unsigned end)
{
    uint64_t hashes[AHEAD];
    const size_t ahead = count < AHEAD ? count : AHEAD;
    for (unsigned table = first; table < end; table++) { /* several times as fast as by row */
        for (size_t i = 0; i < count + ahead; i++) {
            if (i >= ahead) {
                insert_into(of, table, rows[i - ahead], hashes[(i - ahead) % AHEAD]);
            }
            if (i < count) {
                hashes[i % AHEAD] = hash_of(of, table, rows[i]);
                chain_prefetch(of, table, hashes[i % AHEAD]);
            }
        }
    }
}

/* Empty a slot by backward shift: the slots after it, up to an empty one, move up as far as their
   home slots allow. */
static void
close_slot(const chains *of, unsigned table, size_t hole)
{
    uint32_t *const slots = slots_of(of, table);
    for (size_t at = hole + 1; slots[at]; at++) {
        const uint32_t far = slots[at] >> ROW_BITS & FAR;
        const size_t place =
            far == FAR
                ? place_of(&of->growth[table], hash_of(of, table, row_in(slots[at])) >> 32)
                : at - (far >> 3);
        if (place <= hole) {
            const uint32_t steps = (uint32_t)(hole - place < 31 ? hole - place : 31);
            slots[hole] = (slots[at] & ~((uint32_t)FAR << ROW_BITS)) | steps << (ROW_BITS + 3);
            hole = at;
        }
    }
    slots[hole] = 0;
}

static void
remove_from(chains *of, unsigned table, uint32_t row)
{
    const size_t at = seek(of, table, hash_of(of, table, row));
    uint32_t *const slot = slots_of(of, table) + at;
    if (!*slot) {
        return;
    }
    const uint32_t last = row_in(*slot);
    uint32_t before = last;
    while (*link_of(of, table, before) != row) {
        before = *link_of(of, table, before);
        if (before == last) {
            return; /* it had been left out */
        }
    }
    if (before == row) {
        of->growth[table].live--;
        close_slot(of, table, at);
        return;
    }
    *link_of(of, table, before) = *link_of(of, table, row);
    if (row == last) {
        *slot -= row - before;
    }
}

void
chains_remove(chains *of, uint32_t row, unsigned end)
{
    for (unsigned table = 0; table < end; table++) {
        chain_prefetch(of, table, hash_of(of, table, row));
    }
    for (unsigned table = 0; table < end; table++) {
        remove_from(of, table, row);
    }
}

/* Postings. */

size_t
posting_place(const postings *of, uint32_t hash)
{
    const uint64_t spread = (uint64_t)hash * of->rate;
    return place_of(&of->growth, spread < WHOLE ? spread : WHOLE - 1);
}

static uint64_t
number_at(const postings *of, size_t at)
{
    return number_of(of->owners, of->numbers, (uint32_t)of->slots[at] - 1);
}

static void
advance_postings(postings *of)
{
    size_t count;
    uint64_t *const moved = lift(&of->growth, of->slots, sizeof *of->slots, &count);
    if (!moved) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (moved[i]) {
            size_t at = posting_place(of, (uint32_t)(moved[i] >> 32));
            while (of->slots[at]) {
                at++;
            }
            if (at < of->growth.slots - 1) {
                of->slots[at] = moved[i];
            } else {
                of->growth.live--;
            }
        }
    }
    free(moved);
    end_step(&of->growth);
}

/* The slot that a row takes under a hash that has `limit` rows: that of the newest row if the row
   is newer, that of the second newest if the row is older than this one; else -1. */
static int64_t
replaced(const postings *of, size_t place, uint32_t hash, uint32_t row)
{
    int64_t newest = -1, second = -1;
    for (size_t at = place; of->slots[at]; at++) {
        if (of->slots[at] >> 32 != hash) {
            continue;
        }
        if (newest < 0 || number_at(of, at) > number_at(of, (size_t)newest)) {
            second = newest, newest = (int64_t)at;
        } else if (second < 0 || number_at(of, at) > number_at(of, (size_t)second)) {
            second = (int64_t)at;
        }
    }
    const uint64_t number = number_of(of->owners, of->numbers, row);
    if (newest < 0 || number > number_at(of, (size_t)newest)) {
        return newest;
    }
    return second >= 0 && number < number_at(of, (size_t)second) ? second : -1;
}

void
postings_prefetch(const postings *of, const uint32_t *sample, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(of->slots + posting_place(of, sample[i]));
    }
}

size_t
postings_insert(postings *of, const uint32_t *sample, size_t count, uint32_t row)
{
    size_t cuts = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t place = posting_place(of, sample[i]);
        size_t held = 0;
        int64_t at = (int64_t)place;
        for (; of->slots[at]; at++) {
            held += of->slots[at] >> 32 == sample[i];
        }
        if (held >= of->limit) {
            at = replaced(of, place, sample[i], row);
            cuts++;
        } else if ((size_t)at < of->growth.slots - 1) {
            of->growth.live++;
        } else {
            at = -1;
        }
        if (at >= 0) {
            of->slots[at] = (uint64_t)sample[i] << 32 | (row + 1);
        }
        if (of->growth.cursor || is_full(&of->growth)) {
            advance_postings(of);
        }
    }
    return cuts;
}

void
postings_remove(postings *of, const uint32_t *sample, size_t count, uint32_t row)
{
    uint64_t *const slots = of->slots;
    for (size_t i = 0; i < count; i++) {
        const uint64_t wanted = (uint64_t)sample[i] << 32 | (row + 1);
        size_t hole = posting_place(of, sample[i]);
        while (slots[hole] && slots[hole] != wanted) {
            hole++;
        }
        if (!slots[hole]) {
            continue; /* it had been left out */
        }
        of->growth.live--;
        for (size_t at = hole + 1; slots[at]; at++) {
            if (posting_place(of, (uint32_t)(slots[at] >> 32)) <= hole) {
                slots[hole] = slots[at];
                hole = at;
            }
        }
        slots[hole] = 0;
    }
}
