/* Reads the lines of an article and scores how surely each of them is furniture of the page.
   `twins/lines.py` specifies every number. All are counts, or sums, quotients and square roots of
   doubles computed in one order, so that they are the same on every system. */
#include "native.h"
#include "text.h"
#include "traits.h"
#include "trees.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SMALL = 2, CAPITAL, CASELESS, A_MARK, DIGIT, PUNCTUATION, SYMBOL }; /* kinds */

/* Characters that are read of a line at both its ends, and of a field; of both fewer make runs. */
enum { HEAD = 80, TAIL = 50, FIELD_HEAD = 180, FIELD_TAIL = 60, MOST_SEEN = FIELD_HEAD + 1 + FIELD_TAIL };
enum { RUN = 4, RUNS_HEAD = 40, RUNS_TAIL = 24 };
enum { LINE_BEGIN = 2, LINE_END = 3 }; /* code points that stand for the ends of a line */
enum { LONG_WORD = 4 };                /* characters: shorter words are in every story */
enum { PROSE = 45, UNSPACED_WEIGHT = 3 };
enum { SET_BITS = 14 };
enum { MOST_CHARACTERS = 1 << 28 };

static const uint64_t BASIS = 0xCBF29CE484222325, PRIME = 0x100000001B3; /* of FNV-1a */
static const uint64_t GOLDEN = 11400714819323198485u;                   /* 2 ** 64 / golden ratio */
static const uint64_t WORD_SEED = 0x9E3779B97F4A7C15, PAIR_SEED = 0xC2B2AE3D27D4EB4F;

enum { FEATURES = 67 };
enum { NEXT = 1, NEAR = 2, BY = 3, FAR = 5 };  /* lines on either side */
enum { DATED = 100, DATE_DIGITS = 2 };        /* characters of a line of a date */
enum { OUTSIDE = 2, MOST_SCORE = 3 };         /* text scores */
enum { MOST_SIZE = 400, BESIDE_PROSE = 100 }; /* what lines weigh in a segment */
enum { FIRST_TREES = 30 };
/* Log-odds of a line that is plainly of the story, and of one that may be so after the first trees. */
static const double SETTLED = -3.5, DOUBTED = -2;
/* Log-odds that the story ended above, from which on a line has more log-odds, and how many more. */
static const double BELOW = -0.6, BELOW_BONUS = 0.4;
static const double STRONG = 1.5, NO_SCORE = -9; /* text scores: of furniture, of no line */

typedef struct {
    const uint8_t *classes;
    uint32_t traits[CLASSES];
    word_table cells;
} Tables;

typedef struct {
    int bits;
    int8_t *weights;
    double scale, bias;
} Words;

/* What is read of a line: its characters, small ones for capitals, all digits alike and all white
   space alike, between LINE_BEGIN and LINE_END; and its words. */
typedef struct {
    uint32_t plain[MOST_SEEN + 2], traits[MOST_SEEN];
    uint64_t keys[MOST_SEEN];
    uint8_t lengths[MOST_SEEN]; /* of words; 0 for a character of an unspaced script */
    uint32_t size, words, counts, titles, alone, commas, quotes; /* counts: see `COUNTS` */
} Seen;

/* A set of words, by hashes: it may hold some more. */
typedef struct {
    uint64_t bits[1 << (SET_BITS - 6)];
    uint32_t count;
} Set;

typedef struct {
    uint32_t start, end; /* characters of the body */
    uint32_t seen, words, letters, capitals, titles, digits, marks, commas, quotes;
    uint32_t size;        /* characters; one of an unspaced script counts threefold */
    uint32_t first, last; /* see `first_class` and `last_class` */
    bool ended, prose;
    uint32_t tokens, in_headline, in_description, in_above; /* see `list_tokens` */
    uint32_t run; /* lines that are no prose, in a row with it */
    double runs, pairs, score; /* of its runs of characters, its words, and the text score of both */
} Line;

/* Sums over the lines before a line. */
typedef struct {
    double size, prose, score, mass; /* mass: the size of lines whose text score is a story's */
    double clipped;                  /* score */
    uint32_t prose_lines, ended, settled, strong, dated;
    uint32_t tokens, in_above; /* of prose */
} Sum;

typedef struct {
    uint32_t first, last;
    double sum;
} Segment;

typedef struct {
    uint32_t count; /* lines */
    Line *lines;
    Sum *sums; /* one more than lines */
    Set headline, description, above; /* above: of the lines of prose that were read */
    double *values, *end, *begin, *most_above, *most_below, *scores;
    Segment prose, story;
} Page;

static double
share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* ---- One line ---- */

/* What a character of each kind adds to letters, capitals, digits and marks, 8 bits each: of at most
   MOST_SEEN characters none of them overflows. */
static const uint32_t COUNTS[KIND_BITS + 1] = {
    [SMALL] = 1,       [CAPITAL] = 1 | 1 << 8,     [CASELESS] = 1,
    [DIGIT] = 1 << 16, [PUNCTUATION] = 1 << 24, [SYMBOL] = 1 << 24,
};

static inline uint32_t
traits_of(const Tables *tables, uint32_t code)
{
    return tables->traits[class_of(tables->classes, code)];
}

static inline uint32_t
plain_of(const Tables *tables, uint32_t code, uint32_t traits)
{
    uint32_t kind = traits & KIND_BITS;
    if (kind == CAPITAL && code < PLANES) {
        uint32_t small = (uint32_t)(tables->cells.cells[code] >> SMALL_BIT & 0x1FFFFF);
        return small ? small : code;
    }
    return kind == DIGIT ? '0' : traits & WHITE ? ' ' : code;
}

static void
see_sign(Seen *seen, uint32_t code)
{
    switch (code) {
    case ',': case ';': case 0x3001: case 0xFF0C: case 0x060C:
        seen->commas++;
        break;
    case '"': case 0x201C: case 0x201D: case 0x201E: case 0xAB: case 0xBB: case 0x300C: case 0x300D:
        seen->quotes++;
        break;
    default:
        break;
    }
}

/* Lay out what is read of a line: all of it or, of a long one, both ends with a space between. */
static void
lay_out(Seen *seen, const uint32_t *codes, uint32_t size, uint32_t head, uint32_t tail)
{
    uint32_t *into = seen->plain + 1;
    seen->plain[0] = LINE_BEGIN;
    if (size > head + tail) {
        memcpy(into, codes, head * sizeof *codes);
        into[head] = ' ';
        memcpy(into + head + 1, codes + size - tail, tail * sizeof *codes);
        size = head + 1 + tail;
    }
    else {
        memcpy(into, codes, size * sizeof *codes);
    }
    into[size] = LINE_END;
    seen->size = size;
}

static void
end_word(Seen *seen, uint64_t key, uint32_t length)
{
    seen->keys[seen->words] = key;
    seen->lengths[seen->words++] = (uint8_t)length;
}

/* Read what is laid out: its characters and its words, as `pipeline.text.words` has them. */
static void
see(Seen *seen, const Tables *tables)
{
    uint32_t state = NONE, start = 0, i = 0;
    uint64_t key = BASIS;
    seen->counts = seen->words = seen->titles = seen->alone = seen->commas = seen->quotes = 0;
    while (i < seen->size) {
        uint32_t *plain = seen->plain + i + 1, traits = traits_of(tables, *plain);
        uint32_t role = traits >> WORD_SHIFT & WORD_BITS, kind = traits & KIND_BITS;
        seen->traits[i] = traits;
        seen->counts += COUNTS[kind];
        if (role == NONE || begins_word(role, state)) {
            if (state != NONE) {
                end_word(seen, key, state == ALONE ? 0 : i - start);
            }
            key = BASIS;
            start = i;
            state = NONE;
            seen->titles += role != NONE && kind == CAPITAL;
            seen->alone += role == ALONE;
        }
        if (kind == PUNCTUATION || kind == SYMBOL) {
            see_sign(seen, *plain);
        }
        *plain = plain_of(tables, *plain, traits);
        i++;
        if (role == NONE) {
            continue;
        }
        state = joined_kind(role, state);
        key = (key ^ *plain) * PRIME;
        while (state == PART && i < seen->size) { /* most characters are these */
            traits = traits_of(tables, seen->plain[i + 1]);
            if ((traits & (KIND_BITS | WORD_BITS << WORD_SHIFT)) != (SMALL | PART << WORD_SHIFT)) {
                break;
            }
            seen->traits[i] = traits;
            seen->counts += COUNTS[SMALL];
            key = (key ^ seen->plain[++i]) * PRIME;
        }
    }
    if (state != NONE) {
        end_word(seen, key, state == ALONE ? 0 : i - start);
    }
}

static uint32_t
first_class(uint32_t traits)
{
    switch (traits & KIND_BITS) {
    case CAPITAL:
        return 0;
    case CASELESS:
        return 1;
    case SMALL:
        return 2;
    case DIGIT:
        return 3;
    default:
        return traits & (BULLET | SPACED_BULLET) ? 4 : traits & CLOSER ? 5 : 6;
    }
}

static uint32_t
last_class(uint32_t traits, uint32_t code)
{
    if (traits & END) {
        return code == '.' || code == 0x3002 ? 0 : code == 0x2026 ? 2 : 1;
    }
    switch (traits & KIND_BITS) {
    case SMALL:
    case CAPITAL:
    case CASELESS:
    case A_MARK:
        return 4;
    case DIGIT:
        return 5;
    default:
        return code == ':' || code == ',' || code == ';' || code == 0xFF1A || code == 0xFF0C ? 3
               : traits & CLOSER                                                             ? 6
                                                                                             : 7;
    }
}

/* Take down what was seen of a line. */
static void
count_seen(Line *line, const Seen *seen)
{
    uint32_t last = seen->size;
    while (last && seen->traits[last - 1] & (CLOSER | WHITE)) {
        last--;
    }
    line->ended = last && seen->traits[last - 1] & END;
    last = line->ended ? last - 1 : seen->size - 1;
    line->first = first_class(seen->traits[0]);
    line->last = last_class(seen->traits[last], seen->plain[last + 1]);
    line->seen = seen->size;
    line->words = seen->words;
    line->titles = seen->titles;
    line->letters = seen->counts & 0xFF;
    line->capitals = seen->counts >> 8 & 0xFF;
    line->digits = seen->counts >> 16 & 0xFF;
    line->marks = seen->counts >> 24;
    line->commas = seen->commas;
    line->quotes = seen->quotes;
    line->size = line->end - line->start + (UNSPACED_WEIGHT - 1) * seen->alone;
    line->prose = line->ended && line->size >= PROSE;
}

/* ---- The text score: hashed runs of characters and words ---- */

/* Takes hashes: adds up the weights of their buckets or, where `into` is not NULL, lists them. */
typedef struct {
    const Words *words;
    uint32_t *into;
    int32_t sum;
    uint32_t count;
} Sink;

static inline void
give(Sink *sink, uint64_t hash)
{
    uint32_t bucket = (uint32_t)(hash * GOLDEN >> (64 - sink->words->bits));
    if (sink->into) {
        sink->into[sink->count] = bucket;
    }
    else {
        sink->sum += sink->words->weights[bucket];
    }
    sink->count++;
}

static inline void
give_runs_of(Sink *sink, const uint32_t *codes, uint32_t size)
{
    for (uint32_t i = 0; i + RUN <= size; i++) {
        uint64_t hash = BASIS;
        for (uint32_t k = i; k < i + RUN; k++) {
            hash = (hash ^ codes[k]) * PRIME;
        }
        give(sink, hash);
    }
}

static void
give_runs(Sink *sink, const Seen *seen)
{
    if (seen->size <= RUNS_HEAD + RUNS_TAIL) {
        give_runs_of(sink, seen->plain, seen->size + 2);
        return;
    }
    give_runs_of(sink, seen->plain, RUNS_HEAD + 1);
    give_runs_of(sink, seen->plain + seen->size + 1 - RUNS_TAIL, RUNS_TAIL + 1);
}

static inline void
give_words(Sink *sink, const Seen *seen)
{
    for (uint32_t i = 0; i < seen->words; i++) {
        give(sink, seen->keys[i] ^ WORD_SEED);
        if (i + 1 < seen->words) {
            give(sink, seen->keys[i] * PAIR_SEED ^ seen->keys[i + 1]);
        }
    }
}

static void
score_text(Line *line, const Words *words, const Seen *seen)
{
    Sink characters = {.words = words}, found = {.words = words};
    give_runs(&characters, seen);
    give_words(&found, seen);
    line->runs = share(characters.sum, sqrt((double)characters.count));
    line->pairs = share(found.sum, sqrt((double)found.count));
    line->score = words->scale * (line->runs + line->pairs) + words->bias;
}

/* ---- The words that lines share ---- */

static uint32_t
count_in(const Set *set, const uint16_t *tokens, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        found += set->bits[tokens[i] >> 6] >> (tokens[i] & 63) & 1;
    }
    return found;
}

static void
add_to(Set *set, const uint16_t *tokens, uint32_t count)
{
    set->count += count;
    for (uint32_t i = 0; i < count; i++) {
        set->bits[tokens[i] >> 6] |= (uint64_t)1 << (tokens[i] & 63);
    }
}

/* List the tokens of a line: its long words, and pairs of characters of an unspaced script. Returns
   how many they are. */
static uint32_t
list_tokens(uint16_t *into, const Seen *seen)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < seen->words; i++) {
        uint64_t key = seen->keys[i];
        if (!seen->lengths[i]) {
            if (i + 1 == seen->words || seen->lengths[i + 1]) {
                continue;
            }
            key = key * PAIR_SEED ^ seen->keys[i + 1];
        }
        else if (seen->lengths[i] < LONG_WORD) {
            continue;
        }
        into[count++] = (uint16_t)(key * GOLDEN >> (64 - SET_BITS));
    }
    return count;
}

static void
read_line(Page *page, Line *line, const Tables *tables, const Words *words, const uint32_t *codes)
{
    Seen seen;
    uint16_t tokens[MOST_SEEN];
    lay_out(&seen, codes + line->start, line->end - line->start, HEAD, TAIL);
    see(&seen, tables);
    count_seen(line, &seen);
    score_text(line, words, &seen);
    line->tokens = list_tokens(tokens, &seen);
    line->in_headline = count_in(&page->headline, tokens, line->tokens);
    line->in_description = count_in(&page->description, tokens, line->tokens);
    line->in_above = count_in(&page->above, tokens, line->tokens);
    if (line->prose) {
        add_to(&page->above, tokens, line->tokens);
    }
}

/* ---- What is around a line ---- */

/* The segment of lines with the largest sum of values. */
static Segment
best_segment(const double *values, uint32_t count)
{
    Segment best = {0, 0, -1}, now = {0, 0, 0};
    for (uint32_t i = 0; i < count; i++) {
        if (now.sum <= 0) {
            now = (Segment){i, i, 0};
        }
        now.sum += values[i];
        now.last = i;
        if (now.sum > best.sum) {
            best = now;
        }
    }
    return best;
}

static double
clipped(double score)
{
    return score > MOST_SCORE ? MOST_SCORE : score < -MOST_SCORE ? -MOST_SCORE : score;
}

/* For each line, how much better the text scores agree that the story ended before it than that it
   did not: the best place to end it before, and the best one from there on. `step` is 1, or -1 for
   where it begins. */
static void
find_edge(const Page *page, double *edge, int step)
{
    double sum = 0, best = 0;
    int64_t count = page->count, first = step > 0 ? 0 : count - 1;
    for (int64_t k = 0, i = first; k < count; k++, i += step) {
        edge[i] = best;
        sum += clipped(page->lines[i].score);
        best = sum < best ? sum : best;
    }
    double least = sum;
    for (int64_t k = 0, i = count - 1 - first; k < count; k++, i -= step) {
        edge[i] = least - edge[i];
        sum -= clipped(page->lines[i].score);
        least = sum < least ? sum : least;
    }
}

/* Whether a line is plainly of the story: prose worded like one, with prose above and below. */
static bool
is_settled(const Page *page, uint32_t i)
{
    const Line *line = page->lines + i;
    uint32_t above = page->sums[i].prose_lines, all = page->sums[page->count].prose_lines;
    return line->prose && line->score < 0 && above > 0 && above + 1 < all;
}

static double
larger(double one, double other)
{
    return one > other ? one : other;
}

/* What takes the sums of all lines, or a way up. */
static void
look_beside(Page *page)
{
    uint32_t settled = 0, run = 0, count = page->count;
    double most = NO_SCORE;
    for (uint32_t i = 0; i < count; i++) {
        page->sums[i].settled = settled;
        settled += is_settled(page, i);
        page->most_above[i] = most;
        most = larger(most, page->lines[i].score);
        run = page->lines[i].prose ? 0 : run + 1;
        page->lines[i].run = run;
    }
    page->sums[count].settled = settled;
    most = NO_SCORE;
    for (uint32_t i = count; i-- > 0;) {
        Line *line = page->lines + i;
        page->most_below[i] = most;
        most = larger(most, line->score);
        run = line->run && run > line->run ? run : line->run;
        line->run = run;
    }
}

static void
look_around(Page *page)
{
    Sum sum = {0};
    uint32_t count = page->count;
    double *story = page->end; /* not used before */
    for (uint32_t i = 0; i < count; i++) {
        Line *line = page->lines + i;
        double weight = line->size < MOST_SIZE ? (double)line->size : MOST_SIZE;
        page->sums[i] = sum;
        sum.size += line->size;
        sum.prose += line->prose ? line->size : 0;
        sum.score += line->score;
        sum.mass += line->score < 0 ? line->size : 0;
        sum.clipped += clipped(line->score);
        sum.prose_lines += line->prose;
        sum.ended += line->ended;
        sum.strong += line->score > STRONG;
        sum.dated += line->seen <= DATED && line->digits >= DATE_DIGITS;
        sum.tokens += line->prose ? line->tokens : 0;
        sum.in_above += line->prose ? line->in_above : 0;
        page->values[i] = line->prose ? weight : -BESIDE_PROSE;
        story[i] = -clipped(line->score) * sqrt(weight);
    }
    page->sums[count] = sum;
    page->prose = best_segment(page->values, count);
    page->story = best_segment(story, count);
    find_edge(page, page->end, 1);
    find_edge(page, page->begin, -1);
    look_beside(page);
}

/* ---- Features ---- */

typedef struct {
    float *numbers;
    uint32_t count;
} Row;

static inline void
put(Row *row, double number)
{
    row->numbers[row->count++] = (float)number;
}

static void
put_own(Row *row, const Page *page, const Line *line)
{
    put(row, line->size);
    put(row, line->words);
    put(row, line->first);
    put(row, line->last);
    put(row, line->prose);
    put(row, share(line->capitals, line->letters));
    put(row, share(line->titles, line->words));
    put(row, share(line->digits, line->seen));
    put(row, share(line->marks, line->seen));
    put(row, share(line->letters, line->seen));
    put(row, share(line->seen, line->words));
    put(row, line->commas);
    put(row, line->quotes);
    put(row, share(line->in_headline, page->headline.count));
    put(row, share(line->in_description, line->tokens));
    put(row, share(line->in_description, page->description.count));
    put(row, line->score);
    put(row, line->runs);
    put(row, line->pairs);
}

/* How many lines the line is before (negative) or after the segment. */
static double
distance(Segment segment, uint32_t i)
{
    return i < segment.first  ? (double)i - segment.first
           : i > segment.last ? (double)i - segment.last
                              : 0;
}

static void
put_place(Row *row, const Page *page, uint32_t i)
{
    uint32_t count = page->count, rest = count - 1 - i;
    const Sum *all = page->sums + count, *before = page->sums + i, *with = before + 1;
    put(row, count);
    put(row, i);
    put(row, share(before->size, all->size));
    put(row, all->size);
    put(row, all->prose_lines);
    put(row, share(all->prose_lines, count));
    put(row, share(all->prose, all->size));
    put(row, before->prose_lines);
    put(row, before->prose);
    put(row, all->prose - with->prose);
    put(row, share(before->prose, all->prose));
    put(row, distance(page->prose, i));
    put(row, distance(page->story, i));
    put(row, share(page->lines[i].size * (double)all->prose_lines, all->prose));
    put(row, page->headline.count);
    put(row, share(all->score, count));
    put(row, share(before->score, i));
    put(row, share(all->score - with->score, rest));
    put(row, share(all->ended, count));
    put(row, share(before->ended, i));
    put(row, share(all->ended - with->ended, rest));
    put(row, before->mass);
    put(row, all->mass - with->mass);
    put(row, share(before->mass, all->mass));
    put(row, page->end[i]);
    put(row, page->begin[i]);
}

/* The lines up to `reach` lines away: the sums before the first and behind the last of them. */
typedef struct {
    const Sum *from, *to;
    uint32_t lines;
} Window;

static Window
window_of(const Page *page, uint32_t i, uint32_t reach)
{
    uint32_t first = i > reach ? i - reach : 0;
    uint32_t end = page->count - i > reach ? i + reach + 1 : page->count;
    return (Window){page->sums + first, page->sums + end, end - first};
}

/* The mean of text scores, sizes and end marks of the lines up to `reach` lines away. */
static void
put_window(Row *row, const Page *page, uint32_t i, uint32_t reach)
{
    Window window = window_of(page, i, reach);
    put(row, (window.to->score - window.from->score) / window.lines);
    put(row, (window.to->size - window.from->size) / window.lines);
    put(row, (double)(window.to->ended - window.from->ended) / window.lines);
}

static void
put_around(Row *row, const Page *page, uint32_t i)
{
    put(row, i ? page->lines[i - 1].score : OUTSIDE);
    put(row, i + 1 < page->count ? page->lines[i + 1].score : OUTSIDE);
    put_window(row, page, i, NEXT);
    put_window(row, page, i, NEAR);
}

/* What tells whether the story has ended. */
static void
put_end(Row *row, const Page *page, uint32_t i)
{
    uint32_t count = page->count;
    const Line *line = page->lines + i;
    const Sum *all = page->sums + count, *before = page->sums + i, *with = before + 1;
    Window far = window_of(page, i, FAR), by = window_of(page, i, BY);
    put(row, share(line->in_above, line->tokens));
    put(row, share(all->in_above - before->in_above, all->tokens - before->tokens));
    put(row, (all->clipped - before->clipped) / (count - i));
    put(row, before->settled);
    put(row, all->settled - with->settled);
    put(row, page->most_above[i]);
    put(row, page->most_below[i]);
    put(row, line->run);
    put(row, (far.to->score - far.from->score) / far.lines);
    put(row, share(all->strong - with->strong, count - 1 - i));
    put(row, share(before->score - by.from->score, (double)(before - by.from)));
    put(row, share(by.to->score - with->score, (double)(by.to - with)));
    put(row, before->dated);
    put(row, (double)(by.to->dated - by.from->dated) / by.lines);
}

static void
fill_row(float *into, const Page *page, uint32_t i)
{
    Row row = {into, 0};
    put_own(&row, page, page->lines + i);
    put_place(&row, page, i);
    put_around(&row, page, i);
    put_end(&row, page, i);
}

/* ---- An article ---- */

typedef struct {
    Words words;
    tree_model trees, below; /* of a line, and whether the story ended above; none in training */
} Net;

/* The arguments of all methods: body, spans of its lines, headline, description, table of traits,
   table of cells; and for one of them a line. */
typedef struct {
    PyObject *body, *spans, *headline, *description;
    Py_buffer traits, cells;
    int line;
} Given;

static bool
take_tables(Tables *tables, const Py_buffer *traits, const Py_buffer *cells)
{
    if (traits->len != TABLE_SIZE) {
        PyErr_Format(PyExc_ValueError, "a table of traits has %d bytes", (int)TABLE_SIZE);
        return false;
    }
    memcpy(tables->traits, traits->buf, sizeof tables->traits);
    tables->classes = (const uint8_t *)traits->buf + 4 * CLASSES;
    return word_table_of(cells, &tables->cells) == 0;
}

static void
free_page(Page *page)
{
    free(page->lines);
    free(page->sums);
    free(page->values);
}

static bool
make_page(Page *page, size_t lines)
{
    page->count = (uint32_t)lines;
    page->lines = calloc(lines + 1, sizeof *page->lines);
    page->sums = malloc((lines + 1) * sizeof *page->sums);
    page->values = malloc((6 * lines + 1) * sizeof *page->values);
    if (!page->lines || !page->sums || !page->values) {
        PyErr_NoMemory();
        return false;
    }
    page->end = page->values + lines;
    page->begin = page->end + lines;
    page->most_above = page->begin + lines;
    page->most_below = page->most_above + lines;
    page->scores = page->most_below + lines;
    return true;
}

static bool
take_spans(Page *page, PyObject *spans, Py_ssize_t size)
{
    Py_ssize_t before = 0, start, end;
    for (uint32_t i = 0; i < page->count; i++) {
        PyObject *span = PySequence_GetItem(spans, i);
        bool good = span && PyTuple_Check(span) && PyTuple_Size(span) == 2;
        start = good ? PyLong_AsSsize_t(PyTuple_GetItem(span, 0)) : 0;
        end = good ? PyLong_AsSsize_t(PyTuple_GetItem(span, 1)) : 0;
        Py_XDECREF(span);
        if (!good || PyErr_Occurred() || start < before || end <= start || end > size) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "the spans are not those of lines of the text");
            }
            return false;
        }
        page->lines[i].start = (uint32_t)start;
        page->lines[i].end = (uint32_t)end;
        before = end;
    }
    return true;
}

/* The characters of a string; NULL with an exception set. */
static uint32_t *
codes_of(PyObject *text, Py_ssize_t *size)
{
    *size = PyUnicode_GetLength(text);
    if (*size >= MOST_CHARACTERS) {
        PyErr_SetString(PyExc_ValueError, "a text that is too long");
        return NULL;
    }
    return PyUnicode_AsUCS4Copy(text);
}

/* The words of a field. */
static bool
read_field(Set *set, PyObject *text, const Tables *tables)
{
    Seen seen;
    uint16_t tokens[MOST_SEEN];
    Py_ssize_t size;
    uint32_t *codes = codes_of(text, &size);
    if (codes) {
        lay_out(&seen, codes, (uint32_t)size, FIELD_HEAD, FIELD_TAIL);
        see(&seen, tables);
        add_to(set, tokens, list_tokens(tokens, &seen));
    }
    PyMem_Free(codes);
    return codes != NULL;
}

/* Read an article; false with an exception set. */
static bool
read_page(Page *page, const Words *words, const Given *given)
{
    Tables tables;
    Py_ssize_t size, count = PySequence_Size(given->spans);
    uint32_t *codes = NULL;
    bool done = count >= 0 && take_tables(&tables, &given->traits, &given->cells) &&
                read_field(&page->headline, given->headline, &tables) &&
                read_field(&page->description, given->description, &tables) &&
                (codes = codes_of(given->body, &size)) != NULL;
    if (done && count > size) {
        PyErr_SetString(PyExc_ValueError, "more spans than characters");
        done = false;
    }
    done = done && make_page(page, (size_t)count) && take_spans(page, given->spans, size);
    if (done) {
        for (uint32_t i = 0; i < page->count; i++) {
            read_line(page, page->lines + i, &tables, words, codes);
        }
        look_around(page);
    }
    PyMem_Free(codes);
    return done;
}

static PyObject *
rows_of(const Page *page)
{
    size_t size = (size_t)page->count * FEATURES * sizeof(float);
    PyObject *found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    char *into = found ? PyBytes_AsString(found) : NULL;
    for (uint32_t i = 0; into && i < page->count; i++) {
        float row[FEATURES];
        fill_row(row, page, i);
        memcpy(into + i * sizeof row, row, sizeof row);
    }
    return found;
}

/* Score the lines that are in doubt. The first trees of them all settle most; all trees the rest. */
static void
ask_trees(Page *page, const tree_model *trees, float *rows, uint32_t *doubted)
{
    double *scores = page->scores;
    uint32_t first = trees->trees < FIRST_TREES ? trees->trees : FIRST_TREES;
    uint32_t count = 0, left = 0;
    for (uint32_t i = 0; i < page->count; i++) {
        page->values[i] = SETTLED;
        if (!is_settled(page, i)) {
            fill_row(rows + count * (size_t)FEATURES, page, i);
            doubted[count++] = i;
        }
    }
    memset(scores, 0, count * sizeof *scores);
    trees_add(trees, rows, count, 0, first, scores);
    for (uint32_t k = 0; k < count; k++) {
        page->values[doubted[k]] = scores[k];
        if (scores[k] >= DOUBTED) {
            memmove(rows + left * (size_t)FEATURES, rows + k * (size_t)FEATURES,
                   FEATURES * sizeof *rows);
            scores[left] = scores[k];
            doubted[left++] = doubted[k];
        }
    }
    trees_add(trees, rows, left, first, trees->trees, scores);
    for (uint32_t k = 0; k < left; k++) {
        page->values[doubted[k]] = scores[k];
    }
}

/* Ask from the last line up whether the story ended above, as long as that may be. No line is surer
   than any below it. */
static void
ask_below(Page *page, const tree_model *trees)
{
    double least = INFINITY;
    for (uint32_t i = page->count; i-- > 0;) {
        float row[FEATURES];
        double found = 0;
        fill_row(row, page, i);
        trees_add(trees, row, 1, 0, trees->trees, &found);
        least = found < least ? found : least;
        if (least < BELOW) {
            return;
        }
        page->values[i] = larger(page->values[i] + BELOW_BONUS, least);
    }
}

static PyObject *
scores_of(Page *page, const Net *net)
{
    uint32_t *doubted = malloc((page->count + 1) * sizeof *doubted);
    float *rows = malloc((page->count * (size_t)FEATURES + 1) * sizeof *rows);
    PyObject *found = NULL;
    if (!doubted || !rows) {
        PyErr_NoMemory();
    }
    else {
        ask_trees(page, &net->trees, rows, doubted);
        ask_below(page, &net->below);
        found = list_of_doubles(page->values, page->count);
    }
    free(doubted);
    free(rows);
    return found;
}

/* What the features add to the surer one of both scores of a line. */
static PyObject *
parts_of(const Page *page, const Net *net, int line)
{
    float row[FEATURES];
    double parts[FEATURES] = {0}, of_line = 0, below = 0;
    if (line < 0 || (uint32_t)line >= page->count) {
        PyErr_SetString(PyExc_IndexError, "no such line");
        return NULL;
    }
    fill_row(row, page, (uint32_t)line);
    trees_add(&net->trees, row, 1, 0, net->trees.trees, &of_line);
    trees_add(&net->below, row, 1, 0, net->below.trees, &below);
    trees_explain(below > of_line ? &net->below : &net->trees, row, parts);
    return list_of_doubles(parts, FEATURES);
}

enum wanted { ROWS, SCORES, PARTS };

typedef struct {
    PyObject_HEAD
    Net *net;
} LineModel;

static PyObject *
examine(PyObject *self, PyObject *args, enum wanted wanted)
{
    const Net *net = ((LineModel *)self)->net;
    Given given = {.line = 0};
    const char *form = wanted == PARTS ? "UOUUy*y*i" : "UOUUy*y*";
    if (!PyArg_ParseTuple(args, form, &given.body, &given.spans, &given.headline,
                          &given.description, &given.traits, &given.cells, &given.line)) {
        return NULL;
    }
    PyObject *found = NULL;
    Page page = {0};
    if (wanted != ROWS && !(net->trees.trees && net->below.trees)) {
        PyErr_SetString(PyExc_ValueError, "the model has no trees");
    }
    else if (read_page(&page, &net->words, &given)) {
        found = wanted == ROWS     ? rows_of(&page)
                : wanted == SCORES ? scores_of(&page, net)
                                   : parts_of(&page, net, given.line);
    }
    free_page(&page);
    PyBuffer_Release(&given.traits);
    PyBuffer_Release(&given.cells);
    return found;
}

static PyObject *
rows(PyObject *self, PyObject *args)
{
    return examine(self, args, ROWS);
}

static PyObject *
score(PyObject *self, PyObject *args)
{
    return examine(self, args, SCORES);
}

static PyObject *
explain(PyObject *self, PyObject *args)
{
    return examine(self, args, PARTS);
}

/* The buckets of one line. */
static PyObject *
buckets(PyObject *self, PyObject *args)
{
    PyObject *line, *found = NULL;
    Py_buffer traits, cells;
    if (!PyArg_ParseTuple(args, "Uy*y*:buckets", &line, &traits, &cells)) {
        return NULL;
    }
    Tables tables;
    Seen seen;
    Py_ssize_t size;
    uint32_t into[3 * (MOST_SEEN + 2)], *codes = NULL;
    if (take_tables(&tables, &traits, &cells) && (codes = codes_of(line, &size))) {
        Sink sink = {.words = &((LineModel *)self)->net->words, .into = into};
        lay_out(&seen, codes, (uint32_t)size, HEAD, TAIL);
        see(&seen, &tables);
        give_runs(&sink, &seen);
        uint32_t runs = sink.count;
        give_words(&sink, &seen);
        found = Py_BuildValue("(y#I)", (const char *)into,
                              (Py_ssize_t)(sink.count * sizeof *into), runs);
    }
    PyMem_Free(codes);
    PyBuffer_Release(&traits);
    PyBuffer_Release(&cells);
    return found;
}

/* ---- The type ---- */

static const char MAGIC[8] = "CDLINES3";
enum { MODEL_HEAD = 36, FEWEST_BITS = 4, MOST_BITS = 24 };

static void
free_net(Net *net)
{
    if (net) {
        trees_free(&net->trees);
        trees_free(&net->below);
        free(net->words.weights);
        free(net);
    }
}

/* Load trees of as many features as a line has, or raise an exception; none of no size. */
static bool
take_trees(tree_model *trees, const char *bytes, uint32_t size)
{
    if (size && trees_load(trees, bytes, size) < 0) {
        return false;
    }
    if (size && trees->features != FEATURES) {
        PyErr_SetString(PyExc_ValueError, "this is a model of other features of lines");
        return false;
    }
    return true;
}

/* Load a model, or raise an exception. */
static bool
load(Net *net, const char *bytes, size_t size)
{
    uint32_t head[3] = {0}; /* bits, size of the trees of a line, of those below */
    if (size >= MODEL_HEAD && memcmp(bytes, MAGIC, sizeof MAGIC) == 0) {
        memcpy(head, bytes + 8, sizeof head);
        memcpy(&net->words.scale, bytes + 20, sizeof(double));
        memcpy(&net->words.bias, bytes + 28, sizeof(double));
    }
    size_t weights = head[0] >= FEWEST_BITS && head[0] <= MOST_BITS ? (size_t)1 << head[0] : 0;
    if (!weights || size != MODEL_HEAD + weights + head[1] + head[2]) {
        PyErr_SetString(PyExc_ValueError, "this is no whole model of lines");
        return false;
    }
    net->words.bits = (int)head[0];
    if (!(net->words.weights = malloc(weights))) {
        PyErr_NoMemory();
        return false;
    }
    bytes += MODEL_HEAD;
    memcpy(net->words.weights, bytes, weights);
    return take_trees(&net->trees, bytes + weights, head[1]) &&
           take_trees(&net->below, bytes + weights + head[1], head[2]);
}

static PyObject *
new_model(PyTypeObject *type, PyObject *args, PyObject *named)
{
    Py_buffer data;
    if (named && PyDict_Size(named)) {
        PyErr_SetString(PyExc_TypeError, "LineModel takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "y*:LineModel", &data)) {
        return NULL;
    }
    Net *net = calloc(1, sizeof *net);
    PyObject *result = NULL;
    if (!net) {
        PyErr_NoMemory();
    }
    else if (load(net, data.buf, (size_t)data.len)) {
        PyObject *(*allocate)(PyTypeObject *, Py_ssize_t) =
            (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(type, Py_tp_alloc);
        result = allocate(type, 0);
    }
    if (result) {
        ((LineModel *)result)->net = net;
    }
    else {
        free_net(net);
    }
    PyBuffer_Release(&data);
    return result;
}

static void
free_model(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    free_net(((LineModel *)self)->net);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"rows", rows, METH_VARARGS, "Return the features of all lines."},
    {"score", score, METH_VARARGS, "Return how surely each line is furniture."},
    {"explain", explain, METH_VARARGS, "Return what each feature adds to the score of a line."},
    {"buckets", buckets, METH_VARARGS, "Return the buckets of the runs and words of a line."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "The line model; takes the bytes of a model."},
    {Py_tp_new, new_model},
    {Py_tp_dealloc, free_model},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec lines_type = {
    .name = "pipeline.native.LineModel",
    .basicsize = sizeof(LineModel),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
