"""One reading of a text: the native counts equal those of the twin, which equal the plain ones."""

from __future__ import annotations

import struct
from collections import Counter
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import native, text, traits
from pipeline.native import bits, twins
from pipeline.native.bits import (
    BROKEN_OFF,
    BULLETED,
    ENDED,
    GAPPED,
    HEADLINE,
    LINE_BITS,
    LONGEST_RUN,
    ROW,
)

PIECES = st.sampled_from(
    (
        *("\n", "\n\n", " ", "\t", "|", "-", "\u2022 ", ". ", "...", "\u2026", "[...]", "?!"),
        *('."', ")", "\u3002", "\uff01\u300d", "3.5", "12 ", "%", "#", "e\u0301", "\u4e2d\u6587"),
        *("\u0e01\u0e34\u0e19", "\u0301", "\U0002000b", "\U000e0100", "\ud800", "a\n", "b a b a "),
    )
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join)
WORDS = st.lists(st.sampled_from("abc"), max_size=60)
KEYS = st.lists(st.integers(0, 40) | st.integers(0, 2**64 - 1), max_size=60)
READERS = pytest.mark.parametrize("module", [native, twins], ids=["native", "twin"])


def read(body: str, module: ModuleType = native):
    return module.read_text(body, traits.table())


def lines_of(body: str, module: ModuleType = native) -> list[int]:
    return list(read(body, module)[7])


def packed(keys: list[int]) -> bytes:
    return struct.pack(f"<{len(keys)}Q", *keys)


def runs_of(words: list[str], size: int):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


@example("...\N{IDEOGRAPHIC FULL STOP}. ")  # ends of both kinds in one row
@example("a.)\n)")
@example("- a ....... [....] .\u2026] \t 12%")
@given(TEXTS)
def test_what_is_counted_is_what_the_twin_counts(body: str):
    assert read(body) == read(body, twins)


def test_every_code_point_is_read_as_the_twin_reads_it():
    points = [*range(0x20400), 0x3FFFF, 0x40000, 0xE00FF, 0xE0100, 0xE01EF, 0xE01F0, 0x10FFFF]
    body = "x".join(map(chr, points))
    assert read(body) == read(body, twins)


@given(TEXTS)
def test_words_lines_and_sentences_are_those_of_text(body: str):
    body = body.strip()
    _, _, keys, words, numbers, distinct, _, lines, sentences, symbols, _ = read(body)
    expected = text.words(body)
    assert (words, distinct) == (len(expected), len(set(expected)))
    assert numbers == sum(map(str.isnumeric, expected))
    pairs = set(zip(memoryview(keys).cast("Q"), expected, strict=True))
    assert len(pairs) == len(set(expected))
    assert len(lines) == len(text.line_spans(body))
    assert sentences == text.count_sentences(body)
    assert symbols == body.count("#") + body.count("...") + body.count("\u2026")


@READERS
def test_characters_are_counted_by_kind_and_letters_by_script(module: ModuleType):
    kinds, scripts, *_ = read("Ab 12 \u0414\u0430", module)
    assert (kinds[bits.CAPITAL], kinds[bits.SMALL], kinds[bits.DIGIT]) == (2, 2, 2)
    assert sorted(filter(None, scripts)) == [2, 2]


@READERS
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
def test_what_a_line_is(module: ModuleType, line: str, found: int):
    assert lines_of(f"  {line} ", module) == [found]
    assert lines_of(f"\n\n{line}\n \n{line}", module) == [found, found]


@READERS
@pytest.mark.parametrize("body", ["", " \n\t\n"])
def test_a_text_of_nothing_has_nothing(module: ModuleType, body: str):
    _, scripts, *rest = read(body, module)
    assert not any(scripts)
    assert rest == [b"", 0, 0, 0, [0] * (LONGEST_RUN + 1), b"", 0, 0, [0] * LINE_BITS]


@given(WORDS)
def test_the_top_run_is_the_most_frequent_one(words: list[str]):
    runs = read(" ".join(words))[6]
    for size in range(2, bits.TOP_RUN + 1):
        most = max(Counter(runs_of(words, size)).values(), default=0)
        assert runs[size] == (most * size if most > 1 else 0)


@given(WORDS)
def test_a_run_that_comes_again_counts_each_word_once_and_not_the_first_time(words: list[str]):
    runs = read(" ".join(words))[6]
    for size in range(bits.TOP_RUN + 1, LONGEST_RUN + 1):
        seen, covered = set(), set()
        for start, run in enumerate(runs_of(words, size)):
            if run in seen:
                covered.update(range(start, start + size))
            seen.add(run)
        assert runs[size] == len(covered)


@given(KEYS, st.sets(st.integers(0, 60) | st.integers(0, 2**64 - 1), max_size=90))
def test_wanted_words_are_found_once_each(keys: list[int], wanted: set[int]):
    for module in (native, twins):
        found = module.count_among(packed(keys), packed([*wanted]))
        assert found == len(wanted & set(keys))


@READERS
def test_what_has_another_size_is_refused(module: ModuleType):
    for table in (b"", bytes(traits.table())[1:], bytes(traits.table()) + b"\0"):
        with pytest.raises(ValueError, match="a table of traits has"):
            module.read_text("a", table)
    for keys, wanted in ((b"1234567", b""), (b"", b"123456789")):
        with pytest.raises(ValueError, match="keys have 8 bytes each"):
            module.count_among(keys, wanted)
    with pytest.raises(TypeError):
        module.read_text(b"text", traits.table())
