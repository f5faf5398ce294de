"""The short form of the table of faults; `python -m tests.faults` runs the whole of it."""

from __future__ import annotations

import os

import pytest

from .rows import SHORT, On, Row
from .run import problems, run


@pytest.mark.parametrize("row", SHORT, ids=lambda row: row.name)
def test_nothing_is_lost_and_nothing_comes_out_twice(row: Row, bootstrap: str):
    if row.on is not On.ANY and os.environ.get("COPYDESK_KAFKA__BOOTSTRAP_SERVERS"):
        pytest.skip("stops its broker: it does not do that to the one named in the environment")
    assert problems(row, run(row, row.times, seed=7, broker=bootstrap)) == []
