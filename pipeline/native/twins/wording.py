"""Weighs the wording of a text line by line: the twin of `src/wording.c`.

The weights are those of a linear model over hashed words, beginnings of words, and runs of words;
`bench/prose` trains them. A weight is a signed byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.native.bits import WORD_BITS, WORD_SHIFT
from pipeline.native.twins.reading import Table, Traits, traits_of

# A letter for the role of each character in words, and the pattern of a word in these letters, as
# in `reading`.
_PARTS = "-pamb---"
_WORD = re.compile("[pm]+|[ab][mb]*")
_BASIS, _PRIME, _ALL = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF  # FNV-1a
_MIX, _GOLDEN = 6364136223846793005, 11400714819323198485
BEGINNING = 4  # characters of a word that count as its beginning
_SALT = 0x9E3779B97F4A7C15  # so that the beginning `cook` is not the word `cook`
_FEWEST_BITS, _MOST_BITS = 4, 24


class Weighed(NamedTuple):
    """What `weigh_lines` returns."""

    words: int
    heavy_words: int  # in lines whose weights add up to more than the limit
    features: int
    weight: int  # of all features
    strength: int  # the sum of the absolute weights: how much is known about the words


def weigh_lines(text: str, table: Table, weights: bytes, limit: int) -> Weighed:
    """Returns the weight of a text, and how many of its words are in heavy lines.

    `table` is that of `pipeline.traits`; `weights` has a power of two of signed bytes, 16 to 2**24.
    Raises ValueError for another table or number of weights.
    """
    bits = len(weights).bit_length() - 1
    if not _FEWEST_BITS <= bits <= _MOST_BITS or len(weights) != 1 << bits:
        raise ValueError("there is a power of two of weights, 16 to 2**24")
    traits, weight_at = traits_of(bytes(table)), memoryview(weights).cast("b")
    words = heavy = features = weight = strength = 0
    for line in text.split("\n"):
        found = list(_words(line, traits))
        slots = [slot for keys in _features(found) for slot in (key >> 64 - bits for key in keys)]
        sum_of_line = sum(weight_at[slot] for slot in slots)
        words += len(found)
        heavy += len(found) if sum_of_line > limit else 0
        features += len(slots)
        weight += sum_of_line
        strength += sum(abs(weight_at[slot]) for slot in slots)
    return Weighed(words, heavy, features, weight, strength)


def slots_of(line: str, table: Table, bits: int) -> list[int]:
    """Returns the places, among 2**bits weights, of the features of one line; for training."""
    words = list(_words(line, traits_of(bytes(table))))
    return [key >> 64 - bits for keys in _features(words) for key in keys]


def _words(line: str, traits: Traits) -> Iterator[tuple[str, bool]]:
    """Yields each word, and whether its script has no spaces."""
    parts = "".join(_PARTS[traits(char) >> WORD_SHIFT & WORD_BITS] for char in line)
    for found in _WORD.finditer(parts):
        yield line[slice(*found.span())], parts[found.start()] in "ab"


def _features(words: list[tuple[str, bool]]) -> Iterator[list[int]]:
    """Yields the hashes of each word's features.

    They are the word, its beginning if it is longer, the pair with the word before, and in a
    script without spaces also the run of three.
    """
    keys: list[int] = []
    for word, is_alone in words:
        keys.append(_key(word))
        found = [keys[-1]]
        if len(word) > BEGINNING:
            found.append(_key(word[:BEGINNING]) ^ _SALT)
        if len(keys) > 1:
            found.append(keys[-2] * _MIX + keys[-1])
        if is_alone and len(keys) > 2:
            found.append((keys[-3] * _MIX + keys[-2]) * _MIX + keys[-1])
        yield [key * _GOLDEN & _ALL for key in found]


def _key(word: str) -> int:
    key = _BASIS
    for char in word:
        key = (key ^ ord(char)) * _PRIME & _ALL
    return key
