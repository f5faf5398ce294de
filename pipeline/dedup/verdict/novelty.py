"""What a text adds to the earlier ones that it matches: its words in no passage of any of them.

A passage is a run of five words that two texts share, so one changed word is one new word, and
what was moved is not new. The earlier texts' sets of shingles are enough to see it. Facts in the
place of others and corrections count besides, however few: of short texts, which an index keeps
whole, any facts; of longer ones numbers, between articles of one source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct
from xxhash import xxh32_intdigest

from pipeline import native
from pipeline.article import Prepared
from pipeline.dedup.fingerprint import SHINGLE_WORDS, as_hashes, shingles_in_order
from pipeline.dedup.index.entry import FOR, Entry
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.verdict.exchange import Headlines, correction, exchanged, may_correct
from pipeline.dedup.verdict.furniture import mark_furniture
from pipeline.native.codepoints import compared
from pipeline.text import numbers, words

_SOME = 0.4  # the part of new words up to which it matters whether some are furniture
_COMPARED = 8  # entries that are looked at for exchanged facts, the most alike
_UNKNOWN = "?"  # stands for a fact of which only a hash is kept

in_order = lru_cache(maxsize=1)(shingles_in_order)  # asked for once a neighbour


class Novelty(Struct, frozen=True):
    """How much of a text is new."""

    share: float  # 0..1, of its words
    words: int
    adds: bool  # whether a reader who has the earlier texts would miss something
    # A fact and what stood in its place, or the word of a correction. Where the text adds nothing,
    # they may be no facts: words of a script without capitals, nouns.
    difference: str | None = None


def what_is_new(
    prepared: Prepared, entries: Sequence[Entry], options: DedupOptions, *, may_be_form: bool
) -> Novelty:
    """Returns what an article adds to entries that it matches, the best first.

    `may_be_form`: whether the best is nearly the same text, of the same source. 30 us at 700 words,
    15 for each further entry; some 0.3 ms for each short one.
    """
    marks = new_marks(prepared, entries)
    if _is_enough(marks, options) and marks.count(0) <= _SOME * len(marks):
        mark_furniture(marks, prepared.article.article_body)
    new = marks.count(0)
    found = Novelty(new / max(1, len(marks)), new, adds=_is_enough(marks, options))
    if found.adds or not options.exchanged_facts:
        return found
    difference = _corrected(prepared, entries[0], marks)
    if difference:
        return Novelty(found.share, new, adds=True, difference=difference)
    if not new and len(entries) == 1:
        return found  # several may have its facts in other combinations
    if prepared.fingerprint.text is not None and entries[0].fingerprint.text is not None:
        return _with_facts(found, prepared, entries, options)
    number = other_number(prepared, entries[0]) if may_be_form else None
    if number:
        return Novelty(found.share, new, adds=True, difference=f"{_UNKNOWN}{FOR}{number}")
    return found


def new_marks(prepared: Prepared, entries: Iterable[Entry]) -> bytearray:
    """Returns a byte for each word of an article: 0 where it is new, else 1."""
    marks = bytearray(prepared.fingerprint.words)
    ordered = in_order(prepared.article.article_body)
    for entry in entries:
        native.mark_covered(marks, ordered, entry.fingerprint.shingles, SHINGLE_WORDS)
    return marks


def other_number(prepared: Prepared, entry: Entry) -> str | None:
    """Returns a number that only an article has, where the earlier one has others, or None.

    The notation does not count: `8,674` is `8674`.
    """
    mine = set(as_hashes(prepared.fingerprint.numbers))
    theirs = set(as_hashes(entry.fingerprint.numbers))
    if mine <= theirs or theirs <= mine:
        return None
    came = []
    for number in dict.fromkeys(numbers(prepared.article.article_body)):
        notations = set(map(_hash, _notations(number)))
        if theirs.isdisjoint(notations):
            came.append(number)
        theirs -= notations
    return came[0] if came and theirs else None


def _is_enough(marks: bytearray, options: DedupOptions) -> bool:
    """Returns whether so many new words add something, whatever they are."""
    new = marks.count(0)
    return new > options.withhold_words and (
        new > options.withhold_novelty * len(marks)
        or new > options.withhold_most
        or max(map(len, marks.split(b"\1"))) > options.withhold_run
    )


def _corrected(prepared: Prepared, entry: Entry, marks: bytearray) -> str | None:
    """Returns the word that announces a correction of an entry, in new words or the headline."""
    headline, body = prepared.article.headline or "", prepared.article.article_body
    in_body = native.squeeze(body, compared()).split()
    new = {word for word, mark in zip(in_body, marks, strict=False) if not mark}
    new.update(native.squeeze(headline, compared()).split())
    if not may_correct(new):
        return None
    earlier = f"{entry.headline or ''}\n{entry.fingerprint.text or ''}"
    return correction(f"{headline}\n{body}", earlier)


def _with_facts(
    found: Novelty, prepared: Prepared, entries: Sequence[Entry], options: DedupOptions
) -> Novelty:
    """Returns what is new, with a fact in the place of another of the best match, if there is one.

    There is none where the article differs from another of the entries in less than that.
    """
    facts, is_sure = None, True
    for entry in entries[:_COMPARED]:
        earlier = entry.fingerprint.text
        if earlier is None or (facts and _adds_much(prepared, entry, options)):
            continue
        own = _words_of(prepared.article.source) | _words_of(entry.source)
        text, language = prepared.article.article_body, prepared.article.in_language
        headlines = Headlines(prepared.article.headline or "", entry.headline or "")
        exchange = exchanged(text, earlier, own, language, headlines)
        if exchange is None:
            return found
        facts, is_sure = facts or exchange.facts, is_sure and exchange.is_sure
    return Novelty(found.share, found.words, adds=is_sure, difference=facts)


def _adds_much(prepared: Prepared, entry: Entry, options: DedupOptions) -> bool:
    marks = new_marks(prepared, [entry])
    return marks.count(0) > options.withhold_novelty * len(marks)


def _notations(number: str) -> tuple[str, ...]:
    """Returns a number as written, without signs, and with either sign of thousands."""
    digits = number.replace(",", "").replace(".", "")
    if not digits.isdecimal():
        return (number,)
    grouped = f"{int(digits):,}"
    return number, digits, grouped, grouped.replace(",", ".")


def _hash(number: str) -> int:
    return xxh32_intdigest(number.encode())


def _words_of(source: str | None) -> set[str]:
    return set(words((source or "").replace("_", " ").casefold()))
