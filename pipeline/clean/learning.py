"""Learning which lines belong to a source's page, from its own cleaned articles.

A line is learned when all of these hold; each is told from many articles, none from one alone:

- it stands in enough articles, and in a large enough share of them;
- beside enough different stories: the versions of a live page, and the follow-ups that repeat
  its sentences, have the same line beside it and count once;
- at the edge of the text: nothing but other such lines stands before (or after) it. What stands
  between paragraphs may be a section head, a question, a row of a table; there only a long
  sentence that is in most articles of the source is learned;
- it says nothing about the story: it asks nothing, quotes nobody, leads on to nothing, is no row
  of figures, and its words do not come again in the text beside it.

Memory is bounded: of each source a sample of articles is kept, as hashes of their lines. The
sample is drawn by the hash of the article's address, so it does not depend on the order in which
articles come.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from heapq import heappush, heappushpop
from typing import NamedTuple

import xxhash
from msgspec import Struct, field
from msgspec.structs import replace

from pipeline.clean.rulebook import (
    LINK,
    MAX_CHARS,
    NETWORK,
    LearnedKind,
    LearnedLine,
    LearnedRules,
    SourceLines,
    Stand,
    is_prose,
    line_key,
)
from pipeline.languages import one_of
from pipeline.text import ends_sentence, fold, fold_lines, fold_name, line_spans, numbers

# Of lines people found legitimate in 23 papers none stood in more than 4 articles of one.
LEAST = 5  # different stories beside which a line must stand
# A paper's bylines and notices stand in 3 % of its articles or more; a phrase that comes by chance
# in fewer is not worth the risk.
_SHARE = 0.03
# A sentence may tell something, and the last one of an article is often background ("The trial
# continues."): it takes more to call it a notice. The labelled notices stand in 50 % and more.
_SENTENCE_SHARE, _SENTENCE_TIMES = 0.25, 2
# Between paragraphs: only long sentences in half of all articles.
_MIDDLE_SHARE, _MIDDLE_WORDS = 0.5, 10
_MOST_OF_A_NAME = 0.4  # share of articles: what is signed more often is no person's name
_FEWEST = 10  # articles of a source below which nothing is learned: a share would mean nothing
_AT_PLACE = 0.8  # share of a line's sightings that must be at the edge
_TOLD = 0.2  # share of the articles in which the text itself may use the line's words
_ROW_WORDS = 4  # a line of so few words with a number is a row of a table
_NAME_WORDS = 4  # of a person's name, at most

_SAMPLE = 500  # articles of a source that are kept: 3 % of them are 15
_MAX_SOURCES = 2_000  # half a megabyte each at most
_MAX_LINES = 200  # of an article: half of them from its beginning, half from its end
_MAX_TEXTS = 500  # lines of a source kept as text before those seen once are forgotten
_SEEN_BITS = 1 << 16  # a source's memory of lines seen; 500 articles fill a sixth of it
_LOWER_BITS = 1 << 22  # words printed in small letters, of all sources; a million fill a quarter
_EXAMPLE = 80  # characters of an example

_PROSE, _TOLD_BIT = 1, 2  # in the low bits of a line's hash
_FLAGS = _PROSE | _TOLD_BIT
_YEAR = re.compile(r"(?:19|20)\d\d")
_ASKS = re.compile(rf"[?\u061f\uff1f\u037e]|^\W*{one_of('question_label')}\s*[.:)]")
_LETTERS = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"(?:[^\W\d_]+[.'\u2019-]?)+")
_EDGES: tuple[tuple[Stand, tuple[Stand, ...]], ...] = (
    (Stand.HEAD, (Stand.HEAD,)),
    (Stand.TAIL, (Stand.TAIL,)),
    (Stand.EDGE, (Stand.HEAD, Stand.TAIL)),
)
_QUOTES = re.compile(r"^[\"'\u201c\u2018\u201e\u00ab\u300c\u300e]")
_LEADS_ON = re.compile(r"[,:;\uff1a\uff0c\u060c\u2013\u2014-]\W*$")


class _Text(Struct):
    """A line that was seen again, as printed."""

    line: str
    fold: str
    numbers: tuple[str, ...]
    varies: bool = False  # in what the placeholders of its key stand for
    counts: bool = False  # it had different numbers


class _Bits:
    """A set of hashes in fixed memory: it may hold one that was never put in."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size // 8)

    def add(self, mark: int) -> None:
        self._bytes[(mark >> 8) % len(self._bytes)] |= 1 << (mark >> 4 & 7)

    def __contains__(self, mark: int) -> bool:
        return bool(self._bytes[(mark >> 8) % len(self._bytes)] & 1 << (mark >> 4 & 7))


class _Sighting(NamedTuple):
    article: int  # a number
    beside: int  # the text that stands next to the line
    told: bool  # the article uses the line's words elsewhere


class _Stood(Struct):
    """Where a line stood, by place."""

    sightings: dict[Stand, set[_Sighting]] = field(
        default_factory=lambda: {place: set() for place in Stand}
    )

    def count(self, *places: Stand) -> int:
        """In how many articles; one that has the line at two places counts twice."""
        return sum(len({one.article for one in self.sightings[place]}) for place in places)

    def stories(self, *places: Stand) -> int:
        """Beside how many different texts."""
        return len({one.beside for place in places for one in self.sightings[place]})

    def told(self) -> int:
        """In how many articles that use its words elsewhere."""
        everywhere = self.sightings.values()
        return sum(len({one.article for one in seen if one.told}) for seen in everywhere)


class Learner:
    """Looks at articles one by one; `rules` says at any time what was learned so far."""

    def __init__(self, least: int = LEAST) -> None:
        self._least = least
        self._sources: dict[str, _Sample] = {}
        self._lower = _Bits(_LOWER_BITS)
        self.articles = 0  # looked at, without copies of those in the samples

    def add(self, source: str | None, address: str | None, text_hash: str, body: str) -> None:
        """One article with its cleaned body; another delivery or copy of it counts for nothing.

        `address` is the canonical one, `text_hash` that of the fingerprint.
        """
        if not source or not body:
            return
        sample = self._sources.get(source)
        if sample is None:
            if len(self._sources) >= _MAX_SOURCES:
                return
            sample = self._sources[source] = _Sample()
        if not sample.has(address or text_hash, text_hash):
            self.articles += 1
            if sample.add(address or text_hash, text_hash, body):
                for word in {word for word in _LETTERS.findall(body) if word.islower()}:
                    self._lower.add(_hash(word))

    def rules(self) -> LearnedRules:
        """What was learned, by source, in the order of names and frequency."""
        found: LearnedRules = {}
        for source in sorted(self._sources):
            lines = self._sources[source].judge(self._least)
            named = (self._name_bylines(source, one) for one in lines)
            if lines:
                order = sorted(named, key=lambda one: (-one.seen, one.line))
                found[source] = SourceLines(tuple(order))
        return found

    @property
    def sources(self) -> int:
        """How many sources were looked at."""
        return len(self._sources)

    def _name_bylines(self, source: str, line: LearnedLine) -> LearnedLine:
        """The line as a byline, if it is a name whose words are printed with capitals only."""
        words = line.example.split()
        is_name = (
            2 <= len(words) <= _NAME_WORDS
            and line.seen <= _MOST_OF_A_NAME * line.of
            and all(word[0].isupper() and _NAME.fullmatch(word) for word in words)
            and not any(_hash(word.lower()) in self._lower for word in words)
            and not any(fold_name(word) in fold_name(source) for word in words)
        )
        return replace(line, kind=LearnedKind.BYLINE) if is_name else line


class _Sample:
    """Some articles of one source: those whose addresses have the smallest hashes."""

    def __init__(self) -> None:
        self._lines: dict[int, array[int]] = {}  # by the hash of the address
        self._texts_of: dict[int, int] = {}  # hash of the whole text, by that of the address
        self._all_texts: set[int] = set()
        self._largest: list[int] = []  # a heap of negated hashes
        self._seen = _Bits(_SEEN_BITS)
        self._texts: dict[int, _Text] = {}

    def has(self, address: str, text_hash: str) -> bool:
        """Whether the article, or one with the same text, is in the sample."""
        return _hash(address) in self._lines or _hash(text_hash) in self._all_texts

    def add(self, address: str, text_hash: str, body: str) -> bool:
        """Whether the article was taken into the sample."""
        name, text = _hash(address), _hash(text_hash)
        if len(self._largest) >= _SAMPLE:
            if name >= -self._largest[0]:
                return False
            self._forget(-heappushpop(self._largest, -name))
        else:
            heappush(self._largest, -name)
        self._texts_of[name] = text
        self._all_texts.add(text)
        self._lines[name] = array("Q", self._look_at(body))
        return True

    def judge(self, least: int) -> list[LearnedLine]:
        """The lines that are learned, in no order."""
        articles = list(self._lines.values())
        if len(articles) < _FEWEST:
            return []
        counts = Counter(mark for lines in articles for mark in {one & ~_FLAGS for one in lines})
        asked = {
            mark: text
            for mark, count in counts.items()
            if count >= least and (text := self._texts.get(mark)) and not _tells(text)
        }
        while True:  # a line that is refused no longer makes the edge for those behind it
            stood = _places(articles, asked)
            found = {
                mark: line
                for mark, text in asked.items()
                if (line := _judge(text, stood[mark], len(articles), least))
            }
            if len(found) == len(asked):
                return list(found.values())
            asked = {mark: asked[mark] for mark in found}

    def _look_at(self, body: str) -> Iterator[int]:
        spans, folds = line_spans(body), fold_lines(body)
        text, times = f" {' '.join(folds)} ", Counter(folds)
        ends: Sequence[int] = range(len(spans))
        if len(spans) > _MAX_LINES:
            ends = [*ends[: _MAX_LINES // 2], *ends[-_MAX_LINES // 2 :]]
        for i in ends:
            line = body[slice(*spans[i])]
            prose = is_prose(line)  # in a sentence even a number tells something
            if folds[i]:
                mark = _hash(folds[i] if prose else line_key(line)) & ~_FLAGS
                self._remember(mark, line)
                told = not prose and text.count(f" {folds[i]} ") > times[folds[i]]
                yield mark | (_PROSE if prose else _TOLD_BIT if told else 0)

    def _remember(self, mark: int, line: str) -> None:
        """Keep the text of a line that was seen before, or looks like one that was."""
        known = self._texts.get(mark)
        if known is not None:
            if known.line != line and fold(line) != known.fold:
                known.varies = True
                known.counts = known.counts or _numbers(line) != known.numbers
        elif mark in self._seen and len(line) <= MAX_CHARS:
            self._texts[mark] = _Text(line, fold(line), _numbers(line))
            if len(self._texts) > _MAX_TEXTS:
                self._prune()
        self._seen.add(mark)

    def _prune(self) -> None:
        counts = Counter(one & ~_FLAGS for lines in self._lines.values() for one in lines)
        self._texts = {mark: text for mark, text in self._texts.items() if counts[mark] > 1}
        if len(self._texts) > _MAX_TEXTS // 2:
            kept = Counter({mark: counts[mark] for mark in self._texts})
            often = kept.most_common(_MAX_TEXTS // 2)
            self._texts = {mark: self._texts[mark] for mark, _ in often}

    def _forget(self, name: int) -> None:
        self._lines.pop(name, None)
        self._all_texts.discard(self._texts_of.pop(name, 0))


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def _numbers(line: str) -> tuple[str, ...]:
    """The numbers of a line that tell something: years do not."""
    return tuple(number for number in numbers(line) if not _YEAR.fullmatch(number))


def _tells(text: _Text) -> bool:
    """Whether a line says something of its own, whatever article it stands in."""
    line, words, key = text.line, text.fold.split(), line_key(text.line)
    return bool(
        _ASKS.search(line)
        or _QUOTES.match(line)
        or _LEADS_ON.search(line)
        or (
            not (NETWORK in key or LINK in key)
            and (
                (len(words) == 1 and line.isupper())  # an agency or a place
                or text.counts  # figures
                or (text.numbers and len(words) <= _ROW_WORDS)
            )
        )
    )


def _places(articles: Sequence[array[int]], asked: Container[int]) -> dict[int, _Stood]:
    """Where the lines asked for stood, all others being taken for text."""
    stood: dict[int, _Stood] = defaultdict(_Stood)
    for article, lines in enumerate(articles):
        marks = [line & ~_FLAGS for line in lines]
        text = [i for i, mark in enumerate(marks) if mark not in asked]
        own = sum(lines[i] & _PROSE for i in text)
        # Notices hardly outweigh an article; what live pages and follow-ups share often does.
        if not own or own < sum(line & _PROSE for line in lines) - own:
            continue
        beside = marks[text[0]]
        for i, mark in enumerate(marks):
            if mark not in asked:
                beside = mark
                continue
            place = Stand.HEAD if i < text[0] else Stand.TAIL if i > text[-1] else Stand.ANYWHERE
            told = bool(lines[i] & _TOLD_BIT)
            stood[mark].sightings[place].add(_Sighting(article, beside, told))
    return stood


def _judge(text: _Text, stood: _Stood, of: int, least: int) -> LearnedLine | None:
    """The rule that a line makes, if it keeps to all that is asked of one."""
    seen = stood.count(*Stand)
    if not seen or stood.told() > _TOLD * seen:
        return None
    words = len(text.fold.split())
    sentence = words > 2 and (words >= _MIDDLE_WORDS or _ends_plainly(text.line))
    times, share = (_SENTENCE_TIMES, _SENTENCE_SHARE) if sentence else (1, _SHARE)
    for place, parts in _EDGES:
        at_place = stood.count(*parts)
        if at_place >= _AT_PLACE * seen:
            enough = stood.stories(*parts) >= times * least and at_place >= share * of
            return _learned(text, place, at_place, of) if enough else None
    in_most = stood.stories(*Stand) >= times * least and seen >= _MIDDLE_SHARE * of
    if in_most and words >= _MIDDLE_WORDS and is_prose(text.line) and not text.varies:
        return _learned(text, Stand.ANYWHERE, seen, of)
    return None


def _ends_plainly(line: str) -> bool:
    """Whether the line ends like a sentence and not in dots, which only promise one."""
    bare = line.rstrip()
    return ends_sentence(bare) and not bare.endswith(("...", "..", "\u2026"))


def _learned(text: _Text, place: Stand, seen: int, of: int) -> LearnedLine:
    key = line_key(text.line)
    differs = text.varies or any(map(_YEAR.fullmatch, numbers(text.line)))
    line = text.line
    return LearnedLine(
        line=key if differs and place is not Stand.ANYWHERE else text.fold,
        place=place,
        kind=_kind(line, key),
        seen=seen,
        of=of,
        example=line if len(line) <= _EXAMPLE else line[: _EXAMPLE - 1] + "\u2026",
    )


def _kind(line: str, key: str) -> LearnedKind:
    if NETWORK in key:
        return LearnedKind.NETWORKS
    if LINK in key:
        return LearnedKind.LINK
    notice = is_prose(line) or len(key.split()) >= _MIDDLE_WORDS
    return LearnedKind.NOTICE if notice else LearnedKind.LABEL
