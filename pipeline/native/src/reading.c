/* Counts the characters, words, lines, sentences and repeated runs of words of a text for the
   checks. `twins/reading.py` specifies each count. */
#include "native.h"
#include "traits.h"

#include <stdbool.h>
#include <stdlib.h>

enum { RARE = END | DECIMAL | SYMBOL_MARK | BAR }; /* in a line, all others count as letters */
enum { SMALL = 2, CASELESS = 4, KINDS = 11, SCRIPTS = 32 };

/* The bits of a line. */
enum { ENDED = 1, HEADLINE = 2, ROW = 4, BULLETED = 8, BROKEN_OFF = 16, GAPPED = 32, LINE_BITS = 6 };

enum { SHORTEST_HEADLINE = 25, LONGEST_HEADLINE = 160 }; /* characters */
enum { ROW_SHARE = 4 }; /* a row has more than one digit in ROW_SHARE characters */
enum { DOTS = 3 };      /* of an ellipsis */
enum { TOP_RUN = 4, LONGEST_RUN = 10 }; /* words */
enum { MOST_CHARACTERS = 1 << 28 };     /* so that offsets and counts fit 32 bits */

static const uint64_t BASIS = 0xCBF29CE484222325, PRIME = 0x100000001B3; /* of FNV-1a */
static const uint64_t MIX = 6364136223846793005;     /* multiplier of Knuth's MMIX generator */
static const uint64_t GOLDEN = 11400714819323198485u; /* 2 ** 64 / golden ratio */

typedef struct {
    uint32_t size;        /* characters */
    const uint32_t *codes;
    const uint8_t *classes; /* of each character */
    uint32_t traits[CLASSES];
} Text;

typedef struct {
    uint64_t *keys; /* of the words */
    uint32_t words, numbers;
    uint8_t *lines; /* their bits */
    uint32_t line_count, sentences, symbols;
    uint32_t lines_with[LINE_BITS]; /* each bit */
    bool ended; /* whether the last line so far ends like a sentence */
    uint32_t kinds[KINDS], scripts[SCRIPTS];
    uint32_t distinct, runs[LONGEST_RUN + 1];
} Counts;

static inline uint32_t
traits_at(const Text *text, uint32_t place)
{
    return text->traits[text->classes[place]];
}

static void
classify(uint8_t *classes, const uint32_t *codes, uint32_t size, const uint8_t *table)
{
    for (uint32_t i = 0; i < size; i++) {
        classes[i] = class_of(table, codes[i]);
    }
}

static void
count_characters(Counts *counts, const Text *text)
{
    /* Two counters, used alternately: in a run of letters a single one would wait for itself. */
    uint32_t seen[2][CLASSES] = {{0}};
    for (uint32_t i = 0; i < text->size; i++) {
        seen[i & 1][text->classes[i]]++;
    }
    for (uint32_t i = 0; i < CLASSES; i++) {
        uint32_t count = seen[0][i] + seen[1][i], kind = text->traits[i] & KIND_BITS;
        if (kind < KINDS) {
            counts->kinds[kind] += count;
        }
        if (kind >= SMALL && kind <= CASELESS) {
            counts->scripts[text->traits[i] >> SCRIPT_SHIFT & SCRIPT_BITS] += count;
        }
    }
}

/* A state machine for words. Its states: outside of words, in a word of a spaced script, in a word
   of an unspaced script. A step depends on the state and on the character's role in words. */
enum { OUT = 0, SPACED = 1, ALONE = 2, STATE = 3, BEGINS = 4, ENDS = 8 };
static const uint8_t STEPS[3][8] = {
    /* by role: NONE, PART, ALONE, MARK, ALONE_MARK */
    [OUT] = {OUT, SPACED | BEGINS, ALONE | BEGINS, SPACED | BEGINS, ALONE | BEGINS},
    [SPACED] = {OUT | ENDS, SPACED, ALONE | BEGINS | ENDS, SPACED, ALONE | BEGINS | ENDS},
    [ALONE] = {OUT | ENDS, SPACED | BEGINS | ENDS, ALONE | BEGINS | ENDS, ALONE, ALONE},
};

/* Almost branch-free, since branches on the ends of words are mispredicted: the key so far is
   always written, and kept if the word ends. `keys` has room for one more key than there are words.
   */
static void
read_words(Counts *counts, const Text *text)
{
    uint64_t key = BASIS;
    uint32_t words = 0, numbers = 0, numeric = 0, state = OUT;
    for (uint32_t i = 0; i < text->size; i++) {
        uint32_t traits = traits_at(text, i);
        uint32_t step = STEPS[state][traits >> WORD_SHIFT & WORD_BITS];
        bool begins = step & BEGINS, ends = step & ENDS;
        counts->keys[words] = key;
        words += ends;
        numbers += ends & numeric;
        uint64_t is_new = -(uint64_t)begins;
        key = ((BASIS & is_new) | (key & ~is_new)) ^ text->codes[i];
        key *= PRIME;
        numeric = (begins | numeric) & traits >> NUMERIC_SHIFT;
        state = step & STATE;
    }
    counts->keys[words] = key;
    counts->words = words + (state != OUT);
    counts->numbers = numbers + (state != OUT && numeric);
}

/* Whether a line ends in an ellipsis, perhaps in square brackets. */
static bool
ends_in_ellipsis(const uint32_t *line, uint32_t size)
{
    bool bracket = line[size - 1] == ']';
    uint32_t end = bracket ? size - 1 : size, start = end;
    while (start > 0 && end - start < DOTS && line[start - 1] == '.') {
        start--;
    }
    if (start == end && end > 0 && line[end - 1] == 0x2026) {
        start--;
    }
    else if (end - start < DOTS) {
        return false;
    }
    return !bracket || (start > 0 && line[start - 1] == '[');
}

/* Count a sentence if one ends with the end mark at `place`; returns where to go on. Full-width
   marks end a sentence by themselves, others only before white space. */
static uint32_t
pass_end(Counts *counts, const Text *text, uint32_t place)
{
    uint32_t wide = traits_at(text, place) & WIDE_END;
    uint32_t after = wide ? AFTER_WIDE_END : AFTER_END;
    uint32_t stop = place + 1;
    while (stop < text->size && (traits_at(text, stop) & (END | WIDE_END)) == (END | wide)) {
        stop++;
    }
    uint32_t end = stop;
    while (end < text->size && traits_at(text, end) & after) {
        end++;
    }
    if (wide || end == text->size || traits_at(text, end) & WHITE) {
        counts->sentences++;
        return end;
    }
    return stop;
}

/* Count the line `start` to `stop` (exclusive) unless it is blank. It has `digits` decimal digits;
   `gap` is the last place that makes it GAPPED. */
static void
end_line(Counts *counts, const Text *text, uint32_t start, uint32_t stop, uint32_t digits,
         int64_t gap)
{
    while (start < stop && traits_at(text, start) & WHITE) {
        start++;
    }
    while (start < stop && traits_at(text, stop - 1) & WHITE) {
        stop--;
    }
    if (start == stop) {
        return;
    }
    uint32_t size = stop - start, final = stop;
    while (final > start && traits_at(text, final - 1) & (CLOSER | WHITE)) {
        final--;
    }
    counts->ended = final > start && traits_at(text, final - 1) & END;
    uint32_t first = traits_at(text, start), last = traits_at(text, stop - 1);
    uint8_t found = gap >= start ? GAPPED : 0;
    if (counts->ended) {
        found |= ENDED;
    }
    else if (size >= SHORTEST_HEADLINE && size <= LONGEST_HEADLINE) {
        found |= HEADLINE;
    }
    if ((first & FIGURE || last & (FIGURE | ROW_END)) && (uint64_t)ROW_SHARE * digits > size) {
        found |= ROW;
    }
    if (first & BULLET || (first & SPACED_BULLET && size > 1 && text->codes[start + 1] == ' ')) {
        found |= BULLETED;
    }
    if (ends_in_ellipsis(text->codes + start, size)) {
        found |= BROKEN_OFF;
    }
    counts->lines[counts->line_count++] = found;
    for (int bit = 0; bit < LINE_BITS; bit++) {
        counts->lines_with[bit] += found >> bit & 1;
    }
}

static void
read_lines(Counts *counts, const Text *text)
{
    const uint32_t *codes = text->codes;
    uint32_t start = 0, digits = 0, dots = 0; /* of this line */
    int64_t gap = -1;
    uint32_t resume = 0; /* no sentence ends before this place */
    uint32_t before = 0; /* the character before */
    for (uint32_t i = 0; i < text->size; i++) {
        uint32_t traits = traits_at(text, i);
        bool wide_gap = (codes[i] == ' ') & (before == ' ');
        before = codes[i];
        if (!((traits & RARE) | (codes[i] < ' ') | wide_gap)) { /* one branch, seldom not taken */
            continue;
        }
        if (codes[i] == '\n') {
            end_line(counts, text, start, i, digits, gap);
            start = i + 1;
            digits = 0;
            continue;
        }
        if (wide_gap || codes[i] == '\t' || codes[i] == '|') {
            gap = i;
        }
        digits += (traits & DECIMAL) != 0;
        if (codes[i] == '.') {
            dots = i > 0 && codes[i - 1] == '.' ? dots + 1 : 1;
        }
        if (traits & SYMBOL_MARK || (codes[i] == '.' && dots == DOTS)) {
            counts->symbols++;
            dots = 0;
        }
        if (traits & END && i >= resume) {
            resume = pass_end(counts, text, i);
        }
    }
    end_line(counts, text, start, text->size, digits, gap);
    /* Text after the last end mark is a sentence too, as is a text without end marks. */
    if (counts->line_count && !(counts->sentences && counts->ended)) {
        counts->sentences++;
    }
}

/* A run of words in an open-addressing table. */
typedef struct {
    uint64_t run;
    uint32_t origin; /* the word at which it first occurs */
    uint32_t times : 28, length : 4; /* length 0 means empty, and so does that of a shorter run */
} Slot;

static int
bits_for(uint32_t words)
{
    int bits = 4;
    while ((uint64_t)1 << bits < (uint64_t)2 * words) {
        bits++;
    }
    return bits;
}

/* Count the repeated runs of each length. A repeated run begins and ends with a shorter repeated
   one, so each length reads only the places that the previous length left. `runs`, `places` and
   `again` have room for all words, `runs` and `again` zeroed; `slots` is zeroed. */
static void
count_runs(Counts *counts, Slot *slots, int bits, uint64_t *runs, uint32_t *places, uint8_t *again)
{
    const uint64_t *keys = counts->keys;
    uint32_t words = counts->words, left = words;
    uint64_t mask = ((uint64_t)1 << bits) - 1;
    for (uint32_t i = 0; i < words; i++) {
        places[i] = i;
    }
    for (uint32_t length = 1; length <= LONGEST_RUN; length++) {
        uint32_t most = 1, covered = 0, end = 0, distinct = 0;
        for (uint32_t i = 0; i < left; i++) {
            uint32_t place = places[i];
            uint64_t run = runs[place] * MIX + keys[place + length - 1];
            runs[place] = run;
            uint64_t at = run * GOLDEN >> (64 - bits);
            while (slots[at].length == length && slots[at].run != run) {
                at = (at + 1) & mask;
            }
            Slot *slot = slots + at;
            if (slot->length != length) {
                *slot = (Slot){.run = run, .origin = place, .times = 1, .length = length};
                distinct++;
                continue;
            }
            slot->times++;
            most = slot->times > most ? slot->times : most;
            again[slot->origin] = again[place] = (uint8_t)length;
            uint32_t fresh = place + length - end;
            covered += fresh < length ? fresh : length;
            end = place + length;
        }
        if (length == 1) {
            counts->distinct = distinct;
        }
        if (most == 1) {
            return;
        }
        if (length > 1) {
            counts->runs[length] = length <= TOP_RUN ? most * length : covered;
        }
        uint32_t kept = 0;
        for (uint32_t i = 0; i < left; i++) {
            uint32_t place = places[i];
            if (place + length < words && again[place] == length && again[place + 1] == length) {
                places[kept++] = place;
            }
        }
        left = kept;
    }
}

/* Read the text into `counts`; false without memory. */
static bool
count_all(Counts *counts, Text *text, const uint8_t *table)
{
    size_t size = text->size;
    uint8_t *classes = malloc(size + 1);
    counts->keys = malloc((size + 1) * sizeof *counts->keys);
    counts->lines = malloc(size / 2 + 1);
    bool done = false;
    if (classes && counts->keys && counts->lines) {
        classify(classes, text->codes, text->size, table + 4 * CLASSES);
        text->classes = classes;
        count_characters(counts, text);
        read_words(counts, text);
        read_lines(counts, text);
        int bits = bits_for(counts->words);
        Slot *slots = calloc((size_t)1 << bits, sizeof *slots);
        uint64_t *runs = calloc((size_t)counts->words + 1, sizeof *runs);
        uint32_t *places = malloc(((size_t)counts->words + 1) * sizeof *places);
        uint8_t *again = calloc((size_t)counts->words + 1, 1);
        done = slots && runs && places && again;
        if (done) {
            count_runs(counts, slots, bits, runs, places, again);
        }
        free(slots);
        free(runs);
        free(places);
        free(again);
    }
    free(classes);
    return done;
}

static PyObject *
list_of(const uint32_t *numbers, Py_ssize_t count)
{
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *number = PyLong_FromUnsignedLong(numbers[i]);
        if (!number || PyList_SetItem(list, i, number) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *
tuple_of(const Counts *counts)
{
    PyObject *kinds = list_of(counts->kinds, KINDS), *scripts = list_of(counts->scripts, SCRIPTS);
    PyObject *runs = list_of(counts->runs, LONGEST_RUN + 1);
    PyObject *lines_with = list_of(counts->lines_with, LINE_BITS);
    if (!kinds || !scripts || !runs || !lines_with) {
        Py_XDECREF(kinds);
        Py_XDECREF(scripts);
        Py_XDECREF(runs);
        Py_XDECREF(lines_with);
        return NULL;
    }
    return Py_BuildValue("(NNy#IIINy#IIN)", kinds, scripts, (const char *)counts->keys,
                         (Py_ssize_t)(counts->words * sizeof *counts->keys), counts->words,
                         counts->numbers, counts->distinct, runs, (const char *)counts->lines,
                         (Py_ssize_t)counts->line_count, counts->sentences, counts->symbols,
                         lines_with);
}

static PyObject *
read_text(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *given, *found = NULL;
    Py_buffer table;
    if (!PyArg_ParseTuple(args, "Uy*:read_text", &given, &table)) {
        return NULL;
    }
    Py_ssize_t size = PyUnicode_GetLength(given);
    uint32_t *codes = NULL;
    Counts counts = {0};
    if (table.len != TABLE_SIZE) {
        PyErr_Format(PyExc_ValueError, "a table of traits has %d bytes", (int)TABLE_SIZE);
    }
    else if (size >= MOST_CHARACTERS) {
        PyErr_Format(PyExc_ValueError, "a text of %zd characters is too long", size);
    }
    else if (!(codes = malloc(((size_t)size + 1) * sizeof *codes))) {
        PyErr_NoMemory();
    }
    else if (PyUnicode_AsUCS4(given, codes, size + 1, 1)) {
        Text text = {.size = (uint32_t)size, .codes = codes};
        memcpy(text.traits, table.buf, sizeof text.traits);
        bool done;
        Py_BEGIN_ALLOW_THREADS
        done = count_all(&counts, &text, table.buf);
        Py_END_ALLOW_THREADS
        found = done ? tuple_of(&counts) : PyErr_NoMemory();
    }
    free(codes);
    free(counts.keys);
    free(counts.lines);
    PyBuffer_Release(&table);
    return found;
}

/* A key of a buffer, which may be unaligned. */
static uint64_t
key_at(const Py_buffer *keys, size_t index)
{
    uint64_t key;
    memcpy(&key, (const char *)keys->buf + index * sizeof key, sizeof key);
    return key;
}

/* How many of the `wanted` keys, all different, are among `keys`; -1 without memory. */
static Py_ssize_t
count_keys(const Py_buffer *keys, const Py_buffer *wanted)
{
    size_t count = (size_t)wanted->len / sizeof(uint64_t);
    int bits = bits_for((uint32_t)(2 * count));
    uint64_t mask = ((uint64_t)1 << bits) - 1;
    typedef struct {
        uint64_t key;
        bool used, found;
    } Place;
    Place *places = calloc((size_t)1 << bits, sizeof *places);
    if (!places) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t key = key_at(wanted, i), at = key * GOLDEN >> (64 - bits);
        while (places[at].used) {
            at = (at + 1) & mask;
        }
        places[at] = (Place){.key = key, .used = true};
    }
    Py_ssize_t found = 0;
    for (size_t i = 0; i < (size_t)keys->len / sizeof(uint64_t); i++) {
        uint64_t key = key_at(keys, i), at = key * GOLDEN >> (64 - bits);
        while (places[at].used && places[at].key != key) {
            at = (at + 1) & mask;
        }
        found += places[at].used && !places[at].found;
        places[at].found = places[at].used;
    }
    free(places);
    return found;
}

static PyObject *
count_among(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer keys, wanted;
    if (!PyArg_ParseTuple(args, "y*y*:count_among", &keys, &wanted)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (keys.len % (Py_ssize_t)sizeof(uint64_t) || wanted.len % (Py_ssize_t)sizeof(uint64_t) ||
        wanted.len >= MOST_CHARACTERS) {
        PyErr_SetString(PyExc_ValueError, "keys have 8 bytes each, and no more than 2 ** 25 are"
                                          " wanted");
    }
    else {
        Py_ssize_t found = count_keys(&keys, &wanted);
        result = found < 0 ? PyErr_NoMemory() : PyLong_FromSsize_t(found);
    }
    PyBuffer_Release(&keys);
    PyBuffer_Release(&wanted);
    return result;
}

PyMethodDef reading_methods[] = {
    {"read_text", read_text, METH_VARARGS, "Count what the checks count of a text, in one reading."},
    {"count_among", count_among, METH_VARARGS, "Count the wanted keys that are among others."},
    {NULL, NULL, 0, NULL},
};
