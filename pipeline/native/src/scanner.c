/* Compiles a scanner: `Scanner(table, folded, signals)`, from the signals of all rules.

   `table` is from `pipeline.native.folds`, `folded` from `codepoints`; see `scan_signals`. */
#include "scan.h"

/* The code points of a text, which the caller frees by PyMem_Free; NULL with an exception set. */
static uint32_t *
codes_of(PyObject *text, size_t *size)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "not a text");
        return NULL;
    }
    *size = (size_t)PyUnicode_GetLength(text);
    return PyUnicode_AsUCS4Copy(text);
}

static uint32_t
class_for(scanner *self, uint32_t code)
{
    uint64_t *class = &self->classes[code < LIMIT ? code : LIMIT];
    if (!(*class & CLASS) && code < LIMIT && self->class_count < MOST_CLASSES) {
        *class |= self->class_count++;
    }
    return *class & CLASS;
}

/* Assign a class to each folded character of literals. */
static int
number_classes(scanner *self, PyObject *literals)
{
    for (Py_ssize_t i = 0; i < PyList_Size(literals); i++) {
        PyObject *text;
        int side, within;
        size_t size;
        PyObject *literal = PyList_GetItem(literals, i);
        if (!literal || !PyArg_ParseTuple(literal, "Uii", &text, &side, &within)) {
            return -1;
        }
        uint32_t *codes = codes_of(text, &size);
        if (!codes) {
            return -1;
        }
        int are_numbered = 1;
        for (size_t n = 0; n < size; n++) {
            are_numbered &= class_for(self, codes[n]) != 0;
        }
        PyMem_Free(codes);
        if (!are_numbered) {
            PyErr_SetString(PyExc_ValueError, "literals of too many characters");
            return -1;
        }
    }
    return 0;
}

/* Number the most frequent characters first, so that their entries are close together. */
static void
number_common_classes(scanner *self)
{
    for (const char *one = " etaoinshrdlucmfwygpbvk.,-'xjqz"; *one; one++) {
        class_for(self, (uint32_t)*one);
    }
}

/* Assign to each code point the class of its fold. */
static void
spread_classes(scanner *self)
{
    for (uint32_t code = 0; code < LIMIT; code++) {
        const uint32_t cell = self->cells[code];
        const uint32_t fold = cell & WHITE ? ' ' : cell & EXPANDS ? code : cell & FOLD;
        const uint64_t class = fold < LIMIT ? self->classes[fold] & CLASS : 0;
        self->classes[code] |= class;
        self->classes[code] |= cell & EXPANDS ? SEVERAL : self->begins_short[class] ? SHORT : 0;
    }
}

/* The next state after a state, or a state of the root; 0 with an exception set. */
static uint32_t
state_behind(trie_t *trie, uint32_t state, uint32_t class)
{
    uint32_t next = state ? trie->states[state - 1].child : trie->first[class];
    const uint32_t sibling = state ? next : 0;
    while (state && next && trie->states[next - 1].class != class) {
        next = trie->states[next - 1].sibling;
    }
    if (next) {
        return next;
    }
    if (trie->count == trie->room &&
        grow((void **)&trie->states, &trie->room, sizeof(state_t)) < 0) {
        PyErr_NoMemory();
        return 0;
    }
    trie->states[trie->count++] = (state_t){.sibling = sibling, .class = (uint16_t)class};
    next = (uint32_t)trie->count;
    if (state) {
        trie->states[state - 1].child = next;
    } else {
        trie->first[class] = next;
    }
    return next;
}

static int
put_literal(scanner *self, uint32_t signal, PyObject *literal)
{
    PyObject *text;
    int side, within;
    size_t size;
    if (!PyArg_ParseTuple(literal, "Uii", &text, &side, &within)) {
        return -1;
    }
    uint32_t *codes = codes_of(text, &size);
    if (!codes) {
        return -1;
    }
    if (side < 0 || side >= SIDES || within < 0 || !size) {
        PyMem_Free(codes);
        PyErr_SetString(PyExc_ValueError, "a literal has characters and one of 3 sides");
        return -1;
    }
    trie_t *trie = &self->tries[side];
    uint32_t state = 0;
    for (size_t i = 0; i < size; i++) {
        state = state_behind(trie, state, class_for(self, codes[side == LAST ? size - 1 - i : i]));
        if (!state) {
            PyMem_Free(codes);
            return -1;
        }
    }
    if (side == ANYWHERE && size < 3) {
        self->begins_short[class_for(self, codes[0])] = 1;
    }
    PyMem_Free(codes);
    if (self->output_count == self->output_room &&
        grow((void **)&self->outputs, &self->output_room, sizeof(output_t)) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    self->outputs[self->output_count++] =
        (output_t){signal, (uint32_t)within, trie->states[state - 1].output};
    trie->states[state - 1].output = (uint32_t)self->output_count;
    trie->within = trie->within > (uint32_t)within ? trie->within : (uint32_t)within;
    return 0;
}

static void
set_bit(uint64_t *bits, uint32_t number)
{
    bits[number / 64] |= UINT64_C(1) << number % 64;
}

/* Record the first classes of literals of three and more, and the state after three. The table is
   small enough to stay in the cache: many literals begin alike. */
static int
note_begins(scanner *self)
{
    const trie_t *trie = &self->tries[ANYWHERE];
    size_t begins = 0;
    for (uint32_t class = 1; class < self->class_count; class++) {
        uint32_t second = trie->first[class] ? trie->states[trie->first[class] - 1].child : 0;
        for (; second; second = trie->states[second - 1].sibling) {
            for (uint32_t third = trie->states[second - 1].child; third;
                 third = trie->states[third - 1].sibling) {
                begins++;
            }
        }
    }
    for (self->after_mask = 15; self->after_mask < 4 * begins;) {
        self->after_mask = 2 * self->after_mask + 1;
    }
    self->after = calloc(self->after_mask + 1, sizeof *self->after);
    if (!self->after) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t class = 1; class < self->class_count; class++) {
        uint32_t second = trie->first[class] ? trie->states[trie->first[class] - 1].child : 0;
        for (; second; second = trie->states[second - 1].sibling) {
            const state_t *here = &trie->states[second - 1];
            for (uint32_t third = here->child; third; third = trie->states[third - 1].sibling) {
                const state_t *there = &trie->states[third - 1];
                const uint64_t two = with_class(class, here->class);
                const uint32_t three = (uint32_t)with_class(two, there->class);
                size_t at = place_of_three(three) & self->after_mask;
                while (self->after[at].three) {
                    at = (at + 1) & self->after_mask;
                }
                self->after[at] = (begin_t){three, third};
                if (there->output) {
                    set_bit(self->threes, place_of_three(three) % THREES);
                }
                for (uint32_t fourth = there->child; fourth;
                     fourth = trie->states[fourth - 1].sibling) {
                    set_bit(self->begins, begin_of(with_class(three, trie->states[fourth - 1].class)));
                }
            }
        }
    }
    return 0;
}

static int
put_ways(scanner *self, uint32_t signal, PyObject *ways, unsigned *bit)
{
    for (Py_ssize_t i = 0; i < PyList_Size(ways); i++) {
        PyObject *sets[2] = {NULL, NULL}, *pair = PyList_GetItem(ways, i);
        if (!pair || !PyArg_ParseTuple(pair, "U|U", sets, sets + 1)) {
            return -1;
        }
        if (*bit + 2 > MARKS) {
            PyErr_SetString(PyExc_ValueError, "too many sets of characters");
            return -1;
        }
        way_t *grown = realloc(self->ways, (self->way_count + 1) * sizeof *grown);
        if (!grown) {
            PyErr_NoMemory();
            return -1;
        }
        self->ways = grown;
        way_t *way = &grown[self->way_count++];
        *way = (way_t){UINT64_C(1) << *bit, sets[1] ? UINT64_C(2) << *bit : 0, signal};
        *bit += sets[1] ? 2 : 1;
        for (int n = 0; n < 2 && sets[n]; n++) {
            size_t size;
            uint32_t *codes = codes_of(sets[n], &size);
            if (!codes) {
                return -1;
            }
            for (size_t at = 0; at < size; at++) {
                self->classes[codes[at] < LIMIT ? codes[at] : LIMIT] |=
                    n ? way->second : way->first;
            }
            PyMem_Free(codes);
        }
    }
    return 0;
}

/* Mix a folded text into the key of an opening. */
static int
mix_text(PyObject *text, uint64_t *key)
{
    size_t size;
    uint32_t *codes = codes_of(text, &size);
    if (!codes) {
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        *key = mixed(*key, codes[i]);
    }
    PyMem_Free(codes);
    return 0;
}

static int
put_openings(scanner *self, uint32_t signal, PyObject *openings)
{
    for (Py_ssize_t i = 0; i < PyList_Size(openings); i++) {
        PyObject *first, *second, *one = PyList_GetItem(openings, i);
        unsigned reach;
        if (!one || !PyArg_ParseTuple(one, "UOI", &first, &second, &reach)) {
            return -1;
        }
        uint64_t key = BASIS;
        if (mix_text(first, &key) < 0) {
            return -1;
        }
        key = mixed(key, second == Py_None ? OPEN : PAIR);
        if (second != Py_None && mix_text(second, &key) < 0) {
            return -1;
        }
        key |= 1;
        size_t at = (key >> 20) & self->opening_mask;
        while (self->openings[at].key) {
            at = (at + 1) & self->opening_mask;
        }
        self->openings[at] = (opening_t){key, signal, reach};
    }
    return 0;
}

/* Read the numbers of a signal; returns its data as a borrowed reference, or NULL. */
static PyObject *
read_signal(signal_t *into, PyObject *given)
{
    PyObject *data;
    if (!PyArg_ParseTuple(given, "IIIIIIO", &into->trigger, &into->kind, &into->longest,
                          &into->head, &into->tail, &into->fields, &data)) {
        return NULL;
    }
    into->longest = into->longest ? into->longest : UINT32_MAX;
    if (into->kind >= KINDS) {
        PyErr_SetString(PyExc_ValueError, "no such kind of signal");
        return NULL;
    }
    const int is_list = into->kind <= OPENINGS;
    if (is_list != PyList_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "literals, characters and openings are lists");
        return NULL;
    }
    if (!is_list && !PyArg_ParseTuple(data, "|II", &into->first, &into->second)) {
        return NULL;
    }
    if (into->kind == ALIKE && (into->first > MOST_EDGE / 2 || into->second >= into->first)) {
        PyErr_SetString(PyExc_ValueError, "an edge has at most 32 characters, and more than short lines");
        return NULL;
    }
    if (into->kind == RECURRING && into->first < 2) {
        PyErr_SetString(PyExc_ValueError, "a probe has two characters or more");
        return NULL;
    }
    return data;
}

static int
fill_scanner(scanner *self, PyObject *signals)
{
    size_t openings = 0;
    unsigned bit = FIRST_MARK;
    number_common_classes(self);
    for (size_t i = 0; i < self->count; i++) {
        PyObject *data = read_signal(&self->signals[i], PyList_GetItem(signals, (Py_ssize_t)i));
        if (!data || (self->signals[i].kind == LITERALS && number_classes(self, data) < 0)) {
            return -1;
        }
        if (self->signals[i].kind >= LINES && self->signals[i].fields & BODY) {
            self->shapes[self->shape_count++] = (uint32_t)i;
        }
        self->alike_count += self->signals[i].kind == ALIKE && self->signals[i].fields & BODY;
        openings += self->signals[i].kind == OPENINGS ? (size_t)PyList_Size(data) : 0;
    }
    for (int side = 0; side < SIDES; side++) {
        self->tries[side].first = calloc(MOST_CLASSES, sizeof(uint32_t));
        if (!self->tries[side].first) {
            PyErr_NoMemory();
            return -1;
        }
    }
    for (self->opening_mask = 15; self->opening_mask < 2 * openings;) {
        self->opening_mask = 2 * self->opening_mask + 1;
    }
    self->openings = calloc(self->opening_mask + 1, sizeof *self->openings);
    if (!self->openings) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < self->count; i++) {
        signal_t ignored;
        PyObject *data = read_signal(&ignored, PyList_GetItem(signals, i));
        if (!data) {
            return -1;
        }
        const uint32_t kind = self->signals[i].kind;
        for (Py_ssize_t n = 0; kind == LITERALS && n < PyList_Size(data); n++) {
            if (put_literal(self, i, PyList_GetItem(data, n)) < 0) {
                return -1;
            }
        }
        if ((kind == CHARACTERS && put_ways(self, i, data, &bit) < 0) ||
            (kind == OPENINGS && put_openings(self, i, data) < 0)) {
            return -1;
        }
    }
    spread_classes(self);
    return note_begins(self);
}

static int
scanner_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    scanner *self = (scanner *)object;
    PyObject *signals;
    const size_t cells = LIMIT * sizeof(uint32_t);
    if (keywords || self->signals) {
        PyErr_SetString(PyExc_TypeError, "Scanner(table, folded, signals)");
        return -1;
    }
    if (!PyArg_ParseTuple(arguments, "y*y*O:Scanner", &self->table, &self->folded, &signals)) {
        return -1;
    }
    if (!PyList_Check(signals)) {
        PyErr_SetString(PyExc_TypeError, "signals are a list");
        return -1;
    }
    const size_t size = (size_t)self->table.len;
    if (size < cells || (size - cells) % (ROW * sizeof(uint32_t)) ||
        (uintptr_t)self->table.buf % sizeof(uint32_t)) {
        PyErr_SetString(PyExc_ValueError, "not the table of pipeline.native.folds");
        return -1;
    }
    self->cells = self->table.buf;
    self->expansions = self->cells + LIMIT;
    self->rows = (size - cells) / (ROW * sizeof(uint32_t));
    for (size_t i = 0; i < LIMIT; i++) {
        if (self->cells[i] & EXPANDS && (self->cells[i] & FOLD) >= self->rows) {
            PyErr_SetString(PyExc_ValueError, "not the table of pipeline.native.folds");
            return -1;
        }
    }
    self->count = (size_t)PyList_Size(signals);
    static uint64_t made;
    self->serial = ++made;
    self->class_count = 1; /* class 0 is that of characters in no literal */
    self->signals = calloc(self->count + 1, sizeof *self->signals);
    self->shapes = calloc(self->count + 1, sizeof *self->shapes);
    self->classes = calloc(LIMIT + 1, sizeof *self->classes);
    if (!self->signals || !self->shapes || !self->classes) {
        PyErr_NoMemory();
        return -1;
    }
    if (word_table_of(&self->folded, &self->words) < 0) {
        return -1;
    }
    return fill_scanner(self, signals);
}

static void
scanner_free(PyObject *object)
{
    scanner *self = (scanner *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyBuffer_Release(&self->table);
    PyBuffer_Release(&self->folded);
    for (int side = 0; side < SIDES; side++) {
        free(self->tries[side].states);
        free(self->tries[side].first);
    }
    free(self->signals), free(self->shapes), free(self->classes), free(self->outputs);
    free(self->openings), free(self->ways), free(self->after);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyMethodDef scanner_methods[] = {
    {"scan", scanner_scan, METH_VARARGS, "scan(body, headline, description, authors, before)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot scanner_slots[] = {
    {Py_tp_doc, "Scanner(table, folded, signals): see twins/scan.py"},
    {Py_tp_init, scanner_init},
    {Py_tp_dealloc, scanner_free},
    {Py_tp_methods, scanner_methods},
    {0, NULL},
};

PyType_Spec scanner_type = {
    .name = "pipeline.native._native.Scanner",
    .basicsize = sizeof(scanner),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = scanner_slots,
};
