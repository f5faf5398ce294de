"""Runs of words: the fast count equals the plain one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.check.runs import REPEAT_SIZES, TOP_SIZES, count_runs

WORDS = st.lists(st.sampled_from("abc"), max_size=60) | st.lists(st.text(max_size=2), max_size=60)


def keys_of(words: list[str]):
    return np.fromiter(map(hash, words), np.int64, len(words))


def runs_of(words: list[str], size: int):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


@given(WORDS)
def test_the_top_share_is_that_of_the_most_frequent_run(words: list[str]):
    counted = count_runs(keys_of(words))
    for size in TOP_SIZES:
        most = max(Counter(runs_of(words, size)).values(), default=0)
        expected = min(1.0, most * size / len(words)) if most > 1 else 0.0
        assert counted.top[size] == pytest.approx(expected)


@given(WORDS)
def test_the_repeated_share_counts_each_word_once_and_no_first_run(words: list[str]):
    counted = count_runs(keys_of(words))
    for size in REPEAT_SIZES:
        seen, covered = set(), set()
        for start, run in enumerate(runs_of(words, size)):
            if run in seen:
                covered.update(range(start, start + size))
            seen.add(run)
        expected = len(covered) / len(words) if words else 0.0
        assert counted.repeated[size] == pytest.approx(expected)
