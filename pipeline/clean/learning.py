"""Learns which lines belong to the pages of a source, from its cleaned articles.

A line is learned if all of this is true, over many articles:

- it is in enough articles, and in a large enough share of them;
- it is beside enough different stories: the versions of a live page, and the follow-ups that
  repeat its sentences, have the same line beside it and count once;
- it is at the edge of the text: only other such lines are before (or after) it. A line between
  paragraphs may be a section head, a question or a row of a table; there only a long sentence that
  is in most articles of the source is learned;
- it is not about the story: it is no question, no quotation and no row of figures, does not
  introduce another line, and its words do not recur in the text beside it.

Memory is bounded: of each source a sample of articles is kept, as hashes of their lines. The
sample is drawn by the hash of the article's address, so it does not depend on the order of
arrival.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from functools import cache
from heapq import heappush, heappushpop
from typing import NamedTuple

import xxhash
from msgspec import Struct, field
from msgspec.structs import replace

from pipeline.clean.learned_lines import (
    LINK,
    MAX_CHARS,
    NETWORK,
    LearnedKind,
    LearnedLine,
    LearnedRules,
    LinePlace,
    SourceLines,
    is_prose,
    line_key,
)
from pipeline.languages import one_of
from pipeline.text import ends_sentence, fold, fold_lines, fold_name, line_spans, numbers

# Of the lines that people labelled as legitimate in 23 papers, none was in more than 4 articles of
# one paper.
LEAST = 5  # different stories beside which a line must be found
# A paper's bylines and notices are in at least 3 % of its articles; a line in fewer articles is not
# worth the risk of a false positive.
_SHARE = 0.03
# A sentence may be part of the story, and the last one of an article is often background ("The
# trial continues."), so a notice needs more evidence. The labelled notices are in 50 % and more.
_SENTENCE_SHARE, _SENTENCE_TIMES = 0.25, 2
# Between paragraphs: only long sentences in half of all articles.
_MIDDLE_SHARE, _MIDDLE_WORDS = 0.5, 10
_MOST_OF_A_NAME = 0.4  # share of articles: a more frequent line is no person's name
FEWEST = 10  # articles of a source; with fewer a share means nothing
_AT_PLACE = 0.8  # share of a line's sightings that must be at the edge
_MOST_IN_TEXT = 0.2  # share of the articles in which the story may use the line's words
_ROW_WORDS = 4  # a line of at most this many words with a number is a row of a table
_NAME_WORDS = 4  # of a person's name, at most

_SAMPLE = 500  # articles of a source that are kept: 3 % of them are 15
_MAX_SOURCES = 2_000  # half a megabyte each at most
_MAX_LINES = 200  # of an article: half of them from its beginning, half from its end
_MAX_TEXTS = 500  # lines of a source kept as text before those seen once are dropped
_SEEN_BITS = 1 << 16  # of the Bloom filter of a source's lines; 500 articles fill a sixth of it
_LOWER_BITS = 1 << 22  # of that of words in lower case, of all sources; a million fill a quarter
_EXAMPLE = 80  # characters of an example

_PROSE, _IN_TEXT, _SUSPECTED = 1, 2, 4  # in the low bits of a line's hash
_FLAGS = _PROSE | _IN_TEXT | _SUSPECTED
_YEAR = re.compile(r"(?:19|20)\d\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"(?:[^\W\d_]+[.'\u2019-]?)+")
_EDGES: tuple[tuple[LinePlace, tuple[LinePlace, ...]], ...] = (
    (LinePlace.HEAD, (LinePlace.HEAD,)),
    (LinePlace.TAIL, (LinePlace.TAIL,)),
    (LinePlace.EDGE, (LinePlace.HEAD, LinePlace.TAIL)),
)
_QUOTES = re.compile(r"^[\"'\u201c\u2018\u201e\u00ab\u300c\u300e]")
_LEADS_ON = re.compile(r"[,:;\uff1a\uff0c\u060c\u2013\u2014-]\W*$")


class _Text(Struct):
    """A line that was seen more than once, as printed."""

    line: str
    fold: str
    numbers: tuple[str, ...]
    varies: bool = False  # its printed forms differ where its key has placeholders
    counts: bool = False  # its printed forms have different numbers


class _Bits:
    """A set of hashes in fixed memory, which may have false positives."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size // 8)

    def add(self, line_hash: int) -> None:
        self._bytes[(line_hash >> 8) % len(self._bytes)] |= 1 << (line_hash >> 4 & 7)

    def __contains__(self, line_hash: int) -> bool:
        return bool(self._bytes[(line_hash >> 8) % len(self._bytes)] & 1 << (line_hash >> 4 & 7))


class _Sighting(NamedTuple):
    article: int  # a number
    beside: int  # the text next to the line
    in_text: bool  # the story uses the line's words elsewhere


class _Sightings(Struct):
    """The sightings of a line, by place."""

    by_place: dict[LinePlace, set[_Sighting]] = field(
        default_factory=lambda: {place: set() for place in LinePlace}
    )

    def count(self, *places: LinePlace) -> int:
        """Returns the number of articles; one with the line at two places counts twice."""
        return sum(len({one.article for one in self.by_place[place]}) for place in places)

    def stories(self, *places: LinePlace) -> int:
        """Returns the number of different texts beside the line."""
        return len({one.beside for place in places for one in self.by_place[place]})

    def in_text(self) -> int:
        """Returns the number of articles whose story uses the line's words elsewhere."""
        everywhere = self.by_place.values()
        return sum(len({one.article for one in seen if one.in_text}) for seen in everywhere)


class Learner:
    """Collects articles one by one; `rules` returns what was learned so far."""

    def __init__(self, least: int = LEAST) -> None:
        self._least = least
        self._sources: dict[str, _Sample] = {}
        self._lower = _Bits(_LOWER_BITS)
        self.articles = 0  # without copies of those in the samples

    def add(
        self,
        source: str | None,
        address: str | None,
        text_hash: str,
        body: str,
        suspected: Container[int] = (),
    ) -> None:
        """Adds an article with its cleaned body; further deliveries and copies do not count.

        `address` is the canonical one, `text_hash` that of the fingerprint; `suspected` has the
        numbers of the lines that the line model doubts.
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
            if sample.add(address or text_hash, text_hash, body, suspected):
                for word in {word for word in _LETTERS.findall(body) if word.islower()}:
                    self._lower.add(_hash(word))

    def rules(self) -> LearnedRules:
        """Returns the learned lines by source, sorted by name of source.

        Of a source those come first that the line model doubts most often, then the most frequent.
        """
        found: LearnedRules = {}
        for source in sorted(self._sources):
            lines = self._sources[source].learned(self._least)
            named = (self._name_bylines(source, one) for one in lines)
            if lines:
                order = sorted(named, key=lambda one: (-one.suspected, -one.seen, one.line))
                found[source] = SourceLines(tuple(order))
        return found

    @property
    def sources(self) -> int:
        """The number of sources."""
        return len(self._sources)

    @property
    def large_sources(self) -> int:
        """The number of sources with enough articles to learn from."""
        return sum(sample.is_enough for sample in self._sources.values())

    def _name_bylines(self, source: str, line: LearnedLine) -> LearnedLine:
        """Returns the line as a byline if it is a name whose words are always capitalised."""
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

    @property
    def is_enough(self) -> bool:
        """Whether shares of its articles mean something."""
        return len(self._lines) >= FEWEST

    def has(self, address: str, text_hash: str) -> bool:
        """Returns whether the article, or one with the same text, is in the sample."""
        return _hash(address) in self._lines or _hash(text_hash) in self._all_texts

    def add(self, address: str, text_hash: str, body: str, suspected: Container[int] = ()) -> bool:
        """Adds an article to the sample if its hash is small enough; returns whether it is."""
        name, text = _hash(address), _hash(text_hash)
        if len(self._largest) >= _SAMPLE:
            if name >= -self._largest[0]:
                return False
            self._forget(-heappushpop(self._largest, -name))
        else:
            heappush(self._largest, -name)
        self._texts_of[name] = text
        self._all_texts.add(text)
        self._lines[name] = array("Q", self._hashes_of(body, suspected))
        return True

    def learned(self, least: int) -> list[LearnedLine]:
        """Returns the learned lines, unordered."""
        if not self.is_enough:
            return []
        articles = list(self._lines.values())
        counts = Counter(
            line_hash for lines in articles for line_hash in {one & ~_FLAGS for one in lines}
        )
        wanted = {
            line_hash: text
            for line_hash, count in counts.items()
            if count >= least and (text := self._texts.get(line_hash)) and not _is_content(text)
        }
        while True:  # after a line is refused, lines beyond it are no longer at the edge
            sightings = _places(articles, wanted)
            found = {
                line_hash: line
                for line_hash, text in wanted.items()
                if (line := _learned_line(text, sightings[line_hash], len(articles), least))
            }
            if len(found) == len(wanted):
                doubts = Counter(
                    one & ~_FLAGS for lines in articles for one in {*lines} if one & _SUSPECTED
                )
                return [replace(line, suspected=doubts[one]) for one, line in found.items()]
            wanted = {line_hash: wanted[line_hash] for line_hash in found}

    def _hashes_of(self, body: str, suspected: Container[int]) -> Iterator[int]:
        spans, folds = line_spans(body), fold_lines(body)
        text, times = f" {' '.join(folds)} ", Counter(folds)
        ends: Sequence[int] = range(len(spans))
        if len(spans) > _MAX_LINES:
            ends = [*ends[: _MAX_LINES // 2], *ends[-_MAX_LINES // 2 :]]
        for i in ends:
            line = body[slice(*spans[i])]
            prose = is_prose(line)  # the numbers of a sentence are part of the story
            if folds[i]:
                line_hash = _hash(folds[i] if prose else line_key(line)) & ~_FLAGS
                self._remember(line_hash, line)
                in_text = not prose and text.count(f" {folds[i]} ") > times[folds[i]]
                doubted = suspected and body.count("\n", 0, spans[i][0]) + 1 in suspected
                flags = _PROSE if prose else _IN_TEXT if in_text else 0
                yield line_hash | flags | (_SUSPECTED if doubted else 0)

    def _remember(self, line_hash: int, line: str) -> None:
        """Keeps the text of a line that was seen before (false positives are possible)."""
        known = self._texts.get(line_hash)
        if known is not None:
            if known.line != line and fold(line) != known.fold:
                known.varies = True
                known.counts = known.counts or _numbers(line) != known.numbers
        elif line_hash in self._seen and len(line) <= MAX_CHARS:
            self._texts[line_hash] = _Text(line, fold(line), _numbers(line))
            if len(self._texts) > _MAX_TEXTS:
                self._prune()
        self._seen.add(line_hash)

    def _prune(self) -> None:
        counts = Counter(one & ~_FLAGS for lines in self._lines.values() for one in lines)
        self._texts = {
            line_hash: text for line_hash, text in self._texts.items() if counts[line_hash] > 1
        }
        if len(self._texts) > _MAX_TEXTS // 2:
            kept = Counter({line_hash: counts[line_hash] for line_hash in self._texts})
            often = kept.most_common(_MAX_TEXTS // 2)
            self._texts = {line_hash: self._texts[line_hash] for line_hash, _ in often}

    def _forget(self, name: int) -> None:
        self._lines.pop(name, None)
        self._all_texts.discard(self._texts_of.pop(name, 0))


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def _numbers(line: str) -> tuple[str, ...]:
    """Returns the numbers of a line, without years."""
    return tuple(number for number in numbers(line) if not _YEAR.fullmatch(number))


@cache
def _asks() -> re.Pattern[str]:
    return re.compile(rf"[?\u061f\uff1f\u037e]|^\W*{one_of('question_label')}\s*[.:)]")


def _is_content(text: _Text) -> bool:
    """Returns whether a line may be content, whatever article it is in."""
    line, words, key = text.line, text.fold.split(), line_key(text.line)
    return bool(
        _asks().search(line)
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


def _places(articles: Sequence[array[int]], wanted: Container[int]) -> dict[int, _Sightings]:
    """Returns the sightings of the candidate lines; all other lines count as text."""
    sightings: dict[int, _Sightings] = defaultdict(_Sightings)
    for article, lines in enumerate(articles):
        hashes = [line & ~_FLAGS for line in lines]
        text = [i for i, line_hash in enumerate(hashes) if line_hash not in wanted]
        own = sum(lines[i] & _PROSE for i in text)
        # Notices rarely outweigh an article; the shared parts of live pages and follow-ups often
        # do.
        if not own or own < sum(line & _PROSE for line in lines) - own:
            continue
        beside = hashes[text[0]]
        for i, line_hash in enumerate(hashes):
            if line_hash not in wanted:
                beside = line_hash
                continue
            place = (
                LinePlace.HEAD
                if i < text[0]
                else LinePlace.TAIL
                if i > text[-1]
                else LinePlace.ANYWHERE
            )
            in_text = bool(lines[i] & _IN_TEXT)
            sightings[line_hash].by_place[place].add(_Sighting(article, beside, in_text))
    return sightings


def _learned_line(text: _Text, sightings: _Sightings, of: int, least: int) -> LearnedLine | None:
    """Returns the learned line, or None if the line does not meet all conditions."""
    seen = sightings.count(*LinePlace)
    if not seen or sightings.in_text() > _MOST_IN_TEXT * seen:
        return None
    words = len(text.fold.split())
    sentence = words > 2 and (words >= _MIDDLE_WORDS or _ends_plainly(text.line))
    times, share = (_SENTENCE_TIMES, _SENTENCE_SHARE) if sentence else (1, _SHARE)
    for place, parts in _EDGES:
        at_place = sightings.count(*parts)
        if at_place >= _AT_PLACE * seen:
            enough = sightings.stories(*parts) >= times * least and at_place >= share * of
            return _learned(text, place, at_place, of) if enough else None
    in_most = sightings.stories(*LinePlace) >= times * least and seen >= _MIDDLE_SHARE * of
    if in_most and words >= _MIDDLE_WORDS and is_prose(text.line) and not text.varies:
        return _learned(text, LinePlace.ANYWHERE, seen, of)
    return None


def _ends_plainly(line: str) -> bool:
    """Returns whether the line ends like a sentence, but not in an ellipsis."""
    bare = line.rstrip()
    return ends_sentence(bare) and not bare.endswith(("...", "..", "\u2026"))


def _learned(text: _Text, place: LinePlace, seen: int, of: int) -> LearnedLine:
    key = line_key(text.line)
    differs = text.varies or any(map(_YEAR.fullmatch, numbers(text.line)))
    line = text.line
    return LearnedLine(
        line=key if differs and place is not LinePlace.ANYWHERE else text.fold,
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
