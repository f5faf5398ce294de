"""The line model: how surely each line of an article is furniture. The twin of `src/lines.c`.

A model is little-endian bytes: `CDLINES3`, the number of bits of its table of weights and the sizes
of its trees and of those of what is below the story (uint32 each), scale and bias (float64 each),
the weights (2 ** bits of int8), and both kinds of trees as `twins/trees.py` has them; none while
the model is being trained.

Of a long line both ends are read, with white space between. Each line first gets a text score. Its
runs of characters and its words, alone and in pairs, are hashed (FNV-1a) to buckets of the table.
The sums of the weights, each divided by the square root of how many they are, are added up. Then
the trees score a row of features: the line, its place, and what is around it; but for lines of
prose that are worded like a story and have prose above and below, which are taken for the story.
More trees than the first ones are asked only about a line that those do not take for the story.
Other trees say, from the last line up, how surely the story ended above a line; no line is surer
than those below it. Lines below the story are more likely furniture, whatever they look like.
`pipeline/lines/features.py` names the features, in the order of this file. All numbers are float64,
computed in the order written here, and float32 in a row.
"""

from __future__ import annotations

import struct
from array import array
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
    WORD_BITS,
    WORD_SHIFT,
)
from pipeline.native.bits import MARK as LETTER_MARK
from pipeline.native.codepoints import ALONE, ALONE_MARK, MARK, NONE, PART
from pipeline.native.codepoints import SMALL as LOWER
from pipeline.native.twins.trees import Trees

MAGIC = b"CDLINES3"
HEAD = struct.Struct("<8s3I2d")
FEATURES = 67
SETTLED, _DOUBTED = -3.5, -2.0  # log-odds of a line that is plainly of the story, that may not be
_FIRST_TREES = 30
_BELOW, _BELOW_BONUS = -0.6, 0.4  # log-odds of a line below the story; what they add from there on
_STRONG, _NO_SCORE = 1.5, -9.0  # text scores: of furniture, of no line
_DATED, _DATE_DIGITS = 100, 2  # characters of a line of a date, and digits of it
_BITS = range(4, 25)
_BASIS, _PRIME = 0xCBF29CE484222325, 0x100000001B3  # of FNV-1a
_GOLDEN = 11400714819323198485  # 2 ** 64 / golden ratio
_WORD_SEED, _PAIR_SEED = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
_MASK = (1 << 64) - 1
_HAN_END, _SELECTORS = 0x40000, range(0xE0100, 0xE01F0)
_ENDS, _FIELD_ENDS = (80, 50), (180, 60)  # characters that are read of a line, of a field
_RUNS_ENDS = (40, 24)  # characters of a line that make runs
_RUN = 4  # characters
_LINE_BEGIN, _LINE_END = 2, 3  # code points that stand for the ends of a line
_LONG_WORD = 4  # characters: shorter words are in every story
_SET_BITS = 14
_PROSE, _UNSPACED_WEIGHT = 45, 3
_WINDOWS, _BY, _FAR = (1, 2), 3, 5  # lines on either side
_OUTSIDE, _MOST = 2.0, 3.0  # text scores
_MOST_SIZE, _BESIDE_PROSE = 400.0, 100.0  # what lines weigh in a segment
_COMMAS = ",;\u3001\uff0c\u060c"
_QUOTES = '"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d'
_LEADS_ON = ":,;\uff1a\uff0c"
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


class _Line(NamedTuple):
    """What is counted of one line."""

    seen: str
    words: list[_Word]
    letters: int
    capitals: int
    digits: int
    marks: int
    commas: int
    quotes: int
    size: int  # characters; one of an unspaced script counts threefold
    first: int
    last: int
    ended: bool
    tokens: list[int]
    score: float  # the text score,
    runs: float  # and its parts
    pairs: float

    @property
    def prose(self) -> bool:
        return self.ended and self.size >= _PROSE


class LineModel:
    """The line model; raises ValueError if `data` is no whole model."""

    def __init__(self, data: bytes) -> None:
        head = HEAD.unpack_from(data) if len(data) >= HEAD.size else (b"", 0, 0, 0, 0.0, 0.0)
        magic, bits, size, below_size, self._scale, self._bias = head
        self._bits: int = bits
        end = HEAD.size + (1 << self._bits if self._bits in _BITS else 0)
        if magic != MAGIC or self._bits not in _BITS or len(data) != end + size + below_size:
            raise ValueError("this is no whole model of lines")
        self._weights = memoryview(data)[HEAD.size : end].cast("b")
        self._trees = _trees(data[end : end + size])
        self._below = _trees(data[end + size :])

    def rows(self, *article: Any) -> bytes:
        """Returns the features of all lines: `FEATURES` float32 each.

        `article`: body, the (start, end) of each of its lines, headline, description, the table of
        traits, the table of code points.
        """
        return _packed(self._page(*article))

    def score(self, *article: Any) -> list[float]:
        """Returns the log-odds of furniture for each line."""
        if not (self._trees and self._below):
            raise ValueError("the model has no trees")
        page = self._page(*article)
        rows = _packed(page)
        early, all_trees = self._trees.score(rows, _FIRST_TREES), self._trees.score(rows)
        by_line = [
            SETTLED if page.is_settled(i) else first if first < _DOUBTED else score
            for i, (first, score) in enumerate(zip(early, all_trees, strict=True))
        ]
        below = list(accumulate(self._below.score(rows)[::-1], min))[::-1]
        return [
            score if least < _BELOW else max(score + _BELOW_BONUS, least)
            for score, least in zip(by_line, below, strict=True)
        ]

    def explain(self, *article_and_line: Any) -> list[float]:
        """Returns what each feature adds to the surer score of a line, whose number comes last."""
        *article, line = article_and_line
        rows = memoryview(self.rows(*article)).cast("f")
        if not (self._trees and self._below):
            raise ValueError("the model has no trees")
        if not 0 <= line < len(rows) // FEATURES:
            raise IndexError("no such line")
        row = rows[line * FEATURES : (line + 1) * FEATURES].tobytes()
        is_below = self._below.score(row) > self._trees.score(row)
        return (self._below if is_below else self._trees).explain(row)

    def buckets(self, line: str, traits: Table, cells: Table) -> tuple[bytes, int]:
        """Returns the buckets of a line, uint32, and how many of them are of runs: the first."""
        reader, seen = _Reader(traits, cells), _seen(line)
        runs = self._run_buckets(reader, seen)
        words = self._word_buckets([word.key for word in reader.words(seen)])
        return array("I", runs + words).tobytes(), len(runs)

    def _bucket(self, key: int) -> int:
        return _bits_of(key, self._bits)

    def _run_buckets(self, reader: _Reader, seen: str) -> list[int]:
        codes = [_LINE_BEGIN, *map(reader.plain, seen), _LINE_END]
        head, tail = _RUNS_ENDS
        long = len(seen) > head + tail
        return [
            self._bucket(_hash(part[i : i + _RUN]))
            for part in ([codes[: head + 1], codes[-tail - 1 :]] if long else [codes])
            for i in range(len(part) - _RUN + 1)
        ]

    def _word_buckets(self, keys: list[int]) -> list[int]:
        found = []
        for i, key in enumerate(keys):
            found.append(self._bucket(key ^ _WORD_SEED))
            found += [self._bucket(_pair(key, other)) for other in keys[i + 1 : i + 2]]
        return found

    def _part(self, buckets: list[int]) -> float:
        total = sum(self._weights[bucket] for bucket in buckets)
        return _share(total, sqrt(len(buckets)))

    def _line(self, reader: _Reader, text: str) -> _Line:
        seen = _seen(text)
        words = reader.words(seen)
        kinds = Counter(map(reader.kind, seen))
        signs = [char for char in seen if reader.kind(char) in {PUNCTUATION, SYMBOL}]
        runs = self._part(self._run_buckets(reader, seen))
        pairs = self._part(self._word_buckets([word.key for word in words]))
        bare = len(seen)
        while bare and reader.traits(seen[bare - 1]) & (CLOSER | WHITE):
            bare -= 1
        ended = bool(bare and reader.traits(seen[bare - 1]) & END)
        return _Line(
            seen=seen,
            words=words,
            letters=sum(kinds[kind] for kind in _LETTERS),
            capitals=kinds[CAPITAL],
            digits=kinds[DIGIT],
            marks=len(signs),
            commas=sum(sign in _COMMAS for sign in signs),
            quotes=sum(sign in _QUOTES for sign in signs),
            size=len(text) + (_UNSPACED_WEIGHT - 1) * sum(map(reader.is_alone, seen)),
            first=_first_class(reader.traits(seen[0])),
            last=_last_class(reader, seen[bare - 1] if ended else seen[-1]),
            ended=ended,
            tokens=_tokens(words),
            score=self._scale * (runs + pairs) + self._bias,
            runs=runs,
            pairs=pairs,
        )

    def _page(  # noqa: PLR0913, PLR0917 - as the native function has it
        self,
        body: str,
        spans: Sequence[Span],
        headline: str,
        description: str,
        traits: Table,
        cells: Table,
    ) -> _Page:
        reader = _Reader(traits, cells)
        ends = [0, *(end for _, end in spans)]
        if any(
            not before <= start < end <= len(body)
            for before, (start, end) in zip(ends, spans, strict=False)
        ):
            raise ValueError("the spans are not those of lines of the text")
        lines = [self._line(reader, body[start:end]) for start, end in spans]
        fields = (
            _tokens(reader.words(_seen(text, _FIELD_ENDS))) for text in (headline, description)
        )
        return _Page(lines, *fields)


class _Page:
    """The lines of an article, and what each of them has around it."""

    def __init__(self, lines: list[_Line], headline: list[int], description: list[int]) -> None:
        self.lines = lines
        self.count = len(lines)
        self.headline, self.description = headline, description
        scores = [line.score for line in lines]
        self._sums = {
            "size": _sums(line.size for line in lines),
            "prose": _sums(line.size if line.prose else 0 for line in lines),
            "score": _sums(scores),
            "mass": _sums(line.size if line.score < 0 else 0 for line in lines),
            "prose_lines": _sums(line.prose for line in lines),
            "ended": _sums(line.ended for line in lines),
        }
        weighed = [(line, min(float(line.size), _MOST_SIZE)) for line in lines]
        self._block = _best_segment(
            [weight if line.prose else -_BESIDE_PROSE for line, weight in weighed]
        )
        self._story = _best_segment(
            [-_clipped(line.score) * sqrt(weight) for line, weight in weighed]
        )
        self._end = _edges(scores)
        self._begin = _edges(scores[::-1])[::-1]
        self._in_above = _counts_in_prose_above(lines)
        self._sums |= {
            "clipped": _sums(map(_clipped, scores)),
            "settled": _sums(map(self.is_settled, range(self.count))),
            "strong": _sums(score > _STRONG for score in scores),
            "dated": _sums(map(_is_dated, lines)),
            "tokens": _sums(len(line.tokens) if line.prose else 0 for line in lines),
            "in_above": _sums(
                found if line.prose else 0
                for line, found in zip(lines, self._in_above, strict=True)
            ),
        }
        self._most_above = list(accumulate([_NO_SCORE, *scores], max))
        self._most_below = list(accumulate([_NO_SCORE, *scores[::-1]], max))[::-1]
        rows = [list(row) for _, row in groupby(lines, lambda line: line.prose)]
        self._runs = [0 if line.prose else len(row) for row in rows for line in row]

    def is_settled(self, i: int) -> bool:
        """Returns whether the line is prose worded like a story, with prose above and below."""
        line = self.lines[i]
        between = self._before("prose_lines", i) and self._after("prose_lines", i)
        return bool(line.prose and line.score < 0 and between)

    def row(self, i: int) -> list[float]:
        """Returns the features of a line."""
        return [*self._own(i), *self._place(i), *self._around(i), *self._ends(i)]

    def _own(self, i: int) -> list[float]:
        line = self.lines[i]
        seen, words, tokens = len(line.seen), len(line.words), len(line.tokens)
        in_headline = sum(token in self.headline for token in line.tokens)
        in_description = sum(token in self.description for token in line.tokens)
        return [
            line.size,
            words,
            line.first,
            line.last,
            line.prose,
            _share(line.capitals, line.letters),
            _share(sum(word.title for word in line.words), words),
            _share(line.digits, seen),
            _share(line.marks, seen),
            _share(line.letters, seen),
            _share(seen, words),
            line.commas,
            line.quotes,
            _share(in_headline, len(self.headline)),
            _share(in_description, tokens),
            _share(in_description, len(self.description)),
            line.score,
            line.runs,
            line.pairs,
        ]

    def _place(self, i: int) -> list[float]:
        """Returns the features of the line's place among all lines."""
        return [
            self.count,
            i,
            _share(self._before("size", i), self._all("size")),
            self._all("size"),
            self._all("prose_lines"),
            _share(self._all("prose_lines"), self.count),
            _share(self._all("prose"), self._all("size")),
            self._before("prose_lines", i),
            self._before("prose", i),
            self._after("prose", i),
            _share(self._before("prose", i), self._all("prose")),
            _distance(self._block, i),
            _distance(self._story, i),
            _share(self.lines[i].size * self._all("prose_lines"), self._all("prose")),
            len(self.headline),
            *self._shares("score", i),
            *self._shares("ended", i),
            self._before("mass", i),
            self._after("mass", i),
            _share(self._before("mass", i), self._all("mass")),
            self._end[i],
            self._begin[i],
        ]

    def _around(self, i: int) -> list[float]:
        """Returns the features of the lines near the line."""
        above, below = self.lines[max(i - 1, 0) : i], self.lines[i + 1 : i + 2]
        found = [line[0].score if line else _OUTSIDE for line in (above, below)]
        for reach in _WINDOWS:
            first, end = max(i - reach, 0), min(i + reach + 1, self.count)
            found += [
                self._between(name, first, end) / (end - first)
                for name in ("score", "size", "ended")
            ]
        return found

    def _ends(self, i: int) -> list[float]:
        """Returns the features that tell whether the story has ended."""
        line, rest = self.lines[i], self.count - 1 - i
        first, end = max(i - _BY, 0), min(i + _BY + 1, self.count)
        far_first, far_end = max(i - _FAR, 0), min(i + _FAR + 1, self.count)
        return [
            _share(self._in_above[i], len(line.tokens)),
            _share(self._from("in_above", i), self._from("tokens", i)),
            self._from("clipped", i) / (rest + 1),
            self._before("settled", i),
            self._after("settled", i),
            self._most_above[i],
            self._most_below[i + 1],
            self._runs[i],
            self._between("score", far_first, far_end) / (far_end - far_first),
            _share(self._after("strong", i), rest),
            _share(self._between("score", first, i), i - first),
            _share(self._between("score", i + 1, end), end - i - 1),
            self._before("dated", i),
            self._between("dated", first, end) / (end - first),
        ]

    def _between(self, name: str, first: int, end: int) -> float:
        return self._sums[name][end] - self._sums[name][first]

    def _from(self, name: str, i: int) -> float:
        return self._sums[name][-1] - self._sums[name][i]

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


def _trees(data: bytes | memoryview) -> Trees | None:
    """Returns the trees of a model; none of no bytes. Raises ValueError."""
    trees = Trees(bytes(data)) if data else None
    if trees and trees.features != FEATURES:
        raise ValueError("this is a model of other features of lines")
    return trees


def _counts_in_prose_above(lines: Sequence[_Line]) -> list[int]:
    """Returns how many tokens of each line are those of prose above it."""
    above: set[int] = set()
    found = []
    for line in lines:
        found.append(sum(token in above for token in line.tokens))
        if line.prose:
            above.update(line.tokens)
    return found


def _is_dated(line: _Line) -> bool:
    return len(line.seen) <= _DATED and line.digits >= _DATE_DIGITS


class _Segment(NamedTuple):
    first: int
    last: int


def _packed(page: _Page) -> bytes:
    return array("f", [number for i in range(page.count) for number in page.row(i)]).tobytes()


def _seen(text: str, ends: tuple[int, int] = _ENDS) -> str:
    """Returns what is read of a line: of a long one, both ends."""
    head, tail = ends
    return text if len(text) <= head + tail else f"{text[:head]} {text[-tail:]}"


def _hash(codes: Iterable[int]) -> int:
    found = _BASIS
    for code in codes:
        found = (found ^ code) * _PRIME & _MASK
    return found


def _bits_of(key: int, bits: int) -> int:
    return (key * _GOLDEN & _MASK) >> (64 - bits)


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
    """Returns the hashes of long words, and of pairs of characters of unspaced scripts."""
    keys = [word.key for word in words if not word.alone and word.length >= _LONG_WORD]
    keys += [_pair(a.key, b.key) for a, b in pairwise(words) if a.alone and b.alone]
    return [_bits_of(key, _SET_BITS) for key in keys]


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
