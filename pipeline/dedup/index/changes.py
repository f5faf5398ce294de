"""Changes of an index, as arrays that can be stored and loaded again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.fingerprint import PERMUTATIONS

# An article: everything the index keeps of it in memory, little endian so that it can be stored.
# `native/src/index.c` and its twin read and write it.
HELD = np.dtype(
    [
        ("keys", "<u8", 3),  # number, hash of the words, hash of the address or 0
        ("place", "<u8"),  # in the details
        ("seen", "<u4"),  # last, seconds since 1970
        ("shingles", "<u4"),  # distinct ones; 0: found by address and words only
        ("sampled", "<u4"),  # of them in the sample
        ("signature", "u1", PERMUTATIONS),
    ]
)
RENEWED = np.dtype([("number", "<u8"), ("seen", "<u4")])
NUMBER = np.dtype("<u8")
SHINGLE = np.dtype("<u4")


class Delta(NamedTuple):
    """Changes of an index, with the latest state of each number.

    They are applied in this order: remove `gone`, add `held`, renew `renewed`. A number in both
    `gone` and `held` was removed and added again.
    """

    held: NDArray[np.void]
    sample: NDArray[np.uint32]  # the sampled shingles of all held, one after the other
    renewed: NDArray[np.void]
    gone: NDArray[np.uint64]
    mark: int  # when the near-copy window starts, seconds since 1970
    newest: int  # the latest time seen

    @property
    def packed(self) -> tuple[memoryview, memoryview]:
        """The bytes of `held` and of `sample`, without a copy."""
        held, sample = np.ascontiguousarray(self.held), np.ascontiguousarray(self.sample)
        return held.view(np.uint8).data, sample.view(np.uint8).data

    @property
    def next_number(self) -> int:
        """One more than the largest number; 0 without any."""
        numbers = np.concatenate((self.held["keys"][:, 0], self.gone))
        return int(numbers.max()) + 1 if len(numbers) else 0


def delta_of(  # noqa: PLR0913, PLR0917 - called at one place
    exported: bytes,
    samples: list[bytes],
    renewed: list[tuple[int, int]],
    gone: list[int],
    mark: int,
    newest: int,
) -> Delta:
    """Returns the export of an index as a delta; `samples`: that of each article when it was added.

    Articles that are now found by address and words only have no sample any more.
    """
    held = np.frombuffer(exported, HELD).copy()
    kept = [
        sample if near else b""
        for sample, near in zip(samples, held["shingles"].tolist(), strict=True)
    ]
    held["sampled"] = [len(sample) // SHINGLE.itemsize for sample in kept]
    return Delta(
        held,
        np.frombuffer(b"".join(kept), SHINGLE),
        np.array(renewed, RENEWED),
        np.array(gone, NUMBER),
        mark,
        newest,
    )


def merged(deltas: list[Delta]) -> Delta:
    """Merges consecutive deltas into one, which loads faster than many small ones.

    The result never exceeds the capacity: articles that a later delta removes are left out.
    """
    held = np.concatenate([delta.held for delta in deltas])
    sample = np.concatenate([delta.sample for delta in deltas])
    renewed = np.concatenate([delta.renewed for delta in deltas])
    numbers = held["keys"][:, 0]
    kept = _stay(numbers, [delta.held for delta in deltas], deltas)
    if np.any(numbers[1:] <= numbers[:-1]):  # the last place of a moved entry counts
        last = len(numbers) - 1 - np.unique(numbers[::-1], return_index=True)[1]
        kept &= np.isin(np.arange(len(numbers)), last)
    if not kept.all():
        held, sample = held[kept], sample[np.repeat(kept, held["sampled"])]
    return Delta(
        held,
        sample,
        renewed[_stay(renewed["number"], [delta.renewed for delta in deltas], deltas)],
        np.concatenate([delta.gone for delta in deltas]),
        max(delta.mark for delta in deltas),
        max(delta.newest for delta in deltas),
    )


def _stay(
    numbers: NDArray[np.uint64], parts: list[NDArray[np.void]], deltas: list[Delta]
) -> NDArray[np.bool_]:
    """Returns for each number whether no later delta removes it; `parts`: its rows by delta."""
    held_by, gone_by = (
        np.repeat(np.arange(len(deltas)), [*map(len, of)])
        for of in (parts, [delta.gone for delta in deltas])
    )
    gone = np.concatenate([delta.gone for delta in deltas])
    if not len(gone):
        return np.ones(len(numbers), bool)
    each, last = np.unique(gone[::-1], return_index=True)
    at = np.minimum(np.searchsorted(each, numbers), len(each) - 1)
    stay: NDArray[np.bool_] = (each[at] != numbers) | (gone_by[::-1][last[at]] <= held_by)
    return stay
