"""The line scan: native and twin find the same, whatever the text and the signals."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.clean import REPAIRS
from pipeline.clean.literals import fold_literal
from pipeline.clean.rules.boilerplate import PHRASES
from pipeline.clean.scan import Scan, signals_of
from pipeline.languages.phrases import LINE_BEGINNING
from pipeline.native import Scanner
from pipeline.native.codepoints import folded
from pipeline.native.folds import fold, scan_table
from pipeline.native.scan_signals import Field, Kind
from pipeline.native.twins.scan import Scanner as Twin
from pipeline.native.twins.scan import opening
from pipeline.text import line_spans

ALL = int(Field.BODY | Field.HEADLINE | Field.DESCRIPTION | Field.AUTHORS)
CHARS = (
    "aAbB. :|\t\n\u00a0\u0130\u0131i\u0307\u00df\u017f\ufb03\u0149\u01f0s\u0301"
    "\u4e2d\u0e01\u0e34\u3042\u00a9_1\u00b2"
)
LINES = st.text(st.sampled_from(CHARS) | st.characters(exclude_categories=["Cs"]), max_size=12)
BODIES = st.lists(
    st.tuples(
        st.sampled_from(["", " ", "\t "]), LINES, st.sampled_from(["", " ", "\n", "\n\n"])
    ).map("".join)
    | st.integers(1, 4).map("ab ".__mul__),
    max_size=7,
).map("\n".join)
LITERALS = st.lists(
    st.tuples(
        st.text(st.sampled_from("ab. :|i\u00dfs\u4e2d"), min_size=1, max_size=4)
        .map(fold_literal)
        .filter(str.strip),
        st.sampled_from([0, 1, 2]),
        st.sampled_from([0, 1, 3]),
    ),
    max_size=4,
)
KEYS = st.sampled_from(["a", "b", "ab", "#", "\u4e2d", "", "ss", "\u00a9", "i", "\u02bcn"])
SIGNALS = st.one_of(
    st.tuples(st.just(Kind.LITERALS), LITERALS),
    st.tuples(
        st.just(Kind.CHARACTERS),
        st.lists(
            st.lists(
                st.sampled_from(["ab", "\u0130", ":\u00a0", "\n"]), min_size=1, max_size=2
            ).map(tuple),
            max_size=3,
        ),
    ),
    st.tuples(
        st.just(Kind.OPENINGS),
        st.lists(st.tuples(KEYS, KEYS | st.none(), st.sampled_from([2, 9])), max_size=6),
    ),
    st.tuples(st.just(Kind.RECURRING), st.sampled_from([(2,), (3,)])),
    st.tuples(st.just(Kind.ALIKE), st.sampled_from([(3, 2), (4, 2), (1, 0)])),
    *(
        st.tuples(st.just(kind), st.just(()))
        for kind in (
            Kind.LINES,
            Kind.DOUBLED,
            Kind.LIKE_HEADLINE,
            Kind.UNLAID,
            Kind.UNTIDY,
            Kind.EMPTY,
        )
    ),
)
SMALL = st.sampled_from([0, 0, 0, 1, 3])
COMPILED = st.lists(
    st.tuples(SIGNALS, st.integers(0, 2), SMALL, SMALL, SMALL, st.sampled_from([1, 2, ALL])).map(
        lambda made: (made[1], int(made[0][0]), made[2], made[3], made[4], made[5], made[0][1])
    ),
    max_size=5,
)


@given(COMPILED, BODIES, LINES, LINES)
@settings(max_examples=1500)
@example([(0, 0, 0, 0, 0, 1, [("a b", 0, 0)])], "xa \t b", "", "")
@example([(0, 0, 0, 0, 0, 2, [(": ", 1, 0)])], "", ": ", "")
@example([(0, 0, 0, 0, 0, 1, [("abc ", 0, 0)])], "abc\nd", "", "")
@example([(0, 2, 0, 0, 0, 1, [("a", "#", 9), ("a", "", 9)])], "a: 0", "", "")
@example([(0, 0, 0, 0, 0, 1, [("ss", 2, 0), ("st", 1, 0)])], "\ufb05 and \u1e9e", "", "")
def test_native_and_twin_find_the_same(
    signals: list[tuple[int, ...]], body: str, headline: str, other: str
):
    texts = (body, headline, other, other)
    native = Scanner(scan_table(), folded(), signals)
    assert native.scan(*texts)[:2] == Twin(None, None, signals).scan(*texts)[:2]


RULES = Scan(REPAIRS)
OF_RULES = [
    one
    for number, trigger in enumerate(dict.fromkeys(rule.trigger for rule in REPAIRS))
    for one in signals_of(number, trigger)
]


@given(BODIES, LINES)
@settings(max_examples=50)
def test_native_and_twin_agree_on_the_signals_of_all_rules(body: str, headline: str):
    texts = (body, headline, headline, body[:9])
    native = Scanner(scan_table(), folded(), OF_RULES)
    assert native.scan(*texts)[:2] == Twin(None, None, OF_RULES).scan(*texts)[:2]


# Edits of a body: each removes some lines, doubles one, or changes one.
EDITS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), LINES), max_size=4)


@given(COMPILED, BODIES, EDITS, LINES, LINES)
@settings(max_examples=1500)
def test_a_scan_with_the_memory_of_another_one_finds_what_it_finds_without(
    signals: list[tuple[int, ...]],
    body: str,
    edits: list[tuple[int, int, str]],
    line: str,
    more: str,
):
    scanner = Scanner(scan_table(), folded(), signals)
    memory = None
    for at, gone, put in [(0, 0, ""), *edits]:
        rows = body.split("\n")
        rows[at : at + gone] = [put] if put else []
        body = "\n".join(rows)
        texts = (body, line if at % 2 else more, "", "")
        found = scanner.scan(*texts, memory)
        memory = found[2]
        assert found[:2] == scanner.scan(*texts)[:2]


def test_the_memory_of_another_scanner_is_refused():
    one, other = (Scanner(scan_table(), folded(), []) for _ in range(2))
    memory = one.scan("a", "", "", "")[2]
    assert one.scan("a", "", "", "", memory)[0] == ((0, 1),)
    for wrong in (other.scan("a", "", "", "")[2], "memory", 1):
        with pytest.raises(ValueError, match=r"another scanner|PyCapsule"):
            one.scan("a", "", "", "", wrong)


@given(BODIES)
def test_the_lines_are_those_of_text(body: str):
    spans, hits, _ = Scanner(scan_table(), folded(), []).scan(body, "", "", "")
    assert spans == line_spans(body)
    assert hits == []


def test_a_fold_finds_whatever_matches_without_regard_to_case():
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        forms = {char.lower(), char.upper(), char.title(), char.swapcase()} - {char}
        forms |= (
            set("\u017f\u212a\u0131\u0130ik s\u03c2\u03c3\ufb05\ufb06") if point < 0x250 else set()
        )
        for other in forms:
            if len(other) == 1 and re.fullmatch(re.escape(char), other, re.IGNORECASE):
                assert fold_literal(char) == fold_literal(other), (char, other)


@given(st.text(st.sampled_from(CHARS)), st.text(st.sampled_from(CHARS)))
def test_folds_of_parts_make_up_the_fold_of_the_whole(one: str, other: str):
    assert fold(one) + fold(other) == fold(one + other)


SIGNS = st.sampled_from(
    ("", " ", " - ", "\u00a0", "...", "\u201c", "_", "*" * 13, "|", "\u00a9", ": ")
)
WORDS = st.sampled_from([*PHRASES.reach, "the", "Read", "MORE", "1,234", "x" * 31, "\u0130", "a_b"])
OPENED = st.tuples(SIGNS, WORDS, SIGNS, WORDS | st.just(""), st.text(max_size=5)).map("".join)


@given(OPENED | st.text(max_size=9))
def test_phrases_are_filed_under_what_the_scan_takes_for_the_first_words_of_a_line(line: str):
    line = line.strip()
    found = PHRASES.that_may_match(line, 0, len(line))
    opened = opening(line)
    if found:
        assert LINE_BEGINNING.match(line)
        assert opened
        assert found == PHRASES.by_opening.get(
            opened, PHRASES.by_opening.get((opened[0], "..."), ())
        )


@pytest.mark.parametrize(
    ("table", "signals", "error"),
    [
        (b"", [], ValueError),
        (None, (), TypeError),
        (None, [(0, 99, 0, 0, 0, 1, ())], ValueError),
        (None, [(0, 0, 0, 0, 0, 1, ())], TypeError),
        (None, [(0, 0, 0, 0, 0, 1, [("", 0, 0)])], ValueError),
        (None, [(0, 0, 0, 0, 0, 1, [("a", 3, 0)])], ValueError),
        (None, [(0, 0, 0, 0, 0, 1, [(b"a", 0, 0)])], TypeError),
        (None, [(0, 1, 0, 0, 0, 1, [("a", "b", "c")])], TypeError),
        (None, [(0, 1, 0, 0, 0, 1, [("a",)] * 65)], ValueError),
        (None, [(0, 2, 0, 0, 0, 1, [("a", "b")])], TypeError),
        (None, [(0, 5, 0, 0, 0, 1, (1,))], ValueError),
        (None, [(0, 6, 0, 0, 0, 1, (33, 1))], ValueError),
        (None, [(0, 6, 0, 0, 0, 1, (4, 4))], ValueError),
    ],
)
def test_what_makes_no_scanner_is_refused(table: bytes | None, signals: object, error: type):
    with pytest.raises(error):
        Scanner(scan_table() if table is None else table, folded(), signals)


def test_lone_surrogates_and_odd_texts_are_read():
    scanner = Scanner(scan_table(), folded(), OF_RULES)
    for text in ("\ud800", "\U0010ffff\U0003ffff", "\u0307" * 50, "\n" * 9, ""):
        assert scanner.scan(text, text, text, text)[0] == line_spans(text)
