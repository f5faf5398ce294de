"""The permutations of datasketch 2's scheme `affine32`, without datasketch.

datasketch draws them from numpy's RandomState, which is MT19937 (Matsumoto and Nishimura 1998):
for each permutation a of 31 bits, made odd, then for each b of 32 bits.
"""

from __future__ import annotations

from array import array
from functools import cache

_SIZE, _SHIFT = 624, 397  # words of the generator's state, and the distance of those it combines
_MASK = 0xFFFFFFFF


@cache
def permutations(count: int, seed: int) -> bytes:
    """Returns the factors a, then the summands b of `a * h + b mod 2**32`, 32 bits each.

    Equal to `MinHash(num_perm=count, seed=seed).permutations`. Raises ValueError for more than 312,
    the limit of the generator's first state.
    """
    if 2 * count > _SIZE:
        raise ValueError(f"at most {_SIZE // 2} permutations, not {count}")
    drawn = _draws(seed)
    factors = [draw << 1 & _MASK | 1 for draw in drawn[:count]]
    return array("I", factors + drawn[count : 2 * count]).tobytes()


def _draws(seed: int) -> list[int]:
    """Returns the first 624 numbers of MT19937, of 32 bits."""
    state = [seed]
    for at in range(1, _SIZE):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + at) & _MASK)
    for at in range(_SIZE):
        word = state[at] & 0x80000000 | state[(at + 1) % _SIZE] & 0x7FFFFFFF
        odd = 0x9908B0DF if word & 1 else 0
        state[at] = state[(at + _SHIFT) % _SIZE] ^ word >> 1 ^ odd
    return [*map(_tempered, state)]


def _tempered(word: int) -> int:
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C5680
    word ^= word << 15 & 0xEFC60000
    return word ^ word >> 18
