/* The line scan: finds the candidate lines of all rules in an article.

   `scan` reads the four texts of a draft once; `pipeline/native/scan_signals.py` describes what it
   finds.

   A line is folded once: a run of white space folds to one space, a character to none or several.
   Each folded character that occurs in a literal has a number, its class. Bloom filters of four
   classes, or of three for the shortest, find the places where a literal may begin, which are few
   in any text. From there the scan follows a trie of all literals. Literals near either end of a
   line have their own tries, those near its end backwards.

   What is found in a line depends on the line and the headline alone, and is remembered. After a
   repair most lines are those of the scan before: only the others are read. */
#include "scan.h"

typedef struct {
    uint32_t trigger, line, signal;
} hit_t;

static const uint32_t NO_LINE = UINT32_MAX;

typedef struct {
    hit_t *items;
    size_t count, room;
} hits_t;

/* What a line is, and what was found in it: `found.items[hits]` up to `hits_end`. */
typedef struct {
    uint32_t row, row_end; /* the line with the white space around it and its line break */
    uint32_t start, end;
    uint32_t hits, hits_end;
    uint64_t met, pairs; /* the sets of CHARACTERS in the row, and pairs of them */
} line_t;

/* The ends of a line for a signal of ALIKE: keys of its first and last folded characters, 0 for a
   line without any. */
typedef struct {
    uint64_t first, last;
    int is_long;
} edges_t;

/* The lines of a body. */
typedef struct {
    uint64_t scanner; /* its serial number */
    uint32_t *codes;
    line_t *lines;
    size_t count, room;
    hits_t found; /* in any line, whether the line counts for the signal or not */
    edges_t *edges; /* `alike_count` for each line */
    size_t edges_room;
    uint32_t headline[TAIL]; /* the last letters and digits of the headline, folded, backwards */
    uint32_t headline_size;
    int has_headline;
} lines_t;

typedef struct {
    const scanner *with;
    uint32_t field;
    lines_t *body;
    const lines_t *old; /* those of an earlier scan, or NULL */
    size_t old_next;    /* the first of them that may still come */
    hits_t hits;        /* in other texts and in the whole body; at the end all that count */
    uint32_t *stamps;   /* by signal, one more than the line in which it was last found */
    uint16_t *row;      /* the classes of the line at hand, folded */
    size_t row_size;
    int has_short;       /* whether one of them begins a literal of one or two */
    uint64_t met, pairs; /* the sets of CHARACTERS, and pairs of them, in the row or field */
    uint64_t before;     /* those of the last character */
    int failed;
} scan_t;

/* ---- characters ---- */

static inline uint32_t
cell_at(const scanner *with, uint32_t code)
{
    return code < LIMIT ? with->cells[code] : code;
}

/* Write the folded characters of a character; returns their number. White space after white space
   folds to none. */
static inline uint32_t
fold_one(const scanner *with, uint32_t code, int *white, uint32_t into[ROW])
{
    const uint32_t cell = cell_at(with, code);
    if (cell & WHITE) {
        into[0] = ' ';
        const uint32_t count = !*white;
        *white = 1;
        return count;
    }
    uint32_t count = 1;
    if (cell & EXPANDS) {
        const uint32_t *row = with->expansions + (size_t)(cell & FOLD) * ROW;
        for (count = 0; count < ROW && row[count]; count++) {
            into[count] = row[count];
        }
    } else {
        into[0] = cell & FOLD;
    }
    if (count) {
        *white = 0;
    }
    return count;
}

/* ---- hits ---- */

int
grow(void **items, size_t *room, size_t size)
{
    const size_t more = *room ? 2 * *room : 64;
    void *grown = realloc(*items, more * size);
    if (!grown) {
        return -1;
    }
    *items = grown;
    *room = more;
    return 0;
}

static void
put_hit(scan_t *scan, hits_t *into, hit_t hit)
{
    if (into->count == into->room &&
        grow((void **)&into->items, &into->room, sizeof(hit_t)) < 0) {
        scan->failed = 1;
        return;
    }
    into->items[into->count++] = hit;
}

/* Note that a signal was found in the whole of a text, or in a line because of others. */
static void
put_whole(scan_t *scan, uint32_t signal, uint32_t line)
{
    put_hit(scan, &scan->hits, (hit_t){scan->with->signals[signal].trigger, line, signal});
}

/* Note that a signal was found in the line at hand, or in another field. */
static void
found(scan_t *scan, uint32_t signal)
{
    const uint32_t line = (uint32_t)scan->body->count;
    const signal_t *one = &scan->with->signals[signal];
    if (!(one->fields & scan->field)) {
        return;
    }
    if (scan->field != BODY) {
        put_whole(scan, signal, NO_LINE);
    } else if (scan->stamps[signal] != line + 1) {
        scan->stamps[signal] = line + 1;
        put_hit(scan, &scan->body->found, (hit_t){one->trigger, line, signal});
    }
}

/* ---- literals ---- */

static void
report(scan_t *scan, uint32_t output, size_t at)
{
    for (; output; output = scan->with->outputs[output - 1].next) {
        if (at <= scan->with->outputs[output - 1].within) {
            found(scan, scan->with->outputs[output - 1].signal);
        }
    }
}

static inline uint64_t
class_cell(const scanner *with, uint32_t code)
{
    return with->classes[code < LIMIT ? code : LIMIT];
}

/* Fold a character that needs more than its class. */
static void
fold_odd(scan_t *scan, uint32_t code, uint64_t cell)
{
    const scanner *with = scan->with;
    uint32_t parts[ROW] = {code};
    int white = 0;
    const uint32_t count = cell & SEVERAL ? fold_one(with, code, &white, parts) : 1;
    for (uint32_t n = 0; n < count; n++) {
        const uint64_t part = class_cell(with, parts[n]);
        const size_t size = scan->row_size;
        const int goes_on = (part & CLASS) == SPACE && size && scan->row[size - 1] == SPACE;
        scan->row[size] = part & CLASS;
        scan->row_size += !goes_on;
        scan->has_short |= (part & SHORT) != 0;
    }
}

/* Fold `codes[start:end]` into `row`. */
static void
fold_row(scan_t *scan, const uint32_t *codes, size_t start, size_t end)
{
    const scanner *with = scan->with;
    uint16_t *row = scan->row;
    uint64_t met = scan->met, pairs = scan->pairs, before = scan->before;
    size_t size = 0;
    uint32_t last = 0;
    scan->has_short = 0;
    for (size_t i = start; i < end; i++) {
        const uint32_t code = codes[i];
        const uint64_t cell = class_cell(with, code);
        met |= cell;
        pairs |= cell & before << 1;
        before = cell;
        if (cell & (SEVERAL | SHORT)) {
            scan->row_size = size;
            fold_odd(scan, code, cell);
            size = scan->row_size;
            last = size ? row[size - 1] : 0;
        } else {
            row[size++] = cell & CLASS;
            size -= ((cell & CLASS) == SPACE) & (last == SPACE);
            last = cell & CLASS;
        }
    }
    row[size] = 0;
    scan->met = met, scan->pairs = pairs, scan->before = before;
    scan->row_size = size;
}

/* Report the literals that begin at a place of the row; `step` is -1 for backward tries. */
static void
follow(scan_t *scan, const trie_t *trie, uint32_t state, const uint16_t *row, size_t left, int step,
       size_t at)
{
    while (state) {
        const state_t *here = &trie->states[state - 1];
        if (here->output) {
            report(scan, here->output, at);
        }
        if (!left) {
            return;
        }
        for (state = here->child; state && trie->states[state - 1].class != *row;) {
            state = trie->states[state - 1].sibling;
        }
        row += step;
        left--;
    }
}

/* Report the literals that begin with the three classes at a place. */
static void
find_from(scan_t *scan, uint32_t three, size_t at)
{
    const scanner *with = scan->with;
    for (size_t i = place_of_three(three) & with->after_mask; with->after[i].three;
         i = (i + 1) & with->after_mask) {
        if (with->after[i].three == three) {
            follow(scan, &with->tries[ANYWHERE], with->after[i].state, scan->row + at + 3,
                   scan->row_size - at - 3, 1, 0);
        }
    }
}

static void
find_anywhere(scan_t *scan)
{
    const uint64_t *begins = scan->with->begins, *threes = scan->with->threes;
    const trie_t *trie = &scan->with->tries[ANYWHERE];
    const uint16_t *row = scan->row;
    const size_t size = scan->row_size;
    uint64_t four = 0;
    for (size_t i = 0; i <= size; i++) { /* at `size` there is no class */
        four = with_class(four, row[i]);
        const uint32_t three = (uint32_t)(four >> 10);
        const uint32_t begin = begin_of(four), place = place_of_three(three) % THREES;
        if ((begins[begin / 64] >> begin % 64 | threes[place / 64] >> place % 64) & 1) {
            find_from(scan, three, i - 3);
        }
    }
    for (size_t i = 0; scan->has_short && i < size; i++) {
        if (scan->with->begins_short[row[i]]) {
            follow(scan, trie, trie->first[row[i]], row + i + 1, size - i - 1, 1, 0);
        }
    }
}

/* Find literals near the first or the last character of a field, or of a line of the body without
   the white space around it. */
static void
find_near(scan_t *scan, int side)
{
    const trie_t *trie = &scan->with->tries[side];
    const uint16_t *row = scan->row;
    size_t first = 0, end = scan->row_size;
    if (scan->field == BODY) {
        first += end > 0 && row[0] == SPACE;
        end -= end > first && row[end - 1] == SPACE;
    }
    for (size_t at = 0; first + at < end && at <= trie->within; at++) {
        const uint16_t *place = side == FIRST ? row + first + at : row + end - 1 - at;
        const uint32_t state = trie->first[*place];
        if (state) {
            const int step = side == FIRST ? 1 : -1;
            follow(scan, trie, state, place + step, end - first - at - 1, step, at);
        }
    }
}

/* ---- openings ---- */

static void
look_up_opening(scan_t *scan, uint64_t key, size_t length)
{
    const scanner *with = scan->with;
    key |= 1;
    for (size_t at = (key >> 20) & with->opening_mask;; at = (at + 1) & with->opening_mask) {
        const opening_t *one = &with->openings[at];
        if (!one->key) {
            return;
        }
        if (one->key == key && length <= one->reach) {
            found(scan, one->signal);
        }
    }
}

/* Mix the key of a word (see `grammar.key_of`) into a key; of the second word of a line only the
   part that a leading `\w{1,30}` matches. */
static uint64_t
word_key(const scanner *with, uint64_t key, const uint32_t *word, size_t size, int is_second)
{
    const uint32_t first = cell_at(with, word[0]);
    if (first & COUNTS) {
        return mixed(key, '#');
    }
    if (first & UNSPACED) {
        return mixed(key, word[0]);
    }
    uint32_t taken = 0;
    for (size_t i = 0; i < size; i++) {
        uint32_t parts[ROW];
        int white = 0;
        const uint32_t count = fold_one(with, word[i], &white, parts);
        for (uint32_t n = 0; n < count; n++) {
            if (is_second && (taken == LONGEST_WORD || !(cell_at(with, parts[n]) & WORD))) {
                return key;
            }
            key = mixed(key, parts[n]);
            taken++;
        }
    }
    return key;
}

static int
is_ascii_letter_or_digit(uint32_t code)
{
    return (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z');
}

/* Look the first two words of a line up among the openings of phrases. */
static void
find_openings(scan_t *scan, const uint32_t *codes, size_t start, size_t end)
{
    const scanner *with = scan->with;
    size_t at = start;
    const size_t signs = end - start < MOST_SIGNS ? end : start + MOST_SIGNS;
    while (at < signs && !(cell_at(with, codes[at]) & (WORD | STOPS))) {
        at++;
    }
    if (at == end) {
        return;
    }
    const size_t begin = at;
    const size_t longest = end - at < LONGEST_WORD ? end : at + LONGEST_WORD;
    if (codes[at] == COPYRIGHT) {
        at++;
    } else {
        while (at < longest && cell_at(with, codes[at]) & WORD) {
            at++;
        }
        size_t latin = begin;
        while (latin < at && is_ascii_letter_or_digit(codes[latin])) {
            latin++;
        }
        if (latin > begin && latin < at && cell_at(with, codes[latin]) & UNSPACED) {
            at = latin;
        }
    }
    if (at == begin) {
        return;
    }
    const uint64_t key = word_key(with, BASIS, codes + begin, at - begin, 0);
    look_up_opening(scan, mixed(key, OPEN), end - start);
    while (at < end && !(cell_at(with, codes[at]) & LETTER)) {
        at++;
    }
    const size_t second = at;
    while (at < end && at - second < LONGEST_WORD &&
           (cell_at(with, codes[at]) & LETTER || codes[at] == DOT_ABOVE)) {
        at++;
    }
    uint64_t pair = mixed(key, PAIR);
    if (at > second) {
        pair = word_key(with, pair, codes + second, at - second, 1);
    }
    look_up_opening(scan, pair, end - start);
}

/* ---- shapes of lines ---- */

/* Write the last letters and digits of a text, folded, in reverse; returns their number, at most
   TAIL. */
static uint32_t
tail_of(const scanner *with, const uint32_t *codes, size_t start, size_t end, uint32_t into[TAIL])
{
    uint32_t size = 0;
    for (size_t i = end; i > start && size < TAIL; i--) {
        uint32_t parts[ROW];
        int white = 0;
        for (uint32_t n = fold_one(with, codes[i - 1], &white, parts); n > 0 && size < TAIL; n--) {
            if (cell_at(with, parts[n - 1]) & LETTER) {
                into[size++] = parts[n - 1];
            }
        }
    }
    return size;
}

static int
is_like_headline(const scan_t *scan, const uint32_t *codes, size_t start, size_t end)
{
    uint32_t size = 0;
    for (size_t i = end; i > start && size < scan->body->headline_size; i--) {
        uint32_t parts[ROW];
        int white = 0;
        uint32_t n = fold_one(scan->with, codes[i - 1], &white, parts);
        for (; n > 0 && size < scan->body->headline_size; n--) {
            if (cell_at(scan->with, parts[n - 1]) & LETTER &&
                parts[n - 1] != scan->body->headline[size++]) {
                return 0;
            }
        }
    }
    return scan->body->has_headline;
}

static int
is_doubled(const uint32_t *line, size_t size)
{
    const size_t half = size / 2;
    return size % 2 && line[half] == ' ' &&
           memcmp(line, line + half + 1, half * sizeof *line) == 0;
}

/* Whether the first `probe` characters of a line recur after themselves. */
static int
comes_again(const uint32_t *line, size_t size, size_t probe)
{
    if (size <= 2 * probe) {
        return 0;
    }
    for (size_t at = probe; at + probe <= size; at++) {
        if (line[at] == line[0] && line[at + 1] == line[1] &&
            memcmp(line, line + at, probe * sizeof *line) == 0) {
            return 1;
        }
    }
    return 0;
}

static void
find_shapes(scan_t *scan, const uint32_t *codes, size_t start, size_t end)
{
    const scanner *with = scan->with;
    const size_t size = end - start;
    for (size_t n = 0; n < with->shape_count; n++) {
        const uint32_t i = with->shapes[n];
        const signal_t *one = &with->signals[i];
        if (size > one->longest) {
            continue;
        }
        int is_found = 0;
        switch (one->kind) {
        case LINES:
            is_found = 1;
            break;
        case DOUBLED:
            is_found = is_doubled(codes + start, size);
            break;
        case RECURRING:
            is_found = comes_again(codes + start, size, one->first);
            break;
        case LIKE_HEADLINE:
            is_found = is_like_headline(scan, codes, start, end);
            break;
        default:
            break;
        }
        if (is_found) {
            found(scan, i);
        }
    }
}

/* ---- lines that begin or end alike ---- */

typedef struct {
    uint32_t last[MOST_EDGE]; /* the last characters: a ring buffer of MOST_EDGE */
    size_t size;
    unsigned before; /* the kind of word that the last character belongs to */
} folded_t;

static void
put_folded(folded_t *into, uint64_t cell)
{
    if (begins_word(kind_of(cell), into->before) && into->size) {
        into->last[into->size++ % MOST_EDGE] = ' ';
    }
    into->last[into->size++ % MOST_EDGE] = (uint32_t)cell;
    into->before = joined_kind(kind_of(cell), into->before);
}

/* Fold `codes[start:end]` as `squeeze` does, until there are `most` characters. */
static void
fold_words(const scanner *with, const uint32_t *codes, size_t start, size_t end, size_t most,
           folded_t *into)
{
    into->size = 0;
    into->before = NONE;
    for (size_t i = start; i < end && into->size < most; i++) {
        const uint64_t cell = cell_of(&with->words, codes[i]);
        const unsigned kind = kind_of(cell);
        if (kind == NONE || kind == BREAK) {
            into->before = NONE;
        } else if (kind != EXPANDED) {
            put_folded(into, cell);
        } else if ((uint32_t)cell < with->words.rows) {
            const uint32_t *row = with->words.expansions + (size_t)(uint32_t)cell * ROW;
            for (int n = 0; n < ROW && row[n]; n++) {
                put_folded(into, cell_of(&with->words, row[n]));
            }
        }
    }
}

/* The start of a word from which folding yields at least the last `edge` characters. */
static size_t
edge_start(const scanner *with, const uint32_t *codes, size_t start, size_t end, size_t edge)
{
    size_t count = 0, at = end;
    while (at > start) {
        const unsigned kind = kind_of(cell_of(&with->words, codes[at - 1]));
        if (count >= edge && (kind == NONE || kind == BREAK)) {
            return at;
        }
        count += kind != NONE && kind != BREAK;
        at--;
        if (count > edge && kind == ALONE) {
            return at;
        }
    }
    return at;
}

static uint64_t
edge_key(const folded_t *fold, size_t first, size_t end, uint64_t key)
{
    for (size_t i = first; i < end; i++) {
        key = mixed(key, fold->last[i % MOST_EDGE]);
    }
    return key | 1;
}

typedef struct {
    uint64_t key; /* 0: none */
    uint32_t line;
} seen_t;

/* Put the key of an edge of a line into the table. If it is there, both lines are candidates. */
static void
put_edge(scan_t *scan, uint32_t signal, seen_t *seen, size_t mask, uint64_t key, uint32_t line)
{
    size_t at = (key >> 20) & mask;
    while (seen[at].key && seen[at].key != key) {
        at = (at + 1) & mask;
    }
    if (!seen[at].key) {
        seen[at] = (seen_t){key, line};
    } else {
        put_whole(scan, signal, seen[at].line);
        put_whole(scan, signal, line);
    }
}

static edges_t
edges_of(const scanner *with, const signal_t *signal, const uint32_t *codes, size_t start,
         size_t end)
{
    const size_t edge = signal->first;
    folded_t fold;
    fold_words(with, codes, start, end, edge, &fold);
    if (!fold.size) {
        return (edges_t){0, 0, 0};
    }
    edges_t found = {.is_long = fold.size > signal->second};
    found.first = edge_key(&fold, 0, fold.size < edge ? fold.size : edge, BASIS);
    fold_words(with, codes, edge_start(with, codes, start, end, edge), end, SIZE_MAX, &fold);
    found.last = edge_key(&fold, fold.size < edge ? 0 : fold.size - edge, fold.size, ~BASIS);
    return found;
}

/* Find the lines whose fold begins or ends like that of another one, if one of them is long.
   `number`: that of the signal among those of ALIKE. */
static void
find_alike(scan_t *scan, uint32_t signal, size_t number)
{
    const lines_t *body = scan->body;
    const size_t pending = scan->hits.count;
    size_t mask = 15;
    while (mask < 4 * body->count) {
        mask = 2 * mask + 1;
    }
    seen_t *seen = calloc(mask + 1, sizeof *seen);
    if (!seen) {
        scan->failed = 1;
        return;
    }
    int has_long = 0;
    for (uint32_t i = 0; i < body->count; i++) {
        const edges_t *edges = &body->edges[i * scan->with->alike_count + number];
        const size_t found_before = scan->hits.count;
        if (edges->first) {
            put_edge(scan, signal, seen, mask, edges->first, i);
            put_edge(scan, signal, seen, mask, edges->last, i);
        }
        has_long |= edges->is_long && scan->hits.count > found_before;
    }
    free(seen);
    scan->hits.count = has_long ? scan->hits.count : pending;
}

/* ---- fields ---- */

static void
put_ways_met(scan_t *scan)
{
    for (size_t i = 0; i < scan->with->way_count; i++) {
        const way_t *way = &scan->with->ways[i];
        if ((way->second ? scan->pairs & way->second : scan->met & way->first) &&
            scan->with->signals[way->signal].fields & scan->field) {
            put_whole(scan, way->signal, NO_LINE);
        }
    }
}

static int
is_untidy(const scanner *with, const uint32_t *codes, size_t size)
{
    int white = 1; /* none may come first */
    for (size_t i = 0; i < size; i++) {
        const int is_white = (cell_at(with, codes[i]) & WHITE) != 0;
        if (is_white && (white || codes[i] != ' ')) {
            return 1;
        }
        white = is_white;
    }
    return size > 0 && white;
}

static void
find_in_whole(scan_t *scan, const uint32_t *codes, size_t size, int is_unlaid)
{
    const scanner *with = scan->with;
    size_t alike = 0;
    put_ways_met(scan);
    for (uint32_t i = 0; i < with->count; i++) {
        const signal_t *one = &with->signals[i];
        if (!(one->fields & scan->field)) {
            continue;
        }
        if (one->kind == ALIKE && scan->field == BODY) {
            find_alike(scan, i, alike++);
        } else if ((one->kind == EMPTY && size == 0) || (one->kind == UNLAID && is_unlaid) ||
            (one->kind == UNTIDY && is_untidy(with, codes, size))) {
            put_whole(scan, i, NO_LINE);
        }
    }
}

/* ---- lines ---- */

/* Add a line without what is found in it. */
static line_t *
put_line(scan_t *scan, line_t line)
{
    lines_t *body = scan->body;
    const size_t alikes = scan->with->alike_count;
    if (body->count == body->room &&
        grow((void **)&body->lines, &body->room, sizeof(line_t)) < 0) {
        scan->failed = 1;
        return NULL;
    }
    while ((body->count + 1) * alikes > body->edges_room) {
        if (grow((void **)&body->edges, &body->edges_room, sizeof(edges_t)) < 0) {
            scan->failed = 1;
            return NULL;
        }
    }
    line.hits = (uint32_t)body->found.count;
    body->lines[body->count] = line;
    return &body->lines[body->count];
}

/* The line of the earlier scan that has the same row, among the next few; NULL for none. The first
   row has no line break before it, which counts for pairs of characters. */
static const line_t *
old_line(scan_t *scan, size_t row, size_t row_end)
{
    enum { FEW = 16 };
    const lines_t *old = scan->old;
    const size_t size = row_end - row;
    for (size_t i = scan->old_next; old && i < old->count && i < scan->old_next + FEW; i++) {
        const line_t *line = &old->lines[i];
        if (line->row_end - line->row == size && !line->row == !row &&
            !memcmp(old->codes + line->row, scan->body->codes + row, size * sizeof *old->codes)) {
            scan->old_next = i + 1;
            return line;
        }
    }
    return NULL;
}

/* Add a line with what the earlier scan found in it. */
static void
keep_line(scan_t *scan, const line_t *old, line_t line)
{
    lines_t *body = scan->body;
    const size_t alikes = scan->with->alike_count;
    line.start = line.row + (old->start - old->row);
    line.end = line.row + (old->end - old->row);
    line_t *made = put_line(scan, line);
    if (!made) {
        return;
    }
    for (uint32_t i = old->hits; i < old->hits_end; i++) {
        hit_t hit = scan->old->found.items[i];
        hit.line = (uint32_t)body->count;
        put_hit(scan, &body->found, hit);
    }
    if (alikes) {
        memcpy(body->edges + body->count * alikes,
               scan->old->edges + (size_t)(old - scan->old->lines) * alikes,
               alikes * sizeof *body->edges);
    }
    made->hits_end = (uint32_t)body->found.count;
    made->met = old->met, made->pairs = old->pairs;
    body->count++;
}

/* Read a row, and add its line unless it is blank. */
static void
read_line(scan_t *scan, line_t line)
{
    const scanner *with = scan->with;
    lines_t *body = scan->body;
    const uint32_t *codes = body->codes;
    scan->met = scan->pairs = 0;
    fold_row(scan, codes, line.row, line.row_end);
    for (line.start = line.row; line.start < line.row_end &&
                                cell_at(with, codes[line.start]) & WHITE;) {
        line.start++;
    }
    for (line.end = line.row_end; line.start < line.end &&
                                  cell_at(with, codes[line.end - 1]) & WHITE;) {
        line.end--;
    }
    line.met = scan->met, line.pairs = scan->pairs;
    line_t *made = line.start < line.end ? put_line(scan, line) : NULL;
    if (!made) {
        return;
    }
    find_anywhere(scan);
    find_near(scan, FIRST);
    find_near(scan, LAST);
    find_openings(scan, codes, line.start, line.end);
    find_shapes(scan, codes, line.start, line.end);
    size_t alike = body->count * with->alike_count;
    for (size_t i = 0; i < with->count; i++) {
        if (with->signals[i].kind == ALIKE && with->signals[i].fields & BODY) {
            body->edges[alike++] =
                edges_of(with, &with->signals[i], codes, line.start, line.end);
        }
    }
    made->hits_end = (uint32_t)body->found.count;
    body->count++;
}

static void
scan_body(scan_t *scan, size_t size)
{
    lines_t *body = scan->body;
    uint64_t met = 0, pairs = 0;
    int is_unlaid = 0;
    size_t rows = 0;
    scan->field = BODY;
    for (size_t row = 0; row <= size && size; rows++) {
        size_t stop = row;
        while (stop < size && body->codes[stop] != '\n') {
            stop++;
        }
        const line_t bare = {.row = (uint32_t)row, .row_end = (uint32_t)(stop + (stop < size))};
        const size_t count = body->count;
        const line_t *old = stop > row ? old_line(scan, row, bare.row_end) : NULL;
        if (old) {
            scan->before = class_cell(scan->with, '\n');
            keep_line(scan, old, bare);
        } else {
            read_line(scan, bare);
        }
        if (scan->failed) {
            return;
        }
        const line_t *line = body->count > count ? &body->lines[count] : NULL;
        met |= line ? line->met : scan->met;
        pairs |= line ? line->pairs : scan->pairs;
        /* In a body that is laid out every second row is empty, the others have no margins. */
        is_unlaid |= (line ? line->start > row || line->end < stop : stop > row) ||
                     (line != NULL) != (rows % 2 == 0);
        row = stop + 1;
    }
    is_unlaid |= size && rows % 2 == 0;
    scan->met = met, scan->pairs = pairs;
    find_in_whole(scan, body->codes, size, is_unlaid);
}

static void
scan_field(scan_t *scan, uint32_t field, const uint32_t *codes, size_t size)
{
    scan->field = field;
    scan->met = scan->pairs = scan->before = 0;
    fold_row(scan, codes, 0, size);
    find_anywhere(scan);
    find_near(scan, FIRST);
    find_near(scan, LAST);
    find_in_whole(scan, codes, size, 0);
}

/* ---- the results ---- */

static int
compare_hits(const void *one, const void *other)
{
    const hit_t *a = one, *b = other;
    if (a->trigger != b->trigger) {
        return a->trigger < b->trigger ? -1 : 1;
    }
    return (a->line > b->line) - (a->line < b->line);
}

/* Whether a hit is in a line that counts: not too long, and among the first or last lines. */
static int
counts(const scan_t *scan, const hit_t *hit)
{
    const signal_t *one = &scan->with->signals[hit->signal];
    if (hit->line == NO_LINE) {
        return 1;
    }
    const line_t *line = &scan->body->lines[hit->line];
    return line->end - line->start <= one->longest &&
           (!(one->head | one->tail) || hit->line < one->head ||
            scan->body->count - hit->line <= one->tail);
}

/* Collect the hits that count, sorted, each once. */
static void
settle_hits(scan_t *scan)
{
    hits_t *hits = &scan->hits;
    size_t kept = 0, distinct = 0;
    for (size_t i = 0; i < hits->count; i++) {
        if (counts(scan, &hits->items[i])) {
            hits->items[kept++] = hits->items[i];
        }
    }
    hits->count = kept;
    for (size_t i = 0; i < scan->body->found.count; i++) {
        if (counts(scan, &scan->body->found.items[i])) {
            put_hit(scan, hits, scan->body->found.items[i]);
        }
    }
    if (hits->count) {
        qsort(hits->items, hits->count, sizeof *hits->items, compare_hits);
    }
    for (size_t i = 0; i < hits->count; i++) {
        if (!distinct || compare_hits(&hits->items[distinct - 1], &hits->items[i])) {
            hits->items[distinct++] = hits->items[i];
        }
    }
    hits->count = distinct;
}

static PyObject *
spans_of(const lines_t *body)
{
    PyObject *spans = PyTuple_New((Py_ssize_t)body->count);
    for (size_t i = 0; spans && i < body->count; i++) {
        PyObject *span = PyTuple_New(2);
        PyObject *start = PyLong_FromLong(body->lines[i].start);
        PyObject *end = PyLong_FromLong(body->lines[i].end);
        if (!span || !start || !end) {
            Py_XDECREF(span), Py_XDECREF(start), Py_XDECREF(end);
            Py_CLEAR(spans);
            break;
        }
        PyTuple_SetItem(span, 0, start);
        PyTuple_SetItem(span, 1, end);
        PyTuple_SetItem(spans, (Py_ssize_t)i, span);
    }
    return spans;
}

static PyObject *
hits_of(const hits_t *found)
{
    PyObject *hits = PyList_New(0);
    PyObject *lines = NULL;
    for (size_t i = 0; hits && i < found->count; i++) {
        const hit_t *hit = &found->items[i];
        if (!i || hit->trigger != hit[-1].trigger) {
            lines = PyList_New(0);
            PyObject *pair = lines ? Py_BuildValue("IN", hit->trigger, lines) : NULL;
            if (!pair || PyList_Append(hits, pair) < 0) {
                Py_CLEAR(hits);
            }
            Py_XDECREF(pair);
        }
        if (hits && hit->line != NO_LINE) {
            PyObject *line = PyLong_FromLong(hit->line);
            if (!line || PyList_Append(lines, line) < 0) {
                Py_CLEAR(hits);
            }
            Py_XDECREF(line);
        }
    }
    return hits;
}

static const char LINES_NAME[] = "pipeline.native.lines";

static void
free_lines(lines_t *body)
{
    if (body) {
        free(body->codes);
        free(body->lines);
        free(body->found.items);
        free(body->edges);
        free(body);
    }
}

static void
free_capsule(PyObject *capsule)
{
    free_lines(PyCapsule_GetPointer(capsule, LINES_NAME));
}

/* The lines of an earlier scan, if what was found in them still holds; NULL, perhaps with an
   exception set. */
static const lines_t *
old_lines(const lines_t *body, PyObject *capsule)
{
    if (capsule == Py_None) {
        return NULL;
    }
    const lines_t *old = PyCapsule_GetPointer(capsule, LINES_NAME);
    if (old && old->scanner != body->scanner) {
        PyErr_SetString(PyExc_ValueError, "these are the lines of another scanner");
        return NULL;
    }
    const int is_same = old && old->has_headline == body->has_headline &&
                        old->headline_size == body->headline_size &&
                        !memcmp(old->headline, body->headline, sizeof body->headline);
    return is_same ? old : NULL;
}

/* Scan the texts, with room for the longest of them in `scan`. */
static void
scan_texts(scan_t *scan, uint32_t *const texts[4], const size_t sizes[4])
{
    scan_body(scan, sizes[0]);
    for (int i = 1; i < 4 && !scan->failed; i++) {
        scan_field(scan, 1u << i, texts[i], sizes[i]);
    }
    if (!scan->failed) {
        settle_hits(scan);
    }
}

/* (spans, hits, lines) of the texts; NULL with an exception set. */
static PyObject *
scan_into(scan_t *scan, PyObject *texts[4], const size_t sizes[4], PyObject *before)
{
    const scanner *with = scan->with;
    lines_t *body = scan->body;
    const size_t total = sizes[0] + sizes[1] + sizes[2] + sizes[3] + 4;
    body->codes = malloc((sizes[0] + 1) * sizeof *body->codes);
    uint32_t *room = malloc((total + with->count) * sizeof *room + (ROW * total + 1) * sizeof *scan->row);
    if (!body->codes || !room) {
        free(room);
        return PyErr_NoMemory();
    }
    scan->stamps = room + total;
    scan->row = (uint16_t *)(scan->stamps + with->count);
    memset(scan->stamps, 0, with->count * sizeof *scan->stamps);
    uint32_t *at[4], *next = room;
    for (int i = 0; i < 4; i++) {
        at[i] = i ? next : body->codes;
        next += i ? sizes[i] + 1 : 0;
        if (sizes[i] && !PyUnicode_AsUCS4(texts[i], at[i], (Py_ssize_t)sizes[i], 0)) {
            free(room);
            return NULL;
        }
    }
    body->has_headline = sizes[1] > 0;
    body->headline_size = tail_of(with, at[1], 0, sizes[1], body->headline);
    scan->old = old_lines(body, before);
    if (!PyErr_Occurred()) {
        Py_BEGIN_ALLOW_THREADS
        scan_texts(scan, at, sizes);
        Py_END_ALLOW_THREADS
    }
    free(room);
    if (scan->failed) {
        return PyErr_NoMemory();
    }
    PyObject *spans = PyErr_Occurred() ? NULL : spans_of(body);
    PyObject *hits = spans ? hits_of(&scan->hits) : NULL;
    PyObject *lines = hits ? PyCapsule_New(body, LINES_NAME, free_capsule) : NULL;
    if (!lines) {
        Py_XDECREF(spans);
        Py_XDECREF(hits);
        return NULL;
    }
    scan->body = NULL; /* the capsule has it */
    return Py_BuildValue("(NNN)", spans, hits, lines);
}

PyObject *
scanner_scan(PyObject *self, PyObject *arguments)
{
    PyObject *texts[4], *before = Py_None;
    size_t sizes[4];
    if (!PyArg_ParseTuple(arguments, "UUUU|O:scan", texts, texts + 1, texts + 2, texts + 3,
                          &before)) {
        return NULL;
    }
    for (int i = 0; i < 4; i++) {
        const Py_ssize_t size = PyUnicode_GetLength(texts[i]);
        if (size < 0) {
            return NULL;
        }
        if (size > INT32_MAX / 8) {
            PyErr_SetString(PyExc_ValueError, "a text of more than 250 million characters");
            return NULL;
        }
        sizes[i] = (size_t)size;
    }
    scan_t scan = {.with = (const scanner *)self, .body = calloc(1, sizeof(lines_t))};
    if (!scan.body) {
        return PyErr_NoMemory();
    }
    scan.body->scanner = scan.with->serial;
    PyObject *found = scan_into(&scan, texts, sizes, before);
    free_lines(scan.body);
    free(scan.hits.items);
    return found;
}
