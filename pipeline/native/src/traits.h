/* The traits of characters: what the counts, the wording and the lines know of them. */
#ifndef COPYDESK_TRAITS_H
#define COPYDESK_TRAITS_H

#include "native.h"

#include <stdbool.h>

/* The table of traits: those of 256 classes of characters, 32 bits each, then the class of each
   code point below PLANES, then those of all others: Han of planes 2 and 3, variation selectors,
   the rest. `pipeline/traits.py` makes it. */
enum { HAN_END = 0x40000, SELECTORS = 0xE0100, SELECTORS_END = 0xE01F0 };
enum { CLASSES = 256, TABLE_SIZE = 4 * CLASSES + PLANES + 3 };

/* The bits of traits. */
enum {
    KIND_BITS = 0xF,
    SCRIPT_SHIFT = 4,
    SCRIPT_BITS = 0x1F,
    WORD_SHIFT = 9,
    WORD_BITS = 0x7,
    NUMERIC_SHIFT = 12,
    DECIMAL = 1 << 13,
    FIGURE = 1 << 14,
    WHITE = 1 << 15,
    END = 1 << 16,
    WIDE_END = 1 << 17,
    AFTER_END = 1 << 18,
    AFTER_WIDE_END = 1 << 19,
    CLOSER = 1 << 20,
    BULLET = 1 << 21,
    SPACED_BULLET = 1 << 22,
    ROW_END = 1 << 23,
    SYMBOL_MARK = 1 << 24,
    BAR = 1 << 25,
};

/* The class of a code point; `classes` is the second part of the table. */
static inline uint8_t
class_of(const uint8_t *classes, uint32_t code)
{
    if (code >= PLANES) {
        bool selects = code >= SELECTORS && code < SELECTORS_END;
        code = PLANES + (code < HAN_END ? 0 : selects ? 1 : 2);
    }
    return classes[code];
}

#endif
