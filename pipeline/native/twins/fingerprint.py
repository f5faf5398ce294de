"""Hashes of shingles, numbers and names, and the signature: the twin of `src/fingerprint.c`.

Sets of hashes are packed: sorted distinct values, 32 bits each, little endian.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh32_intdigest

from pipeline.native.codepoints import KIND, MARK, PART, SMALL
from pipeline.native.twins.text import Table, cell_of, parts, words

_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_LEAST_LETTERS = 3  # of a name
_TOGETHER = 4  # permutations that the native function computes at once


def fingerprint(
    body: str, as_is: Table, folded: Table, permutations: bytes, width: int
) -> tuple[bytes, int, bytes, bytes, bytes, bytes]:
    """Returns (words in UTF-8, their count, signature, shingles, numbers, names) of a text.

    `as_is`, `folded`: tables of `codepoints`; `permutations`: the factors a, then the summands b of
    a * h + b mod 2**32, 32 bits each; `width`: the words of a shingle. A text of fewer words has
    one shingle of all its words; a text without words has no shingle and a signature of ones.
    Raises ValueError for another table, for a number of permutations that is no multiple of four,
    and for a width below 1.
    """
    if len(permutations) % (8 * _TOGETHER):
        raise ValueError(f"permutations: their number is no multiple of {_TOGETHER}")
    found = [*words(body, folded)]
    shingles = _packed(_hashes([word for _, word in found], width))
    numbers = (xxh32_intdigest(number.encode()) for number in _NUMBER.findall(body))
    names = _names(body, as_is, [start for start, _ in found])
    return (
        " ".join(word for _, word in found).encode(),
        len(found),
        _signature(shingles, permutations),
        shingles,
        _packed(numbers),
        _packed(map(_fnv, names)),
    )


def hash_shingles(body: str, folded: Table, width: int) -> bytes:
    """Returns the hash of each shingle in the order of the text, with repeats."""
    found = [word for _, word in words(body, folded)]
    return np.array([*_hashes(found, width)], "<u4").tobytes()


def count_shared(mine: bytes, theirs: bytes) -> int:
    """Returns how many hashes two sets have in common."""
    return len(np.intersect1d(_hashes_in(mine), _hashes_in(theirs), assume_unique=True))


def count_covered(ordered: bytes, theirs: bytes, width: int) -> tuple[int, int]:
    """Returns how many words of a text are in passages of another: (with repeats, without).

    `ordered`: `hash_shingles` of the text; `theirs`: the set of shingles of the other. A text
    shorter than `width` words has one hash and counts as `width` words.
    """
    if width < 1:
        raise ValueError("a shingle has at least one word")
    known, seen = set(_hashes_in(theirs).tolist()), set[int]()
    covered = once = end = once_end = 0  # the ends of the last passages, in words
    for start, shingle in enumerate(_hashes_in(ordered).tolist()):
        if shingle in known:
            covered += start + width - max(start, end)
            end = start + width
            if shingle not in seen:
                seen.add(shingle)
                once += start + width - max(start, once_end)
                once_end = end
    return covered, once


def mark_covered(marks: bytearray, ordered: bytes, theirs: bytes, width: int) -> None:
    """Sets to 1 the mark of each word of a text that stands in a passage of another.

    `marks`: one byte a word, changed in place; marks that are set stay. `ordered`:
    `hash_shingles` of the text; `theirs`: the set of the other.
    """
    if width < 1:
        raise ValueError("a shingle has at least one word")
    known = set(_hashes_in(theirs).tolist())
    for start, shingle in enumerate(_hashes_in(ordered).tolist()):
        if shingle in known:
            end = min(start + width, len(marks))
            marks[start:end] = b"\1" * max(0, end - start)


def sample(shingles: bytes, rate: int, size: int) -> bytes:
    """Returns the sample of a set of shingles (FracMinHash): mixed hashes below 2**32 / `rate`.

    If there are more than `size`, returns the smallest `size`, sorted. Raises ValueError for a rate
    below 1 or a negative size.
    """
    if rate < 1 or size < 0:
        raise ValueError("a rate is at least 1")
    mixed = _mixed(_hashes_in(shingles))
    kept = mixed[mixed < (1 << 32) // rate]
    return (np.sort(kept)[:size] if len(kept) > size else kept).tobytes()


def _hashes(found: list[str], width: int) -> Iterator[int]:
    if width < 1:
        raise ValueError("a shingle has at least one word")
    for start in range(max(len(found) - width + 1, min(len(found), 1))):
        yield xxh32_intdigest(" ".join(found[start : start + width]).encode())


def _signature(shingles: bytes, permutations: bytes) -> bytes:
    factors, offsets = _hashes_in(permutations).reshape(2, -1, 1)
    permuted = factors * _mixed(_hashes_in(shingles)) + offsets
    least: NDArray[np.uint32] = permuted.min(axis=1, initial=np.uint32(0xFFFFFFFF))
    return least.tobytes()


def _mixed(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Returns MurmurHash3's 32-bit finaliser of hashes: datasketch's step before permuting."""
    mixed = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return mixed ^ (mixed >> np.uint32(16))


def _names(body: str, as_is: Table, starts: list[int]) -> Iterator[list[int]]:
    """Yields the code points of each name in lower case; `starts`: the starts of all words.

    A name is a run of three or more letters that begins with a capital and follows a space and,
    before that, a word or a comma.
    """
    cells, _ = parts(as_is)
    codes = [*map(ord, body)]
    kinds = [cell_of(cells, code) >> KIND & 7 for code in codes]
    smalls = [cell_of(cells, code) >> SMALL for code in codes]
    for start in starts:
        if start < 2 or body[start - 1] != " " or not smalls[start]:
            continue
        if body[start - 2] == "," or kinds[start - 2] in {PART, MARK}:
            end = start
            while end < len(codes) and kinds[end] in {PART, MARK}:
                end += 1
            if end - start >= _LEAST_LETTERS:
                yield [smalls[at] or codes[at] for at in range(start, end)]


def _fnv(codes: list[int]) -> int:
    """Returns FNV-1a over code points: http://www.isthe.com/chongo/tech/comp/fnv/."""
    value = 0x811C9DC5
    for code in codes:
        value = (value ^ code) * 0x01000193 % 2**32
    return value


def _packed(hashes: Iterable[int]) -> bytes:
    return np.unique(np.array([*hashes], "<u4")).tobytes()


def _hashes_in(packed: bytes) -> NDArray[np.uint32]:
    """Returns packed hashes as an array. Raises ValueError if they are truncated."""
    return np.frombuffer(packed, "<u4")
