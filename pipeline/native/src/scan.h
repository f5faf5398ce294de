/* The scanner: compiled in `scanner.c`, used in `scan.c`. */
#ifndef COPYDESK_SCAN_H
#define COPYDESK_SCAN_H

#include "text.h"

#include <stdlib.h>

enum { LIMIT = 0x40000 }; /* code points with a cell in the table; see native/folds.py */
/* A cell: the fold of a code point, or its row of expansions, and its classes. */
enum {
    FOLD = (1 << 21) - 1,
    EXPANDS = 1 << 21, /* folds to the code points of a row */
    WHITE = 1 << 22,
    WORD = 1 << 23,   /* `\w` of a regular expression */
    LETTER = 1 << 24, /* a letter or digit */
    COUNTS = 1 << 25, /* `str.isdigit` */
    STOPS = 1 << 26,  /* must not be before the first word of a phrase */
    UNSPACED = 1 << 27,
};
enum { DOT_ABOVE = 0x307, COPYRIGHT = 0xA9, MOST_SIGNS = 12, LONGEST_WORD = 30 };
enum { TAIL = 16, MOST_EDGE = 64 };
enum fields { BODY = 1, HEADLINE = 2, DESCRIPTION = 4, AUTHORS = 8 };
enum kinds {
    LITERALS,
    CHARACTERS,
    OPENINGS,
    LINES,
    DOUBLED,
    RECURRING,
    ALIKE,
    LIKE_HEADLINE,
    UNLAID,
    UNTIDY,
    EMPTY,
    KINDS
};
enum sides { ANYWHERE, FIRST, LAST, SIDES };

typedef struct {
    uint32_t trigger;
    uint32_t kind;
    uint32_t longest; /* characters of a line; UINT32_MAX: any */
    uint32_t head, tail; /* the first and last lines of the body that count; both 0: all */
    uint32_t fields;
    uint32_t first, second; /* of RECURRING the probe, of ALIKE edge and shortest line */
} signal_t;

typedef struct {
    uint32_t signal, within, next; /* `next`: one more than the index of the next output */
} output_t;

/* A state of a trie. States and outputs are numbered from 1; 0 means none. */
typedef struct {
    uint32_t child, sibling, output;
    uint16_t class;
} state_t;

typedef struct {
    state_t *states;
    size_t count, room;
    uint32_t *first; /* by class, the next state */
    uint32_t within; /* characters from the side of the line at which a literal may begin */
} trie_t;

typedef struct {
    uint64_t key; /* 0: none */
    uint32_t signal, reach;
} opening_t;

typedef struct {
    uint64_t first, second; /* bits in `classes`; `second` 0: one character is enough */
    uint32_t signal;
} way_t;

typedef struct {
    uint32_t three, state; /* 0: none */
} begin_t;

/* Classes of folded characters; bits of the Bloom filters. */
enum { SPACE = 1, MOST_CLASSES = 1 << 10, CLASS = MOST_CLASSES - 1 };
enum { BEGINS_BITS = 16, THREES_BITS = 12, BEGINS = 1 << BEGINS_BITS, THREES = 1 << THREES_BITS };

typedef struct {
    PyObject_HEAD
    Py_buffer table, folded;
    const uint32_t *cells;
    const uint32_t *expansions;
    size_t rows;
    word_table words;
    signal_t *signals;
    size_t count;
    uint32_t *shapes; /* the signals that are tested on each line of the body */
    size_t shape_count;
    size_t alike_count;
    uint64_t serial; /* no other scanner of the process has it */
    uint64_t *classes; /* by code point, at LIMIT that of all beyond; with the flags below */
    size_t class_count;
    trie_t tries[SIDES];
    uint64_t begins[BEGINS / 64]; /* a Bloom filter of the first four classes of literals */
    uint64_t threes[THREES / 64]; /* the same of all classes of literals that have three */
    begin_t *after; /* open addressing: the state of the trie after three classes */
    size_t after_mask;
    uint8_t begins_short[MOST_CLASSES]; /* whether a class begins a literal of one or two */
    output_t *outputs;
    size_t output_count, output_room;
    opening_t *openings; /* open addressing; entries with the same key are adjacent */
    size_t opening_mask;
    way_t *ways;
    size_t way_count;
} scanner;

/* Flags in the table of classes; the bits above are the sets of CHARACTERS of a code point. */
enum {
    SEVERAL = 1 << 16, /* it folds to several characters, or to none */
    SHORT = 1 << 17,   /* it begins a literal of one or two characters */
    FIRST_MARK = 18,
    MARKS = 64,
};

/* Append a class to the last four, ten bits each; the last but one are the upper three of them. */
static inline uint64_t
with_class(uint64_t four, uint32_t class)
{
    return (four << 10 | class) & 0xFFFFFFFFFF;
}

/* The bits of four classes and of three. */
static inline uint32_t
begin_of(uint64_t four)
{
    return (uint32_t)(four * 0x9E3779B97F4A7C15 >> (64 - BEGINS_BITS));
}

static inline uint32_t
place_of_three(uint32_t three)
{
    return three * 0x9E3779B1 >> 12;
}

/* The keys of the opening words of phrases. */
static const uint64_t BASIS = 0xCBF29CE484222325, PRIME = 0x100000001B3;
enum { PAIR = 0x110000, OPEN = 0x110001 }; /* after the first word: a second word, or any */

static inline uint64_t
mixed(uint64_t key, uint32_t code)
{
    return (key ^ code) * PRIME;
}

/* Make room for more items; -1 without memory. */
int grow(void **items, size_t *room, size_t size);
PyObject *scanner_scan(PyObject *self, PyObject *arguments);

#endif
