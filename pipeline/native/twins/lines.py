"""The line model: how surely each line of an article is furniture. The twin of `src/lines.c`.

A model is little-endian bytes: `CDLINES1`, the number of bits of its table of weights and the size
of its trees (uint32 each), scale and bias (float64 each), the weights (2 ** bits of int8), and the
trees as `twins/trees.py` has them; none while the model is being trained.

Each line first gets a text score. Its runs of 3 to 5 characters and its words, alone and in pairs,
are hashed (FNV-1a) to buckets of the table. The sums of the weights, each divided by the square
root of how many they are, are added up. Then the trees score a row of features: the line, its
place, and what is around it. `pipeline/lines/features.py` names them, in the order of this file.
All numbers are float64, computed in the order written here, and float32 in a row.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby, pairwise
from math import sqrt
from typing import Any, NamedTuple

from pipeline.native.bits import (
    BULLET,
    CAPITAL,
    CASELESS,
    CLASSES,
    CLOSER,
    DIGIT,
    END,
    KIND_BITS,
    PLANES,
    PUNCTUATION,
    SMALL,
    SPACED_BULLET,
    SYMBOL,
    TABLE_SIZE,
    WHITE,
    WIDE_END,
    WORD_BITS,
    WORD_SHIFT,
)
from pipeline.native.bits import MARK as LETTER_MARK
from pipeline.native.codepoints import ALONE, ALONE_MARK, MARK, NONE, PART
from pipeline.native.codepoints import SMALL as LOWER
from pipeline.native.twins.trees import Trees

MAGIC = b"CDLINES1"
HEAD = struct.Struct("<8s2I2d")
FEATURES = 86
_BITS = range(4, 25)
_BASIS, _PRIME = 0xCBF29CE484222325, 0x100000001B3  # of FNV-1a
_GOLDEN = 11400714819323198485  # 2 ** 64 / golden ratio
_WORD_SEED, _PAIR_SEED = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
_MASK = (1 << 64) - 1
_HAN_END, _SELECTORS = 0x40000, range(0xE0100, 0xE01F0)
_FIRST, _LAST = 60, 40  # characters of a line whose runs count
_FIRST_WORDS, _LAST_WORDS = 40, 20
_LINE_BEGIN, _LINE_END = 2, 3  # code points that stand for the ends of a line
_LONG_WORD, _LONGEST = 4, 254  # characters: shorter words are in every story
_PROSE, _UNSPACED_WEIGHT = 45, 3
_WINDOWS = (1, 2, 5)  # lines on either side
_FAR = 12
_OUTSIDE, _STRONG, _MOST = 2.0, 1.0, 3.0  # text scores
_MOST_SIZE, _BESIDE_PROSE = 400.0, 100.0  # what lines weigh in a segment
_SIGNS = {
    "commas": ",;\u3001\uff0c\u060c",
    "quotes": '"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d',
    "colons": ":\uff1a",
    "slashes": "/@#\u00a9",
    "bars": "|><*+=\u00b7\u2022\u203a",
}
_LEADS_ON = ":,;\uff1a\uff0c"
_SIGN_KINDS = (PUNCTUATION, SYMBOL)
_LETTERS = (SMALL, CAPITAL, CASELESS)

Span = tuple[int, int]
Table = bytes | memoryview


class _Reader:
    """The tables of code points: `pipeline.traits.table`, `codepoints.as_is`."""

    def __init__(self, traits: Table, cells: Table) -> None:
        if len(traits) != TABLE_SIZE:
            raise ValueError(f"a table of traits has {TABLE_SIZE} bytes")
        if len(cells) < 8 * PLANES:
            raise ValueError("not a table of pipeline.native.codepoints")
        self._of_class = memoryview(traits)[: 4 * CLASSES].cast("I")
        self._classes = memoryview(traits)[4 * CLASSES :]
        self._cells = memoryview(cells)[: 8 * PLANES].cast("B").cast("Q")

    def traits(self, char: str) -> int:
        code = ord(char)
        if code >= PLANES:
            code = PLANES + (0 if code < _HAN_END else 1 if code in _SELECTORS else 2)
        return self._of_class[self._classes[code]]

    def kind(self, char: str) -> int:
        return self.traits(char) & KIND_BITS

    def plain(self, char: str) -> int:
        """Returns the code point in lower case; all digits are alike, and all white space."""
        traits, code = self.traits(char), ord(char)
        if traits & KIND_BITS == DIGIT:
            return ord("0")
        if traits & WHITE:
            return ord(" ")
        lower: int = self._cells[code] >> LOWER & 0x1FFFFF if code < PLANES else 0
        return lower or code

    def is_alone(self, char: str) -> bool:
        """Returns whether the character is a word by itself."""
        return self.traits(char) >> WORD_SHIFT & WORD_BITS == ALONE

    def words(self, text: str) -> list[_Word]:
        """Returns the words in order, as `pipeline.text.words` has them."""
        words: list[list[str]] = []
        alone: list[bool] = []
        state = NONE
        for char in text:
            role = self.traits(char) >> WORD_SHIFT & WORD_BITS
            if role == NONE:
                state = NONE
                continue
            joins = {MARK: state != NONE, PART: state == PART, ALONE_MARK: state == ALONE}
            if not joins.get(role, False):
                words.append([])
                alone.append(False)
            state = (state or PART) if role == MARK else PART if role == PART else ALONE
            words[-1].append(char)
            alone[-1] = state == ALONE
        return [
            _Word(
                len(word),
                _hash(map(self.plain, word)),
                alone=is_alone,
                title=self.kind(word[0]) == CAPITAL,
            )
            for word, is_alone in zip(words, alone, strict=True)
        ]


class _Word(NamedTuple):
    length: int
    key: int
    alone: bool  # a character of a script without spaces
    title: bool  # begins with a capital

    @property
    def seen_length(self) -> int:
        return 1 if self.alone else min(self.length, _LONGEST)


class _Line(NamedTuple):
    """What is counted of one line."""

    text: str
    key: int
    words: list[_Word]
    letters: int
    capitals: int
    digits: int
    marks: int
    ends: int
    years: int
    times: int
    size: int  # characters; one of an unspaced script counts threefold
    first: int
    last: int
    ended: bool
    signs: dict[str, int]
    score: float  # the text score,
    runs: float  # and its parts
    pairs: float

    @property
    def prose(self) -> bool:
        return self.ended and self.size >= _PROSE

    @property
    def length(self) -> int:
        return len(self.text)


class LineModel:
    """The line model; raises ValueError if `data` is no whole model."""

    def __init__(self, data: bytes) -> None:
        head = HEAD.unpack_from(data) if len(data) >= HEAD.size else (b"", 0, 0, 0.0, 0.0)
        magic, bits, size, self._scale, self._bias = head
        self._bits: int = bits
        end = HEAD.size + (1 << self._bits if self._bits in _BITS else 0)
        if magic != MAGIC or self._bits not in _BITS or len(data) != end + size:
            raise ValueError("this is no whole model of lines")
        self._weights = memoryview(data)[HEAD.size : end].cast("b")
        self._trees = Trees(bytes(data[end:])) if size else None
        if self._trees and self._trees.features != FEATURES:
            raise ValueError("this is a model of other features of lines")

    def rows(self, *article: Any) -> bytes:
        """Returns the features of all lines: `FEATURES` float32 each.

        `article`: body, the (start, end) of each of its lines, headline, description, the table of
        traits, the table of code points, whether the lines are sentences.
        """
        return array("f", [number for row in self._rows(*article) for number in row]).tobytes()

    def score(self, *article: Any) -> list[float]:
        """Returns the score of each line: the higher, the more surely it is furniture."""
        if not self._trees:
            raise ValueError("the model has no trees")
        return self._trees.score(self.rows(*article))

    def explain(self, *article_and_line: Any) -> list[float]:
        """Returns what each feature adds to the score of a line, whose number comes last."""
        *article, line = article_and_line
        rows = memoryview(self.rows(*article)).cast("f")
        if not self._trees:
            raise ValueError("the model has no trees")
        if not 0 <= line < len(rows) // FEATURES:
            raise IndexError("no such line")
        return self._trees.explain(rows[line * FEATURES : (line + 1) * FEATURES].tobytes())

    def buckets(self, line: str, traits: Table, cells: Table) -> tuple[bytes, int]:
        """Returns the buckets of a line, uint32, and how many of them are of runs: the first."""
        reader = _Reader(traits, cells)
        runs = self._run_buckets(reader, line)
        words = self._word_buckets([word.key for word in reader.words(line)])
        return array("I", runs + words).tobytes(), len(runs)

    def _bucket(self, key: int) -> int:
        return (key * _GOLDEN & _MASK) >> (64 - self._bits)

    def _run_buckets(self, reader: _Reader, line: str) -> list[int]:
        codes = [_LINE_BEGIN, *map(reader.plain, line), _LINE_END]
        parts = [codes]
        if len(line) > _FIRST + _LAST:
            parts = [codes[: _FIRST + 1], codes[-_LAST - 1 :]]
        return [
            self._bucket(_hash(part[i : i + length]))
            for part in parts
            for i in range(len(part))
            for length in (3, 4, 5)
            if i + length <= len(part)
        ]

    def _word_buckets(self, keys: list[int]) -> list[int]:
        found = []
        for i, key in enumerate(keys):
            if i < _FIRST_WORDS or i >= len(keys) - _LAST_WORDS:
                found.append(self._bucket(key ^ _WORD_SEED))
                found += [self._bucket(_pair(key, other)) for other in keys[i + 1 : i + 2]]
        return found

    def _part(self, buckets: list[int]) -> float:
        total = sum(self._weights[bucket] for bucket in buckets)
        return _share(total, sqrt(len(buckets)))

    def _line(self, reader: _Reader, text: str) -> _Line:
        words = reader.words(text)
        kinds = Counter(map(reader.kind, text))
        runs = self._part(self._run_buckets(reader, text))
        pairs = self._part(self._word_buckets([word.key for word in words]))
        bare = len(text)
        while bare and reader.traits(text[bare - 1]) & (CLOSER | WHITE):
            bare -= 1
        ended = bool(bare and reader.traits(text[bare - 1]) & END)
        signs = [chr(reader.plain(char)) for char in text if reader.kind(char) in _SIGN_KINDS]
        years, times = _numbers(reader, text)
        return _Line(
            text=text,
            key=_hash(word.key for word in words),
            words=words,
            letters=sum(kinds[kind] for kind in _LETTERS),
            capitals=kinds[CAPITAL],
            digits=kinds[DIGIT],
            marks=len(signs),
            ends=sum(_ends_here(reader, text, i) for i in range(len(text))),
            years=years,
            times=times,
            size=len(text) + (_UNSPACED_WEIGHT - 1) * sum(map(reader.is_alone, text)),
            first=_first_class(reader.traits(text[0])),
            last=_last_class(reader, text[bare - 1] if ended else text[-1]),
            ended=ended,
            signs={name: sum(sign in chars for sign in signs) for name, chars in _SIGNS.items()},
            score=self._scale * (runs + pairs) + self._bias,
            runs=runs,
            pairs=pairs,
        )

    def _rows(  # noqa: PLR0913, PLR0917 - as the native function has it
        self,
        body: str,
        spans: Sequence[Span],
        headline: str,
        description: str,
        traits: Table,
        cells: Table,
        sentences: bool,  # noqa: FBT001
    ) -> list[list[float]]:
        reader = _Reader(traits, cells)
        ends = [0, *(end for _, end in spans)]
        if any(
            not before <= start < end <= len(body)
            for before, (start, end) in zip(ends, spans, strict=False)
        ):
            raise ValueError("the spans are not those of lines of the text")
        lines = [self._line(reader, body[start:end]) for start, end in spans]
        page = _Page(lines, _tokens(reader.words(headline)), _tokens(reader.words(description)))
        return [
            [
                *page.own(i),
                float(sentences),
                *page.place(i),
                *page.around(i),
            ]
            for i in range(len(lines))
        ]


class _Page:
    """The lines of an article, and what each of them has around it."""

    def __init__(self, lines: list[_Line], headline: list[int], description: list[int]) -> None:
        self.lines = lines
        self.count = len(lines)
        self.headline, self.description = headline, description
        self._in_headline, self._in_description = set(headline), set(description)
        self._tokens = [_tokens(line.words) for line in lines]
        self._lines_with = Counter(key for keys in self._tokens for key in {*keys})
        self._prose_with = Counter(
            key
            for line, keys in zip(lines, self._tokens, strict=True)
            for key in {*keys}
            if line.prose
        )
        self._copies = Counter(line.key for line in lines)
        scores = [line.score for line in lines]
        self._prose = [i for i, line in enumerate(lines) if line.prose]
        self._sums = {
            "size": _sums(line.size for line in lines),
            "prose": _sums(line.size if line.prose else 0 for line in lines),
            "score": _sums(scores),
            "mass": _sums(line.size if line.score < 0 else 0 for line in lines),
            "prose_lines": _sums(line.prose for line in lines),
            "ended": _sums(line.ended for line in lines),
            "dated": _sums(bool(line.times or line.years) for line in lines),
            "strong": _sums(score > _STRONG for score in scores),
            "marked": _sums(bool(line.signs["bars"] or line.signs["slashes"]) for line in lines),
        }
        weights = [min(float(line.size), _MOST_SIZE) for line in lines]
        self._block = _best_segment(
            [
                weight if line.prose else -_BESIDE_PROSE
                for line, weight in zip(lines, weights, strict=True)
            ]
        )
        self._story = _best_segment(
            [
                -_clipped(line.score) * sqrt(weight)
                for line, weight in zip(lines, weights, strict=True)
            ]
        )
        self._end = _edges(scores)
        self._begin = _edges(scores[::-1])[::-1]
        self._runs: list[Span] = []
        for _, group in groupby(range(self.count), key=lambda i: lines[i].prose):
            numbers = list(group)
            self._runs += [(numbers[0], numbers[-1] + 1)] * len(numbers)

    def own(self, i: int) -> list[float]:
        """Returns the features of the line itself."""
        line, tokens = self.lines[i], self._tokens[i]
        in_headline = sum(key in self._in_headline for key in tokens)
        in_description = sum(key in self._in_description for key in tokens)
        return [
            line.size,
            len(line.words),
            line.first,
            line.last,
            _share(line.capitals, line.letters),
            _share(sum(word.title for word in line.words), len(line.words)),
            _share(line.digits, line.length),
            _share(line.marks, line.length),
            _share(line.letters, line.length),
            _share(line.signs["commas"], line.size),
            line.ends,
            line.signs["commas"],
            line.signs["quotes"],
            line.signs["slashes"],
            line.signs["bars"],
            line.signs["colons"],
            line.years,
            line.times,
            _share(line.length, len(line.words)),
            max((word.seen_length for word in line.words), default=0),
            self._copies[line.key] - 1,
            len(tokens),
            _share(sum(self._lines_with[key] > 1 for key in tokens), len(tokens)),
            _share(sum(self._prose_with[key] > line.prose for key in tokens), len(tokens)),
            _share(in_headline, len(tokens)),
            _share(in_headline, len(self.headline)),
            _share(in_description, len(tokens)),
            _share(in_description, len(self.description)),
            line.score,
            line.runs,
            line.pairs,
        ]

    def place(self, i: int) -> list[float]:
        """Returns the features of the line's place among all lines."""
        line, rest = self.lines[i], self.count - 1 - i
        first, end = self._runs[i]
        at = bisect_left(self._prose, i)
        above = self._prose[at - 1] if at else None
        below = next((other for other in self._prose[at : at + 2] if other > i), None)
        return [
            self.count,
            i,
            rest,
            _share(self._before("size", i), self._all("size")),
            self._all("size"),
            self._all("prose_lines"),
            _share(self._all("prose_lines"), self.count),
            _share(self._all("prose"), self._all("size")),
            self._before("prose_lines", i),
            self._after("prose_lines", i),
            self._before("prose", i),
            self._after("prose", i),
            _share(self._before("prose", i), self._all("prose")),
            self.count if above is None else i - above,
            self.count if below is None else below - i,
            end - first,
            i - first,
            end - 1 - i,
            _distance(self._block, i),
            _distance(self._story, i),
            _share(line.size * self._all("prose_lines"), self._all("prose")),
            len(self.headline),
            *self._shares("score", i),
            *self._shares("ended", i),
            _share(self._before("dated", i), i),
            _share(self._after("dated", i), rest),
            self._before("strong", i),
            self._after("strong", i),
            _share(self._before("marked", i), i),
            _share(self._after("marked", i), rest),
        ]

    def around(self, i: int) -> list[float]:
        """Returns the features of the lines near the line."""
        above, below = self.lines[max(i - 1, 0) : i], self.lines[i + 1 : i + 2]
        found: list[float] = [
            *([line.size for line in above] or [-1]),
            *([line.size for line in below] or [-1]),
            *([line.score for line in above] or [_OUTSIDE]),
            *([line.score for line in below] or [_OUTSIDE]),
        ]
        for reach in _WINDOWS:
            first, end = max(i - reach, 0), min(i + reach + 1, self.count)
            for name in ("score", "size", "ended"):
                total = self._before(name, end) - self._before(name, first)
                found.append(total / (end - first))
        far = self.lines[max(i - _FAR, 0) : i], self.lines[i + 1 : i + 1 + _FAR]
        return [
            *found,
            self._before("mass", i),
            self._after("mass", i),
            _share(self._before("mass", i), self._all("mass")),
            self._end[i],
            self._begin[i],
            *(max((-_MOST, *(line.score for line in lines))) for lines in far),
        ]

    def _before(self, name: str, i: int) -> float:
        return self._sums[name][i]

    def _all(self, name: str) -> float:
        return self._sums[name][-1]

    def _after(self, name: str, i: int) -> float:
        return self._sums[name][-1] - self._sums[name][i + 1]

    def _shares(self, name: str, i: int) -> list[float]:
        """Returns the mean over all lines, over those before, over those after."""
        return [
            _share(self._all(name), self.count),
            _share(self._before(name, i), i),
            _share(self._after(name, i), self.count - 1 - i),
        ]


class _Segment(NamedTuple):
    first: int
    last: int


def _hash(codes: Iterable[int]) -> int:
    found = _BASIS
    for code in codes:
        found = (found ^ code) * _PRIME & _MASK
    return found


def _pair(key: int, other: int) -> int:
    return (key * _PAIR_SEED & _MASK) ^ other


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _clipped(score: float) -> float:
    return max(-_MOST, min(_MOST, score))


def _sums(numbers: Iterable[float]) -> list[float]:
    """Returns the sum of the numbers before each one, and of all."""
    return list(accumulate(map(float, numbers), initial=0.0))


def _tokens(words: Sequence[_Word]) -> list[int]:
    """Returns the keys of the long words, and of the pairs of characters of unspaced scripts."""
    found = [word.key for word in words if not word.alone and word.length >= _LONG_WORD]
    return found + [_pair(a.key, b.key) for a, b in pairwise(words) if a.alone and b.alone]


def _numbers(reader: _Reader, text: str) -> Span:
    """Returns how many numbers are years, and how many are parts of a time of day."""
    years = times = end = 0
    for is_number, group in groupby(text, key=lambda char: reader.kind(char) == DIGIT):
        digits = "".join(group)
        start, end = end, end + len(digits)
        if is_number:
            years += len(digits) == len("2026") and digits.startswith(("19", "20"))
            has_colon = text[end : end + 1] == ":" or text[max(start - 1, 0) : start] == ":"
            times += len(digits) == len("59") and has_colon
    return years, times


def _ends_here(reader: _Reader, text: str, i: int) -> bool:
    """Returns whether a sentence may end with the character."""
    traits = reader.traits(text[i])
    after = WHITE | CLOSER
    ends = traits & WIDE_END or i + 1 == len(text) or reader.traits(text[i + 1]) & after
    return bool(traits & END and ends)


def _first_class(traits: int) -> int:
    classes = {CAPITAL: 0, CASELESS: 1, SMALL: 2, DIGIT: 3}
    if traits & KIND_BITS in classes:
        return classes[traits & KIND_BITS]
    if traits & (BULLET | SPACED_BULLET):
        return 4
    return 5 if traits & CLOSER else 6


def _last_class(reader: _Reader, char: str) -> int:
    traits = reader.traits(char)
    if traits & END:
        return {".": 0, "\u3002": 0, "\u2026": 2}.get(char, 1)
    kind = traits & KIND_BITS
    if kind in {*_LETTERS, LETTER_MARK}:
        return 4
    if kind == DIGIT:
        return 5
    return 3 if char in _LEADS_ON else 6 if traits & CLOSER else 7


def _best_segment(values: Sequence[float]) -> _Segment:
    """Returns the segment of lines with the largest sum; the first of several."""
    best, most = _Segment(0, 0), -1.0
    start, total = 0, 0.0
    for i, value in enumerate(values):
        if total <= 0:
            start, total = i, 0.0
        total += value
        if total > most:
            best, most = _Segment(start, i), total
    return best


def _distance(segment: _Segment, i: int) -> float:
    """Returns how many lines the line is before (negative) or after the segment."""
    return min(i - segment.first, 0) + max(i - segment.last, 0)


def _edges(scores: Sequence[float]) -> list[float]:
    """Returns how much better the scores agree that the story ended before each line.

    A story that ends before line `e` has there the sum of all clipped scores before: the less, the
    better. The best place from the next line on is compared with the best one up to the line.
    """
    sums = _sums(map(_clipped, scores))
    before = list(accumulate(sums, min))
    ahead = []
    total = least = sums[-1]
    for score in reversed(scores):
        ahead.append(least)
        total -= _clipped(score)  # as the native function has it: not quite the sum before
        least = min(least, total)
    return [after - best for after, best in zip(ahead[::-1], before, strict=False)]
