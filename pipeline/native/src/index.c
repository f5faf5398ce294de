/* The index of articles: rows, the tables that lead to them, and the order they were last seen in.

   An exact row is an article: its number, the hash of its words, the hash of its address or 0, the
   time it was last seen, the place of its entry. In the near-copy window it may also have a near
   row: a signature of 128 times 8 bits, a chain for each band of it, and postings of sampled
   shingles. All arrays are in one block of memory, which is reserved for the capacity; the system
   commits it page by page, as it is written to. `pipeline/dedup/index` describes the index. */
#define _GNU_SOURCE
#include "chains.h"
#include "fingerprint.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PERMUTATIONS = 128, SIGNATURE = PERMUTATIONS * sizeof(uint32_t) };
enum { NUMBER, TEXT, URL, KEYS }; /* of an exact row, and the tables by them */
enum { AHEAD = 3 }; /* articles whose postings are fetched while others are added */
enum { LARGE = 250000 }; /* articles from which the index takes pages of 2 MB at once */
enum { POSTINGS = 48 }; /* room for sampled shingles per row; real articles have 21 */
static const double LEAST_HITS = 0.2; /* of the sample of the shorter text; see `propose` */

/* Values of `near` for rows without a near row. */
static const uint32_t NONE = UINT32_MAX, STALE = UINT32_MAX - 1, FREE = UINT32_MAX - 2;

/* A linked list of rows in the order in which they were last seen, by `before` and `after`. */
typedef struct {
    uint32_t first, last;
    int is_sorted;
} queue;

/* Rows from 0 to `used`; `free` of them form a free list that begins with `first_free`. */
typedef struct {
    uint32_t used, free, first_free;
} space;

typedef struct {
    PyObject_HEAD
    uint32_t capacity, largest, candidates;
    uint64_t short_words, min_words;
    uint8_t *memory;
    size_t size;
    uint64_t *keys;       /* (rows, KEYS) */
    uint64_t *places;     /* (rows) the place of the entry */
    uint32_t *seen;       /* (rows) seconds since 1970 */
    uint32_t *near;       /* (rows) the near row, or one of the values above */
    uint32_t *before;     /* (rows) */
    uint32_t *after;      /* (rows); of free ones the next free one */
    uint8_t *signatures;  /* (near rows, PERMUTATIONS) */
    uint32_t *owners;     /* (near rows) the exact row */
    uint32_t *shingles;   /* (near rows) distinct ones; of free rows the next free one */
    queue fresh, stale;   /* exact rows in the window, and beyond it */
    space exact_rows, near_rows;
    chains exact, bands;
    postings postings;
    growth exact_growth[KEYS], *band_growth;
    int is_busy; /* loads without holding the GIL */
} index_object;

/* Memory. */

static size_t
placed(uint8_t *memory, size_t *size, size_t bytes, uint8_t **array)
{
    *array = memory ? memory + *size : NULL;
    return *size += (bytes + 4095) & ~(size_t)4095;
}

/* Give each array its place in a block; returns the size of the block. */
static size_t
lay_out(index_object *self, uint8_t *memory)
{
    const size_t rows = self->capacity, bands = self->bands.tables;
    const size_t slots = slots_for(rows), posted = slots_for(POSTINGS * rows);
    size_t size = 0;
    placed(memory, &size, rows * KEYS * sizeof(uint64_t), (uint8_t **)&self->keys);
    placed(memory, &size, rows * sizeof(uint64_t), (uint8_t **)&self->places);
    placed(memory, &size, rows * sizeof(uint32_t), (uint8_t **)&self->seen);
    placed(memory, &size, rows * sizeof(uint32_t), (uint8_t **)&self->near);
    placed(memory, &size, rows * sizeof(uint32_t), (uint8_t **)&self->before);
    placed(memory, &size, rows * sizeof(uint32_t), (uint8_t **)&self->after);
    placed(memory, &size, rows * PERMUTATIONS, &self->signatures);
    placed(memory, &size, rows * sizeof(uint32_t), (uint8_t **)&self->owners);
    placed(memory, &size, rows * sizeof(uint32_t), (uint8_t **)&self->shingles);
    placed(memory, &size, rows * KEYS * sizeof(uint32_t), (uint8_t **)&self->exact.links);
    placed(memory, &size, slots * KEYS * sizeof(uint32_t), (uint8_t **)&self->exact.slots);
    placed(memory, &size, rows * bands * sizeof(uint32_t), (uint8_t **)&self->bands.links);
    placed(memory, &size, slots * bands * sizeof(uint32_t), (uint8_t **)&self->bands.slots);
    placed(memory, &size, posted * sizeof(uint64_t), (uint8_t **)&self->postings.slots);
    return size;
}

/* Empty the index, in new memory; -1 with an exception set, and nothing changed. */
static int
reset(index_object *self, size_t articles, size_t sampled)
{
    const size_t size = lay_out(self, NULL);
    void *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        lay_out(self, self->memory);
        PyErr_NoMemory();
        return -1;
    }
#ifdef MADV_NOHUGEPAGE
    /* With pages of 2 MB the first article would take 60 MB and a tenth of a second. A large index
       is loaded and asked faster with them. */
    madvise(memory, size, articles < LARGE ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
#endif
    if (self->memory) {
        munmap(self->memory, self->size);
    }
    self->memory = memory;
    self->size = lay_out(self, memory);
    self->fresh = self->stale = (queue){NONE, NONE, 1};
    self->exact_rows = self->near_rows = (space){0, 0, NONE};
    const size_t slots = slots_for(self->capacity);
    for (int table = 0; table < KEYS; table++) {
        self->exact_growth[table] = growth_of(articles, slots);
    }
    for (unsigned table = 0; table < self->bands.tables; table++) {
        self->band_growth[table] = growth_of(articles, slots);
    }
    self->postings.growth = growth_of(sampled, slots_for((size_t)POSTINGS * self->capacity));
    self->exact.growth = self->exact_growth, self->bands.growth = self->band_growth;
    self->exact.keys = (const uint8_t *)self->keys, self->bands.keys = self->signatures;
    self->exact.numbers = self->bands.numbers = self->postings.numbers = self->keys;
    self->bands.owners = self->postings.owners = self->owners;
    return 0;
}

/* Allocate a row; the caller checks that one is free. */
static uint32_t
take(space *of, uint32_t *next)
{
    if (of->free == 0) {
        return of->used++;
    }
    const uint32_t row = of->first_free;
    of->first_free = next[row];
    of->free--;
    return row;
}

static void
give(space *of, uint32_t *next, uint32_t row)
{
    next[row] = of->first_free;
    of->first_free = row;
    of->free++;
}

static uint32_t
held(const index_object *self)
{
    return self->exact_rows.used - self->exact_rows.free;
}

/* The order in which rows were last seen. */

static void
append(index_object *self, queue *to, uint32_t row)
{
    self->before[row] = to->last, self->after[row] = NONE;
    if (to->last == NONE) {
        to->first = row;
    } else {
        self->after[to->last] = row;
        to->is_sorted &= self->seen[to->last] <= self->seen[row];
    }
    to->last = row;
}

static void
unlink_row(index_object *self, queue *from, uint32_t row)
{
    const uint32_t before = self->before[row], after = self->after[row];
    *(before == NONE ? &from->first : &self->after[before]) = after;
    *(after == NONE ? &from->last : &self->before[after]) = before;
}

static int
compare_words(const void *one, const void *other)
{
    const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* Sort a queue by the time last seen, stably. 0, or -1 with an exception set. */
static int
sort(index_object *self, queue *of)
{
    if (of->is_sorted) {
        return 0;
    }
    uint32_t *const rows = malloc(held(self) * sizeof *rows);
    uint64_t *const order = malloc(held(self) * sizeof *order);
    if (!rows || !order) {
        free(rows);
        free(order);
        PyErr_NoMemory();
        return -1;
    }
    size_t count = 0;
    for (uint32_t row = of->first; row != NONE; row = self->after[row]) {
        rows[count] = row;
        order[count] = (uint64_t)self->seen[row] << 32 | count;
        count++;
    }
    qsort(order, count, sizeof *order, compare_words);
    *of = (queue){NONE, NONE, 1};
    for (size_t i = 0; i < count; i++) {
        append(self, of, rows[(uint32_t)order[i]]);
    }
    free(rows);
    free(order);
    return 0;
}

/* Exact rows and near rows. */

static unsigned
tables_of(const index_object *self, uint32_t row)
{
    /* rows without an address are not in the table of addresses */
    return self->keys[KEYS * (size_t)row + URL] ? KEYS : URL;
}

static int64_t
find(const index_object *self, uint64_t number)
{
    return chain_find(&self->exact, NUMBER, hash_key((const uint8_t *)&number, sizeof number));
}

static uint32_t
add_near(index_object *self, uint32_t row, uint32_t shingles)
{
    const uint32_t near = take(&self->near_rows, self->shingles);
    self->near[row] = near, self->owners[near] = row, self->shingles[near] = shingles;
    return near;
}

static void
shorten(const uint8_t *signature, uint8_t *into)
{
    for (int i = 0; i < PERMUTATIONS; i++) {
        into[i] = signature[i * sizeof(uint32_t)]; /* the lowest 8 bits of 32 */
    }
}

/* Look-ups. */

typedef struct {
    uint32_t *at;
    size_t count, room;
    int has_failed; /* no memory: the rows are incomplete */
} rows;

static void
push(rows *to, uint32_t row)
{
    if (to->count == to->room) {
        const size_t room = to->room ? 2 * to->room : 64;
        uint32_t *const larger = realloc(to->at, room * sizeof *larger);
        if (!larger) {
            to->has_failed = 1;
            return;
        }
        to->at = larger, to->room = room;
    }
    to->at[to->count++] = row;
}

/* Append the first `limit` rows of a chain that were seen since `mark`, in order of number. */
static void
members(const index_object *self, unsigned table, uint64_t key, uint32_t mark, size_t limit,
        rows *to)
{
    const int64_t last =
        key ? chain_find(&self->exact, table, hash_key((const uint8_t *)&key, sizeof key)) : -1;
    int64_t row = last;
    for (size_t count = 0; last >= 0 && count < limit;) {
        row = self->exact.links[row * KEYS + table];
        if (self->seen[row] >= mark) {
            push(to, (uint32_t)row);
            count++;
        }
        if (row == last) {
            return;
        }
    }
}

typedef struct {
    uint8_t signature[PERMUTATIONS];
    uint32_t *sample; /* sampled shingles */
    size_t sampled, shingles;
    uint32_t mark;
} query;

static int
in_window(const index_object *self, uint32_t near, uint32_t mark)
{
    return self->seen[self->owners[near]] >= mark;
}

/* Append 2 * row + 1 for each near row that shares a band, once per band: of a chain the earliest
   rows and the newest. Returns how many chains were cut short. */
static size_t
add_banded(const index_object *self, const query *of, rows *to)
{
    const chains *const bands = &self->bands;
    uint64_t hashes[PERMUTATIONS];
    size_t cuts = 0;
    for (unsigned table = 0; table < bands->tables; table++) {
        hashes[table] = hash_key(of->signature + table * bands->width, bands->width);
        chain_prefetch(bands, table, hashes[table]);
    }
    for (unsigned table = 0; table < bands->tables; table++) {
        const int64_t last = chain_find(bands, table, hashes[table]);
        size_t count = 0;
        for (int64_t row = last; last >= 0;) {
            row = bands->links[(size_t)row * bands->tables + table];
            if (count + 1 == self->postings.limit && row != last) {
                cuts++;
                row = last;
            }
            if (in_window(self, (uint32_t)row, of->mark)) {
                push(to, 2 * (uint32_t)row + 1);
                count++;
            }
            if (row == last) {
                break;
            }
        }
    }
    return cuts;
}

/* Append 2 * row for each near row that has a sampled shingle, once per shingle. */
static void
add_sampled(const index_object *self, const query *of, rows *to)
{
    const postings *const postings = &self->postings;
    for (size_t i = 0; i < of->sampled; i++) {
        __builtin_prefetch(postings->slots + posting_place(postings, of->sample[i]));
    }
    for (size_t i = 0; i < of->sampled; i++) {
        for (size_t at = posting_place(postings, of->sample[i]); postings->slots[at]; at++) {
            const uint32_t row = (uint32_t)postings->slots[at] - 1;
            if (postings->slots[at] >> 32 == of->sample[i] && in_window(self, row, of->mark)) {
                push(to, 2 * row);
            }
        }
    }
}

typedef struct {
    double likeness;
    uint64_t number;
    uint32_t row;
} candidate;

/* Order by descending likeness, equal ones by number. */
static int
compare_likeness(const void *one, const void *other)
{
    const candidate *const a = one, *const b = other;
    if (a->likeness != b->likeness) {
        return a->likeness > b->likeness ? -1 : 1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

static int
compare_rows(const void *one, const void *other)
{
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* Append the exact rows whose near rows share a band, or enough of the sample; if there are more
   than `candidates`, the most alike. Likeness: the sampled shingles in common, divided by the
   expected sample size of the shorter text. Returns how many chains were cut short. */
static size_t
propose(const index_object *self, const query *of, rows *to)
{
    rows hits = {0};
    const size_t cuts = add_banded(self, of, &hits);
    add_sampled(self, of, &hits);
    candidate *const found = malloc((hits.count + 1) * sizeof *found);
    to->has_failed |= hits.has_failed || !found;
    if (hits.count && found) {
        qsort(hits.at, hits.count, sizeof *hits.at, compare_rows);
    }
    const double rate = self->postings.rate, size = (double)of->shingles / rate;
    const double full = size < self->largest ? size : self->largest;
    size_t count = 0;
    for (size_t i = 0; found && i < hits.count;) {
        const uint32_t near = hits.at[i] >> 1;
        size_t shared = 0;
        int is_banded = 0;
        for (; i < hits.count && hits.at[i] >> 1 == near; i++) {
            shared += !(hits.at[i] & 1);
            is_banded |= hits.at[i] & 1;
        }
        const double other = self->shingles[near] / rate, expected = full < other ? full : other;
        if (is_banded || shared >= (size_t)(LEAST_HITS * expected)) {
            const uint32_t row = self->owners[near];
            const double likeness = expected > 0 ? (double)shared / expected : 0;
            found[count++] = (candidate){likeness, self->keys[KEYS * (size_t)row], row};
        }
    }
    if (count > self->candidates) {
        qsort(found, count, sizeof *found, compare_likeness);
        count = self->candidates;
    }
    for (size_t i = 0; i < count; i++) {
        push(to, found[i].row);
    }
    free(found);
    free(hits.at);
    return cuts;
}

/* The functions for Python. */

static int
as_u64(PyObject *value, void *into)
{
    const unsigned long long found = PyLong_AsUnsignedLongLong(value);
    *(uint64_t *)into = found;
    return !(found == (unsigned long long)-1 && PyErr_Occurred());
}

static int
as_u32(PyObject *value, void *into)
{
    uint64_t found;
    if (!as_u64(value, &found)) {
        return 0;
    }
    if (found > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "more than 32 bits");
        return 0;
    }
    *(uint32_t *)into = (uint32_t)found;
    return 1;
}

static int
refuse(const char *why)
{
    PyErr_SetString(PyExc_ValueError, why);
    return -1;
}

/* -1 with an exception set while another thread loads, or before `__init__` has finished. */
static int
ready(const index_object *self)
{
    if (!self->memory) {
        return refuse("the index was not made");
    }
    if (self->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "the index is loading in another thread");
        return -1;
    }
    return 0;
}

/* -1 with an exception set for a row that is not in use. */
static int
check_row(const index_object *self, uint32_t row)
{
    if (ready(self) < 0) {
        return -1;
    }
    return row < self->exact_rows.used && self->near[row] != FREE ? 0 : refuse("no such row");
}

static int
is_hashes(const Py_buffer *buffer)
{
    return buffer->len % (Py_ssize_t)sizeof(uint32_t) == 0 &&
           (uintptr_t)buffer->buf % sizeof(uint32_t) == 0;
}

/* The sample of packed shingles, which the caller frees; NULL with an exception set. */
static uint32_t *
sample_of(const index_object *self, const Py_buffer *shingles, size_t *count)
{
    if (!is_hashes(shingles)) {
        refuse("shingles take four bytes each");
        return NULL;
    }
    const size_t all = (size_t)shingles->len / sizeof(uint32_t);
    uint32_t *const into = malloc((all + 1) * sizeof *into);
    if (!into) {
        PyErr_NoMemory();
        return NULL;
    }
    *count = sample(shingles->buf, all, self->postings.rate, self->largest, into);
    return into;
}

static int
index_init(PyObject *object, PyObject *arguments, PyObject *names)
{
    index_object *const self = (index_object *)object;
    static char *const known[] = {"capacity",   "bands",       "band_rows",
                                  "rate",       "sample_size", "postings",
                                  "candidates", "short_words", "min_words",
                                  NULL};
    uint32_t capacity, bands, width, rate, largest, limit, candidates;
    uint64_t short_words, min_words;
    if (!PyArg_ParseTupleAndKeywords(arguments, names, "$O&O&O&O&O&O&O&O&O&", (char **)known, as_u32,
                                     &capacity, as_u32, &bands, as_u32, &width, as_u32, &rate,
                                     as_u32, &largest, as_u32, &limit, as_u32, &candidates, as_u64,
                                     &short_words, as_u64, &min_words)) {
        return -1;
    }
    if (self->memory) {
        return refuse("an index is made once");
    }
    if (!capacity || capacity > MAX_ROWS || !rate || !limit || !bands || !width) {
        return refuse("a size is zero, or the capacity over 2**24 - 1");
    }
    if ((uint64_t)bands * width > PERMUTATIONS) {
        return refuse("the bands do not fit a signature of 128 values");
    }
    PyMem_Free(self->band_growth);
    self->band_growth = PyMem_Calloc(bands, sizeof *self->band_growth);
    if (!self->band_growth) {
        PyErr_NoMemory();
        return -1;
    }
    self->capacity = capacity, self->largest = largest, self->candidates = candidates;
    self->short_words = short_words, self->min_words = min_words;
    self->exact = (chains){.tables = KEYS, .width = sizeof(uint64_t),
                           .stride = KEYS * sizeof(uint64_t)};
    self->bands = (chains){.tables = bands, .width = width, .stride = PERMUTATIONS};
    self->postings = (postings){.rate = rate, .limit = limit};
    return reset(self, 0, 0);
}

static void
index_dealloc(PyObject *object)
{
    index_object *const self = (index_object *)object;
    PyTypeObject *const type = Py_TYPE(object);
    if (self->memory) {
        munmap(self->memory, self->size);
    }
    PyMem_Free(self->band_growth);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static Py_ssize_t
index_length(PyObject *self)
{
    return held((index_object *)self);
}

static PyObject *
clear(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint64_t articles = 0, sampled = 0;
    if (!PyArg_ParseTuple(arguments, "|O&O&", as_u64, &articles, as_u64, &sampled)) {
        return NULL;
    }
    const uint64_t most = self->capacity;
    articles = articles < most ? articles : most;
    sampled = sampled < POSTINGS * most ? sampled : POSTINGS * most;
    if (ready(self) < 0 || reset(self, articles, sampled) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
insert(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint64_t number, text, url, place;
    uint32_t seen;
    if (!PyArg_ParseTuple(arguments, "O&O&O&O&O&", as_u64, &number, as_u64, &text, as_u64, &url,
                          as_u64, &place, as_u32, &seen) ||
        ready(self) < 0) {
        return NULL;
    }
    if (held(self) == self->capacity) {
        refuse("the index is full");
        return NULL;
    }
    if (find(self, number) >= 0) {
        refuse("the number is in use");
        return NULL;
    }
    const uint32_t row = take(&self->exact_rows, self->after);
    uint64_t *const keys = self->keys + KEYS * (size_t)row;
    keys[NUMBER] = number, keys[TEXT] = text, keys[URL] = url;
    self->places[row] = place, self->seen[row] = seen, self->near[row] = NONE;
    chains_insert(&self->exact, &row, 1, 0, tables_of(self, row));
    append(self, &self->fresh, row);
    return PyLong_FromUnsignedLong(row);
}

static PyObject *
enter_window(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row;
    Py_buffer signature, shingles;
    PyObject *found = NULL;
    if (!PyArg_ParseTuple(arguments, "O&y*y*", as_u32, &row, &signature, &shingles)) {
        return NULL;
    }
    size_t count;
    uint32_t *sampled;
    if (check_row(self, row) < 0) {
    } else if (self->near[row] != NONE || signature.len != SIGNATURE) {
        refuse("a row enters the window once, with a signature of 512 bytes");
    } else if ((sampled = sample_of(self, &shingles, &count))) {
        const uint32_t near =
            add_near(self, row, (uint32_t)((size_t)shingles.len / sizeof(uint32_t)));
        shorten(signature.buf, self->signatures + (size_t)near * PERMUTATIONS);
        for (unsigned table = 0; table < self->bands.tables; table++) {
            chain_prefetch(&self->bands, table,
                           hash_key(self->signatures + (size_t)near * PERMUTATIONS +
                                        table * self->bands.width,
                                    self->bands.width));
        }
        chains_insert(&self->bands, &near, 1, 0, self->bands.tables);
        postings_prefetch(&self->postings, sampled, count);
        const size_t cuts = postings_insert(&self->postings, sampled, count, near);
        found = Py_BuildValue("(ny#)", (Py_ssize_t)cuts, (const char *)sampled,
                              (Py_ssize_t)(count * sizeof *sampled));
        free(sampled);
    }
    PyBuffer_Release(&signature);
    PyBuffer_Release(&shingles);
    return found;
}

static PyObject *
leave_window(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row;
    Py_buffer shingles;
    if (!PyArg_ParseTuple(arguments, "O&y*", as_u32, &row, &shingles)) {
        return NULL;
    }
    size_t count;
    uint32_t *sampled = NULL;
    const int is_there = check_row(self, row) == 0;
    if (is_there && self->near[row] == STALE) {
        refuse("the row is beyond the window");
    } else if (is_there && (sampled = sample_of(self, &shingles, &count))) {
        const uint32_t near = self->near[row];
        if (near != NONE) {
            chains_remove(&self->bands, near, self->bands.tables);
            postings_remove(&self->postings, sampled, count, near);
            give(&self->near_rows, self->shingles, near);
        }
        unlink_row(self, &self->fresh, row);
        self->near[row] = STALE;
        append(self, &self->stale, row);
        free(sampled);
    }
    PyBuffer_Release(&shingles);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *
renew(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row, seen;
    if (!PyArg_ParseTuple(arguments, "O&O&", as_u32, &row, as_u32, &seen) ||
        check_row(self, row) < 0) {
        return NULL;
    }
    queue *const its = self->near[row] == STALE ? &self->stale : &self->fresh;
    unlink_row(self, its, row);
    self->seen[row] = seen;
    append(self, its, row);
    Py_RETURN_NONE;
}

static PyObject *
return_to_window(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row, seen;
    if (!PyArg_ParseTuple(arguments, "O&O&", as_u32, &row, as_u32, &seen) ||
        check_row(self, row) < 0) {
        return NULL;
    }
    if (self->near[row] != STALE) {
        refuse("the row is in the window");
        return NULL;
    }
    unlink_row(self, &self->stale, row);
    self->near[row] = NONE, self->seen[row] = seen;
    append(self, &self->fresh, row);
    Py_RETURN_NONE;
}

static PyObject *
remove_row(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row;
    if (!PyArg_ParseTuple(arguments, "O&", as_u32, &row) || check_row(self, row) < 0) {
        return NULL;
    }
    if (self->near[row] != STALE) {
        refuse("the row is in the window");
        return NULL;
    }
    unlink_row(self, &self->stale, row);
    chains_remove(&self->exact, row, tables_of(self, row));
    self->near[row] = FREE;
    give(&self->exact_rows, self->after, row);
    Py_RETURN_NONE;
}

static PyObject *
move(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row;
    uint64_t place;
    if (!PyArg_ParseTuple(arguments, "O&O&", as_u32, &row, as_u64, &place) ||
        check_row(self, row) < 0) {
        return NULL;
    }
    self->places[row] = place;
    Py_RETURN_NONE;
}

static PyObject *
find_number(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint64_t number;
    if (!PyArg_ParseTuple(arguments, "O&", as_u64, &number) || ready(self) < 0) {
        return NULL;
    }
    const int64_t row = find(self, number);
    return row < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(row);
}

static PyObject *
get(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint32_t row;
    if (!PyArg_ParseTuple(arguments, "O&", as_u32, &row) || check_row(self, row) < 0) {
        return NULL;
    }
    const uint64_t *const keys = self->keys + KEYS * (size_t)row;
    const int state = self->near[row] == STALE ? 2 : self->near[row] == NONE ? 1 : 0;
    return Py_BuildValue("(KKKIi)", keys[NUMBER], keys[TEXT], self->places[row], self->seen[row],
                         state);
}

static PyObject *
first_of(index_object *self, queue *of)
{
    if (ready(self) < 0 || sort(self, of) < 0) {
        return NULL;
    }
    return of->first == NONE ? Py_NewRef(Py_None) : PyLong_FromUnsignedLong(of->first);
}

static PyObject *
oldest_in_window(PyObject *object, PyObject *unused)
{
    (void)unused;
    return first_of((index_object *)object, &((index_object *)object)->fresh);
}

static PyObject *
oldest_behind_window(PyObject *object, PyObject *unused)
{
    (void)unused;
    return first_of((index_object *)object, &((index_object *)object)->stale);
}

/* What a list of rows consists of. */
typedef enum { ROWS, PLACES, BOTH } listing;

/* A list of rows, of their places, or of both; frees the rows. */
static PyObject *
listed(const index_object *self, rows *of, listing as)
{
    PyObject *list = of->has_failed ? PyErr_NoMemory() : PyList_New((Py_ssize_t)of->count);
    for (size_t i = 0; list && i < of->count; i++) {
        const uint32_t row = of->at[i];
        PyObject *const one = as == ROWS     ? PyLong_FromUnsignedLong(row)
                              : as == PLACES ? PyLong_FromUnsignedLongLong(self->places[row])
                                             : Py_BuildValue("(IK)", row, self->places[row]);
        if (!one) {
            Py_CLEAR(list);
        } else {
            PyList_SetItem(list, (Py_ssize_t)i, one);
        }
    }
    free(of->at);
    return list;
}

static PyObject *
known(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint64_t text, url;
    uint32_t mark;
    if (!PyArg_ParseTuple(arguments, "O&O&O&", as_u64, &text, as_u64, &url, as_u32, &mark) ||
        ready(self) < 0) {
        return NULL;
    }
    rows found = {0};
    members(self, URL, url, mark, SIZE_MAX, &found);
    size_t at_url = 0;
    for (size_t i = 0; i < found.count; i++) {
        found.at[at_url] = found.at[i];
        at_url += self->keys[KEYS * (size_t)found.at[i] + TEXT] == text;
    }
    found.count = at_url;
    members(self, TEXT, text, mark, self->candidates, &found);
    PyObject *const list = listed(self, &found, BOTH);
    return list ? Py_BuildValue("(Nn)", list, (Py_ssize_t)at_url) : NULL;
}

/* Sort exact rows by their numbers and remove repeats. */
static void
order(const index_object *self, rows *of)
{
    candidate *const sorted = malloc((of->count + 1) * sizeof *sorted);
    of->has_failed |= !sorted;
    for (size_t i = 0; sorted && i < of->count; i++) {
        sorted[i] = (candidate){0, self->keys[KEYS * (size_t)of->at[i]], of->at[i]};
    }
    if (sorted && of->count > 1) {
        qsort(sorted, of->count, sizeof *sorted, compare_likeness);
        size_t count = 0;
        for (size_t i = 0; i < of->count; i++) {
            of->at[count] = sorted[i].row;
            count += i == 0 || sorted[i].row != sorted[i - 1].row;
        }
        of->count = count;
    }
    free(sorted);
}

static PyObject *
look_up(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint64_t text, url, words;
    uint32_t exact_mark;
    Py_buffer signature, shingles;
    query of = {0};
    if (!PyArg_ParseTuple(arguments, "O&O&O&O&y*y*O&", as_u64, &text, as_u64, &url, as_u32,
                          &exact_mark, as_u32, &of.mark, &signature, &shingles, as_u64, &words)) {
        return NULL;
    }
    rows found = {0};
    size_t cuts = 0;
    PyObject *list = NULL;
    if (signature.len != SIGNATURE) {
        refuse("a signature has 512 bytes");
    } else if (ready(self) == 0 && (of.sample = sample_of(self, &shingles, &of.sampled))) {
        members(self, TEXT, text, exact_mark, self->candidates, &found);
        const size_t texts = found.count;
        if (!texts || words < self->short_words) { /* else the exact copies suffice */
            members(self, URL, url, exact_mark, SIZE_MAX, &found);
            const size_t at_url = found.count - texts;
            if (at_url > self->candidates) { /* the newest */
                memmove(found.at + texts, found.at + found.count - self->candidates,
                        self->candidates * sizeof *found.at);
                found.count = texts + self->candidates;
            }
            if (words >= self->min_words) {
                shorten(signature.buf, of.signature);
                of.shingles = (size_t)shingles.len / sizeof(uint32_t);
                cuts = propose(self, &of, &found);
            }
            order(self, &found);
        }
        free(of.sample);
        list = listed(self, &found, PLACES);
    }
    PyBuffer_Release(&signature);
    PyBuffer_Release(&shingles);
    return list ? Py_BuildValue("(Nn)", list, (Py_ssize_t)cuts) : NULL;
}

static PyObject *
rows_before(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    uint64_t place, limit;
    if (!PyArg_ParseTuple(arguments, "O&O&", as_u64, &place, as_u64, &limit) || ready(self) < 0) {
        return NULL;
    }
    rows found = {0};
    const uint32_t firsts[] = {self->stale.first, self->fresh.first};
    for (int i = 0; i < 2; i++) {
        for (uint32_t row = firsts[i]; row != NONE && found.count < limit; row = self->after[row]) {
            if (self->places[row] < place) {
                push(&found, row);
            }
        }
    }
    return listed(self, &found, ROWS);
}

/* An article in the format HELD of `pipeline/dedup/index/changes.py`. */
enum {
    AT_PLACE = KEYS * sizeof(uint64_t),
    AT_SEEN = AT_PLACE + sizeof(uint64_t),
    AT_SHINGLES = AT_SEEN + sizeof(uint32_t),
    AT_SAMPLED = AT_SHINGLES + sizeof(uint32_t),
    AT_SIGNATURE = AT_SAMPLED + sizeof(uint32_t),
    RECORD = AT_SIGNATURE + PERMUTATIONS,
};

static uint32_t
u32_at(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t
u64_at(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void
export_row(const index_object *self, uint32_t row, uint8_t *into)
{
    memset(into, 0, RECORD);
    memcpy(into, self->keys + KEYS * (size_t)row, AT_PLACE);
    memcpy(into + AT_PLACE, self->places + row, sizeof(uint64_t));
    memcpy(into + AT_SEEN, self->seen + row, sizeof(uint32_t));
    const uint32_t near = self->near[row];
    if (near < FREE) {
        memcpy(into + AT_SHINGLES, self->shingles + near, sizeof(uint32_t));
        memcpy(into + AT_SIGNATURE, self->signatures + (size_t)near * PERMUTATIONS, PERMUTATIONS);
    }
}

static PyObject *
export(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    PyObject *list;
    if (!PyArg_ParseTuple(arguments, "O", &list)) {
        return NULL;
    }
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "a list of rows is expected");
        return NULL;
    }
    const Py_ssize_t count = PyList_Size(list);
    PyObject *const found = PyBytes_FromStringAndSize(NULL, count * RECORD);
    uint8_t *const into = found ? (uint8_t *)PyBytes_AsString(found) : NULL;
    for (Py_ssize_t i = 0; found && i < count; i++) {
        PyObject *const one = PyList_GetItem(list, i);
        uint32_t row;
        if (!one || !as_u32(one, &row) || check_row(self, row) < 0) {
            Py_DECREF(found);
            return NULL;
        }
        export_row(self, row, into + i * RECORD);
    }
    return found;
}

/* The input of a load, and room for its results. */
typedef struct {
    const uint8_t *held;
    size_t count;
    const uint32_t *sample;
    uint32_t *rows;   /* the rows of articles, with an address first, then without */
    uint32_t *near;   /* near rows */
    size_t *starts;   /* the start of the sample of each near row */
    uint32_t *sizes;  /* and its size */
    uint64_t *left;   /* the earlier places of the entries of articles that were known */
} load_job;

/* Insert new articles and move the entries of known ones; returns how many were known. */
static size_t
load_all(index_object *self, const load_job *job, uint32_t mark, uint64_t least)
{
    size_t moved = 0, near = 0, start = 0, with_url = 0, without = job->count;
    for (size_t i = 0; i < job->count; i++) {
        const uint8_t *const one = job->held + i * RECORD;
        const uint64_t number = u64_at(one);
        const uint32_t shingles = u32_at(one + AT_SHINGLES), sampled = u32_at(one + AT_SAMPLED);
        const int64_t here = number < least ? find(self, number) : -1;
        start += sampled;
        if (here >= 0) {
            job->left[moved++] = self->places[here];
            self->places[here] = u64_at(one + AT_PLACE);
            continue;
        }
        const uint32_t row = take(&self->exact_rows, self->after);
        memcpy(self->keys + KEYS * (size_t)row, one, AT_PLACE);
        self->places[row] = u64_at(one + AT_PLACE);
        self->seen[row] = u32_at(one + AT_SEEN);
        const int is_fresh = self->seen[row] >= mark;
        self->near[row] = is_fresh ? NONE : STALE;
        append(self, is_fresh ? &self->fresh : &self->stale, row);
        job->rows[tables_of(self, row) == KEYS ? with_url++ : --without] = row;
        if (is_fresh && shingles) {
            job->near[near] = add_near(self, row, shingles);
            memcpy(self->signatures + (size_t)job->near[near] * PERMUTATIONS, one + AT_SIGNATURE,
                   PERMUTATIONS);
            job->starts[near] = start - sampled, job->sizes[near] = sampled;
            near++;
        }
    }
    chains_insert(&self->exact, job->rows, with_url, 0, KEYS);
    chains_insert(&self->exact, job->rows + without, job->count - without, 0, URL);
    chains_insert(&self->bands, job->near, near, 0, self->bands.tables);
    for (size_t i = 0; i < near + AHEAD; i++) {
        if (i < near) {
            postings_prefetch(&self->postings, job->sample + job->starts[i], job->sizes[i]);
        }
        if (i >= AHEAD) {
            const size_t at = i - AHEAD;
            postings_insert(&self->postings, job->sample + job->starts[at], job->sizes[at],
                            job->near[at]);
        }
    }
    return moved;
}

/* -1 with an exception set if the load is malformed or exceeds the capacity. */
static int
check_load(const index_object *self, const Py_buffer *held_, const Py_buffer *sampled,
           uint64_t least)
{
    if (held_->len % RECORD || !is_hashes(sampled)) {
        return refuse("a load is truncated");
    }
    const uint8_t *const records = held_->buf;
    const size_t count = (size_t)held_->len / RECORD;
    size_t all = 0, added = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t number = u64_at(records + i * RECORD);
        all += u32_at(records + i * RECORD + AT_SAMPLED);
        added += number >= least || find(self, number) < 0;
    }
    if (all != (size_t)sampled->len / sizeof(uint32_t)) {
        return refuse("a load has another number of sampled shingles than it states");
    }
    if (held(self) + added > self->capacity) {
        PyErr_Format(PyExc_ValueError, "it holds more than dedup.capacity, %zu articles",
                     (size_t)self->capacity);
        return -1;
    }
    return 0;
}

static PyObject *
load(PyObject *object, PyObject *arguments)
{
    index_object *const self = (index_object *)object;
    Py_buffer records, sampled;
    uint32_t mark;
    uint64_t least;
    PyObject *found = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*O&O&", &records, &sampled, as_u32, &mark, as_u64,
                          &least)) {
        return NULL;
    }
    if (ready(self) == 0 && check_load(self, &records, &sampled, least) == 0) {
        const size_t count = (size_t)records.len / RECORD;
        uint8_t *const room = malloc((count + 1) * (2 * sizeof(uint64_t) + 3 * sizeof(uint32_t)));
        load_job job = {.held = records.buf, .count = count, .sample = sampled.buf};
        if (room) {
            job.left = (uint64_t *)room, job.starts = (size_t *)(job.left + count);
            job.rows = (uint32_t *)(job.starts + count), job.near = job.rows + count;
            job.sizes = job.near + count;
            size_t moved;
            self->is_busy = 1;
            Py_BEGIN_ALLOW_THREADS
            moved = load_all(self, &job, mark, least);
            Py_END_ALLOW_THREADS
            self->is_busy = 0;
            found = PyBytes_FromStringAndSize((const char *)job.left,
                                              (Py_ssize_t)(moved * sizeof(uint64_t)));
            free(room);
        } else {
            PyErr_NoMemory();
        }
    }
    PyBuffer_Release(&records);
    PyBuffer_Release(&sampled);
    return found;
}

static PyObject *
count_keys(PyObject *object, void *unused)
{
    (void)unused;
    const index_object *const self = (index_object *)object;
    uint64_t keys = 0;
    for (int table = 0; table < KEYS; table++) {
        keys += self->exact_growth[table].live;
    }
    for (unsigned table = 0; table < self->bands.tables; table++) {
        keys += self->band_growth[table].live;
    }
    return PyLong_FromUnsignedLongLong(keys);
}

static PyObject *
sampled(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(((index_object *)object)->postings.growth.live);
}

static PyObject *
size_of_rows(PyObject *object, void *unused)
{
    (void)unused;
    const index_object *const self = (index_object *)object;
    const size_t bands = self->bands.tables;
    uint64_t slots = 0;
    for (int table = 0; table < KEYS; table++) {
        slots += self->exact_growth[table].new_size;
    }
    for (size_t table = 0; table < bands; table++) {
        slots += self->band_growth[table].new_size;
    }
    const uint64_t exact = (KEYS + 1) * sizeof(uint64_t) + (KEYS + 4) * sizeof(uint32_t);
    const uint64_t near = PERMUTATIONS + (bands + 2) * sizeof(uint32_t);
    return PyLong_FromUnsignedLongLong(self->exact_rows.used * exact + self->near_rows.used * near +
                                       slots * sizeof(uint32_t));
}

static PyObject *
size_of_sample(PyObject *object, void *unused)
{
    (void)unused;
    const index_object *const self = (index_object *)object;
    return PyLong_FromUnsignedLongLong(self->postings.growth.new_size * sizeof(uint64_t));
}

static PyMethodDef index_methods[] = {
    {"clear", clear, METH_VARARGS, "clear(articles=0, sampled=0): see twins/index.py"},
    {"insert", insert, METH_VARARGS, "insert(number, text, url, place, seen)"},
    {"enter_window", enter_window, METH_VARARGS, "enter_window(row, signature, shingles)"},
    {"leave_window", leave_window, METH_VARARGS, "leave_window(row, shingles)"},
    {"return_to_window", return_to_window, METH_VARARGS, "return_to_window(row, seen)"},
    {"renew", renew, METH_VARARGS, "renew(row, seen)"},
    {"remove", remove_row, METH_VARARGS, "remove(row)"},
    {"move", move, METH_VARARGS, "move(row, place)"},
    {"find", find_number, METH_VARARGS, "find(number)"},
    {"get", get, METH_VARARGS, "get(row)"},
    {"oldest_in_window", oldest_in_window, METH_NOARGS, "oldest_in_window()"},
    {"oldest_behind_window", oldest_behind_window, METH_NOARGS, "oldest_behind_window()"},
    {"known", known, METH_VARARGS, "known(text, url, mark)"},
    {"look_up", look_up, METH_VARARGS,
     "look_up(text, url, exact_mark, mark, signature, shingles, words)"},
    {"rows_before", rows_before, METH_VARARGS, "rows_before(place, limit)"},
    {"export", export, METH_VARARGS, "export(rows)"},
    {"load", load, METH_VARARGS, "load(held, sample, mark, least)"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef index_properties[] = {
    {"keys", count_keys, NULL, "keys of numbers, words, addresses and bands", NULL},
    {"sampled", sampled, NULL, "sampled shingles held", NULL},
    {"size", size_of_rows, NULL, "bytes in use, without those of the sample", NULL},
    {"sample_size", size_of_sample, NULL, "bytes that the sampled shingles take", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot index_slots[] = {
    {Py_tp_doc, "Rows of articles and the tables that lead to them: see twins/index.py."},
    {Py_tp_init, index_init},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_methods, index_methods},
    {Py_tp_getset, index_properties},
    {Py_sq_length, index_length},
    {0, NULL},
};

PyType_Spec index_type = {
    .name = "pipeline.native._native.Index",
    .basicsize = sizeof(index_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = index_slots,
};
