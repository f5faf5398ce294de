/* Scores rows of numbers by boosted regression trees; `twins/trees.py` specifies it. Sums are of
   doubles in the order of the trees, so they are the same on every system. */
#include "trees.h"

#include <stdbool.h>
#include <stdlib.h>

static const char MAGIC[8] = "CDTREES1";
enum { HEAD = 20, NODE = 16 }; /* bytes */
enum { MOST_FEATURES = 1 << 16, MOST_NODES = 1 << 24 };

void
trees_free(tree_model *model)
{
    free(model->roots);
    free(model->table);
    *model = (tree_model){0};
}

/* Take the tree of nodes `first` to `end` (exclusive) from the bytes at `from`, if it is whole: each
   child is behind its parent and inside the tree, and each feature exists. Returns its depth, or -1.
   `depths` has room for all nodes. */
static int64_t
take_tree(tree_model *model, const char *from, uint32_t first, uint32_t end, uint32_t *depths)
{
    uint32_t deepest = 0;
    if (first >= end) {
        return -1;
    }
    depths[first] = 0;
    for (uint32_t i = first; i < end; i++) {
        uint32_t numbers[2];
        tree_node *node = model->table + i;
        memcpy(numbers, from + NODE * (size_t)i, sizeof numbers);
        memcpy(&node->threshold, from + NODE * (size_t)i + 8, sizeof node->threshold);
        memcpy(&node->value, from + NODE * (size_t)i + 12, sizeof node->value);
        node->child = numbers[0] ? numbers[0] : i;
        node->inner = numbers[0] != 0;
        node->feature = node->inner ? (uint16_t)numbers[1] : 0;
        if (!node->inner) {
            continue;
        }
        if (node->child <= i || node->child >= end - 1 || numbers[1] >= model->features) {
            return -1;
        }
        depths[node->child] = depths[node->child + 1] = depths[i] + 1;
        deepest = depths[i] + 1 > deepest ? depths[i] + 1 : deepest;
    }
    return deepest;
}

int
trees_load(tree_model *model, const void *bytes, size_t size)
{
    const char *at = bytes;
    uint32_t head[3] = {0};
    *model = (tree_model){0};
    if (size >= HEAD && memcmp(at, MAGIC, sizeof MAGIC) == 0) {
        memcpy(head, at + sizeof MAGIC, sizeof head);
    }
    model->features = head[0], model->trees = head[1], model->nodes = head[2];
    size_t roots = 4 * (size_t)model->trees, room = HEAD + roots + NODE * (size_t)model->nodes;
    if (!model->features || model->features > MOST_FEATURES || !model->trees ||
        model->trees > model->nodes || model->nodes > MOST_NODES || size != room) {
        PyErr_SetString(PyExc_ValueError, "this is no whole model of trees");
        return -1;
    }
    model->roots = malloc(2 * roots + 4);
    model->table = malloc(NODE * (size_t)model->nodes);
    uint32_t *depths = calloc(model->nodes, sizeof *depths);
    if (!model->roots || !model->table || !depths) {
        trees_free(model);
        free(depths);
        PyErr_NoMemory();
        return -1;
    }
    model->depths = model->roots + model->trees + 1;
    memcpy(model->roots, at + HEAD, roots);
    model->roots[model->trees] = model->nodes;
    bool whole = model->roots[0] == 0;
    for (uint32_t i = 0; whole && i < model->trees; i++) {
        uint32_t end = model->roots[i + 1];
        int64_t depth = end > model->nodes ? -1
                                           : take_tree(model, at + HEAD + roots, model->roots[i], end,
                                                       depths);
        whole = depth >= 0;
        model->depths[i] = (uint32_t)depth;
    }
    free(depths);
    if (!whole) {
        trees_free(model);
        PyErr_SetString(PyExc_ValueError, "this is no whole model of trees");
        return -1;
    }
    return 0;
}

/* The child of a node for a row; a leaf itself. */
static inline uint32_t
next_node(const tree_model *model, uint32_t at, const float *row)
{
    tree_node node = model->table[at];
    return node.child + (node.inner & (uint32_t) !(row[node.feature] <= node.threshold));
}

/* Several rows at a time: a single one would wait for each node. */
enum { AT_ONCE = 8 };

static void
add_some(const tree_model *model, const float *rows, size_t count, uint32_t first, uint32_t end,
         double *scores)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t at[AT_ONCE];
        for (size_t k = 0; k < count; k++) {
            at[k] = model->roots[i];
        }
        for (uint32_t depth = model->depths[i]; depth > 0; depth--) {
            for (size_t k = 0; k < count; k++) {
                at[k] = next_node(model, at[k], rows + k * model->features);
            }
        }
        for (size_t k = 0; k < count; k++) {
            scores[k] += (double)model->table[at[k]].value;
        }
    }
}

void
trees_add(const tree_model *model, const float *rows, size_t count, uint32_t first, uint32_t end,
          double *scores)
{
    for (size_t done = 0; done < count; done += AT_ONCE) {
        size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
        add_some(model, rows + done * model->features, some, first, end, scores + done);
    }
}

void
trees_explain(const tree_model *model, const float *row, double *into)
{
    for (uint32_t i = 0; i < model->trees; i++) {
        const tree_node *node = model->table + model->roots[i];
        while (node->inner) {
            uint32_t feature = node->feature;
            double before = (double)node->value;
            node = model->table + next_node(model, (uint32_t)(node - model->table), row);
            into[feature] += (double)node->value - before;
        }
    }
}

/* ---- The type ---- */

typedef struct {
    PyObject_HEAD
    tree_model model;
} Trees;

PyObject *
list_of_doubles(const double *numbers, size_t count)
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

/* Copy the rows of a buffer, which may be unaligned; their number, or -1 with an exception set. */
static Py_ssize_t
take_rows(const tree_model *model, PyObject *given, float **rows)
{
    Py_buffer buffer;
    size_t size = sizeof(float) * model->features;
    if (PyObject_GetBuffer(given, &buffer, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    Py_ssize_t count = -1;
    if ((size_t)buffer.len % size) {
        PyErr_Format(PyExc_ValueError, "a row has %u numbers of 4 bytes", model->features);
    }
    else if (!(*rows = malloc((size_t)buffer.len + 1))) {
        PyErr_NoMemory();
    }
    else {
        memcpy(*rows, buffer.buf, (size_t)buffer.len);
        count = (Py_ssize_t)((size_t)buffer.len / size);
    }
    PyBuffer_Release(&buffer);
    return count;
}

static PyObject *
score(PyObject *self, PyObject *given)
{
    const tree_model *model = &((Trees *)self)->model;
    float *rows = NULL;
    Py_ssize_t count = take_rows(model, given, &rows);
    if (count < 0) {
        return NULL;
    }
    PyObject *found = NULL;
    double *scores = calloc((size_t)count + 1, sizeof *scores);
    if (!scores) {
        PyErr_NoMemory();
    }
    else {
        trees_add(model, rows, (size_t)count, 0, model->trees, scores);
        found = list_of_doubles(scores, (size_t)count);
    }
    free(scores);
    free(rows);
    return found;
}

static PyObject *
explain(PyObject *self, PyObject *given)
{
    const tree_model *model = &((Trees *)self)->model;
    float *rows = NULL;
    Py_ssize_t count = take_rows(model, given, &rows);
    if (count < 0) {
        return NULL;
    }
    PyObject *found = NULL;
    double *parts = calloc(model->features, sizeof *parts);
    if (count != 1) {
        PyErr_SetString(PyExc_ValueError, "explain takes one row");
    }
    else if (!parts) {
        PyErr_NoMemory();
    }
    else {
        trees_explain(model, rows, parts);
        found = list_of_doubles(parts, model->features);
    }
    free(parts);
    free(rows);
    return found;
}

static PyObject *
new_trees(PyTypeObject *type, PyObject *args, PyObject *named)
{
    Py_buffer data;
    if (named && PyDict_Size(named)) {
        PyErr_SetString(PyExc_TypeError, "Trees takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "y*:Trees", &data)) {
        return NULL;
    }
    tree_model model;
    PyObject *result = NULL;
    if (trees_load(&model, data.buf, (size_t)data.len) == 0) {
        PyObject *(*allocate)(PyTypeObject *, Py_ssize_t) =
            (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(type, Py_tp_alloc);
        result = allocate(type, 0);
        if (result) {
            ((Trees *)result)->model = model;
        }
        else {
            trees_free(&model);
        }
    }
    PyBuffer_Release(&data);
    return result;
}

static void
free_trees(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    trees_free(&((Trees *)self)->model);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"score", score, METH_O, "Return the score of each row."},
    {"explain", explain, METH_O, "Return what each feature of one row adds to its score."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Boosted regression trees; takes the bytes that `pipeline.trees.pack` makes."},
    {Py_tp_new, new_trees},
    {Py_tp_dealloc, free_trees},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec trees_type = {
    .name = "pipeline.native.Trees",
    .basicsize = sizeof(Trees),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
