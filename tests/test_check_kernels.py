"""One reading of a text: the native counts equal the plain ones."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import text
from pipeline.check.alphabet import CAPITAL, DIGIT, SIGNS, SMALL
from pipeline.check.kernels import (
    BROKEN_OFF,
    BULLETED,
    ENDED,
    GAPPED,
    HEADLINE,
    LONGEST_RUN,
    ROW,
    TOP_SIZES,
    count_among,
    count_runs,
    read_lines,
    read_words,
)

WORDS = st.lists(st.sampled_from("abc"), max_size=60) | st.lists(st.text(max_size=2), max_size=60)
PIECES = st.sampled_from(
    (
        "\n",
        "\n\n",
        " ",
        ". ",
        "...",
        "\u2026",
        "?!",
        '."',
        "\u3002",
        "\uff01\u300d",
        "3.5",
        "#",
        "e\u0301",
        "\u4e2d\u6587",
        "\u0e01\u0e34\u0e19",
        "\u0301",
        "\U0002000b",
        "\U000e0100",
        "a\n",
    )
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join)


def keys_of(words: list[str]):
    return np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64)


def runs_of(words: list[str], size: int):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def lines_of(body: str):
    return read_lines(text.code_points(body), SIGNS)[0].tolist()


@given(TEXTS)
def test_words_are_those_of_text(body: str):
    _, _, keys, numbers = read_words(text.code_points(body), SIGNS)
    words = text.words(body)
    assert len(keys) == len(words)
    assert numbers == sum(map(str.isnumeric, words))
    assert len(set(zip(keys.tolist(), words, strict=True))) == len(set(words)) == len(set(keys))


@example(body="...\N{IDEOGRAPHIC FULL STOP}. ")  # ends of both kinds in one row
@given(TEXTS)
def test_lines_and_sentences_are_those_of_text(body: str):
    body = body.strip()
    lines, sentences, symbols = read_lines(text.code_points(body), SIGNS)
    assert len(lines) == len(text.line_spans(body))
    assert sentences == text.count_sentences(body)
    assert symbols == body.count("#") + body.count("...") + body.count("\u2026")


def test_characters_are_counted_by_kind_and_letters_by_script():
    kinds, scripts, *_ = read_words(text.code_points("Ab 12 \u0414\u0430"), SIGNS)
    assert (kinds[CAPITAL], kinds[SMALL], kinds[DIGIT]) == (2, 2, 2)
    assert sorted(scripts[scripts > 0]) == [2, 2]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("The pool stays open.", ENDED),
        ("\u201cThe pool stays open!\u201d)", ENDED),
        ("Council keeps the old pool open", HEADLINE),
        ("Pool", 0),
        ("Rotterdam 12 14 9 35", ROW),
        ("In 1999 the council of Marlow Bay bought the pool", HEADLINE),
        ("\u2022 towels", BULLETED),
        ("- towels", BULLETED),
        ("-towels", 0),
        ("-", 0),
        ("Six women climb the tower\u2026", ENDED | BROKEN_OFF),
        ("Six women climb [...]", ENDED | BROKEN_OFF),
        ("Six women climb ...]", ENDED),
        ("..", ENDED),
        ("]", 0),
        ("one  two", GAPPED),
        ("one\ttwo", GAPPED),
        ("one | two", GAPPED),
    ],
)
def test_what_a_line_is(line: str, found: int):
    assert lines_of(f"  {line} ") == [found]
    assert lines_of(f"\n\n{line}\n \n{line}") == [found, found]


def test_a_text_of_nothing_has_nothing():
    for body in ("", " \n\t\n"):
        lines, sentences, symbols = read_lines(text.code_points(body), SIGNS)
        assert (len(lines), sentences, symbols) == (0, 0, 0)
    distinct, runs = count_runs(keys_of([]))
    assert (distinct, runs.sum()) == (0, 0)


@given(WORDS)
def test_the_top_run_is_the_most_frequent_one(words: list[str]):
    distinct, runs = count_runs(keys_of(words))
    assert distinct == len(set(words))
    for size in TOP_SIZES:
        most = max(Counter(runs_of(words, size)).values(), default=0)
        assert runs[size] == (most * size if most > 1 else 0)


@given(WORDS)
def test_a_run_that_comes_again_counts_each_word_once_and_not_the_first_time(words: list[str]):
    _, runs = count_runs(keys_of(words))
    for size in range(TOP_SIZES[-1] + 1, LONGEST_RUN + 1):
        seen, covered = set(), set()
        for start, run in enumerate(runs_of(words, size)):
            if run in seen:
                covered.update(range(start, start + size))
            seen.add(run)
        assert runs[size] == len(covered)


@given(WORDS, st.sets(st.text(max_size=2), max_size=90))
def test_wanted_words_are_found_once_each(words: list[str], wanted: set[str]):
    assert count_among(keys_of(words), keys_of(list(wanted))) == len(wanted & set(words))
