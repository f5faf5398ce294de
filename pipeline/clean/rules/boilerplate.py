"""Boilerplate: whole lines of the body that belong to the page, not to the article.

The language files say what such lines look like (`pipeline/languages/en.toml` tells how). All
languages apply to every article: the declared language is often wrong, and pages mix two. A line
goes only if a phrase matches the whole of it and it stands where the phrase says. So a sentence
that begins like a share button stays, and so does a body that would be left with nothing: what is
wrong with that one is for the checks to name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.kinds import CLICK_CALLS, KINDS, MAX_CHARS, PHRASES
from pipeline.clean.phrases import LINE_BEGINNING
from pipeline.clean.rule import Context, Rule
from pipeline.clean.rulebook import is_prose
from pipeline.clean.suspects import ADVERTISEMENT, CLICK, OPENING, Look, look
from pipeline.languages import words_for
from pipeline.languages.contents import Place
from pipeline.languages.grammar import flatten_line
from pipeline.text import ends_sentence

# A list that closes the page has entries of headline length, in characters.
_MAX_ENTRY = 200
# That many network names in a row are buttons even where no "Share" stands before them.
_BUTTONS = 4
# Marks that stood glued to the end of a sentence on real pages, as printed.
_GLUED = tuple(f" {mark}" for mark in words_for("glued_mark"))
# An advertiser's one-line call ends so; the sentence before it may be anything.
_CALL = re.compile(
    r"(?:^|[.!?:,)]\s*|\s(?=C\w+ [Hh]ere to ))"
    r"(?:Click|CLICK) (?:[Hh]ere|HERE)(?: to [A-Za-z]+(?: [a-z]+)?)?(?: now| today)?\W*\Z"
)
_CALL_CHARS = 48
_CLICKS = ("lick ", "LICK ")

# What separators are made of: dots, dashes, stars, bars, bullets; a lone byte order mark.
_BARE = re.compile("[\\s.,:;_*=~#|+/<>\\\\\u2010-\u2015\u2022\u2026\u00b7\u223c\u200b\ufeff-]+")

_Spans = Sequence[tuple[int, int]]
_Marks = tuple[tuple[str, Place], ...]  # (rule, place) of each phrase that matches a line


def _dropper(rule: str) -> Callable[[Draft, Context], Sequence[Splice]]:
    def find(draft: Draft, _context: Context) -> Sequence[Splice]:
        return _found(draft).get(rule, ())

    return find


def drop_separators(draft: Draft, _context: Context) -> Sequence[Splice]:
    """Removes lines of dots, dashes and the like before the first and after the last real line.

    Between two real lines they are section breaks and stay.
    """
    body = draft.body
    bare = body.strip()
    if not (_BARE.fullmatch(bare.split("\n", 1)[0]) or _BARE.fullmatch(bare.rsplit("\n", 1)[-1])):
        return ()
    spans = look(draft).lines
    real = [i for i, (start, end) in enumerate(spans) if not _BARE.fullmatch(body, start, end)]
    if not real:
        return ()
    return _removals(spans, {*range(real[0]), *range(real[-1] + 1, len(spans))}, body)


RULES: tuple[Rule, ...] = (
    *(
        Rule(kind.id, kind.summary, _dropper(kind.id), OPENING | CLICK | ADVERTISEMENT, kind.flaw)
        for kind in KINDS
    ),
    Rule(
        "drop_separators",
        "lines of dots, dashes or stars before the first and after the last line of text",
        drop_separators,
    ),
)


def rules_of(line: str) -> frozenset[str]:
    """The repairs whose phrases match the line, wherever it stands; a pure function of it."""
    return frozenset(rule for rule, _ in _marks(line.strip()))


@lru_cache(maxsize=2)  # the rules of one pass ask for the same draft; a pure function of it
def _found(draft: Draft) -> Mapping[str, Sequence[Splice]]:
    """The removals of each rule that has any."""
    body, seen = draft.body, look(draft)
    spans = seen.lines
    marks = {
        i: found
        for i, found in _marked(body, spans, seen).items()
        if not (i and _goes_on(body, spans[i - 1], spans[i]))
    }
    dropped = _judge(body, spans, marks) if marks else {}
    if len(dropped) == len(spans):
        return {}
    splices: dict[str, list[Splice]] = {}
    for rule in set(dropped.values()):
        lines = {i for i, other in dropped.items() if other == rule}
        splices[rule] = _removals(spans, lines, body)
    if seen.signs & ADVERTISEMENT:
        ends = [i for i, span in enumerate(spans) if body.endswith(_GLUED, *span)]
        cuts = [cut for i in ends if i not in dropped for cut in _cut(body, *spans[i])]
        if cuts:
            splices.setdefault("drop_advertisement_marks", []).extend(cuts)
    return splices


def _marked(body: str, spans: _Spans, seen: Look) -> dict[int, _Marks]:
    """The phrases that match a line, and the call at its end, by the line's number."""
    found = {i: _marks(body[slice(*spans[i])]) for i in seen.openings}
    if seen.signs & CLICK:
        called = ((CLICK_CALLS, Place.ANYWHERE),)
        found |= {
            i: called for i, span in enumerate(spans) if not found.get(i) and _is_call(body, *span)
        }
    return {i: found[i] for i in sorted(found) if found[i]}


def _is_call(body: str, start: int, end: int) -> bool:
    if end - start > MAX_CHARS[CLICK_CALLS]:
        return False
    tail = body[max(start, end - _CALL_CHARS) : end]
    return any(call in tail for call in _CLICKS) and _CALL.search(tail) is not None


def _goes_on(body: str, before: tuple[int, int], line: tuple[int, int]) -> bool:
    """Whether the line is the end of a sentence that was broken over two lines."""
    first = body[line[0]]
    return (
        body[line[1] - 1] == "."
        and (first.islower() or first.isdigit())
        and not ends_sentence(body[before[0] : before[1]])
    )


@lru_cache(maxsize=1024)  # the same lines are asked for again after each rule that removed some
def _marks(line: str) -> _Marks:
    """The phrases that match the line; a pure function of it."""
    phrases = PHRASES.that_may_match(line, 0, len(line))
    first = LINE_BEGINNING.match(line) if phrases else None
    if first is None:
        return ()
    size = len(line) - first.start(1)
    flat = flatten_line(line[first.start(1) :])
    marks = {
        (phrase.rule, phrase.place): None
        for phrase in phrases
        if size <= MAX_CHARS[phrase.rule] and phrase.matches(flat)
    }
    return tuple(marks)


def _judge(body: str, spans: _Spans, marks: Mapping[int, _Marks]) -> dict[int, str]:
    """The rule by which a line goes, by the line's number."""

    def is_story(i: int) -> bool:
        return i not in marks and is_prose(body[slice(*spans[i])])

    first = next(filter(is_story, range(len(spans))), len(spans))
    last = next(filter(is_story, reversed(range(len(spans)))), -1)
    dropped: dict[int, str] = {}
    for i, found in marks.items():
        in_place = {Place.ANYWHERE}
        if not first < i < last:
            in_place.add(Place.EDGE)
        if i > last:
            in_place.add(Place.TAIL)
        for rule, place in found:
            if place in in_place:
                dropped.setdefault(i, rule)
    _add_buttons(spans, marks, dropped)
    if last >= 0:
        _add_list(spans, marks, last, dropped)
    return dropped


def _add_buttons(spans: _Spans, marks: Mapping[int, _Marks], dropped: dict[int, str]) -> None:
    """Adds lines that count beside a dropped one of their kind, or in a long row of their like."""
    beside = {
        i: rule for i, found in marks.items() for rule, place in found if place is Place.BESIDE
    }
    i = 0
    while i < len(spans):
        row = i
        while row < len(spans) and (row in beside or dropped.get(row) in beside.values()):
            row += 1
        names = [n for n in range(i, row) if n in beside and n not in dropped]
        if names and (len(names) < row - i or len(names) >= _BUTTONS):
            dropped.update((n, beside[n]) for n in names)
        i = row + 1


def _add_list(
    spans: _Spans, marks: Mapping[int, _Marks], last: int, dropped: dict[int, str]
) -> None:
    """Adds the list that closes the page: its heading and all entries after it."""
    for i in sorted(marks):
        rules = [rule for rule, place in marks[i] if place is Place.LIST]
        if i > last and rules:
            entries = range(i, len(spans))
            if all(spans[n][1] - spans[n][0] <= _MAX_ENTRY or n in dropped for n in entries):
                dropped.update((n, rules[0]) for n in entries if n not in dropped)
            return


def _cut(body: str, start: int, end: int) -> Iterator[Splice]:
    """The splice of a mark glued to the end of a line, if a sentence ends before it."""
    rest = body[start : body.rindex(" ", start, end)].rstrip()
    if ends_sentence(rest):
        yield Splice("articleBody", start + len(rest), end)


def _removals(spans: _Spans, lines: Collection[int], body: str) -> list[Splice]:
    """Splices that remove whole lines, each run of them with the weaker break around it.

    So no empty paragraph is left, and what stood in two paragraphs still does.
    """
    splices = []
    i = 0
    while i < len(spans):
        if i not in lines:
            i += 1
            continue
        run = i
        while i < len(spans) and i in lines:
            i += 1
        before = spans[run - 1][1] if run else None
        after = spans[i][0] if i < len(spans) else None
        start, end = spans[run][0], spans[i - 1][1]
        if after is None or (
            before is not None and body.count("\n", before, start) < body.count("\n", end, after)
        ):
            start = start if before is None else before
        else:
            end = after
        splices.append(Splice("articleBody", start, end))
    return splices
