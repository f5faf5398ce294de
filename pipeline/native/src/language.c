/* fastText's language model (a `.ftz` file such as lid.176.ftz) and its prediction.

   fastText splits a text at white space. Each word has its own row if the model knows it, and a row
   for each run of 2 to 4 of its characters (`<` and `>` mark its ends) that the model kept. The
   mean of all rows, 16 numbers, descends a binary tree of languages. All floating-point operations
   have fastText's order, so that the results equal its results bit for bit. The tables take 1 MB,
   so that they fit the core's cache: a row is nine bytes, as in the file, and the row of a run is
   found by counting bits.

   Source: fastText 0.9.2, src/fasttext.cc, src/args.cc, src/dictionary.cc, src/quantmatrix.cc,
   src/productquantizer.cc, src/loss.cc (MIT); Joulin et al. 2016, https://arxiv.org/abs/1612.03651.
   */
#include "native.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MAGIC = 793712314, VERSION = 12, SOFT_TREE = 1, SUPERVISED = 3 };
enum { DIM = 16, PARTS = DIM / 2, CENTROIDS = 256 };
enum { SHORTEST = 2, LONGEST = 4 }; /* characters of a run */
enum { BUCKETS = 2000000, BLOCKS = BUCKETS / 64 + 1 };
enum { MOST_BYTES = 1 << 28 }; /* of a model or of a text, so that offsets fit 32 bits */
enum { MOST_LABELS = 1 << 20 };
enum { END_OF_TEXT = 0 };      /* the row of `</s>`, which ends every text */

static const int64_t MOST_SEEN = (int64_t)1 << 40; /* a label */
static const char LABEL[] = "__label__";
static const uint64_t GOLDEN = 11400714819323198485u; /* 2 ** 64 / golden ratio */

typedef struct {
    uint64_t key; /* FNV-1a of a word */
    int32_t row;  /* -1: empty */
} Word;

typedef struct {
    uint8_t pairs[PARTS], length; /* the number of each centroid, of 256 */
} Row;

typedef struct {
    int32_t left, right; /* leaves come first */
} Node;

typedef struct {
    Word *words; /* an open-addressing table of 2 ** bits slots */
    int bits;
    uint64_t kept[BLOCKS];  /* a bit for each bucket of runs that was kept */
    int32_t first[BLOCKS];  /* the row of the first run that was kept among each 64 buckets */
    Row *rows;              /* of the words, then of the runs in the order of buckets */
    float pairs[PARTS][CENTROIDS][2], lengths[CENTROIDS];
    int32_t languages;
    Node *tree;             /* its inner nodes, one fewer than languages */
    float (*weights)[DIM];  /* one row for each inner node */
} Net;

typedef struct {
    PyObject_HEAD
    Net *net;
    PyObject *languages; /* tuple of codes */
} Model;

static void
free_net(Net *net)
{
    if (net) {
        free(net->words);
        free(net->rows);
        free(net->tree);
        free(net->weights);
        free(net);
    }
}

/* ---- The file ---- */

typedef struct {
    const char *at;
    size_t left;
} File;

static bool
take(File *file, void *into, size_t size)
{
    if (size > file->left) {
        return false;
    }
    memcpy(into, file->at, size);
    file->at += size;
    file->left -= size;
    return true;
}

/* The next word or label of the dictionary: its bytes up to a NUL, then its count and type. */
static bool
take_entry(File *file, const char **word, size_t *size, int64_t *count, bool *is_label)
{
    const char *end = memchr(file->at, 0, file->left);
    if (!end) {
        return false;
    }
    *word = file->at;
    *size = (size_t)(end - file->at);
    file->left -= *size + 1;
    file->at = end + 1;
    char kind;
    bool taken = take(file, count, sizeof *count) && take(file, &kind, 1);
    *is_label = taken && kind == 1;
    return taken;
}

static uint64_t
key_of(const uint8_t *word, size_t size)
{
    uint64_t key = 0xCBF29CE484222325;
    for (size_t i = 0; i < size; i++) {
        key = (key ^ word[i]) * 0x100000001B3;
    }
    return key;
}

static int32_t
row_of(const Net *net, uint64_t key)
{
    uint64_t at = key * GOLDEN >> (64 - net->bits), mask = ((uint64_t)1 << net->bits) - 1;
    while (net->words[at].row >= 0 && net->words[at].key != key) {
        at = (at + 1) & mask;
    }
    return net->words[at].row;
}

static void
add_word(Net *net, uint64_t key, int32_t row)
{
    uint64_t at = key * GOLDEN >> (64 - net->bits), mask = ((uint64_t)1 << net->bits) - 1;
    while (net->words[at].row >= 0) {
        at = (at + 1) & mask;
    }
    net->words[at] = (Word){.key = key, .row = row};
}

/* Read words into `net`, labels into `net->languages` and, as codes, into the list, and the count
   of each label into `seen`. Returns false, perhaps with an exception set. */
static bool
take_dictionary(File *file, Net *net, int32_t size, int32_t words, PyObject *codes, int64_t *seen)
{
    net->bits = 4;
    while ((int64_t)1 << net->bits < 2 * (int64_t)words) {
        net->bits++;
    }
    net->words = malloc(sizeof *net->words << net->bits);
    if (!net->words) {
        PyErr_NoMemory();
        return false;
    }
    for (size_t i = 0; i < (size_t)1 << net->bits; i++) {
        net->words[i] = (Word){.row = -1};
    }
    int32_t row = 0;
    for (int32_t i = 0; i < size; i++) {
        const char *word;
        size_t length;
        int64_t count;
        bool is_label;
        if (!take_entry(file, &word, &length, &count, &is_label)) {
            return false;
        }
        if (!is_label) {
            if (row == words || (row == END_OF_TEXT && strcmp(word, "</s>"))) {
                return false;
            }
            add_word(net, key_of((const uint8_t *)word, length), row++);
            continue;
        }
        size_t skip = strlen(LABEL);
        if (net->languages == size - words || strncmp(word, LABEL, skip) || count < 0 ||
            count > MOST_SEEN) {
            return false;
        }
        PyObject *code = PyUnicode_FromStringAndSize(word + skip, (Py_ssize_t)(length - skip));
        if (!code || PyList_Append(codes, code) < 0) {
            Py_XDECREF(code);
            return false;
        }
        Py_DECREF(code);
        seen[net->languages++] = count;
    }
    return row == words && net->languages == size - words;
}

/* Build the Huffman tree of the languages, the commonest first, as loss.cc does. `totals` holds the
   count of each language, at most MOST_SEEN, and has room for all nodes. A node that does not exist
   yet has a higher count than all languages together, so it is not taken too early. */
static bool
grow_tree(Net *net, int64_t *totals)
{
    int32_t leaves = net->languages, leaf = leaves - 1, inner = leaves;
    net->tree = malloc(sizeof *net->tree * (size_t)leaves);
    if (!net->tree) {
        PyErr_NoMemory();
        return false;
    }
    for (int32_t node = leaves; node < 2 * leaves - 1; node++) {
        totals[node] = INT64_MAX;
    }
    for (int32_t node = leaves; node < 2 * leaves - 1; node++) {
        int32_t least[2];
        for (int side = 0; side < 2; side++) {
            least[side] = leaf >= 0 && totals[leaf] < totals[inner] ? leaf-- : inner++;
        }
        net->tree[node - leaves] = (Node){.left = least[0], .right = least[1]};
        totals[node] = totals[least[0]] + totals[least[1]];
    }
    return true;
}

typedef struct {
    int32_t bucket, row;
} Run;

static int
by_bucket(const void *one, const void *other)
{
    int32_t first = ((const Run *)one)->bucket, second = ((const Run *)other)->bucket;
    return (first > second) - (first < second);
}

/* Read the centroids of the product quantizer: `parts` parts of 256 vectors of `width` numbers. */
static bool
take_centroids(File *file, int32_t parts, int32_t width, void *into)
{
    int32_t shape[4]; /* numbers of a row, parts, numbers of a part, of the last part */
    return take(file, shape, sizeof shape) && shape[0] == parts * width && shape[1] == parts &&
           shape[2] == width && shape[3] == width &&
           take(file, into, sizeof(float) * CENTROIDS * (size_t)(parts * width));
}

/* Read the rows of words and runs into the order of `net`. */
static bool
take_rows(File *file, Net *net, Run *runs, int64_t words, int64_t kept)
{
    char quantized, with_lengths;
    int64_t shape[2]; /* rows, numbers of a row */
    int32_t size;
    if (!take(file, &quantized, 1) || !take(file, &with_lengths, 1) ||
        !take(file, shape, sizeof shape) || !take(file, &size, sizeof size) || !quantized ||
        !with_lengths || shape[0] != words + kept || shape[1] != DIM || size != shape[0] * PARTS) {
        return false;
    }
    const char *pairs = file->at;
    if ((size_t)size > file->left) {
        return false;
    }
    file->at += size;
    file->left -= (size_t)size;
    if (!take_centroids(file, PARTS, 2, net->pairs) || file->left < (size_t)shape[0]) {
        return false;
    }
    const char *lengths = file->at;
    file->at += shape[0];
    file->left -= (size_t)shape[0];
    if (!take_centroids(file, 1, 1, net->lengths)) {
        return false;
    }
    net->rows = malloc(sizeof *net->rows * (size_t)shape[0]);
    if (!net->rows) {
        PyErr_NoMemory();
        return false;
    }
    qsort(runs, (size_t)kept, sizeof *runs, by_bucket);
    int32_t block = 0;
    for (int64_t i = 0; i < shape[0]; i++) {
        int64_t source = i;
        if (i >= words) {
            Run run = runs[i - words];
            if (run.bucket < 0 || run.bucket >= BUCKETS || run.row < 0 || run.row >= kept) {
                return false;
            }
            source = words + run.row;
            for (; block <= run.bucket / 64; block++) {
                net->first[block] = (int32_t)i;
            }
            net->kept[run.bucket / 64] |= (uint64_t)1 << run.bucket % 64;
        }
        memcpy(net->rows[i].pairs, pairs + source * PARTS, PARTS);
        net->rows[i].length = (uint8_t)lengths[source];
    }
    return true; /* blocks after the last run have no runs, so their first row is never read */
}

static bool
take_weights(File *file, Net *net)
{
    char quantized;
    int64_t shape[2];
    if (!take(file, &quantized, 1) || !take(file, shape, sizeof shape) || quantized ||
        shape[0] < net->languages - 1 || shape[0] > MOST_BYTES || shape[1] != DIM) {
        return false;
    }
    size_t size = sizeof *net->weights * (size_t)shape[0];
    net->weights = malloc(size + 1);
    if (!net->weights) {
        PyErr_NoMemory();
        return false;
    }
    return take(file, net->weights, size);
}

/* Fill `net` and the list of its languages. Returns false, perhaps with an exception set. */
static bool
take_model(File *file, Net *net, PyObject *codes)
{
    int32_t head[14], size, words, labels;
    double rate;
    int64_t tokens, kept;
    if (!take(file, head, sizeof head) || !take(file, &rate, sizeof rate) ||
        !take(file, &size, sizeof size) || !take(file, &words, sizeof words) ||
        !take(file, &labels, sizeof labels) || !take(file, &tokens, sizeof tokens) ||
        !take(file, &kept, sizeof kept)) {
        return false;
    }
    /* head: magic, version, then dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket,
       minn, maxn, lrUpdateRate */
    if (head[0] != MAGIC || head[1] != VERSION || head[2] != DIM || head[7] != 1 ||
        head[8] != SOFT_TREE || head[9] != SUPERVISED || head[10] != BUCKETS ||
        head[11] != SHORTEST || head[12] != LONGEST || words < 1 || labels < 2 ||
        labels > MOST_LABELS || size != (int64_t)words + labels || (size_t)size > file->left ||
        kept < 0 || kept > BUCKETS) {
        return false;
    }
    int64_t *seen = malloc(sizeof *seen * 2 * (size_t)labels);
    Run *runs = malloc(sizeof *runs * ((size_t)kept + 1));
    bool done = false;
    if (!seen || !runs) {
        PyErr_NoMemory();
    }
    else {
        done = take_dictionary(file, net, size, words, codes, seen) && grow_tree(net, seen) &&
               take(file, runs, sizeof *runs * (size_t)kept) &&
               take_rows(file, net, runs, words, kept) && take_weights(file, net);
    }
    free(seen);
    free(runs);
    return done;
}

/* ---- A text ---- */

/* The state of a reading; `asked` has room for each run and word of the text. */
typedef struct {
    const Net *net;
    int32_t *asked; /* rows of words, and ~bucket of each run */
    size_t count;
} Reader;

static bool
is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\0' || (byte >= '\t' && byte <= '\r');
}

/* List the runs of characters of a marked word. */
static void
list_runs(Reader *reader, const uint8_t *word, size_t size)
{
    for (size_t start = 0; start < size; start++) {
        if ((word[start] & 0xC0) == 0x80) { /* inside a character */
            continue;
        }
        uint32_t run = 0x811C9DC5;
        size_t end = start;
        for (int length = 1; length <= LONGEST && end < size; length++) {
            do { /* one character; fastText hashes bytes with their sign */
                run = (run ^ (uint32_t)(int8_t)word[end]) * 0x01000193;
                end++;
            } while (end < size && (word[end] & 0xC0) == 0x80);
            if (length >= SHORTEST) {
                reader->asked[reader->count++] = ~(int32_t)(run % BUCKETS);
            }
        }
    }
}

/* List, in the order fastText adds them, the rows of words and `~bucket` of each run. `marked`:
   room for the text and two marks. */
static void
list_words(Reader *reader, const uint8_t *text, size_t size, uint8_t *marked)
{
    for (size_t start = 0; start < size; start++) {
        size_t end = start;
        while (end < size && !is_white(text[end])) {
            end++;
        }
        size_t length = end - start;
        if (length) {
            const uint8_t *word = text + start;
            int32_t row = row_of(reader->net, key_of(word, length));
            if (row == END_OF_TEXT) { /* spelled out */
                return;
            }
            if (row > END_OF_TEXT) {
                reader->asked[reader->count++] = row;
            }
            if (row > END_OF_TEXT || length < strlen(LABEL) ||
                memcmp(word, LABEL, strlen(LABEL))) {
                marked[0] = '<';
                memcpy(marked + 1, word, length);
                marked[length + 1] = '>';
                list_runs(reader, marked, length + 2);
            }
        }
        start = end;
    }
}

/* Population count; Warren, Hacker's Delight, 5-1: sums of pairs, fours, bytes, and the total. */
static int32_t
count_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
    return (int32_t)(word * 0x0101010101010101 >> 56);
}

/* Replace the bucket of each run by its row, and remove runs that the model did not keep. A
   separate loop without branches on the data, so that cache misses overlap. */
static void
find_runs(Reader *reader)
{
    const Net *net = reader->net;
    size_t found = 0;
    for (size_t i = 0; i < reader->count; i++) {
        int32_t one = reader->asked[i];
        if (one >= 0) {
            reader->asked[found++] = one;
            continue;
        }
        uint32_t bucket = (uint32_t)~one;
        uint64_t kept = net->kept[bucket / 64], bit = (uint64_t)1 << bucket % 64;
        reader->asked[found] = net->first[bucket / 64] + count_bits(kept & (bit - 1));
        found += (kept & bit) != 0;
    }
    reader->count = found;
}

static void
add_row(float total[DIM], const Net *net, int32_t number)
{
    const Row *row = net->rows + number;
    float length = net->lengths[row->length];
    for (int i = 0; i < PARTS; i++) {
        const float *pair = net->pairs[i][row->pairs[i]];
        total[2 * i] += pair[0] * length;
        total[2 * i + 1] += pair[1] * length;
    }
}

static float
log_of(float share)
{
    return (float)log((double)share + 1e-5);
}

/* Find the best leaf of the tree and its score, depth first, the left branch first; -1 for none.
   Branches with a lower score than the best leaf so far are pruned. `nodes` and `scores` have room
   for each leaf. */
static int32_t
descend(const Net *net, const float mean[DIM], int32_t *nodes, float *scores, float *best_score)
{
    int32_t leaves = net->languages, waiting = 1, best = -1;
    nodes[0] = 2 * leaves - 2;
    scores[0] = 0;
    *best_score = -INFINITY;
    while (waiting) {
        int32_t node = nodes[--waiting];
        float score = scores[waiting];
        if (score < log_of(0) || score < *best_score) {
            continue;
        }
        if (node < leaves) {
            best = node;
            *best_score = score;
            continue;
        }
        float product = 0;
        for (int i = 0; i < DIM; i++) {
            product += mean[i] * net->weights[node - leaves][i];
        }
        float right = (float)(1.0 / (double)(1.0f + expf(-product)));
        nodes[waiting] = net->tree[node - leaves].right;
        scores[waiting++] = score + log_of(right);
        nodes[waiting] = net->tree[node - leaves].left;
        scores[waiting++] = score + log_of((float)(1.0 - (double)right));
    }
    return best;
}

static PyObject *
predict(PyObject *self, PyObject *given)
{
    const Net *net = ((Model *)self)->net;
    if (!PyUnicode_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "a text is a string");
        return NULL;
    }
    PyObject *bytes = PyUnicode_AsEncodedString(given, "utf-8", "replace");
    char *text;
    Py_ssize_t size;
    if (!bytes || PyBytes_AsStringAndSize(bytes, &text, &size) < 0) {
        Py_XDECREF(bytes);
        return NULL;
    }
    PyObject *result = NULL;
    size_t room = 4 * (size_t)size + 8; /* three runs for each byte, and for each of the two marks of a word */
    size_t leaves = (size_t)net->languages;
    int32_t *nodes = malloc((leaves + room) * (sizeof *nodes) + leaves * sizeof(float));
    uint8_t *marked = malloc((size_t)size + 2);
    if (size >= MOST_BYTES) {
        PyErr_SetString(PyExc_ValueError, "the text is too long");
    }
    else if (!nodes || !marked) {
        PyErr_NoMemory();
    }
    else {
        Reader reader = {.net = net, .asked = nodes + leaves};
        float *scores = (float *)(nodes + leaves + room);
        list_words(&reader, (const uint8_t *)text, (size_t)size, marked);
        find_runs(&reader);
        float mean[DIM] = {0}, score;
        for (size_t i = 0; i < reader.count; i++) {
            add_row(mean, net, reader.asked[i]);
        }
        add_row(mean, net, END_OF_TEXT);
        float share = (float)(1.0 / (double)(reader.count + 1));
        for (int i = 0; i < DIM; i++) {
            mean[i] *= share;
        }
        int32_t best = descend(net, mean, nodes, scores, &score);
        PyObject *code = best < 0 ? Py_None : PyTuple_GetItem(((Model *)self)->languages, best);
        result = code ? Py_BuildValue("(Od)", code, (double)expf(score)) : NULL;
    }
    free(nodes);
    free(marked);
    Py_DECREF(bytes);
    return result;
}

/* ---- The type ---- */

static PyObject *
new_model(PyTypeObject *type, PyObject *args, PyObject *named)
{
    Py_buffer data;
    if (named && PyDict_Size(named)) {
        PyErr_SetString(PyExc_TypeError, "LanguageModel takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "y*:LanguageModel", &data)) {
        return NULL;
    }
    Net *net = calloc(1, sizeof *net);
    PyObject *codes = PyList_New(0), *result = NULL;
    File file = {.at = data.buf, .left = (size_t)data.len};
    if (!net) {
        PyErr_NoMemory();
    }
    else if (codes && data.len < MOST_BYTES && take_model(&file, net, codes)) {
        PyObject *(*allocate)(PyTypeObject *, Py_ssize_t) =
            (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(type, Py_tp_alloc);
        PyObject *languages = PyList_AsTuple(codes);
        result = languages ? allocate(type, 0) : NULL;
        if (result) {
            ((Model *)result)->net = net;
            ((Model *)result)->languages = languages;
        }
        else {
            Py_XDECREF(languages);
        }
    }
    else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "this is no whole model like lid.176.ftz");
    }
    if (!result) {
        free_net(net);
    }
    Py_XDECREF(codes);
    PyBuffer_Release(&data);
    return result;
}

static void
free_model(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    free_net(((Model *)self)->net);
    Py_XDECREF(((Model *)self)->languages);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"predict", predict, METH_O, "Return (language or None, score) of one line of text."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "fastText's language model; takes the bytes of a .ftz file."},
    {Py_tp_new, new_model},
    {Py_tp_dealloc, free_model},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec language_type = {
    .name = "pipeline.native.LanguageModel",
    .basicsize = sizeof(Model),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
