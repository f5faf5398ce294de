"""Kernels find every array of an index where it lies."""

from __future__ import annotations

import numpy as np

from pipeline.dedup import DedupOptions
from pipeline.dedup.memory import tables_in
from pipeline.dedup.rows import Rows


def test_what_kernels_are_handed_leads_to_each_array():
    rows = Rows(DedupOptions(capacity=1024, sample_rate=7, postings=9, sample_size=11))
    arrays = [*rows.exact, *rows.bands, *rows.postings[:-2], rows.seen, rows.places, rows.shingles]
    found = tables_in(rows.memory)
    reached = [*found.exact, *found.bands, *found.postings[:-2]]
    reached += [found.seen, found.places, found.shingles]
    for array, same in zip(arrays, reached, strict=True):
        assert (array.dtype, array.shape) == (same.dtype, same.shape)
        assert np.shares_memory(array, same) or not array.size
    assert (found.postings.rate, found.postings.limit, found.largest) == (7, 9, 11)
