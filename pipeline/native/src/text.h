/* Words in UTF-8, as `pipeline/native/codepoints.py` defines them. */
#ifndef COPYDESK_TEXT_H
#define COPYDESK_TEXT_H

#include "native.h"

enum kind { NONE, PART, ALONE, MARK, ALONE_MARK, BREAK, EXPANDED };
enum { ROW = 3 };
enum { LENGTH_BIT = 32, KIND_BIT = 36, DIGIT_BIT = 39, SMALL_BIT = 40 };

/* A table of cells, and rows of `ROW` code points to which cells of kind EXPANDED refer. */
typedef struct {
    const uint64_t *cells;
    const uint32_t *expansions;
    size_t rows;
} word_table;

/* A text, and its words joined by single spaces. `starts[i]` is the start of word i: the upper 32
   bits its offset in `bytes`, the lower 32 bits its offset in `codes`; `starts[words]` is the start
   of a next word. `PADDING` bytes after the words are readable. */
typedef struct {
    uint32_t *codes;
    size_t length;
    uint64_t *starts;
    size_t words;
    uint8_t *bytes;
    size_t size;
} squeezed;

enum { PADDING = 64 };

static inline unsigned
kind_of(uint64_t cell)
{
    return (unsigned)(cell >> KIND_BIT & 7);
}

uint64_t cell_beyond(uint32_t code);

/* The cell of any code point. */
static inline uint64_t
cell_of(const word_table *table, uint32_t code)
{
    return code < PLANES ? table->cells[code] : cell_beyond(code);
}

/* Whether a character begins a word, if the one before it belongs to a word of kind `before`. */
static inline int
begins_word(unsigned kind, unsigned before)
{
    switch (kind) {
    case MARK:
        return before == NONE;
    case PART:
        return before != PART;
    default:
        return kind == ALONE || before != ALONE;
    }
}

/* The kind of word that a character belongs to; a mark belongs to the word before it. */
static inline unsigned
joined_kind(unsigned kind, unsigned before)
{
    if (kind == MARK) {
        return before != NONE ? before : PART;
    }
    return kind == ALONE_MARK ? ALONE : kind;
}

/* The functions below return 0, or -1 with an exception set. */
int word_table_of(const Py_buffer *buffer, word_table *table);
int squeeze(PyObject *text, const word_table *table, int keep_lines, squeezed *into);
void squeezed_free(squeezed *one);

#endif
