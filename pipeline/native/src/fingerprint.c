/* The fingerprint of a text: hashes of its shingles (runs of words), numbers and names, and the
   MinHash signature of the shingles as datasketch 2 computes it (scheme affine32). */
#include "fingerprint.h"
#include "text.h"

#include <stdlib.h>
#ifdef HAS_AVX2
#include <immintrin.h>
#endif

/* A function marked WIDE works on eight values at a time. */
#ifdef HAS_AVX2
#define WIDE __attribute__((target("avx2")))
#define HAS_WIDE HAS_AVX2
#else
#define WIDE
#define HAS_WIDE 0
#endif
#define INLINE static inline __attribute__((always_inline))

/* xxh32, seed 0: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */

#define P1 2654435761u
#define P2 2246822519u
#define P3 3266489917u
#define P4 668265263u
#define P5 374761393u

INLINE uint32_t
rotate(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

INLINE uint32_t
word_at(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

INLINE uint32_t
stripe(uint32_t lane, uint32_t word)
{
    return rotate(lane + word * P2, 13) * P1;
}

INLINE uint32_t
joined(const uint32_t lanes[4])
{
    return rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
}

INLINE uint32_t
with_word(uint32_t value, uint32_t word)
{
    return rotate(value + word * P3, 17) * P4;
}

INLINE uint32_t
with_byte(uint32_t value, uint32_t byte)
{
    return rotate(value + (byte & 0xFF) * P5, 11) * P1;
}

INLINE uint32_t
finished(uint32_t value)
{
    value = (value ^ value >> 15) * P2;
    value = (value ^ value >> 13) * P3;
    return value ^ value >> 16;
}

/* The hash of `size` bytes; three more bytes must be readable. */
static uint32_t
xxh32(const uint8_t *at, size_t size)
{
    const uint8_t *const end = at + size;
    uint32_t value = P5;
    if (size >= 16) {
        uint32_t lanes[4] = {P1 + P2, P2, 0, 0 - P1};
        do {
            for (int i = 0; i < 4; i++, at += 4) {
                lanes[i] = stripe(lanes[i], word_at(at));
            }
        } while (at + 16 <= end);
        value = joined(lanes);
    }
    value += (uint32_t)size;
    for (; at + 4 <= end; at += 4) {
        value = with_word(value, word_at(at));
    }
    for (; at < end; at++) {
        value = with_byte(value, *at);
    }
    return finished(value);
}

/* Hashes of shingles. */

static size_t
count_shingles(const squeezed *text, size_t width)
{
    return text->words < width ? text->words > 0 : text->words - width + 1;
}

/* The start of shingle i in the bytes, and its size. */
INLINE size_t
shingle(const squeezed *text, size_t width, size_t i, size_t *size)
{
    const size_t start = text->starts[i] >> 32;
    const size_t end = i + width < text->words ? i + width : text->words;
    *size = (text->starts[end] >> 32) - 1 - start;
    return start;
}

static void
hash_plain(const squeezed *text, size_t width, uint32_t *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const size_t start = shingle(text, width, i, &size);
        hashes[i] = xxh32(text->bytes + start, size);
    }
}

/* Hashes short texts side by side, since a single hash mostly waits for its own previous step.
   Each text has two stripes, up to three words after the last stripe, and its last bytes. */
enum { LANES = 64, SHORT = 48, STRIPES = 2, REST = 4 * STRIPES, LAST = REST + 3 };

typedef struct {
    uint32_t words[LAST + 1][LANES], sizes[LANES];
} side_by_side;

/* Sets what lane holds besides its stripes. SHORT bytes must be readable. */
INLINE void
put_rest(side_by_side *all, size_t lane, const uint8_t *at, size_t size)
{
    all->sizes[lane] = (uint32_t)size;
    for (int i = 0; i < LAST - REST; i++) {
        all->words[REST + i][lane] = word_at(at + (size & ~(size_t)15) + 4 * i);
    }
    all->words[LAST][lane] = word_at(at + (size & ~(size_t)3));
}

INLINE void
hash_lanes(const side_by_side *restrict all, uint32_t *restrict hashes)
{
    for (int i = 0; i < LANES; i++) {
        const uint32_t size = all->sizes[i], left = size & 15, bytes = size & 3;
        const uint32_t rest = all->words[LAST][i];
        uint32_t lanes[4] = {P1 + P2, P2, 0, 0 - P1}, value = P5;
        for (int j = 0; j < STRIPES; j++) {
            for (int k = 0; k < 4; k++) {
                lanes[k] = stripe(lanes[k], all->words[4 * j + k][i]);
            }
            value = size < 16u * (j + 1) ? value : joined(lanes);
        }
        value += size;
        value = left >= 4 ? with_word(value, all->words[REST][i]) : value;
        value = left >= 8 ? with_word(value, all->words[REST + 1][i]) : value;
        value = left >= 12 ? with_word(value, all->words[REST + 2][i]) : value;
        value = bytes >= 1 ? with_byte(value, rest) : value;
        value = bytes >= 2 ? with_byte(value, rest >> 8) : value;
        value = bytes >= 3 ? with_byte(value, rest >> 16) : value;
        hashes[i] = finished(value);
    }
}

#ifdef HAS_AVX2
/* Sets the first eight words of eight lanes from `lane` on: a transposition of 8 x 8. */
WIDE static inline void
put_eight(side_by_side *all, size_t lane, const uint8_t *const at[8])
{
    __m256i row[8], pair[8], four[8];
    for (int i = 0; i < 8; i++) {
        row[i] = _mm256_loadu_si256((const __m256i *)at[i]);
    }
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        four[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
        four[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
        four[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
        four[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        const __m256i low = _mm256_permute2x128_si256(four[i], four[i + 4], 0x20);
        const __m256i high = _mm256_permute2x128_si256(four[i], four[i + 4], 0x31);
        _mm256_storeu_si256((__m256i *)(all->words[i] + lane), low);
        _mm256_storeu_si256((__m256i *)(all->words[i + 4] + lane), high);
    }
}

WIDE static void
hash_wide(const squeezed *text, size_t width, uint32_t *hashes, size_t count)
{
    side_by_side all;
    uint32_t found[LANES];
    memset(&all, 0, sizeof all);
    for (size_t first = 0; first < count; first += LANES) {
        const size_t lanes = count - first < LANES ? count - first : LANES;
        const uint8_t *at[LANES];
        for (size_t i = 0; i < LANES; i++) { /* the last lanes repeat the last shingle */
            size_t size;
            at[i] = text->bytes + shingle(text, width, i < lanes ? first + i : count - 1, &size);
            put_rest(&all, i, at[i], size);
        }
        for (size_t i = 0; i < LANES; i += 8) {
            put_eight(&all, i, at + i);
        }
        hash_lanes(&all, found);
        for (size_t i = 0; i < lanes; i++) {
            hashes[first + i] = all.sizes[i] < SHORT ? found[i] : xxh32(at[i], all.sizes[i]);
        }
    }
}
#else
#define hash_wide hash_plain
#endif

static void
hash_shingles(const squeezed *text, size_t width, uint32_t *hashes, size_t count)
{
    (HAS_WIDE ? hash_wide : hash_plain)(text, width, hashes, count);
}

/* The signature. */

/* MurmurHash3's 32-bit finaliser, a bijection: datasketch's step before permuting. */
INLINE uint32_t
mixed(uint32_t value)
{
    value = (value ^ value >> 16) * 0x85EBCA6B;
    value = (value ^ value >> 13) * 0xC2B2AE35;
    return value ^ value >> 16;
}

INLINE uint32_t
lesser(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

enum { TOGETHER = 4, STEP = 16 };

/* For each permutation (a, b) the least a * h + b of the mixed hashes h; all ones if there are no
   hashes. `count` is a multiple of STEP. The number of permutations is a multiple of TOGETHER: the
   hashes are read once for TOGETHER permutations. `hashes` is overwritten. */
INLINE void
least_of(uint32_t *restrict hashes, size_t count, const uint32_t *restrict factors,
         const uint32_t *restrict offsets, size_t permutations, uint32_t *restrict signature)
{
    for (size_t i = 0; i < count; i++) {
        hashes[i] = mixed(hashes[i]);
    }
    for (size_t p = 0; p < permutations; p += TOGETHER) {
        uint32_t one = UINT32_MAX, two = UINT32_MAX, three = UINT32_MAX, four = UINT32_MAX;
        const uint32_t *const a = factors + p, *const b = offsets + p;
        for (size_t i = 0; i < count; i++) {
            one = lesser(one, a[0] * hashes[i] + b[0]);
            two = lesser(two, a[1] * hashes[i] + b[1]);
            three = lesser(three, a[2] * hashes[i] + b[2]);
            four = lesser(four, a[3] * hashes[i] + b[3]);
        }
        signature[p] = one, signature[p + 1] = two, signature[p + 2] = three;
        signature[p + 3] = four;
    }
}

WIDE static void
least_wide(uint32_t *hashes, size_t count, const uint32_t *factors, const uint32_t *offsets,
           size_t permutations, uint32_t *signature)
{
    least_of(hashes, count, factors, offsets, permutations, signature);
}

static void
least_plain(uint32_t *hashes, size_t count, const uint32_t *factors, const uint32_t *offsets,
            size_t permutations, uint32_t *signature)
{
    least_of(hashes, count, factors, offsets, permutations, signature);
}

/* Write the signature; `hashes` has room for STEP more. */
static void
sign(uint32_t *hashes, size_t count, const uint32_t *permutations, size_t size, uint32_t *signature)
{
    while (count % STEP) {
        hashes[count++] = hashes[0]; /* a repeat changes no minimum */
    }
    (HAS_WIDE ? least_wide : least_plain)(hashes, count, permutations, permutations + size, size,
                                          signature);
}

/* Numbers: digits, with `.`, `,`, `:` or `/` between two of them. */

enum { SCANNED = 32 };

INLINE int
is_digit(const word_table *table, uint32_t code)
{
    return code < PLANES && (table->cells[code] >> DIGIT_BIT & 1);
}

/* Whether one of the next SCANNED code points is in a range with digits: ASCII's digits, and all
   other code points but U+1C5A to U+A61F, which are punctuation, kana and Han. May return a false
   positive. */
INLINE int
may_have_digit(const uint32_t *codes)
{
    uint32_t found = 0;
    for (int i = 0; i < SCANNED; i++) {
        found |= codes[i] - '0' < 10 || codes[i] - 0x660 < 0x1C5A - 0x660 || codes[i] >= 0xA620;
    }
    return found != 0;
}

static int
joins(const word_table *table, const squeezed *text, size_t at)
{
    const uint32_t code = text->codes[at];
    return (code == '.' || code == ',' || code == ':' || code == '/') && at + 1 < text->length &&
           is_digit(table, text->codes[at + 1]);
}

static size_t
put_utf8(uint8_t *at, uint32_t code)
{
    if (code < 0x80) {
        at[0] = (uint8_t)code;
        return 1;
    }
    const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6) {
        at[i] = (uint8_t)(0x80 | (code & 0x3F));
    }
    at[0] = (uint8_t)(0xF00 >> size | code); /* one bit for each byte, then a zero */
    return size;
}

/* Write xxh32 of each number in UTF-8; returns their count. `number` has room for the longest. */
INLINE size_t
numbers_of(const word_table *table, const squeezed *text, uint8_t *number, uint32_t *hashes)
{
    const uint32_t *const codes = text->codes;
    const size_t length = text->length;
    size_t count = 0, at = 0;
    while (at < length) {
        if (at + SCANNED <= length && !may_have_digit(codes + at)) {
            at += SCANNED;
            continue;
        }
        for (const size_t end = at + SCANNED; at < end && at < length; at++) {
            size_t size = 0;
            while (at < length && (is_digit(table, codes[at]) || (size && joins(table, text, at)))) {
                size += put_utf8(number + size, codes[at++]);
            }
            if (size) {
                hashes[count++] = xxh32(number, size);
            }
        }
    }
    return count;
}

WIDE static size_t
numbers_wide(const word_table *table, const squeezed *text, uint8_t *number, uint32_t *hashes)
{
    return numbers_of(table, text, number, hashes);
}

static size_t
numbers_plain(const word_table *table, const squeezed *text, uint8_t *number, uint32_t *hashes)
{
    return numbers_of(table, text, number, hashes);
}

/* Names: runs of three or more letters that begin with a capital and follow a space and, before
   that, a word or a comma. */

enum { LEAST_LETTERS = 3 };

INLINE uint32_t
small_letter(const word_table *table, uint32_t code)
{
    return code < PLANES ? (uint32_t)(table->cells[code] >> SMALL_BIT & 0x1FFFFF) : 0;
}

INLINE int
is_part(const word_table *table, uint32_t code)
{
    const unsigned kind = kind_of(cell_of(table, code));
    return kind == PART || kind == MARK;
}

/* Write FNV-1a over the code points of each name in lower case; returns their count. */
static size_t
hash_names(const word_table *table, const squeezed *text, uint32_t *hashes)
{
    const uint32_t *const codes = text->codes;
    size_t count = 0;
    for (size_t word = 0; word < text->words; word++) {
        const size_t start = (uint32_t)text->starts[word];
        if (codes[start] < 128 && codes[start] - 'A' >= 26) {
            continue; /* as most words */
        }
        if (start < 2 || codes[start - 1] != ' ' || !small_letter(table, codes[start]) ||
            (codes[start - 2] != ',' && !is_part(table, codes[start - 2]))) {
            continue;
        }
        uint32_t value = 0x811C9DC5;
        size_t at = start;
        for (; at < text->length && is_part(table, codes[at]); at++) {
            const uint32_t small = small_letter(table, codes[at]);
            value = (value ^ (small ? small : codes[at])) * 0x01000193;
        }
        hashes[count] = value;
        count += at - start >= LEAST_LETTERS;
    }
    return count;
}

/* Sets of hashes. */

enum { FULLEST = 32 };

static int
compare(const void *one, const void *other)
{
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* Insertion sort, for values that are close to their places. */
static void
insert_each(uint32_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint32_t value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
}

/* Remove repeats from sorted values; returns how many remain. */
static size_t
each_once(uint32_t *values, size_t count)
{
    size_t kept = count > 0;
    for (size_t i = 1; i < count; i++) {
        values[kept] = values[i];
        kept += values[i] != values[kept - 1];
    }
    return kept;
}

/* Sort hashes and remove repeats; returns how many remain. `room` has 3 * count + 2 values. A
   bucket sort: hashes are spread evenly, so the first bits put each close to its place, in a bucket
   of one or two. If a bucket is overfull (repeats, or adversarial texts), qsort sorts all. */
static size_t
distinct(uint32_t *hashes, size_t count, uint32_t *room)
{
    unsigned bits = 1;
    while ((size_t)1 << bits < count) {
        bits++;
    }
    const unsigned shift = 32 - bits;
    uint32_t *const near = room, *const starts = room + count;
    const size_t buckets = (size_t)1 << bits;
    uint32_t fullest = 0, before = 0;
    memset(starts, 0, buckets * sizeof *starts);
    for (size_t i = 0; i < count; i++) {
        starts[hashes[i] >> shift]++;
    }
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        const uint32_t held = starts[bucket];
        fullest = held > fullest ? held : fullest;
        starts[bucket] = before;
        before += held;
    }
    if (fullest > FULLEST) {
        qsort(hashes, count, sizeof *hashes, compare);
        return each_once(hashes, count);
    }
    for (size_t i = 0; i < count; i++) {
        near[starts[hashes[i] >> shift]++] = hashes[i];
    }
    memcpy(hashes, near, count * sizeof *hashes);
    insert_each(hashes, count);
    return each_once(hashes, count);
}

/* The functions for Python. */

static int
is_hashes(const Py_buffer *buffer)
{
    return buffer->len % (Py_ssize_t)sizeof(uint32_t) == 0 &&
           (uintptr_t)buffer->buf % sizeof(uint32_t) == 0;
}

#define PACKED(values, count) (const char *)(values), (Py_ssize_t)((count) * sizeof(uint32_t))

/* The whole result: (words in UTF-8, their count, signature, shingles, numbers, names). */
static PyObject *
sketched(const squeezed *text, const word_table *as_is, const uint32_t *permutations, size_t size,
         size_t width)
{
    const size_t shingles = count_shingles(text, width);
    /* At most as many shingles and names as words, and half as many numbers as characters. */
    const size_t digits = text->length / 2 + 1;
    const size_t most = text->words > digits ? text->words : digits;
    const size_t kept = size + 2 * text->words + digits, room = 3 * most + text->length + STEP;
    uint32_t *const signature = PyMem_Malloc((kept + room) * sizeof(uint32_t));
    if (!signature) {
        return PyErr_NoMemory();
    }
    uint32_t *const hashes = signature + size, *const scratch = signature + kept;
    hash_shingles(text, width, hashes, shingles);
    const size_t held = distinct(hashes, shingles, scratch);
    memcpy(scratch, hashes, held * sizeof *hashes);
    sign(scratch, held, permutations, size, signature);
    uint32_t *const numbers = hashes + held;
    const size_t found = (HAS_WIDE ? numbers_wide : numbers_plain)(as_is, text, (uint8_t *)scratch, numbers);
    const size_t count = distinct(numbers, found, scratch);
    uint32_t *const names = numbers + count;
    const size_t named = distinct(names, hash_names(as_is, text, names), scratch);
    PyObject *all = Py_BuildValue(
        "(y#ny#y#y#y#)", (const char *)text->bytes, (Py_ssize_t)text->size,
        (Py_ssize_t)text->words, PACKED(signature, size), PACKED(hashes, held),
        PACKED(numbers, count), PACKED(names, named));
    PyMem_Free(signature);
    return all;
}

static PyObject *
fingerprint(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *body, *found = NULL;
    Py_buffer as_is, folded, permutations;
    Py_ssize_t width;
    word_table plain, folds;
    squeezed text;
    if (!PyArg_ParseTuple(arguments, "Uy*y*y*n", &body, &as_is, &folded, &permutations, &width)) {
        return NULL;
    }
    const size_t size = (size_t)permutations.len / (2 * sizeof(uint32_t));
    if (!is_hashes(&permutations) || permutations.len % (2 * TOGETHER * sizeof(uint32_t))) {
        PyErr_Format(PyExc_ValueError, "permutations: their number is no multiple of %d", TOGETHER);
    } else if (width < 1) {
        PyErr_SetString(PyExc_ValueError, "a shingle has at least one word");
    } else if (word_table_of(&as_is, &plain) == 0 && word_table_of(&folded, &folds) == 0 &&
               squeeze(body, &folds, 0, &text) == 0) {
        found = sketched(&text, &plain, permutations.buf, size, (size_t)width);
        squeezed_free(&text);
    }
    PyBuffer_Release(&as_is);
    PyBuffer_Release(&folded);
    PyBuffer_Release(&permutations);
    return found;
}

static PyObject *
hash_in_order(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *body, *found = NULL;
    Py_buffer folded;
    Py_ssize_t width;
    word_table folds;
    squeezed text;
    if (!PyArg_ParseTuple(arguments, "Uy*n", &body, &folded, &width)) {
        return NULL;
    }
    if (width < 1) {
        PyErr_SetString(PyExc_ValueError, "a shingle has at least one word");
    } else if (word_table_of(&folded, &folds) == 0 && squeeze(body, &folds, 0, &text) == 0) {
        const size_t count = count_shingles(&text, (size_t)width);
        found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(uint32_t)));
        if (found) {
            hash_shingles(&text, (size_t)width, (uint32_t *)PyBytes_AsString(found), count);
        }
        squeezed_free(&text);
    }
    PyBuffer_Release(&folded);
    return found;
}

/* Parse two buffers of hashes; -1 with an exception set for others. */
static int
two_sets(PyObject *arguments, const char *format, Py_buffer *one, Py_buffer *other,
         Py_ssize_t *width)
{
    if (!PyArg_ParseTuple(arguments, format, one, other, width)) {
        return -1;
    }
    if (is_hashes(one) && is_hashes(other)) {
        return 0;
    }
    PyBuffer_Release(one);
    PyBuffer_Release(other);
    PyErr_SetString(PyExc_ValueError, "hashes take four bytes each");
    return -1;
}

typedef struct {
    const uint32_t *at, *end;
} span;

static size_t
count_both(span one, span other)
{
    size_t shared = 0;
    while (one.at < one.end && other.at < other.end) {
        const uint32_t left = *one.at, right = *other.at;
        shared += left == right;
        one.at += left <= right;
        other.at += right <= left;
    }
    return shared;
}

/* The first index of a sorted array whose value is not less. */
static const uint32_t *
place_of(span row, uint32_t value)
{
    while (row.at < row.end) {
        const uint32_t *const middle = row.at + (row.end - row.at) / 2;
        if (*middle < value) {
            row.at = middle + 1;
        } else {
            row.end = middle;
        }
    }
    return row.at;
}

static span
span_of(const Py_buffer *buffer)
{
    const uint32_t *const first = buffer->buf;
    return (span){first, first + buffer->len / (Py_ssize_t)sizeof *first};
}

static PyObject *
count_shared(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_buffer one, other;
    Py_ssize_t unused;
    if (two_sets(arguments, "y*y*", &one, &other, &unused) < 0) {
        return NULL;
    }
    span lower = span_of(&one), upper = lower, left = span_of(&other), right = left;
    size_t shared = 0;
    if (lower.at < lower.end) {
        /* Each step waits for the one before, so two halves are merged at the same time. */
        upper.at = lower.end = lower.at + (lower.end - lower.at) / 2;
        right.at = left.end = place_of(left, *upper.at);
        while (lower.at < lower.end && left.at < left.end && upper.at < upper.end &&
               right.at < right.end) {
            const uint32_t a = *lower.at, b = *left.at, c = *upper.at, d = *right.at;
            shared += (a == b) + (c == d);
            lower.at += a <= b;
            left.at += b <= a;
            upper.at += c <= d;
            right.at += d <= c;
        }
        shared += count_both(lower, left) + count_both(upper, right);
    }
    PyBuffer_Release(&one);
    PyBuffer_Release(&other);
    return PyLong_FromSize_t(shared);
}

/* A sorted set of hashes in parts by their upper bits. Hashes are spread evenly, so a part has a
   value or two, and a look-up takes few steps. */
typedef struct {
    span all;
    uint32_t *starts; /* of each part, and the end of the last one */
    int shift;        /* the bits of a value that do not choose its part */
} parted;

/* Divides a set for a number of look-ups; few of them get one part. Returns -1 without memory. */
static int
divide(parted *set, span all, size_t lookups)
{
    const size_t count = (size_t)(all.end - all.at);
    int bits = 0;
    while (bits < 20 && (size_t)2 << bits < count && lookups >= count / 4) {
        bits++;
    }
    const size_t parts = (size_t)1 << bits;
    *set = (parted){all, PyMem_Malloc((parts + 1) * sizeof *set->starts), 32 - bits};
    if (!set->starts) {
        PyErr_NoMemory();
        return -1;
    }
    size_t part = 0;
    set->starts[0] = 0;
    for (size_t i = 0; bits && i < count; i++) {
        while (part < all.at[i] >> set->shift) {
            set->starts[++part] = (uint32_t)i;
        }
    }
    while (part < parts) {
        set->starts[++part] = (uint32_t)count;
    }
    return 0;
}

/* The index of a value in the set, or -1. */
static Py_ssize_t
index_in(const parted *set, uint32_t value)
{
    const size_t part = set->shift < 32 ? value >> set->shift : 0;
    const span near = {set->all.at + set->starts[part], set->all.at + set->starts[part + 1]};
    const uint32_t *const place = place_of(near, value);
    return place < near.end && *place == value ? place - set->all.at : -1;
}

static PyObject *
count_covered(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_buffer ordered, sorted;
    Py_ssize_t width;
    if (two_sets(arguments, "y*y*n", &ordered, &sorted, &width) < 0) {
        return NULL;
    }
    if (width < 1 || width > INT32_MAX) {
        PyBuffer_Release(&ordered);
        PyBuffer_Release(&sorted);
        PyErr_SetString(PyExc_ValueError, "a shingle has at least one word");
        return NULL;
    }
    const span row = span_of(&ordered), all = span_of(&sorted);
    parted theirs;
    uint8_t *seen = NULL;
    Py_ssize_t covered = 0, once = 0, end = 0, once_end = 0;
    if (divide(&theirs, all, (size_t)(row.end - row.at)) == 0) {
        seen = PyMem_Calloc((size_t)(all.end - all.at) + 1, 1);
    }
    for (Py_ssize_t start = 0; seen && start < row.end - row.at; start++) {
        const Py_ssize_t found = index_in(&theirs, row.at[start]);
        if (found < 0) {
            continue;
        }
        covered += start + width - (start > end ? start : end);
        end = start + width;
        if (!seen[found]) {
            seen[found] = 1;
            once += start + width - (start > once_end ? start : once_end);
            once_end = end;
        }
    }
    PyBuffer_Release(&ordered);
    PyBuffer_Release(&sorted);
    PyMem_Free(theirs.starts);
    if (!seen) {
        return PyErr_NoMemory();
    }
    PyMem_Free(seen);
    return Py_BuildValue("(nn)", covered, once);
}

/* Set to 1 the mark of each word that stands in a passage of another text. */
static PyObject *
mark_covered(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_buffer marks, ordered, sorted;
    Py_ssize_t width;
    if (!PyArg_ParseTuple(arguments, "w*y*y*n", &marks, &ordered, &sorted, &width)) {
        return NULL;
    }
    if (!is_hashes(&ordered) || !is_hashes(&sorted)) {
        PyErr_SetString(PyExc_ValueError, "hashes take four bytes each");
    } else if (width < 1 || width > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a shingle has at least one word");
    } else {
        const span row = span_of(&ordered);
        uint8_t *const mark = marks.buf;
        parted theirs;
        Py_ssize_t end = 0;
        const int divided = divide(&theirs, span_of(&sorted), (size_t)(row.end - row.at));
        for (Py_ssize_t start = 0; divided == 0 && start < row.end - row.at; start++) {
            if (index_in(&theirs, row.at[start]) < 0) {
                continue;
            }
            for (end = end > start ? end : start; end < start + width && end < marks.len; end++) {
                mark[end] = 1;
            }
        }
        PyMem_Free(theirs.starts);
    }
    PyBuffer_Release(&marks);
    PyBuffer_Release(&ordered);
    PyBuffer_Release(&sorted);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

WIDE static void
mix_wide(const uint32_t *shingles, size_t count, uint32_t *restrict into)
{
    for (size_t i = 0; i < count; i++) {
        into[i] = mixed(shingles[i]);
    }
}

static void
mix_plain(const uint32_t *shingles, size_t count, uint32_t *restrict into)
{
    for (size_t i = 0; i < count; i++) {
        into[i] = mixed(shingles[i]);
    }
}

size_t
sample(const uint32_t *shingles, size_t count, uint32_t rate, size_t size, uint32_t *into)
{
    const uint64_t limit = ((uint64_t)1 << 32) / rate;
    size_t kept = 0;
    (HAS_WIDE ? mix_wide : mix_plain)(shingles, count, into);
    for (size_t i = 0; i < count; i++) {
        const uint32_t one = into[i];
        into[kept] = one;
        kept += one < limit;
    }
    if (kept > size) {
        qsort(into, kept, sizeof *into, compare);
        return size;
    }
    return kept;
}

static PyObject *
sample_of(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_buffer shingles;
    PyObject *found = NULL;
    Py_ssize_t rate, size;
    if (!PyArg_ParseTuple(arguments, "y*nn", &shingles, &rate, &size)) {
        return NULL;
    }
    if (!is_hashes(&shingles) || rate < 1 || rate > UINT32_MAX || size < 0) {
        PyErr_SetString(PyExc_ValueError, "hashes take four bytes each; a rate is at least 1");
    } else {
        const size_t count = (size_t)shingles.len / sizeof(uint32_t);
        uint32_t *const into = PyMem_Malloc((count + 1) * sizeof(uint32_t));
        const size_t kept =
            into ? sample(shingles.buf, count, (uint32_t)rate, (size_t)size, into) : 0;
        found = into ? PyBytes_FromStringAndSize(PACKED(into, kept)) : PyErr_NoMemory();
        PyMem_Free(into);
    }
    PyBuffer_Release(&shingles);
    return found;
}

PyMethodDef fingerprint_methods[] = {
    {"fingerprint", fingerprint, METH_VARARGS,
     "fingerprint(body, as_is, folded, permutations, width): see twins/fingerprint.py"},
    {"hash_shingles", hash_in_order, METH_VARARGS, "hash_shingles(body, folded, width)"},
    {"count_shared", count_shared, METH_VARARGS, "count_shared(mine, theirs)"},
    {"count_covered", count_covered, METH_VARARGS, "count_covered(ordered, theirs, width)"},
    {"mark_covered", mark_covered, METH_VARARGS, "mark_covered(marks, ordered, theirs, width)"},
    {"sample", sample_of, METH_VARARGS, "sample(shingles, rate, size)"},
    {NULL, NULL, 0, NULL},
};
