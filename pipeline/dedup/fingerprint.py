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
from pipeline.dedup.kernel import drop_repeats, hash_numbers, sketch
from pipeline.dedup.names import LOWER, hash_names
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


def fingerprint(body: str) -> Fingerprint:
    """The fingerprint of a body: 60 us for 4 kB, linear in its length.

    Words are those of `pipeline.text`, case folded; a text of fewer than five words has one
    shingle of all of them, an empty one has none. Headlines stay out: copies change them.
    """
    codes = code_points(body)
    words, starts, hashes, signature = _sketch(codes, _FACTORS, _OFFSETS)
    return Fingerprint(
        scheme=SCHEME,
        text_hash=xxh3_128_hexdigest(words.data),
        words=len(starts) - 1,
        signature=signature.tobytes(),
        shingles=distinct(hashes).tobytes(),
        numbers=distinct(hash_numbers(codes, DECIMALS)).tobytes(),
        names=distinct(hash_names(codes, starts, WORD_PARTS, LOWER)).tobytes(),
    )


def shingles_in_order(body: str) -> Hashes:
    """The hash of each shingle where it stands, repeats and all."""
    return _sketch(code_points(body), _FACTORS[:0], _OFFSETS[:0])[2]


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


def distinct(hashes: Hashes) -> Hashes:
    """The hashes sorted, each once. A tenth of the time of `np.unique`."""
    return drop_repeats(np.sort(hashes))


def _sketch(
    codes: Hashes, factors: Hashes, offsets: Hashes
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64], Hashes, Hashes]:
    return sketch(codes, FOLDED, EXPANSIONS, SHINGLE_WORDS, factors, offsets)
