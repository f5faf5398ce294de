"""From a text to hashes and signature in one native pass: what Python would spend 0.2 ms on.

datasketch's `affine32` permutations of the xxh32 of each few words in a row. Compiled by numba at
first use and kept beside this file, or in the user's cache folder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh32_intdigest

from pipeline.dedup.memory import Memory, grid_at, row_at
from pipeline.dedup.names import hash_names
from pipeline.dedup.xxh32 import LANES, MARGIN, SHORT, hash_lanes, lanes, put_lane, xxh32
from pipeline.jit import native, native_or
from pipeline.squeeze import squeeze
from pipeline.text import numbers

_MOST = np.uint32(0xFFFFFFFF)
_HALF = np.uint64(32)
_FULLEST = 32  # hashes in one bucket at most, to be sorted by buckets
_SCANNED = 32  # code points that are looked at side by side
_BLOCK = 4096  # hashes permuted at once by numpy: 2 MB


@native
def sketch(  # noqa: PLR0913, PLR0917 - tables in parts: to hand over a whole one costs more
    codes: NDArray[np.uint32],
    cells: NDArray[np.uint64],
    expansions: NDArray[np.uint32],
    width: int,
    factors: NDArray[np.uint32],
    offsets: NDArray[np.uint32],
) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint32]]:
    """(words, where each begins, hash of each shingle in order, signature).

    `codes`: the text in UTF-32; what it makes of it with `cells` and `expansions` `squeeze` says;
    `width`: words of a shingle, a text of fewer has one shingle; `factors`, `offsets`: a and b of
    each permutation `a * h + b mod 2**32` of the mixed hash h, as many as divide by four. Without
    words there is no shingle, and the signature is all ones.
    """
    text, starts = squeeze(codes, cells, expansions, False)  # noqa: FBT003
    hashes = _hash_shingles(text, starts, width)
    return text, starts, hashes, _least(mix(hashes), factors, offsets)


@native
def sketch_all(
    codes: NDArray[np.uint32], tables: Memory, width: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], int, int, int]:
    """(words; signature, shingles, numbers and names; how many words; bytes to the end of ...).

    All that is kept of a text in one call, hashes sorted and each once, in one array: numba takes
    as long to hand out an array as to fill a small one. The last two: the bytes from the start to
    the end of the shingles, and of the numbers. `codes`, `width`: as for `sketch`; `tables`:
    `places_of` its tables, those of `hash_numbers` and those of `hash_names`.
    """
    cells, expansions = row_at(tables, 0, np.uint64), grid_at(tables, 1, np.uint32)
    factors, offsets = row_at(tables, 2, np.uint32), row_at(tables, 3, np.uint32)
    decimals = row_at(tables, 4, np.bool_)
    kinds, lower = row_at(tables, 5, np.uint8), row_at(tables, 6, np.uint32)
    text, starts, hashes, signature = sketch(codes, cells, expansions, width, factors, offsets)
    shingles, numbers = distinct(hashes), distinct(hash_numbers(codes, decimals))
    names = distinct(hash_names(codes, starts, kinds, lower))
    kept = np.concatenate((signature, shingles, numbers, names))
    to_numbers = 4 * (len(signature) + len(shingles))
    return text, kept, len(starts) - 1, to_numbers, to_numbers + 4 * len(numbers)


def _hash_shingles_by_library(
    text: NDArray[np.uint8], starts: NDArray[np.uint64], width: int
) -> NDArray[np.uint32]:
    data, places = text.tobytes(), (starts >> _HALF).tolist()
    behind = places[width:] or places[-1:]
    spans = zip(places[:-1], behind, strict=False)
    return np.array([xxh32_intdigest(data[start : end - 1]) for start, end in spans], np.uint32)


@native_or(_hash_shingles_by_library)
def _hash_shingles(
    text: NDArray[np.uint8], starts: NDArray[np.uint64], width: int
) -> NDArray[np.uint32]:
    words = len(starts) - 1
    count = max(words - width + 1, 1) if words else 0
    hashes = np.empty(count + LANES, np.uint32)
    side_by_side, sizes = lanes()
    for first in range(0, count, LANES):
        end = min(first + LANES, count)
        for i in range(first, end):
            start = np.int64(starts[i] >> _HALF)
            size = np.int64(starts[min(i + width, words)] >> _HALF) - 1 - start
            sizes[i - first] = size
            put_lane(side_by_side, i - first, text, start, size)
        hash_lanes(side_by_side, sizes, hashes, first)
        for i in range(first, end):
            if sizes[i - first] >= SHORT:
                start = np.int64(starts[i] >> _HALF)
                hashes[i] = xxh32(text, start, start + np.int64(sizes[i - first]))
    return hashes[:count]


def _least_by_numpy(
    mixed: NDArray[np.uint32], factors: NDArray[np.uint32], offsets: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    signature = np.full(len(factors), _MOST)
    for start in range(0, len(mixed), _BLOCK):
        permuted = factors[:, None] * mixed[start : start + _BLOCK] + offsets[:, None]
        np.minimum(signature, permuted.min(axis=1), out=signature)
    return signature


@native_or(_least_by_numpy)
def _least(
    mixed: NDArray[np.uint32], factors: NDArray[np.uint32], offsets: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """The least of each permutation; four at a time read the hashes a quarter as often."""
    signature = np.empty(len(factors), np.uint32)
    for p in range(0, len(factors), 4):
        one = two = three = four = _MOST
        for i in range(len(mixed)):  # by index: over values it isn't made eight at a time
            value = mixed[i]
            one = min(one, np.uint32(factors[p] * value + offsets[p]))
            two = min(two, np.uint32(factors[p + 1] * value + offsets[p + 1]))
            three = min(three, np.uint32(factors[p + 2] * value + offsets[p + 2]))
            four = min(four, np.uint32(factors[p + 3] * value + offsets[p + 3]))
        signature[p], signature[p + 1], signature[p + 2], signature[p + 3] = one, two, three, four
    return signature


def _mix_by_numpy(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    mixed = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return mixed ^ (mixed >> np.uint32(16))


@native_or(_mix_by_numpy)
def mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's 32-bit finaliser, a bijection: datasketch's step before permuting."""
    mixed = np.empty(len(hashes), np.uint32)
    for i in range(len(hashes)):
        value = hashes[i]
        value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        mixed[i] = value ^ (value >> np.uint32(16))
    return mixed


def _hash_numbers_by_library(
    codes: NDArray[np.uint32],
    decimals: NDArray[np.bool_],  # noqa: ARG001 - the pattern knows them
) -> NDArray[np.uint32]:
    text = codes.tobytes().decode("utf-32-le", "surrogatepass")
    return np.array([xxh32_intdigest(number.encode()) for number in numbers(text)], np.uint32)


@native_or(_hash_numbers_by_library)
def hash_numbers(codes: NDArray[np.uint32], decimals: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """xxh32 of each of `text.numbers`, in UTF-8: a tenth of the time of finding them by a pattern.

    `codes`: the text in UTF-32; `decimals`: whether a code point is a digit, False for all beyond.
    """
    hashes = np.empty(1 + len(codes) // 2, np.uint32)  # between two numbers stands another sign
    number = np.empty(4 * len(codes) + MARGIN, np.uint8)
    count = 0
    at = _next_digit(codes, np.uint64(0), decimals)
    while at < len(codes):
        size = 0
        while at < len(codes) and (_is_digit(codes[at], decimals) or _joins(codes, at, decimals)):
            size = _put(number, size, codes[at])
            at += np.uint64(1)
        hashes[count] = xxh32(number, 0, size)
        count += 1
        at = _next_digit(codes, at, decimals)
    return hashes[:count]


@native
def _next_digit(codes: NDArray[np.uint32], at: np.uint64, decimals: NDArray[np.bool_]) -> np.uint64:
    """Where the first digit from a place on stands, the length where there is none."""
    while at < len(codes):
        end = min(at + np.uint64(_SCANNED), np.uint64(len(codes)))
        if end - at == np.uint64(_SCANNED) and not _may_have_digit(codes, at):
            at = end
        while at < end:
            if _is_digit(codes[at], decimals):
                return at
            at += np.uint64(1)
    return at


@native
def _may_have_digit(codes: NDArray[np.uint32], at: np.uint64) -> bool:
    """Whether the next code points hold one of a range that has digits.

    Those are ASCII's, and others, but for U+1C5A to U+A61F: there lie punctuation, kana, Han.
    """
    found = np.uint32(0)
    for i in range(_SCANNED):
        code = codes[at + np.uint64(i)]
        is_ascii = np.uint32(code - np.uint32(0x30)) < np.uint32(10)
        is_other = np.uint32(code - np.uint32(0x660)) < np.uint32(0x1C5A - 0x660)
        found |= np.uint32(is_ascii | is_other | (code >= np.uint32(0xA620)))
    return bool(found)


@native
def _is_digit(code: np.uint32, decimals: NDArray[np.bool_]) -> bool:
    return bool(decimals[code]) if code < len(decimals) else False


@native
def _joins(codes: NDArray[np.uint32], at: np.uint64, decimals: NDArray[np.bool_]) -> bool:
    """Whether it joins a digit before it to one behind it: `.`, `,`, `:` or `/`."""
    behind = at + np.uint64(1)
    if codes[at] not in (0x2E, 0x2C, 0x3A, 0x2F) or behind == len(codes):
        return False
    return _is_digit(codes[behind], decimals)


@native
def _put(out: NDArray[np.uint8], size: int, code: np.uint32) -> int:
    """Append a code point in UTF-8; the new size."""
    if code < 0x80:
        out[size] = code
        return size + 1
    if code < 0x800:
        out[size] = 0xC0 | code >> 6
        return _put_rest(out, size + 1, code, 1)
    if code < 0x10000:
        out[size] = 0xE0 | code >> 12
        return _put_rest(out, size + 1, code, 2)
    out[size] = 0xF0 | code >> 18
    return _put_rest(out, size + 1, code, 3)


@native
def _put_rest(out: NDArray[np.uint8], size: int, code: np.uint32, count: int) -> int:
    for left in range(count):
        out[size + left] = 0x80 | (code >> np.uint32(6 * (count - 1 - left))) & 0x3F
    return size + count


def _distinct_by_numpy(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return np.unique(hashes)


@native_or(_distinct_by_numpy)
def distinct(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The hashes sorted, each once. A tenth of the time of `np.unique`.

    They are spread evenly: by its first bits each gets nearly to its place, a bucket of one or
    two. Where many share one, repeats or texts made for it, all are sorted by comparing.
    """
    size = len(hashes)
    bits = 1
    while 1 << bits < size:
        bits += 1
    shift = np.uint32(32 - bits)
    starts = np.zeros(1 << bits, np.uint32)
    for i in range(size):
        starts[hashes[i] >> shift] += np.uint32(1)
    fullest = before = np.uint32(0)
    for bucket in range(1 << bits):
        count = starts[bucket]
        fullest = max(fullest, count)
        starts[bucket] = before
        before = np.uint32(before + count)
    if fullest > _FULLEST:
        return _insert_each(np.sort(hashes))
    near = np.empty(size, np.uint32)
    for i in range(size):
        bucket = hashes[i] >> shift
        near[starts[bucket]] = hashes[i]
        starts[bucket] += np.uint32(1)
    return _insert_each(near)


@native
def _insert_each(near: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Values that stand near to their places sorted, each once."""
    kept = np.empty(len(near), np.uint32)
    size = 0
    for i in range(len(near)):
        value = near[i]
        at = size
        while at > 0 and kept[at - 1] > value:
            at -= 1
        if at == 0 or kept[at - 1] != value:
            for behind in range(size, at, -1):
                kept[behind] = kept[behind - 1]
            kept[at] = value
            size += 1
    return kept[:size]


@native
def count_shared(mine: NDArray[np.uint32], theirs: NDArray[np.uint32]) -> int:
    """How many values two sorted arrays without repeats have in common.

    Each step waits for the one before: so both halves go on at once, and take little more than
    one would.
    """
    middle, end = len(mine) // 2, len(mine)
    cut = np.searchsorted(theirs, mine[middle]) if end else 0
    i, j, k, n = 0, 0, middle, cut
    shared = 0
    while i < middle and j < cut and k < end and n < len(theirs):
        left, right = mine[i], theirs[j]
        shared += left == right
        i += left <= right
        j += right <= left
        left, right = mine[k], theirs[n]
        shared += left == right
        k += left <= right
        n += right <= left
    shared += _count_from(mine[i:middle], theirs[j:cut])
    return int(shared + _count_from(mine[k:], theirs[n:]))


@native
def _count_from(mine: NDArray[np.uint32], theirs: NDArray[np.uint32]) -> int:
    i = j = shared = 0
    while i < len(mine) and j < len(theirs):
        left, right = mine[i], theirs[j]
        shared += left == right
        i += left <= right
        j += right <= left
    return int(shared)
