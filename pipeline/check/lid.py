"""fastText's language model, asked natively: a fifth of the library's time.

The answers are those of fastText's own `predict`, bit for bit (`tests/test_identify.py`). What it
does to a text: words between white space; for each, its own row if the model knows it, and a row
for each run of 2 to 4 of its characters (`<` and `>` mark its ends) that the model kept; the mean
of all rows, 16 numbers, is led down a binary tree of languages. The library follows pointers all
over its tables (100 us a text amid other work). Here they take 1 MB in all, so that they stay in
the core's own cache: a row is nine bytes, as in the file; a run's row is found by counting bits.

Source: fastText 0.9.2, src/dictionary.cc, src/quantmatrix.cc, src/loss.cc (MIT);
Joulin et al. 2016, https://arxiv.org/abs/1612.03651.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CDLL, CFUNCTYPE, c_float
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.check.ftz import Rows, read_ftz
from pipeline.fnv import BASIS_32, BASIS_64, PRIME_32, PRIME_64
from pipeline.jit import native, native_or

_PAIRS = 8  # of numbers in a row
_SHORTEST, _LONGEST = 2, 4  # characters of a run
_BUCKETS = 2_000_000  # runs are told apart by their hash, modulo this
_LABEL = b"__label__"
_LABEL_BYTES = np.frombuffer(_LABEL, np.uint8)
_EOS = 0  # the row of `</s>`, which ends every text
_GOLDEN = np.uint64(11400714819323198485)  # 2 ** 64 / golden ratio
_ONE = np.uint64(1)
_WHITE = np.array([code in b" \n\r\t\v\f\0" for code in range(256)])
_OPEN, _CLOSE = np.uint8(ord("<")), np.uint8(ord(">"))
_SOFT_TREE, _SUPERVISED = 1, 3  # a loss, a kind of model
_UNDERSTOOD = {
    "dim": 2 * _PAIRS, "ngrams": 1, "loss": _SOFT_TREE, "model": _SUPERVISED,
    "bucket": _BUCKETS, "shortest": _SHORTEST, "longest": _LONGEST,
}  # fmt: skip


class Table(NamedTuple):
    """Keys and the rows they stand for: an open table of a power of two places."""

    keys: NDArray[np.uint64]
    rows: NDArray[np.int32]  # -1 where the place is empty
    shift: int  # by which a mixed key is shifted to give its place


class Runs(NamedTuple):
    """The runs that were kept, by their bucket: rows follow one another as the buckets do."""

    kept: NDArray[np.uint64]  # a bit for each bucket
    rows: NDArray[np.int32]  # the row of the first run that was kept among each 64


class Net(NamedTuple):
    """What a text is asked of."""

    words: Table  # by FNV-1a of their bytes
    runs: Runs
    rows: Rows  # of the words, then of the runs
    tree: NDArray[np.int32]  # (left, right) of each inner node; leaves come first
    weights: NDArray[np.float32]  # one row for each inner node


class Model(NamedTuple):
    """A model: its numbers, and the codes of its languages."""

    net: Net
    languages: tuple[str, ...]


def read_model(data: bytes) -> Model:
    """The model of a `.ftz` file; ValueError for one of another kind."""
    file = read_ftz(data, _UNDERSTOOD)
    count = len(file.words)
    if file.words[_EOS] != b"</s>":
        raise ValueError("the model's first word is not the end of a text")
    runs = file.runs[np.argsort(file.runs[:, 0])]
    net = Net(
        _table(
            np.array([_key(np.frombuffer(word, np.uint8)) for word in file.words], np.uint64),
            np.arange(count, dtype=np.int32),
        ),
        _runs(runs[:, 0], count),
        file.rows._replace(
            codes=file.rows.codes[np.concatenate((np.arange(count), count + runs[:, 1]))]
        ),
        _tree([seen for _, seen in file.labels]),
        file.weights,
    )
    return Model(net, tuple(label.removeprefix(_LABEL).decode() for label, _ in file.labels))


def _table(keys: NDArray[np.uint64], rows: NDArray[np.int32]) -> Table:
    """A table at most half full."""
    bits = (2 * len(keys) - 1).bit_length()
    table = Table(np.zeros(1 << bits, np.uint64), np.full(1 << bits, -1, np.int32), 64 - bits)
    _fill(table, keys, rows)
    return table


def _runs(buckets: NDArray[np.int32], first: int) -> Runs:
    """Runs by their buckets, in order; `first`: the row of the first."""
    kept = np.zeros(_BUCKETS // 64 + 1, np.uint64)
    np.bitwise_or.at(kept, buckets // 64, _ONE << (buckets % 64).astype(np.uint64))
    starts = np.searchsorted(buckets, 64 * np.arange(len(kept)))
    return Runs(kept, (first + starts).astype(np.int32))


def _tree(counts: list[int]) -> NDArray[np.int32]:
    """Huffman's tree of the languages, the commonest first, as `loss.cc` builds it."""
    leaves = len(counts)
    totals = counts + [10**15] * (leaves - 1)
    tree = np.empty((leaves - 1, 2), np.int32)
    leaf, inner = leaves - 1, leaves
    for node in range(leaves, 2 * leaves - 1):
        for side in range(2):
            if leaf >= 0 and totals[leaf] < totals[inner]:
                tree[node - leaves, side], leaf = leaf, leaf - 1
            else:
                tree[node - leaves, side], inner = inner, inner + 1
        totals[node] = sum(totals[child] for child in tree[node - leaves])
    return tree


@native
def _key(word: NDArray[np.uint8]) -> np.uint64:
    key = BASIS_64
    for byte in word:
        key = (key ^ np.uint64(byte)) * PRIME_64
    return key


@native
def _fill(table: Table, keys: NDArray[np.uint64], rows: NDArray[np.int32]) -> None:
    for i in range(len(keys)):
        slot = (keys[i] * _GOLDEN) >> np.uint64(table.shift)
        while table.rows[slot] >= 0:
            slot = (slot + _ONE) & np.uint64(len(table.keys) - 1)
        table.keys[slot], table.rows[slot] = keys[i], rows[i]


@native
def _row(table: Table, key: np.uint64) -> int:
    """The row of a key, -1 where it has none."""
    slot = (key * _GOLDEN) >> np.uint64(table.shift)
    while table.rows[slot] >= 0 and table.keys[slot] != key:
        slot = (slot + _ONE) & np.uint64(len(table.keys) - 1)
    return int(table.rows[slot])


@native
def _count_bits(word: np.uint64) -> int:
    """Warren, Hacker's Delight, 5-1: counts of pairs, of fours, of bytes, and their sum on top."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


def best_language(model: Model, text: str) -> tuple[str | None, float]:
    """The likeliest language by its code, None for none, and its score, 0 to some 1.00005."""
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    words, runs, rows, tree, weights = model.net
    # One by one: numba takes 5 us to take such a tuple apart.
    language, score = _ask(data, *words, *runs, rows.codes, rows.pairs, rows.lengths, tree, weights)
    return (None if language < 0 else model.languages[language]), score


@native
def _ask(  # noqa: PLR0913, PLR0917 - a net in its parts
    text: NDArray[np.uint8],
    keys: NDArray[np.uint64],
    rows_of_keys: NDArray[np.int32],
    shift: int,
    kept: NDArray[np.uint64],
    rows_of_kept: NDArray[np.int32],
    codes: NDArray[np.uint8],
    pairs: NDArray[np.float32],
    lengths: NDArray[np.float32],
    tree: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> tuple[int, float]:
    """(number of the language or -1, score) of one line of text."""
    net = Net(
        Table(keys, rows_of_keys, shift),
        Runs(kept, rows_of_kept),
        Rows(codes, pairs, lengths),
        tree,
        weights,
    )
    asked = np.empty(4 * len(text) + 1, np.int64)  # of each byte three runs, and a word
    count = _list_words(asked, text, net)
    count = _find_runs(asked, count, net.runs)
    asked[count] = _EOS
    total = np.zeros(2 * _PAIRS, np.float32)
    for row in net.rows.codes[asked[: count + 1]]:
        _add(total, net.rows, row)
    return _descend(total * np.float32(1 / (count + 1)), net)


@native
def _list_words(asked: NDArray[np.int64], text: NDArray[np.uint8], net: Net) -> int:
    """List, in the order fastText adds them, the rows of words and `~bucket` of each run.

    How many they are. Where what is listed lies in memory is not looked at before all is: the
    reads of a long row of them overlap, of each alone the next one waits.
    """
    count = 0
    marked = np.empty(len(text) + 2, np.uint8)  # a word between its marks
    marked[0] = _OPEN
    start = 0
    while start < len(text):
        if _WHITE[text[start]]:
            start += 1
            continue
        end = start
        while end < len(text) and not _WHITE[text[end]]:
            marked[1 + end - start] = text[end]
            end += 1
        size = end - start
        start = end
        marked[size + 1] = _CLOSE
        word = marked[1 : size + 1]
        row = _row(net.words, _key(word))
        if row == _EOS:  # spelled out: ends the text
            break
        if row > _EOS:
            asked[count] = row
            count += 1
        elif _is_label(word):
            continue
        count = _list_runs(asked, count, marked[: size + 2])
    return count


@native
def _is_label(word: NDArray[np.uint8]) -> bool:
    """Whether fastText takes the word for a label, which is no part of the text."""
    size = len(_LABEL_BYTES)
    return len(word) >= size and (word[:size] == _LABEL_BYTES).all()


def _add_by_numpy(total: NDArray[np.float32], rows: Rows, codes: NDArray[np.uint8]) -> None:
    pairs = rows.pairs[np.arange(_PAIRS), codes[:_PAIRS]]
    total += (pairs * rows.lengths[codes[_PAIRS]]).ravel()


@native_or(_add_by_numpy)
def _add(total: NDArray[np.float32], rows: Rows, codes: NDArray[np.uint8]) -> None:
    """Add a row's numbers; `codes`: what stands for them."""
    length = rows.lengths[codes[_PAIRS]]
    for i in range(_PAIRS):
        total[2 * i] += rows.pairs[i, codes[i], 0] * length
        total[2 * i + 1] += rows.pairs[i, codes[i], 1] * length


@native
def _list_runs(asked: NDArray[np.int64], count: int, word: NDArray[np.uint8]) -> int:
    """List `~bucket` of the runs of characters in a word between its marks; the new count."""
    for start in range(len(word)):
        if word[start] & 0xC0 == 0x80:  # inside a character
            continue
        run = BASIS_32  # as fastText has it for runs: bytes with their sign
        end = start
        for length in range(1, _LONGEST + 1):
            if end == len(word):
                break
            while True:  # one character, in UTF-8
                # A byte from 128 on is a negative char there, and fills the upper bits.
                byte = np.uint32(word[end]) | (np.uint32(0xFFFFFF00) * (word[end] >> 7))
                run = np.uint32((run ^ byte) * PRIME_32)
                end += 1
                if end == len(word) or word[end] & 0xC0 != 0x80:
                    break
            if length >= _SHORTEST:
                asked[count] = ~np.int64(run % np.uint32(_BUCKETS))
                count += 1
    return count


@native
def _find_runs(asked: NDArray[np.int64], count: int, runs: Runs) -> int:
    """Put each run's row in place of its bucket, leave out what was not kept; the new count."""
    found = 0
    for i in range(count):
        one = asked[i]
        if one >= 0:
            asked[found] = one
            found += 1
            continue
        bucket = np.uint32(~one)
        word, bit = runs.kept[bucket // 64], _ONE << np.uint64(bucket % 64)
        # Written in any case: a branch on what is read from afar would hold up the next reads.
        asked[found] = runs.rows[bucket // 64] + _count_bits(word & (bit - _ONE))
        found += word & bit != 0
    return found


@native
def _descend(mean: NDArray[np.float32], net: Net) -> tuple[int, float]:
    """The best leaf of the tree and its score: depth first, the left branch first.

    A branch worse than the best leaf so far is left out; all steps round as fastText's do.
    """
    tree, weights = net.tree, net.weights
    leaves = len(tree) + 1
    nodes = np.empty(leaves, np.int32)  # still to visit, the next one last
    scores = np.empty(leaves, np.float32)
    nodes[0], scores[0] = 2 * leaves - 2, np.float32(0)
    waiting = 1
    best, best_score = -1, np.float32(-np.inf)
    while waiting:
        waiting -= 1
        node, score = nodes[waiting], scores[waiting]
        if score < _log(np.float32(0)) or score < best_score:
            continue
        if node < leaves:
            best, best_score = node, score
            continue
        product = np.float32(0)
        for i in range(len(mean)):
            product += mean[i] * weights[node - leaves, i]
        right = np.float32(1.0 / np.float64(np.float32(1) + _exp(-product)))
        nodes[waiting], nodes[waiting + 1] = tree[node - leaves, 1], tree[node - leaves, 0]
        scores[waiting] = score + _log(right)
        scores[waiting + 1] = score + _log(np.float32(1.0 - np.float64(right)))
        waiting += 2
    return int(best), float(np.float64(_exp(best_score)))


@native
def _log(share: np.float32) -> np.float32:
    return np.float32(np.log(np.float64(share) + 1e-5))


@cache
def _expf() -> Callable[[np.float32], float]:
    return CFUNCTYPE(c_float, c_float)(("expf", CDLL(None)))


def _exp_by_c(power: np.float32) -> np.float32:
    """As compiled code does it, by C's library: of three powers numpy rounds one otherwise."""
    return np.float32(_expf()(power))


@native_or(_exp_by_c)
def _exp(power: np.float32) -> np.float32:
    return np.float32(np.exp(power))
