"""What dedup knows of a text: hashes of its words, five in a row, and what they boil down to.

The signature equals, bit for bit, what datasketch 2 computes from the same shingles:
`MinHash(num_perm=128, seed=1, hashfunc=xxhash.xxh32_intdigest)`, scheme `affine32`. Whoever
has datasketch can recompute and compare it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace
from xxhash import xxh3_128_hexdigest

from pipeline import native
from pipeline.article import Fingerprint
from pipeline.dedup.permutations import permutations
from pipeline.native.codepoints import as_is, compared

if TYPE_CHECKING:
    from datasketch import LeanMinHash

SHINGLE_WORDS = 5
PERMUTATIONS = 128
SEED = 1
SHORT_WORDS = 600  # texts of at most this many words are kept as they are, to see what differs
_SHORT_CHARACTERS = 2_000  # a text of more is not short: some 300 words of English, 600 of Han
_SURROGATE = re.compile("[\ud800-\udfff]")
# Hash, spelling, shingle size, permutation scheme, permutations, seed, and what else is kept: two
# fingerprints that differ in any of them say nothing about each other.
SCHEME = f"xxh32-w{SHINGLE_WORDS}-affine32-p{PERMUTATIONS}-s{SEED}-spelling2-short{SHORT_WORDS}"
# Schemes whose fingerprints are read as they are. The spelling of the first was plain case folding:
# where it matters (umlauts, Korean, Arabic, half width ...) they share less with one of today's.
# The second told alef with hamza from alef, and kept texts of at most 200 words.
_EARLIER_SCHEMES = frozenset(
    {
        "xxh32-w5-affine32-p128-s1-names",
        "xxh32-w5-affine32-p128-s1-spelling1-short200",
    }
)


def fingerprint(body: str) -> Fingerprint:
    """Returns the fingerprint of a body: 20 us for 4 kB, linear in its length.

    Words are those of `pipeline.text` in one spelling (`codepoints.compared`): Persian and Arabic
    letters, widths and umlauts are one, and Korean is read by syllables. A text of fewer than five
    words has one shingle of all of them, an empty one has none. Headlines stay out: copies change
    them. Names are runs of three or more letters that begin with a capital and stand behind another
    word or a comma, so that no sentence begins with them; scripts without capitals have none, and
    German has all its nouns.
    """
    text, words, signature, shingles, numbers, names = native.fingerprint(
        body, as_is(), compared(), permutations(PERMUTATIONS, SEED), SHINGLE_WORDS
    )
    return Fingerprint(
        scheme=SCHEME,
        text_hash=xxh3_128_hexdigest(text),
        words=words,
        signature=signature,
        shingles=shingles,
        numbers=numbers,
        names=names,
        text=body if words <= SHORT_WORDS and _is_kept(body) else None,
    )


def _is_kept(body: str) -> bool:
    """Returns whether a text of few words is short, and can be written."""
    return len(body) <= _SHORT_CHARACTERS and (body.isascii() or not _SURROGATE.search(body))


def shingles_in_order(body: str) -> bytes:
    """Returns the packed hash of each shingle in the order of the text, repeats and all."""
    return native.hash_shingles(body, compared(), SHINGLE_WORDS)


def as_minhash(known: Fingerprint) -> LeanMinHash:
    """Returns a fingerprint's signature as datasketch has it, for its `jaccard` and its indexes.

    Raises ValueError for a fingerprint of another scheme.
    """
    from datasketch import LeanMinHash  # noqa: PLC0415 - half a second, and seldom needed

    check_scheme(known.scheme, SCHEME)
    return LeanMinHash(seed=SEED, hashvalues=as_hashes(known.signature), scheme="affine32")


def as_hashes(packed: bytes) -> memoryview[int]:
    """Returns a fingerprint's `shingles`, `numbers`, `names` or `signature` without a copy."""
    return memoryview(packed).cast("I")


class OtherSchemeError(ValueError):
    """A fingerprint is of a scheme that cannot be compared with another one."""


def of_today(known: Fingerprint) -> Fingerprint:
    """Returns a fingerprint of an earlier version as one of today's, without its text.

    Raises `OtherSchemeError` for one that says nothing today.
    """
    if known.scheme in _EARLIER_SCHEMES:
        return replace(known, scheme=SCHEME)
    check_scheme(known.scheme, SCHEME)
    return known


def check_scheme(one: str, other: str) -> None:
    """Raises `OtherSchemeError` where fingerprints of two schemes would be compared."""
    if one != other:
        raise OtherSchemeError(
            f"cannot compare fingerprints of scheme {one!r} and {other!r}: "
            "recompute one of them from its text"
        )
