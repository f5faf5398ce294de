"""fastText's `.ftz` files: a quantized model, read from front to back.

Source: fastText 0.9.2, src/fasttext.cc, src/args.cc, src/dictionary.cc, src/quantmatrix.cc,
src/productquantizer.cc (MIT).
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

_MAGIC, _VERSION = 793712314, 12
_HEAD = Struct("<2i12id")
_ARGUMENTS = ("dim", "", "", "", "", "ngrams", "loss", "model", "bucket", "shortest", "longest", "")
_DICTIONARY = Struct("<3i2q")
_ENTRY = Struct("<qb")  # after a word and its NUL
_SHAPE = Struct("<2q")
_QUANTIZER = Struct("<4i")
_CENTROIDS = 256

_Number = TypeVar("_Number", np.uint8, np.int32, np.float32)


class Rows(NamedTuple):
    """Rows of numbers: each pair one of 256, and so the length."""

    codes: NDArray[np.uint8]  # shape (rows, pairs + 1), the length's code last
    pairs: NDArray[np.float32]  # shape (pairs, 256, 2)
    lengths: NDArray[np.float32]  # shape (256,): what a row's numbers are multiplied by


class Ftz(NamedTuple):
    """What is in a file."""

    words: list[bytes]
    labels: list[tuple[bytes, int]]  # each with how often it was seen
    runs: NDArray[np.int32]  # of characters: the bucket of each, and its row behind those of words
    rows: Rows  # of the words, then of the runs
    weights: NDArray[np.float32]  # one row for each number that the model puts out


def read_ftz(data: bytes, understood: Mapping[str, int]) -> Ftz:
    """What is in a file; ValueError where its model has other arguments than are understood."""
    file = _File(data)
    magic, version, *numbers, _ = file.take(_HEAD)
    arguments = dict(zip(_ARGUMENTS, numbers, strict=True))
    if (magic, version) != (_MAGIC, _VERSION) or not understood.items() <= arguments.items():
        raise ValueError("this is no model like lid.176.ftz")
    size, _, _, _, kept = file.take(_DICTIONARY)
    entries = [file.entry() for _ in range(size)]
    runs = file.array(np.int32, 2 * kept).reshape(-1, 2)
    file.flag()  # the rows are quantized, as in all .ftz files
    rows = file.quantized()
    if file.flag():
        raise ValueError("the model's output is quantized, which that of lid.176.ftz is not")
    return Ftz(
        [word for word, _, is_label in entries if not is_label],
        [(label, seen) for label, seen, is_label in entries if is_label],
        runs,
        rows,
        file.matrix(),
    )


class _File:
    """A model's bytes, taken from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, what: Struct) -> tuple[int, ...]:
        values = what.unpack_from(self._data, self._at)
        self._at += what.size
        return values

    def flag(self) -> bool:
        self._at += 1
        return self._data[self._at - 1] != 0

    def entry(self) -> tuple[bytes, int, bool]:
        """(word or label, how often it was seen, whether it is a label)."""
        end = self._data.index(0, self._at)
        word = self._data[self._at : end]
        self._at = end + 1
        count, kind = self.take(_ENTRY)
        return word, count, kind == 1

    def array(self, kind: type[_Number], count: int) -> NDArray[_Number]:
        values = np.frombuffer(self._data, kind, count, self._at)
        self._at += values.nbytes
        return values

    def matrix(self) -> NDArray[np.float32]:
        height, width = self.take(_SHAPE)
        return self.array(np.float32, height * width).reshape(height, width).copy()

    def quantized(self) -> Rows:
        """A matrix of which each pair of numbers is one of 256, and each row's length too."""
        has_lengths = self.flag()
        height, _ = self.take(_SHAPE)
        (size,) = self.take(Struct("<i"))
        codes = self.array(np.uint8, size).reshape(height, -1)
        pairs = self._centroids()
        of_length = self.array(np.uint8, height) if has_lengths else np.zeros(height, np.uint8)
        lengths = self._centroids().reshape(-1) if has_lengths else np.ones(1, np.float32)
        return Rows(np.column_stack((codes, of_length)), pairs, lengths)

    def _centroids(self) -> NDArray[np.float32]:
        """Shape (parts of a row, 256, numbers of a part)."""
        dim, parts, width, last = self.take(_QUANTIZER)
        if width != last:
            raise ValueError("the parts of a row are not all of one width")
        return self.array(np.float32, dim * _CENTROIDS).reshape(parts, _CENTROIDS, width).copy()
