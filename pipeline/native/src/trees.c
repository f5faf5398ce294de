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

/* Whether the tree of nodes `first` to `end` (exclusive) is whole: each of its children is behind
   its parent and inside the tree, and each of its features exists. */
static bool
is_whole(const tree_model *model, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        tree_node node = model->table[i];
        if (node.child && (node.child <= i || node.child >= end - 1 ||
                           node.feature >= model->features)) {
            return false;
        }
    }
    return first < end;
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
    size_t room = HEAD + 4 * (size_t)model->trees + NODE * (size_t)model->nodes;
    if (!model->features || model->features > MOST_FEATURES || !model->trees ||
        model->trees > model->nodes || model->nodes > MOST_NODES || size != room) {
        PyErr_SetString(PyExc_ValueError, "this is no whole model of trees");
        return -1;
    }
    model->roots = malloc(4 * ((size_t)model->trees + 1));
    model->table = malloc(NODE * (size_t)model->nodes);
    if (!model->roots || !model->table) {
        trees_free(model);
        PyErr_NoMemory();
        return -1;
    }
    memcpy(model->roots, at + HEAD, 4 * (size_t)model->trees);
    memcpy(model->table, at + HEAD + 4 * (size_t)model->trees, NODE * (size_t)model->nodes);
    model->roots[model->trees] = model->nodes;
    bool whole = model->roots[0] == 0;
    for (uint32_t i = 0; whole && i < model->trees; i++) {
        whole = model->roots[i + 1] <= model->nodes &&
                is_whole(model, model->roots[i], model->roots[i + 1]);
    }
    if (!whole) {
        trees_free(model);
        PyErr_SetString(PyExc_ValueError, "this is no whole model of trees");
        return -1;
    }
    return 0;
}

double
trees_score(const tree_model *model, const float *row)
{
    double sum = 0;
    for (uint32_t i = 0; i < model->trees; i++) {
        const tree_node *node = model->table + model->roots[i];
        while (node->child) {
            node = model->table + node->child + !(row[node->feature] <= node->threshold);
        }
        sum += (double)node->value;
    }
    return sum;
}

void
trees_explain(const tree_model *model, const float *row, double *into)
{
    for (uint32_t i = 0; i < model->trees; i++) {
        const tree_node *node = model->table + model->roots[i];
        while (node->child) {
            uint32_t feature = node->feature;
            double before = (double)node->value;
            node = model->table + node->child + !(row[feature] <= node->threshold);
            into[feature] += (double)node->value - before;
        }
    }
}

/* ---- The type ---- */

typedef struct {
    PyObject_HEAD
    tree_model model;
} Trees;

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
    double *scores = malloc(sizeof *scores * ((size_t)count + 1));
    if (!scores) {
        PyErr_NoMemory();
    }
    else {
        for (Py_ssize_t i = 0; i < count; i++) {
            scores[i] = trees_score(model, rows + (size_t)i * model->features);
        }
        found = list_of(scores, (size_t)count);
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
        found = list_of(parts, model->features);
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
