/* Weighs the wording of a text line by line; `twins/wording.py` specifies it. */
#include "native.h"
#include "traits.h"

#include <stdbool.h>
#include <stdlib.h>

enum { MOST_CHARACTERS = 1 << 28 };
enum { FEWEST_BITS = 4, MOST_BITS = 24 }; /* of the number of weights */
enum { BEGINNING = 4 };                   /* characters of a word that count as its beginning */

static const uint64_t BASIS = 0xCBF29CE484222325, PRIME = 0x100000001B3; /* of FNV-1a */
static const uint64_t MIX = 6364136223846793005, GOLDEN = 11400714819323198485u;
static const uint64_t SALT = 0x9E3779B97F4A7C15; /* of beginnings */

/* The roles of characters in words. */
enum { NONE, PART, ALONE, MARK, ALONE_MARK };
/* The word that is read: none, of a spaced script, of an unspaced script. */
enum state { OUT, SPACED, UNSPACED };

typedef struct {
    const int8_t *weights;
    int shift; /* of a hash to the place of its weight */
    int64_t limit;
    uint64_t key, beginning; /* of the word that is read */
    uint32_t length;         /* its characters */
    uint64_t before[2];      /* the keys of the last words of the line, the last first */
    int64_t line_weight;
    uint32_t line_words;
    uint32_t words, heavy_words, features; /* of the text */
    int64_t weight, strength; /* the sums of the weights and of their absolute values */
} Reader;

static void
add_feature(Reader *reader, uint64_t key)
{
    int weight = reader->weights[key * GOLDEN >> reader->shift];
    reader->line_weight += weight;
    reader->strength += abs(weight);
    reader->features++;
}

static void
end_word(Reader *reader, enum state state)
{
    uint64_t key = reader->key, pair = reader->before[0] * MIX + key;
    add_feature(reader, key);
    if (reader->length > BEGINNING) {
        add_feature(reader, reader->beginning ^ SALT);
    }
    if (reader->line_words > 0) {
        add_feature(reader, pair);
    }
    if (state == UNSPACED && reader->line_words > 1) {
        add_feature(reader, (reader->before[1] * MIX + reader->before[0]) * MIX + key);
    }
    reader->before[1] = reader->before[0];
    reader->before[0] = key;
    reader->line_words++;
}

static void
end_line(Reader *reader)
{
    reader->words += reader->line_words;
    reader->heavy_words += reader->line_weight > reader->limit ? reader->line_words : 0;
    reader->weight += reader->line_weight;
    reader->line_words = 0;
    reader->line_weight = 0;
}

/* The state after a character of a role; `begins` says whether a word begins with it. */
static enum state
step(enum state state, uint32_t role, bool *begins)
{
    *begins = false;
    switch (role) {
    case PART:
        *begins = state != SPACED;
        return SPACED;
    case ALONE:
        *begins = true;
        return UNSPACED;
    case MARK:
        *begins = state == OUT;
        return state == OUT ? SPACED : state;
    case ALONE_MARK:
        *begins = state != UNSPACED;
        return UNSPACED;
    default:
        return OUT;
    }
}

static void
read_words(Reader *reader, const uint32_t *codes, size_t size, const uint8_t *table)
{
    uint32_t traits[CLASSES];
    memcpy(traits, table, sizeof traits);
    enum state state = OUT;
    for (size_t i = 0; i <= size; i++) {
        uint32_t code = i < size ? codes[i] : '\n';
        uint32_t role = traits[class_of(table + 4 * CLASSES, code)] >> WORD_SHIFT & WORD_BITS;
        bool begins;
        enum state next = step(state, role, &begins);
        if (state != OUT && (begins || next == OUT)) {
            end_word(reader, state);
        }
        if (begins) {
            reader->key = BASIS;
            reader->length = 0;
        }
        if (next != OUT) {
            reader->key = (reader->key ^ code) * PRIME;
            reader->length++;
            if (reader->length == BEGINNING) {
                reader->beginning = reader->key;
            }
        }
        if (code == '\n') {
            end_line(reader);
        }
        state = next;
    }
}

/* The binary logarithm of a number of weights; -1 if it is none that is allowed. */
static int
bits_of(Py_ssize_t count)
{
    for (int bits = FEWEST_BITS; bits <= MOST_BITS; bits++) {
        if (count == (Py_ssize_t)1 << bits) {
            return bits;
        }
    }
    return -1;
}

static PyObject *
weigh_lines(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *found = NULL;
    Py_buffer table, weights;
    long long limit;
    if (!PyArg_ParseTuple(args, "Uy*y*L:weigh_lines", &text, &table, &weights, &limit)) {
        return NULL;
    }
    Py_ssize_t size = PyUnicode_GetLength(text);
    int bits = bits_of(weights.len);
    uint32_t *codes = NULL;
    if (table.len != TABLE_SIZE) {
        PyErr_Format(PyExc_ValueError, "a table of traits has %d bytes", (int)TABLE_SIZE);
    }
    else if (bits < 0) {
        PyErr_SetString(PyExc_ValueError, "there is a power of two of weights, 16 to 2**24");
    }
    else if (size >= MOST_CHARACTERS) {
        PyErr_Format(PyExc_ValueError, "a text of %zd characters is too long", size);
    }
    else if (!(codes = malloc(((size_t)size + 1) * sizeof *codes))) {
        PyErr_NoMemory();
    }
    else if (PyUnicode_AsUCS4(text, codes, size + 1, 1)) {
        Reader reader = {.weights = weights.buf, .shift = 64 - bits, .limit = limit};
        Py_BEGIN_ALLOW_THREADS
        read_words(&reader, codes, (size_t)size, table.buf);
        Py_END_ALLOW_THREADS
        found = Py_BuildValue("(IIILL)", reader.words, reader.heavy_words, reader.features,
                              (long long)reader.weight, (long long)reader.strength);
    }
    free(codes);
    PyBuffer_Release(&table);
    PyBuffer_Release(&weights);
    return found;
}

PyMethodDef wording_methods[] = {
    {"weigh_lines", weigh_lines, METH_VARARGS, "Weigh the words of a text, line by line."},
    {NULL, NULL, 0, NULL},
};
