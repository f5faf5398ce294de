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

enum { HEAD = 60, TAIL = 40, SHORTEST = 3, LONGEST = 5 }; /* characters; of runs */
enum { HEAD_WORDS = 40, TAIL_WORDS = 20 };
enum { LONG_WORD = 4, UNSPACED = 255 }; /* characters: shorter words are in every story */
enum { PROSE = 45, UNSPACED_WEIGHT = 3 };
enum { LINE_BEGIN = 2, LINE_END = 3 }; /* code points that stand for the ends of a line */
enum { MOST_CHARACTERS = 1 << 28 };

static const uint64_t BASIS = 0xCBF29CE484222325, PRIME = 0x100000001B3; /* of FNV-1a */
static const uint64_t GOLDEN = 11400714819323198485u;                   /* 2 ** 64 / golden ratio */
static const uint64_t WORD_SEED = 0x9E3779B97F4A7C15, PAIR_SEED = 0xC2B2AE3D27D4EB4F;

enum { FEATURES = 86 };
enum { NEAR = 2, WIDE = 5, FAR = 12 };             /* lines on either side */
enum { OUTSIDE = 2, STRONG = 1, MOST_SCORE = 3 };  /* text scores */
enum { MOST_SIZE = 400, BESIDE_PROSE = 100 };      /* what lines weigh in a segment */

/* A text, with the class of each code point, and each as runs and words have it: small, all digits
   alike, all white space alike. */
typedef struct {
    uint32_t *codes, *plain;
    uint8_t *classes;
    uint32_t traits[CLASSES];
    const word_table *cells;
} Text;

typedef struct {
    uint64_t key;
    uint32_t start, end; /* characters of the body */
    uint32_t letters, capitals, digits, marks, words, titles, alone, longest_word;
    uint32_t commas, quotes, slashes, bars, colons, ends, years, times;
    uint32_t size;        /* characters; one of an unspaced script counts threefold */
    uint32_t first, last; /* see `first_class` and `last_class` */
    bool ended, prose;
    uint32_t word; /* the number of its first word among those of all lines */
    uint32_t tokens, repeated, in_prose, in_headline, in_description;
    uint32_t copies; /* other lines with the same text */
    double runs, pairs, score; /* of its runs of characters, its words, and the text score of both */
} Line;

/* A word of a story, and the lines that hold it. */
typedef struct {
    uint64_t key;
    uint32_t last_line, lines;
    uint32_t prose_lines : 29, used : 1, in_headline : 1, in_description : 1;
} Token;

typedef struct {
    int bits;
    int8_t *weights;
    double scale, bias;
} Words;

/* Sums over the lines before a line. */
typedef struct {
    double size, prose, score, mass; /* mass: the size of lines whose text score is a story's */
    uint32_t prose_lines, ended, dated, strong, marked;
} Sum;

typedef struct {
    uint32_t first, last;
    double sum;
} Segment;

typedef struct {
    uint32_t count; /* lines */
    Line *lines;
    Sum *sums;          /* one more than lines */
    uint64_t *keys;     /* of the words of all lines */
    uint8_t *lengths;   /* of these words; UNSPACED for a character of an unspaced script */
    uint32_t words;
    Token *tokens; /* open addressing */
    int token_bits;
    uint32_t headline_tokens, description_tokens;
    uint32_t *above, *below;     /* the nearest line of prose, or `count` */
    uint32_t *run, *run_end;     /* of the lines beside it that are prose, or are not, as it is */
    double *values, *end, *begin;
    Segment prose, story;
    uint32_t *slots;
    float *rows;
} Page;

static inline uint32_t
plain_of(const Text *text, uint32_t code, uint32_t traits)
{
    uint32_t kind = traits & KIND_BITS;
    if (kind == CAPITAL && code < PLANES) {
        uint32_t small = (uint32_t)(text->cells->cells[code] >> SMALL_BIT & 0x1FFFFF);
        return small ? small : code;
    }
    return kind == DIGIT ? '0' : traits & WHITE ? ' ' : code;
}

static int
bits_for(uint64_t count)
{
    int bits = 4;
    while ((uint64_t)1 << bits < 2 * count) {
        bits++;
    }
    return bits;
}

static double
share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* ---- One line ---- */

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

static void
count_sign(Line *line, uint32_t code)
{
    switch (code) {
    case ',': case ';': case 0x3001: case 0xFF0C: case 0x060C:
        line->commas++;
        break;
    case '"': case 0x201C: case 0x201D: case 0x201E: case 0xAB: case 0xBB: case 0x300C: case 0x300D:
        line->quotes++;
        break;
    case ':': case 0xFF1A:
        line->colons++;
        break;
    case '/': case '@': case '#': case 0xA9:
        line->slashes++;
        break;
    case '|': case '>': case '<': case '*': case '+': case '=': case 0xB7: case 0x2022: case 0x203A:
        line->bars++;
        break;
    default:
        break;
    }
}

/* Count the number of `digits` digits that ends before character `end`: a year, or a part of a
   time of day, which has a colon on either side. */
static void
end_number(Line *line, const Text *text, uint32_t end, uint32_t digits)
{
    const uint32_t *first = text->codes + end - digits;
    line->years += digits == 4 && ((first[0] == '1' && first[1] == '9') ||
                                   (first[0] == '2' && first[1] == '0'));
    line->times += digits == 2 && ((end < line->end && text->codes[end] == ':') ||
                                   (end - digits > line->start && first[-1] == ':'));
}

/* See a character that is no small letter inside a word. */
static void
see_character(Line *line, const Text *text, uint32_t i, uint32_t traits)
{
    uint32_t kind = traits & KIND_BITS;
    if (kind <= CASELESS) {
        line->letters += kind >= SMALL;
        line->capitals += kind == CAPITAL;
        return;
    }
    if (kind == DIGIT) {
        line->digits++;
        if (i + 1 == line->end || (text->traits[text->classes[i + 1]] & KIND_BITS) != DIGIT) {
            uint32_t start = i;
            while (start > line->start &&
                   (text->traits[text->classes[start - 1]] & KIND_BITS) == DIGIT) {
                start--;
            }
            end_number(line, text, i + 1, i + 1 - start);
        }
        return;
    }
    if (kind == PUNCTUATION || kind == SYMBOL) {
        line->marks++;
        count_sign(line, text->codes[i]);
    }
    if (traits & END && (traits & WIDE_END || i + 1 == line->end ||
                         text->traits[text->classes[i + 1]] & (WHITE | CLOSER))) {
        line->ends++;
    }
}

static void
see_ends(Line *line, const Text *text)
{
    uint32_t bare = line->end;
    while (bare > line->start && text->traits[text->classes[bare - 1]] & (CLOSER | WHITE)) {
        bare--;
    }
    line->ended = bare > line->start && text->traits[text->classes[bare - 1]] & END;
    line->first = first_class(text->traits[text->classes[line->start]]);
    uint32_t last = line->ended ? bare - 1 : line->end - 1;
    line->last = last_class(text->traits[text->classes[last]], text->codes[last]);
}

/* Read a line and list the keys of its words. */
static void
read_line(Page *page, Line *line, const Text *text)
{
    uint64_t key = BASIS, *keys = page->keys + page->words;
    uint8_t *lengths = page->lengths + page->words;
    uint32_t words = 0, state = NONE, length = 0, small = 0, i = line->start, end = line->end;
    while (i < end) {
        uint32_t traits = text->traits[text->classes[i]];
        uint32_t role = traits >> WORD_SHIFT & WORD_BITS, kind = traits & KIND_BITS;
        see_character(line, text, i, traits);
        if (role == NONE || begins_word(role, state)) {
            if (state != NONE) { /* a word ends */
                keys[words] = key;
                lengths[words++] = (uint8_t)(state == ALONE ? UNSPACED : length);
            }
            key = BASIS;
            length = 0;
            line->titles += role != NONE && kind == CAPITAL;
            line->alone += role == ALONE;
            state = role == NONE ? NONE : joined_kind(role, NONE);
        }
        if (state != NONE) {
            key = (key ^ text->plain[i]) * PRIME;
            length += length < UNSPACED - 1;
        }
        i++;
        while (state == PART && i < end && /* most characters are these */
               (text->traits[text->classes[i]] & (KIND_BITS | WORD_BITS << WORD_SHIFT)) ==
                   (SMALL | PART << WORD_SHIFT)) {
            key = (key ^ text->plain[i++]) * PRIME;
            length += length < UNSPACED - 1;
            small++;
        }
    }
    if (state != NONE) {
        keys[words] = key;
        lengths[words++] = (uint8_t)(state == ALONE ? UNSPACED : length);
    }
    line->letters += small;
    line->word = page->words;
    line->words = words;
    page->words += words;
    line->key = BASIS;
    for (uint32_t k = 0; k < words; k++) {
        line->key = (line->key ^ keys[k]) * PRIME;
        uint32_t seen = lengths[k] == UNSPACED ? 1 : lengths[k];
        line->longest_word = seen > line->longest_word ? seen : line->longest_word;
    }
    line->size = line->end - line->start + (UNSPACED_WEIGHT - 1) * line->alone;
    see_ends(line, text);
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

static void
give_runs(Sink *sink, const uint32_t *codes, uint32_t size)
{
    for (uint32_t i = 0; i + SHORTEST <= size; i++) {
        uint64_t hash = BASIS;
        uint32_t most = size - i < LONGEST ? size - i : LONGEST;
        for (uint32_t length = 1; length <= most; length++) {
            hash = (hash ^ codes[i + length - 1]) * PRIME;
            if (length >= SHORTEST) {
                give(sink, hash);
            }
        }
    }
}

/* The runs at the beginning and at the end of a line, or of all of a short one. */
static void
give_characters(Sink *sink, const Text *text, uint32_t start, uint32_t end)
{
    uint32_t codes[HEAD + TAIL + 2], size = 0;
    bool whole = end - start <= HEAD + TAIL;
    codes[size++] = LINE_BEGIN;
    for (uint32_t i = start; i < (whole ? end : start + HEAD); i++) {
        codes[size++] = text->plain[i];
    }
    if (!whole) {
        give_runs(sink, codes, size);
        size = 0;
        for (uint32_t i = end - TAIL; i < end; i++) {
            codes[size++] = text->plain[i];
        }
    }
    codes[size++] = LINE_END;
    give_runs(sink, codes, size);
}

/* The first and the last words of a line, and the pairs that begin with them. */
static void
give_words(Sink *sink, const uint64_t *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i >= HEAD_WORDS && count - i > TAIL_WORDS) {
            continue;
        }
        give(sink, keys[i] ^ WORD_SEED);
        if (i + 1 < count) {
            give(sink, keys[i] * PAIR_SEED ^ keys[i + 1]);
        }
    }
}

static void
score_text(Line *line, const Words *words, const Text *text, const uint64_t *keys)
{
    Sink characters = {.words = words}, found = {.words = words};
    give_characters(&characters, text, line->start, line->end);
    give_words(&found, keys + line->word, line->words);
    line->runs = share(characters.sum, sqrt((double)characters.count));
    line->pairs = share(found.sum, sqrt((double)found.count));
    line->score = words->scale * (line->runs + line->pairs) + words->bias;
}

/* ---- The words that lines share ---- */

/* The key of the token that begins with word `i` of `count`, or 0: a long word, or two characters
   of an unspaced script. */
static uint64_t
token_key(const uint64_t *keys, const uint8_t *lengths, uint32_t i, uint32_t count)
{
    if (lengths[i] == UNSPACED) {
        bool pair = i + 1 < count && lengths[i + 1] == UNSPACED;
        return pair ? keys[i] * PAIR_SEED ^ keys[i + 1] : 0;
    }
    return lengths[i] >= LONG_WORD ? keys[i] : 0;
}

static Token *
token_at(Page *page, uint64_t key)
{
    uint64_t mask = ((uint64_t)1 << page->token_bits) - 1;
    uint64_t at = key * GOLDEN >> (64 - page->token_bits);
    while (page->tokens[at].used && page->tokens[at].key != key) {
        at = (at + 1) & mask;
    }
    Token *token = page->tokens + at;
    if (!token->used) {
        *token = (Token){.key = key, .used = true, .last_line = page->count};
    }
    return token;
}

/* Mark the tokens of a field; its words are those from `first` on. Returns how many they are. */
static uint32_t
mark_field(Page *page, uint32_t first, uint32_t count, bool headline)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t key = token_key(page->keys + first, page->lengths + first, i, count);
        if (key) {
            Token *token = token_at(page, key);
            token->in_headline |= headline;
            token->in_description |= !headline;
            found++;
        }
    }
    return found;
}

static void
mark_line(Page *page, uint32_t number)
{
    const Line *line = page->lines + number;
    for (uint32_t i = 0; i < line->words; i++) {
        uint64_t key = token_key(page->keys + line->word, page->lengths + line->word, i, line->words);
        if (!key) {
            continue;
        }
        Token *token = token_at(page, key);
        if (token->last_line != number) {
            token->last_line = number;
            token->lines++;
            token->prose_lines += line->prose;
        }
    }
}

static void
compare_line(Page *page, Line *line)
{
    for (uint32_t i = 0; i < line->words; i++) {
        uint64_t key = token_key(page->keys + line->word, page->lengths + line->word, i, line->words);
        if (!key) {
            continue;
        }
        const Token *token = token_at(page, key);
        line->tokens++;
        line->repeated += token->lines > 1;
        line->in_prose += token->prose_lines > line->prose;
        line->in_headline += token->in_headline;
        line->in_description += token->in_description;
    }
}

/* Count the copies of each line; a slot holds 1 + the number of the first of them. */
static void
count_copies(Page *page, int bits)
{
    uint64_t mask = ((uint64_t)1 << bits) - 1;
    for (uint32_t i = 0; i < page->count; i++) {
        uint64_t key = page->lines[i].key, at = key * GOLDEN >> (64 - bits);
        while (page->slots[at] && page->lines[page->slots[at] - 1].key != key) {
            at = (at + 1) & mask;
        }
        if (page->slots[at]) {
            page->lines[page->slots[at] - 1].copies++;
        }
        else {
            page->slots[at] = i + 1;
        }
    }
    for (uint32_t i = 0; i < page->count; i++) {
        Line *line = page->lines + i;
        uint64_t key = line->key, at = key * GOLDEN >> (64 - bits);
        while (page->lines[page->slots[at] - 1].key != key) {
            at = (at + 1) & mask;
        }
        line->copies = page->lines[page->slots[at] - 1].copies;
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

static void
look_around(Page *page)
{
    Sum sum = {0};
    uint32_t count = page->count, nearest = count;
    for (uint32_t i = 0; i < count; i++) {
        const Line *line = page->lines + i;
        page->sums[i] = sum;
        sum.size += line->size;
        sum.prose += line->prose ? line->size : 0;
        sum.score += line->score;
        sum.mass += line->score < 0 ? line->size : 0;
        sum.prose_lines += line->prose;
        sum.ended += line->ended;
        sum.dated += line->times || line->years;
        sum.strong += line->score > STRONG;
        sum.marked += line->bars || line->slashes;
        page->above[i] = nearest;
        nearest = line->prose ? i : nearest;
        page->run[i] = i && page->lines[i - 1].prose == line->prose ? page->run[i - 1] : i;
        page->values[i] = !line->prose                ? -BESIDE_PROSE
                          : line->size < MOST_SIZE ? (double)line->size
                                                   : MOST_SIZE;
    }
    page->sums[count] = sum;
    page->prose = best_segment(page->values, count);
    nearest = count;
    for (uint32_t i = count; i-- > 0;) {
        const Line *line = page->lines + i;
        page->below[i] = nearest;
        nearest = line->prose ? i : nearest;
        bool goes_on = i + 1 < count && page->run[i + 1] == page->run[i];
        page->run_end[i] = goes_on ? page->run_end[i + 1] : i + 1;
        page->values[i] = -clipped(line->score) * sqrt(line->size < MOST_SIZE ? (double)line->size : MOST_SIZE);
    }
    page->story = best_segment(page->values, count);
    find_edge(page, page->end, 1);
    find_edge(page, page->begin, -1);
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
    double length = line->end - line->start;
    put(row, line->size);
    put(row, line->words);
    put(row, line->first);
    put(row, line->last);
    put(row, share(line->capitals, line->letters));
    put(row, share(line->titles, line->words));
    put(row, share(line->digits, length));
    put(row, share(line->marks, length));
    put(row, share(line->letters, length));
    put(row, share(line->commas, line->size));
    put(row, line->ends);
    put(row, line->commas);
    put(row, line->quotes);
    put(row, line->slashes);
    put(row, line->bars);
    put(row, line->colons);
    put(row, line->years);
    put(row, line->times);
    put(row, share(length, line->words));
    put(row, line->longest_word);
    put(row, line->copies);
    put(row, line->tokens);
    put(row, share(line->repeated, line->tokens));
    put(row, share(line->in_prose, line->tokens));
    put(row, share(line->in_headline, line->tokens));
    put(row, share(line->in_headline, page->headline_tokens));
    put(row, share(line->in_description, line->tokens));
    put(row, share(line->in_description, page->description_tokens));
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

static double
gap(const Page *page, uint32_t one, uint32_t other)
{
    if (one == page->count || other == page->count) {
        return page->count;
    }
    return one > other ? one - other : other - one;
}

static void
put_place(Row *row, const Page *page, uint32_t i, bool sentences)
{
    uint32_t count = page->count, rest = count - 1 - i;
    const Sum *all = page->sums + count, *before = page->sums + i, *with = before + 1;
    put(row, sentences);
    put(row, count);
    put(row, i);
    put(row, rest);
    put(row, share(before->size, all->size));
    put(row, all->size);
    put(row, all->prose_lines);
    put(row, share(all->prose_lines, count));
    put(row, share(all->prose, all->size));
    put(row, before->prose_lines);
    put(row, all->prose_lines - with->prose_lines);
    put(row, before->prose);
    put(row, all->prose - with->prose);
    put(row, share(before->prose, all->prose));
    put(row, gap(page, page->above[i], i));
    put(row, gap(page, page->below[i], i));
    put(row, page->run_end[i] - page->run[i]);
    put(row, i - page->run[i]);
    put(row, page->run_end[i] - 1 - i);
    put(row, distance(page->prose, i));
    put(row, distance(page->story, i));
    put(row, share(page->lines[i].size * (double)all->prose_lines, all->prose));
    put(row, page->headline_tokens);
    put(row, share(all->score, count));
    put(row, share(before->score, i));
    put(row, share(all->score - with->score, rest));
    put(row, share(all->ended, count));
    put(row, share(before->ended, i));
    put(row, share(all->ended - with->ended, rest));
    put(row, share(before->dated, i));
    put(row, share(all->dated - with->dated, rest));
    put(row, before->strong);
    put(row, all->strong - with->strong);
    put(row, share(before->marked, i));
    put(row, share(all->marked - with->marked, rest));
}

static void
put_window(Row *row, const Page *page, uint32_t i, uint32_t reach)
{
    uint32_t first = i > reach ? i - reach : 0;
    uint32_t end = page->count - i > reach ? i + reach + 1 : page->count;
    const Sum *from = page->sums + first, *to = page->sums + end;
    put(row, (to->score - from->score) / (end - first));
    put(row, (to->size - from->size) / (end - first));
    put(row, (double)(to->ended - from->ended) / (end - first));
}

static void
put_around(Row *row, const Page *page, uint32_t i)
{
    uint32_t count = page->count;
    const Sum *all = page->sums + count, *before = page->sums + i, *with = before + 1;
    const Line *above = i ? page->lines + i - 1 : NULL, *below = i + 1 < count ? page->lines + i + 1 : NULL;
    put(row, above ? (double)above->size : -1);
    put(row, below ? (double)below->size : -1);
    put(row, above ? above->score : OUTSIDE);
    put(row, below ? below->score : OUTSIDE);
    put_window(row, page, i, 1);
    put_window(row, page, i, NEAR);
    put_window(row, page, i, WIDE);
    put(row, before->mass);
    put(row, all->mass - with->mass);
    put(row, share(before->mass, all->mass));
    put(row, page->end[i]);
    put(row, page->begin[i]);
}

/* The highest text scores of the lines above and below. */
static void
put_far(Row *row, const Page *page, uint32_t i)
{
    double above = -MOST_SCORE, below = -MOST_SCORE;
    for (uint32_t k = 1; k <= FAR; k++) {
        if (i >= k && page->lines[i - k].score > above) {
            above = page->lines[i - k].score;
        }
        if (i + k < page->count && page->lines[i + k].score > below) {
            below = page->lines[i + k].score;
        }
    }
    put(row, above);
    put(row, below);
}

static void
fill_rows(Page *page, bool sentences)
{
    for (uint32_t i = 0; i < page->count; i++) {
        Row row = {page->rows + (size_t)i * FEATURES, 0};
        put_own(&row, page, page->lines + i);
        put_place(&row, page, i, sentences);
        put_around(&row, page, i);
        put_far(&row, page, i);
    }
}

/* ---- An article ---- */

typedef struct {
    Words words;
    tree_model trees; /* none while a model is trained */
} Net;

static void
free_page(Page *page, Text *text)
{
    free(text->codes);
    free(text->plain);
    free(text->classes);
    free(page->lines);
    free(page->sums);
    free(page->keys);
    free(page->lengths);
    free(page->tokens);
    free(page->above);
    free(page->values);
    free(page->slots);
    free(page->rows);
}

/* Room for `lines` lines and `words` words. */
static bool
make_page(Page *page, size_t lines, size_t words)
{
    page->count = (uint32_t)lines;
    page->lines = calloc(lines + 1, sizeof *page->lines);
    page->sums = malloc((lines + 1) * sizeof *page->sums);
    page->keys = malloc((words + 1) * sizeof *page->keys);
    page->lengths = malloc(words + 1);
    page->above = malloc((4 * lines + 1) * sizeof *page->above);
    page->values = malloc((3 * lines + 1) * sizeof *page->values);
    page->slots = calloc((size_t)1 << bits_for(lines), sizeof *page->slots);
    page->rows = malloc((lines * FEATURES + 1) * sizeof *page->rows);
    if (!page->lines || !page->sums || !page->keys || !page->lengths || !page->above ||
        !page->values || !page->slots || !page->rows) {
        return false;
    }
    page->below = page->above + lines;
    page->run = page->below + lines;
    page->run_end = page->run + lines;
    page->end = page->values + lines;
    page->begin = page->end + lines;
    return true;
}

/* Read a string into the text, which has room for it. */
static bool
take_text(Text *text, PyObject *given, const uint8_t *table)
{
    Py_ssize_t size = PyUnicode_GetLength(given);
    if (!PyUnicode_AsUCS4(given, text->codes, size + 1, 1)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        uint32_t code = text->codes[i], class = class_of(table + 4 * CLASSES, code);
        text->classes[i] = (uint8_t)class;
        text->plain[i] = plain_of(text, code, text->traits[class]);
    }
    return true;
}

/* Room for `size` characters. */
static bool
make_text(Text *text, size_t size, const Py_buffer *table, const word_table *cells)
{
    text->codes = malloc((size + 1) * sizeof *text->codes);
    text->plain = malloc((size + 1) * sizeof *text->plain);
    text->classes = malloc(size + 1);
    text->cells = cells;
    memcpy(text->traits, table->buf, sizeof text->traits);
    return text->codes && text->plain && text->classes;
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

/* The words of a field, behind those of the lines. */
static uint32_t
read_field(Page *page, const Text *text, size_t size)
{
    Line field = {.start = 0, .end = (uint32_t)size};
    uint32_t before = page->words;
    if (size) {
        read_line(page, &field, text);
    }
    return page->words - before;
}

/* The arguments of all methods: body, spans of its lines, headline, description, table of traits,
   table of cells, whether the lines are sentences. */
typedef struct {
    PyObject *texts[3]; /* body, headline, description */
    PyObject *spans;
    Py_buffer table, cells;
    int sentences, line;
} Given;

/* Read everything but the trees. Without memory, or for a bad argument: false, with an exception. */
static bool
read_page(Page *page, Text *text, const Words *words, const Given *given)
{
    uint32_t fields[3] = {0}, firsts[3] = {0};
    for (int i = 0; i < 3; i++) {
        if (!take_text(text, given->texts[i], given->table.buf)) {
            return false;
        }
        firsts[i] = page->words;
        if (i > 0) {
            fields[i] = read_field(page, text, (size_t)PyUnicode_GetLength(given->texts[i]));
            continue;
        }
        for (uint32_t k = 0; k < page->count; k++) {
            read_line(page, page->lines + k, text);
            score_text(page->lines + k, words, text, page->keys);
        }
    }
    page->token_bits = bits_for(page->words);
    page->tokens = calloc((size_t)1 << page->token_bits, sizeof *page->tokens);
    if (!page->tokens) {
        PyErr_NoMemory();
        return false;
    }
    page->headline_tokens = mark_field(page, firsts[1], fields[1], true);
    page->description_tokens = mark_field(page, firsts[2], fields[2], false);
    for (uint32_t i = 0; i < page->count; i++) {
        mark_line(page, i);
    }
    for (uint32_t i = 0; i < page->count; i++) {
        compare_line(page, page->lines + i);
    }
    count_copies(page, bits_for(page->count));
    look_around(page);
    fill_rows(page, given->sentences);
    return true;
}

static PyObject *
list_of(const double *numbers, size_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *number = PyFloat_FromDouble(numbers[i]);
        if (!number || PyList_SetItem(list, (Py_ssize_t)i, number) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

enum wanted { ROWS, SCORES, PARTS };

static PyObject *
result_of(Page *page, const Net *net, const Given *given, enum wanted wanted)
{
    if (wanted == ROWS) {
        return PyBytes_FromStringAndSize((const char *)page->rows,
                                         (Py_ssize_t)(page->count * FEATURES * sizeof *page->rows));
    }
    if (!net->trees.trees) {
        PyErr_SetString(PyExc_ValueError, "the model has no trees");
        return NULL;
    }
    if (wanted == PARTS) {
        double parts[FEATURES] = {0};
        if (given->line < 0 || (uint32_t)given->line >= page->count) {
            PyErr_SetString(PyExc_IndexError, "no such line");
            return NULL;
        }
        trees_explain(&net->trees, page->rows + (size_t)given->line * FEATURES, parts);
        return list_of(parts, FEATURES);
    }
    trees_score(&net->trees, page->rows, page->count, page->values);
    return list_of(page->values, page->count);
}

typedef struct {
    PyObject_HEAD
    Net *net;
} LineModel;

static PyObject *
examine(PyObject *self, PyObject *args, enum wanted wanted)
{
    const Net *net = ((LineModel *)self)->net;
    Given given = {.line = 0};
    const char *form = wanted == PARTS ? "UOUUy*y*pi" : "UOUUy*y*p";
    if (!PyArg_ParseTuple(args, form, given.texts, &given.spans, given.texts + 1, given.texts + 2,
                          &given.table, &given.cells, &given.sentences, &given.line)) {
        return NULL;
    }
    PyObject *found = NULL;
    Page page = {0};
    Text text = {0};
    word_table cells;
    Py_ssize_t count = PySequence_Size(given.spans), longest = 0, all = 0;
    for (int i = 0; i < 3; i++) {
        Py_ssize_t size = PyUnicode_GetLength(given.texts[i]);
        longest = size > longest ? size : longest;
        all += size;
    }
    if (count < 0) {
        PyErr_SetString(PyExc_TypeError, "spans are a sequence");
    }
    else if (given.table.len != TABLE_SIZE) {
        PyErr_Format(PyExc_ValueError, "a table of traits has %d bytes", (int)TABLE_SIZE);
    }
    else if (all >= MOST_CHARACTERS || count > all) {
        PyErr_SetString(PyExc_ValueError, "a text that is too long, or too many spans");
    }
    else if (word_table_of(&given.cells, &cells) == 0) {
        if (!make_page(&page, (size_t)count, (size_t)all) ||
            !make_text(&text, (size_t)longest, &given.table, &cells)) {
            PyErr_NoMemory();
        }
        else if (take_spans(&page, given.spans, PyUnicode_GetLength(given.texts[0])) &&
                 read_page(&page, &text, &net->words, &given)) {
            found = result_of(&page, net, &given, wanted);
        }
    }
    free_page(&page, &text);
    PyBuffer_Release(&given.table);
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
    Py_buffer table, buffer;
    if (!PyArg_ParseTuple(args, "Uy*y*:buckets", &line, &table, &buffer)) {
        return NULL;
    }
    Page page = {0};
    Text text = {0};
    word_table cells;
    size_t size = (size_t)PyUnicode_GetLength(line);
    size_t most = (LONGEST - SHORTEST + 1) * (HEAD + TAIL + 2) + 2 * (HEAD_WORDS + TAIL_WORDS);
    uint32_t *into = malloc(most * sizeof *into);
    if (table.len != TABLE_SIZE || size >= MOST_CHARACTERS) {
        PyErr_Format(PyExc_ValueError, "a table of traits has %d bytes", (int)TABLE_SIZE);
    }
    else if (word_table_of(&buffer, &cells) == 0) {
        if (!into || !make_page(&page, 0, size) || !make_text(&text, size, &table, &cells)) {
            PyErr_NoMemory();
        }
        else if (take_text(&text, line, table.buf)) {
            Sink sink = {.words = &((LineModel *)self)->net->words, .into = into};
            uint32_t words = read_field(&page, &text, size);
            give_characters(&sink, &text, 0, (uint32_t)size);
            uint32_t characters = sink.count;
            give_words(&sink, page.keys, words);
            found = Py_BuildValue("(y#I)", (const char *)into,
                                  (Py_ssize_t)(sink.count * sizeof *into), characters);
        }
    }
    free(into);
    free_page(&page, &text);
    PyBuffer_Release(&table);
    PyBuffer_Release(&buffer);
    return found;
}

/* ---- The type ---- */

static const char MAGIC[8] = "CDLINES1";
enum { MODEL_HEAD = 32, FEWEST_BITS = 4, MOST_BITS = 24 };

static void
free_net(Net *net)
{
    if (net) {
        trees_free(&net->trees);
        free(net->words.weights);
        free(net);
    }
}

/* Load a model, or raise an exception. */
static bool
load(Net *net, const char *bytes, size_t size)
{
    uint32_t bits = 0, trees = 0;
    if (size >= MODEL_HEAD && memcmp(bytes, MAGIC, sizeof MAGIC) == 0) {
        memcpy(&bits, bytes + 8, sizeof bits);
        memcpy(&trees, bytes + 12, sizeof trees);
        memcpy(&net->words.scale, bytes + 16, sizeof(double));
        memcpy(&net->words.bias, bytes + 24, sizeof(double));
    }
    size_t weights = bits >= FEWEST_BITS && bits <= MOST_BITS ? (size_t)1 << bits : 0;
    if (!weights || size != MODEL_HEAD + weights + trees) {
        PyErr_SetString(PyExc_ValueError, "this is no whole model of lines");
        return false;
    }
    net->words.bits = (int)bits;
    if (!(net->words.weights = malloc(weights))) {
        PyErr_NoMemory();
        return false;
    }
    memcpy(net->words.weights, bytes + MODEL_HEAD, weights);
    if (trees && trees_load(&net->trees, bytes + MODEL_HEAD + weights, trees) < 0) {
        return false;
    }
    if (trees && net->trees.features != FEATURES) {
        PyErr_SetString(PyExc_ValueError, "this is a model of other features of lines");
        return false;
    }
    return true;
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
