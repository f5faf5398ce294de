"""The measure `prose`: how much of the text reads as a story, 0 to 1.

Boosted trees put together what the other measures say and what is measured here: how much of the
text is in lines that end like a sentence, how its beginning is worded, and whether the body has
words of the headline. `prose.model` holds the trees and the weights of the wording; `bench/prose`
learns them from articles and stubs. docs/decisions/0015-prose-measure.md tells what was tried.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import compress
from math import exp, inf, sqrt
from operator import itemgetter, mul
from typing import NamedTuple

import xxhash

from pipeline import traits
from pipeline.check.measure import Measure, Taken
from pipeline.check.subject import Subject, keys_of
from pipeline.errors import WrongUseError
from pipeline.native import Trees, count_among, weigh_lines
from pipeline.native.bits import CAPITAL, ENDED, PUNCTUATION, SYMBOL

FILE = f"{__file__.rpartition('.')[0]}.model"
# Characters whose wording is weighed, and in which the headline's words are looked for, from the
# beginning: the notices of a stub come first, and a story soon says what its headline says.
READ = 600
HEAVY = 0  # a line is worded like a notice if its weights add up to more

# What is plainly a story: limits of measures, and the weight of its wording by the root of the
# number of its features.
_PLAIN = (
    ("sentences", 5.0, inf),
    ("words_per_sentence", 6.0, 60.0),
    ("end_punctuation_share", 0.7, 1.0),
    ("notice_share", 0.0, 0.0),
    ("letter_share", 0.8, 1.0),
    ("stop_words", 4.0, inf),
)
_WORDED_LIKE_STORIES = -30.0

_MAGIC = b"CDPROSE3"
# Magic, hash of all that follows, check sum of the features, bytes of weights, of trees.
_HEAD = struct.Struct("<8s8sIII")
_DIGESTED = 16  # where what follows the hash begins
_ABSENT = -1.0  # for a measure that does not apply
_IS_ENDED = bytes(bits & ENDED for bits in range(256))
_MOST_PARTS = 3  # that are named as missing
_MUCH = 0.3  # of the words that are read

# What the trees read, by the part of a story that it tells of.
_PARTS: dict[str, tuple[str, ...]] = {
    "sentences": (
        "sentences", "words_per_sentence", "end_punctuation_share", "ellipsis_line_share",
        "ended_share", "sentence_share", "continued_share", "punctuation_share",
    ),
    "length": ("characters", "words", "longest_paragraph", "line_length"),
    "a story's wording": (
        "wording", "wording_evidence", "wording_strength", "notice_like_share", "headline_wording",
        "notice_share",
    ),
    "words of its headline": ("headline_in_body", "headline_words"),
    "letters": (
        "alphabetic_word_share", "letter_share", "digit_share", "symbol_share", "symbols_per_word",
        "white_space_share", "mean_word_length",
    ),
    "names": ("capital_share", "inner_capitals"),
    "one language": ("language_score", "stop_words"),
    "paragraphs": (
        "lines", "story_odds", "headline_line_share",
    ),
    "new words": (
        "distinct_word_share", "duplicate_line_share", "top_2gram_share", "duplicate_5gram_share",
        "lorem_share",
    ),
}  # fmt: skip
# Those that are measured here; all others are measures of other modules.
_OWN = (
    "ended_share", "sentence_share", "continued_share", "line_length", "wording",
    "wording_evidence", "wording_strength", "notice_like_share", "headline_wording",
    "headline_in_body", "inner_capitals", "punctuation_share", "symbol_share", "story_odds",
)  # fmt: skip
_TAKEN = tuple(name for names in _PARTS.values() for name in names if name not in _OWN)
_taken_of = itemgetter(*_TAKEN)
FEATURES = (*_TAKEN, *_OWN)
# Some sentences that a list calls notices, some filler, some lines printed again are no sign: the
# text may be about them, or have a refrain.
_SHARES = tuple(map(FEATURES.index, ("notice_share", "lorem_share", "duplicate_line_share")))
_MOSTLY = 0.5
Weighed = tuple[int, int, int, int, int]  # what `weigh_lines` returns
_PART_OF = {name: part for part, names in _PARTS.items() for name in names}


class Model(NamedTuple):
    """The trees, and the signed bytes that weigh the wording."""

    trees: Trees
    weights: bytes


def take(subject: Subject, measures: Mapping[str, float | None]) -> Taken:
    """Returns the measure; `measures` are those of the other modules.

    It is None for a text without words, of which there is nothing to say.
    """
    if not measures["words"]:
        return {"prose": None}
    model = load()
    if is_plainly_prose(subject, measures, model.weights):
        return {"prose": 1.0}
    (score,) = model.trees.score(row(subject, measures, model.weights))
    return {"prose": 1 / (1 + exp(-score))}


def is_plainly_prose(
    subject: Subject, measures: Mapping[str, float | None], weights: bytes
) -> bool:
    """Returns whether a text is so plainly a story that the trees are not asked: it measures 1.

    It has several sentences of usual length, most lines end like one, it has the commonest words of
    its language, no notice that a list knows, and is worded like a story.
    """
    for name, least, most in _PLAIN:
        if not least <= (measures[name] or 0.0) <= most:
            return False
    _, _, features, weight, _ = weighed(subject.body, weights)
    return weight < _WORDED_LIKE_STORIES * sqrt(features)


def missing(subject: Subject, measures: Mapping[str, float | None]) -> str:
    """Returns the parts of a story that the text lacks most, in words.

    They are those of which the trees took most from its score. If many of its words are in lines
    worded like a notice, that is said too.
    """
    model = load()
    found = row(subject, measures, model.weights)
    parts: dict[str, float] = defaultdict(float)
    for name, contribution in zip(FEATURES, model.trees.explain(found), strict=True):
        parts[_PART_OF[name]] += contribution
    worst = sorted((part for part in parts if parts[part] < 0), key=lambda part: parts[part])
    share = found[FEATURES.index("notice_like_share")]
    words = f"; {share:.0%} of it is worded like a notice" if share >= _MUCH else ""
    return f"lacks {', '.join(worst[:_MOST_PARTS])}{words}"


def weighed(text: str, weights: bytes) -> Weighed:
    """Returns the wording of the beginning of a text."""
    return weigh_lines(text[:READ].lower(), traits.table(), weights, HEAVY)


def row(subject: Subject, measures: Mapping[str, float | None], weights: bytes) -> array[float]:
    """Returns the features of an article, in the order of `FEATURES`."""
    taken = _taken_of(measures)
    try:
        found = array("f", taken)
    except TypeError:  # some do not apply
        found = array("f", [_ABSENT if value is None else value for value in taken])
    for place in _SHARES:
        if found[place] < _MOSTLY:
            found[place] = 0.0
    found.extend(_measured(subject, weights))
    return found


def pack(weights: bytes, trees: bytes) -> bytes:
    """Returns the content of `prose.model`."""
    rest = struct.pack("<III", _names(), len(weights), len(trees)) + weights + trees
    return _MAGIC + xxhash.xxh3_64_digest(rest) + rest


def unpack(content: bytes) -> Model:
    """Returns the model; raises ValueError if it is truncated, damaged or of another version."""
    if len(content) < _HEAD.size:
        raise ValueError("it is truncated")
    magic, digest, names, weights, trees = _HEAD.unpack_from(content)
    if magic != _MAGIC or names != _names():
        raise ValueError("it is no model of this version")
    if len(content) != _HEAD.size + weights + trees:
        raise ValueError("it is truncated")
    if xxhash.xxh3_64_digest(content[_DIGESTED:]) != digest:
        raise ValueError("it is damaged")
    middle = _HEAD.size + weights
    return Model(Trees(content[middle:]), content[_HEAD.size : middle])


def _names() -> int:
    """Returns a check sum of what the trees read: with other features a model is another."""
    return zlib.crc32(" ".join(FEATURES).encode())


@cache
def load(path: str = FILE) -> Model:
    """Returns the model. Raises WrongUseError if its file is missing or no whole model."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the core does not know pathlib
            return unpack(file.read())
    except (OSError, ValueError) as error:
        raise WrongUseError(
            f"the model {path} cannot be used ({error}): install Copydesk again, or learn it anew"
            " (python -m bench.prose)"
        ) from error


def _measured(subject: Subject, weights: bytes) -> tuple[float, ...]:
    """Returns what `_OWN` names."""
    reading, body = subject.reading, subject.body
    size, words, kinds = len(body) or 1, reading.words or 1, reading.kinds
    sizes = [*map(len, subject.lines)]
    ends = reading.lines.translate(_IS_ENDED)
    ended = sum(compress(sizes, ends))
    wrapped, broken_off = _wrapped(subject.lines, ends)
    seen, heavy, features, weight, strength = weighed(body, weights)
    headline = subject.headline[:READ]
    _, _, of_headline, headline_weight, _ = weighed(headline, weights)
    return (
        ended / size,
        (ended + sum([sizes[line] for line in wrapped])) / size,
        len(wrapped) / broken_off if broken_off else _ABSENT,
        size / (len(reading.lines) or 1),
        weight / (features or 1),
        weight / sqrt(features or 1),
        strength / (features or 1),
        heavy / (seen or 1),
        headline_weight / sqrt(of_headline or 1),
        _headline_in_body(headline, body[:READ]),
        (kinds[CAPITAL] - len(reading.lines)) / words,
        kinds[PUNCTUATION] / size,
        kinds[SYMBOL] / size,
        # The mean log-odds of the characters to be of the story, by the line model.
        -sum(map(mul, sizes, subject.furniture_odds)) / size,
    )


def _wrapped(lines: list[str], ends: bytes) -> tuple[list[int], int]:
    """Returns which lines the next one goes on with, and how many do not end like a sentence.

    The next line begins with a small letter, as in a text that was wrapped at a width.
    """
    broken_off = [line for line, is_ended in enumerate(ends) if not is_ended]
    last = len(lines) - 1
    return [i for i in broken_off if i < last and lines[i + 1][0].islower()], len(broken_off)


def _headline_in_body(headline: str, beginning: str) -> float:
    """Returns the share of the headline's words that the beginning has, whatever their case."""
    keys = keys_of(headline.lower())
    return 8 * count_among(keys_of(beginning.lower()), keys) / len(keys) if keys else _ABSENT


MEASURES = (
    Measure("prose", "0 to 1", "How much of the text reads as a story, by all measures together."),
)
