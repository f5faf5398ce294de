/* Boosted regression trees, as `twins/trees.py` specifies them, for the other files. */
#ifndef COPYDESK_TREES_H
#define COPYDESK_TREES_H

#include "native.h"

typedef struct {
    uint32_t child; /* the left one, the right one is after it; of a leaf itself */
    uint16_t feature, inner; /* inner: 0 for a leaf, else 1 */
    float threshold;
    float value; /* of a leaf its score, of an inner node the mean score of the rows that it saw */
} tree_node;

/* All trees one after the other, each from its root on; children come after their parents. */
typedef struct {
    uint32_t features, trees, nodes;
    uint32_t *roots;  /* the node of each tree's root; `roots[trees]` is `nodes` */
    uint32_t *depths; /* of each tree: the most inner nodes on the way to a leaf */
    tree_node *table;
} tree_model;

/* Load a model, of which `size` bytes may be read. Returns 0, or -1 with an exception set. */
int trees_load(tree_model *model, const void *bytes, size_t size);
void trees_free(tree_model *model);

/* Add to the scores of some rows, of `features` numbers each, those of the trees from `first` to
   before `end`. */
void trees_add(const tree_model *model, const float *rows, size_t count, uint32_t first,
               uint32_t end, double *scores);

/* Add to `into`, one number for each feature, what the row's features add to its score. */
void trees_explain(const tree_model *model, const float *row, double *into);

PyObject *list_of_doubles(const double *numbers, size_t count);

#endif
