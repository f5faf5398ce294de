#include "text.h"

#ifdef HAS_AVX2
#include <immintrin.h>
#endif

/* The bytes of a code point: at most a space and four bytes, or its expansion; see `expand`. */
enum { WIDEST = 8, MOST_EXPANDED = ROW * 8 };

int
word_table_of(const Py_buffer *buffer, word_table *table)
{
    const size_t cells = PLANES * sizeof(uint64_t), row = ROW * sizeof(uint32_t);
    const size_t size = (size_t)buffer->len;
    if (size < cells || (size - cells) % row || (uintptr_t)buffer->buf % sizeof(uint64_t)) {
        PyErr_SetString(PyExc_ValueError, "not a table of pipeline.native.codepoints");
        return -1;
    }
    table->cells = buffer->buf;
    table->expansions = (const uint32_t *)(table->cells + PLANES);
    table->rows = (size - cells) / row;
    return 0;
}

/* Beyond the table, only Han (assigned or not) and variation selectors are parts of words. */
uint64_t
cell_beyond(uint32_t code)
{
    uint64_t kind;
    if (code < 0x40000) {
        kind = ALONE;
    } else if (code >= 0xE0100 && code < 0xE01F0) {
        kind = MARK;
    } else {
        return ' ';
    }
    uint64_t utf8 = (0xF0 | code >> 18) | (0x80 | (code >> 12 & 63)) << 8;
    utf8 |= (uint64_t)(0x80 | (code >> 6 & 63)) << 16 | (uint64_t)(0x80 | (code & 63)) << 24;
    return utf8 | (uint64_t)4 << LENGTH_BIT | kind << KIND_BIT;
}

static inline void
put_word(uint8_t *at, uint64_t cell)
{
    const uint32_t utf8 = (uint32_t)cell;
    memcpy(at, &utf8, sizeof utf8);
}

static inline unsigned
length_of(uint64_t cell)
{
    return (unsigned)(cell >> LENGTH_BIT & 7);
}

typedef struct {
    uint8_t *bytes;
    uint64_t *starts;
    size_t size, count;
    unsigned before; /* the kind of word that the last character belongs to */
} writer;

/* Append a character that is part of a word; one of no bytes changes nothing. */
static void
put_part(writer *out, uint64_t cell, size_t place)
{
    if (length_of(cell) == 0) {
        return;
    }
    const unsigned kind = kind_of(cell);
    if (begins_word(kind, out->before)) {
        out->bytes[out->size] = ' ';
        out->size += out->before != NONE;
        out->starts[out->count++] = (uint64_t)out->size << 32 | place;
    }
    put_word(out->bytes + out->size, cell);
    out->size += length_of(cell);
    out->before = joined_kind(kind, out->before);
}

/* Append the expansion of a code point; -1 for a malformed table. */
static int
expand(writer *out, const word_table *table, uint64_t cell, size_t place)
{
    const uint32_t row = (uint32_t)cell;
    if (row >= table->rows) {
        return -1;
    }
    for (int i = 0; i < ROW; i++) {
        const uint64_t part = cell_of(table, table->expansions[row * ROW + i]);
        if (kind_of(part) == NONE || kind_of(part) >= BREAK) {
            break; /* a row of fewer */
        }
        if (i > 0 && begins_word(kind_of(part), out->before)) {
            return -1; /* no fold begins a second word: `starts` has room for one */
        }
        put_part(out, part, place);
    }
    return 0;
}

static size_t
trimmed(const uint8_t *bytes, size_t size)
{
    return size && bytes[size - 1] == ' ' ? size - 1 : size;
}

/* Append the characters from `start` to `end`; -1 for a malformed table. */
static int
write_any(writer *out, const word_table *table, int keep_lines, const uint32_t *codes, size_t start,
          size_t end, size_t room)
{
    uint8_t *const bytes = out->bytes;
    uint64_t *const starts = out->starts;
    size_t size = out->size, count = out->count;
    unsigned before = out->before;
    for (size_t i = start; i < end; i++) {
        const uint64_t cell = cell_of(table, codes[i]);
        const unsigned kind = kind_of(cell);
        if (kind <= PART && before <= PART) {
            /* Nearly all characters come here. The word's start and the character, or the space
               after a word, are always written, and kept only if the counts grow: a branch would be
               mispredicted at both ends of each word. */
            starts[count] = (uint64_t)size << 32 | i;
            count += kind & (before ^ 1);
            put_word(bytes + size, cell);
            size += length_of(cell) + (before & (kind ^ 1));
            before = kind;
        } else if (kind == NONE) {
            bytes[size++] = ' ';
            before = NONE;
        } else if (kind == BREAK) {
            if (keep_lines) {
                size = trimmed(bytes, size);
            }
            bytes[size] = keep_lines ? '\n' : ' ';
            size += keep_lines || before != NONE;
            before = NONE;
        } else {
            writer now = {bytes, starts, size, count, before};
            if (kind < BREAK) {
                put_part(&now, cell, i);
            } else if (size + MOST_EXPANDED > room || expand(&now, table, cell, i) < 0) {
                return -1;
            }
            size = now.size, count = now.count, before = now.before;
        }
    }
    *out = (writer){bytes, starts, size, count, before};
    return 0;
}

#ifdef HAS_AVX2

/* Whether ASCII letters, digits and `_` are parts of words, and in the case in which their bytes
   are, and all else is between words; in all our tables, unless lines are kept. */
static int
is_usual(const word_table *table, int keep_lines)
{
    uint32_t odd = keep_lines;
    for (uint32_t code = 0; code < 128; code++) {
        const uint64_t cell = table->cells[code];
        const uint32_t small = code | 32;
        const int is_letter = small - 'a' < 26;
        const int is_part = is_letter || code - '0' < 10 || code == '_';
        const uint32_t byte = is_letter ? small : code;
        odd |= is_part ? kind_of(cell) != PART || length_of(cell) != 1 || (uint8_t)cell != byte
                       : kind_of(cell) != NONE && kind_of(cell) != BREAK;
    }
    return !odd;
}

enum { BLOCK = 32, COPIED = 16 }; /* most words are shorter than COPIED */

/* Append the bytes of a word from `first` to the first bit of `ends`, which is removed, and a space;
   without any end, to the end of the block. */
static inline void
put_run(writer *out, const uint8_t *bytes, unsigned first, uint32_t *ends)
{
    const unsigned end = *ends ? (unsigned)__builtin_ctz(*ends) : BLOCK, size = end - first;
    uint8_t *const into = out->bytes + out->size;
    memcpy(into, bytes + first, COPIED);
    if (size > COPIED) {
        memcpy(into + COPIED, bytes + first + COPIED, COPIED);
    }
    into[size] = ' ';
    out->size += size + (*ends != 0);
    out->before = *ends ? NONE : PART;
    *ends &= *ends - 1;
}

/* Append BLOCK characters of a usual table, if all are ASCII; returns whether they are. */
__attribute__((target("avx2,bmi"))) static int
write_ascii(writer *out, const uint32_t *codes, size_t place)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)codes);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(codes + 8));
    const __m256i c = _mm256_loadu_si256((const __m256i *)(codes + 16));
    const __m256i d = _mm256_loadu_si256((const __m256i *)(codes + 24));
    const __m256i all = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
    if (out->before > PART || !_mm256_testz_si256(all, _mm256_set1_epi32(~127))) {
        return 0;
    }
    /* As bytes; packing goes by halves of a register, which the permutation mends. */
    const __m256i packed = _mm256_permutevar8x32_epi32(
        _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d)),
        _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    const __m256i small = _mm256_or_si256(packed, _mm256_set1_epi8(32));
    const __m256i letters = _mm256_and_si256(_mm256_cmpgt_epi8(small, _mm256_set1_epi8('a' - 1)),
                                             _mm256_cmpgt_epi8(_mm256_set1_epi8('z' + 1), small));
    const __m256i digits = _mm256_and_si256(_mm256_cmpgt_epi8(packed, _mm256_set1_epi8('0' - 1)),
                                            _mm256_cmpgt_epi8(_mm256_set1_epi8('9' + 1), packed));
    const __m256i lines = _mm256_cmpeq_epi8(packed, _mm256_set1_epi8('_'));
    const __m256i parts = _mm256_or_si256(_mm256_or_si256(letters, digits), lines);
    uint8_t bytes[BLOCK + 2 * COPIED]; /* the rest is read and not used */
    _mm256_storeu_si256((__m256i *)bytes, _mm256_blendv_epi8(packed, small, letters));
    const uint32_t words = (uint32_t)_mm256_movemask_epi8(parts);
    /* A bit for each first character of a word, and for each first one after a word. */
    const uint32_t before = words << 1 | (out->before == PART);
    uint32_t firsts = words & ~before, ends = ~words & before;
    if (out->before == PART) {
        put_run(out, bytes, 0, &ends);
    }
    for (; firsts; firsts &= firsts - 1) {
        const unsigned first = (unsigned)__builtin_ctz(firsts);
        out->starts[out->count++] = (uint64_t)out->size << 32 | (place + first);
        put_run(out, bytes, first, &ends);
    }
    return 1;
}
#endif
/* Write the words of `into->codes`; -1 for a malformed table. */
static int
write_words(const word_table *table, int keep_lines, squeezed *into, size_t room)
{
    const size_t length = into->length;
    writer out = {into->bytes, into->starts, 0, 0, NONE};
    size_t at = 0;
#ifdef HAS_AVX2
    if (HAS_AVX2 && is_usual(table, keep_lines)) {
        for (; at + BLOCK <= length; at += BLOCK) {
            if (!write_ascii(&out, into->codes + at, at) &&
                write_any(&out, table, keep_lines, into->codes, at, at + BLOCK, room) < 0) {
                return -1;
            }
        }
    }
#endif
    if (write_any(&out, table, keep_lines, into->codes, at, length, room) < 0) {
        return -1;
    }
    const size_t end = out.size + (out.before != NONE);
    out.starts[out.count] = (uint64_t)end << 32 | length;
    into->words = out.count;
    into->size = trimmed(out.bytes, out.size);
    return 0;
}

void
squeezed_free(squeezed *one)
{
    PyMem_Free(one->starts);
    one->starts = NULL;
}

int
squeeze(PyObject *text, const word_table *table, int keep_lines, squeezed *into)
{
    const Py_ssize_t length = PyUnicode_GetLength(text);
    if (length < 0) {
        return -1;
    }
    if (length > UINT32_MAX / WIDEST - PADDING) {
        PyErr_SetString(PyExc_ValueError, "a text of more than 500 million characters");
        return -1;
    }
    const size_t count = (size_t)length, room = WIDEST * count + PADDING;
    into->length = count;
    into->starts = PyMem_Malloc((count + 1) * sizeof(uint64_t) + (count + 1) * sizeof(uint32_t) +
                                room + PADDING);
    if (!into->starts) {
        PyErr_NoMemory();
        return -1;
    }
    into->codes = (uint32_t *)(into->starts + count + 1);
    into->bytes = (uint8_t *)(into->codes + count + 1);
    if (count && !PyUnicode_AsUCS4(text, into->codes, length, 0)) {
        squeezed_free(into);
        return -1;
    }
    if (write_words(table, keep_lines, into, room) < 0) {
        squeezed_free(into);
        PyErr_SetString(PyExc_ValueError, "not a table of pipeline.native.codepoints");
        return -1;
    }
    return 0;
}

static PyObject *
squeezed_text(PyObject *arguments, int keep_lines)
{
    PyObject *text, *found = NULL;
    Py_buffer buffer;
    word_table table;
    squeezed words;
    if (!PyArg_ParseTuple(arguments, "Uy*", &text, &buffer)) {
        return NULL;
    }
    if (word_table_of(&buffer, &table) == 0 && squeeze(text, &table, keep_lines, &words) == 0) {
        found = PyUnicode_DecodeUTF8((const char *)words.bytes, (Py_ssize_t)words.size, NULL);
        squeezed_free(&words);
    }
    PyBuffer_Release(&buffer);
    return found;
}

static PyObject *
squeeze_all(PyObject *module, PyObject *arguments)
{
    (void)module;
    return squeezed_text(arguments, 0);
}

static PyObject *
squeeze_lines(PyObject *module, PyObject *arguments)
{
    (void)module;
    return squeezed_text(arguments, 1);
}

PyMethodDef text_methods[] = {
    {"squeeze", squeeze_all, METH_VARARGS, "squeeze(text, table): see twins/text.py"},
    {"squeeze_lines", squeeze_lines, METH_VARARGS, "squeeze_lines(text, table)"},
    {NULL, NULL, 0, NULL},
};
