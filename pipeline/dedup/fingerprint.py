"""What dedup knows of a text: hashes of its words, five in a row, and what they boil down to.

The signature equals, bit for bit, what datasketch 2 computes from the same shingles:
`MinHash(num_perm=128, seed=1, hashfunc=xxhash.xxh32_intdigest)`, scheme `affine32`. Whoever
has datasketch can recompute and compare it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from datasketch import MinHash
from xxhash import xxh3_128_hexdigest

from pipeline.article import Fingerprint
from pipeline.dedup.kernel import sketch, sketch_all
from pipeline.dedup.memory import places_of
from pipeline.dedup.names import LOWER
from pipeline.text import DECIMALS, EXPANSIONS, FOLDED, WORD_PARTS, code_points

Hashes = npt.NDArray[np.uint32]

SHINGLE_WORDS = 5
PERMUTATIONS = 128
SEED = 1
# Hash, shingle size, permutation scheme, permutations, seed, and what else is kept: two
# fingerprints that differ in any of them say nothing about each other.
SCHEME = f"xxh32-w{SHINGLE_WORDS}-affine32-p{PERMUTATIONS}-s{SEED}-names"

_UINT32 = np.dtype("<u4")
_FACTORS, _OFFSETS = (
    np.ascontiguousarray(column, np.uint32)
    for column in MinHash(num_perm=PERMUTATIONS, seed=SEED).permutations
)
_TABLES = places_of((FOLDED, EXPANSIONS, _FACTORS, _OFFSETS, DECIMALS, WORD_PARTS, LOWER))
_SIGNATURE = PERMUTATIONS * _UINT32.itemsize  # bytes


def fingerprint(body: str) -> Fingerprint:
    """The fingerprint of a body: 25 us for 4 kB, linear in its length.

    Words are those of `pipeline.text`, case folded; a text of fewer than five words has one
    shingle of all of them, an empty one has none. Headlines stay out: copies change them.
    """
    text, kept, words, shingles_end, numbers_end = sketch_all(
        code_points(body), _TABLES, SHINGLE_WORDS
    )
    packed = kept.tobytes()
    return Fingerprint(
        scheme=SCHEME,
        text_hash=xxh3_128_hexdigest(text.data),
        words=words,
        signature=packed[:_SIGNATURE],
        shingles=packed[_SIGNATURE:shingles_end],
        numbers=packed[shingles_end:numbers_end],
        names=packed[numbers_end:],
    )


def shingles_in_order(body: str) -> Hashes:
    """The hash of each shingle where it stands, repeats and all."""
    codes = code_points(body)
    return sketch(codes, FOLDED, EXPANSIONS, SHINGLE_WORDS, _FACTORS[:0], _OFFSETS[:0])[2]


def as_hashes(packed: bytes) -> Hashes:
    """A fingerprint's `shingles`, `numbers` or `signature` as an array, without a copy."""
    return np.frombuffer(packed, _UINT32)


def check_scheme(one: str, other: str) -> None:
    """Raise ValueError where fingerprints of two schemes would be compared."""
    if one != other:
        raise ValueError(
            f"cannot compare fingerprints of scheme {one!r} and {other!r}: "
            "recompute one of them from its text"
        )
