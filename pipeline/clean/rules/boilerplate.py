"""Drops furniture: whole lines of the body that belong to the page, not to the article.

The phrases of the language files describe such lines (see `pipeline/languages/en.toml`). All
languages apply to every article: the declared language is often wrong, and pages mix languages. A
line is dropped only if a phrase matches the whole line and the line is at the phrase's place. So a
sentence that begins like a share button stays, and so does a body of which nothing would be left;
the checks report that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of, words_for
from pipeline.languages.bundle import load_bundle
from pipeline.languages.contents import FURNITURE, Place
from pipeline.languages.grammar import flatten_line
from pipeline.languages.phrases import LINE_BEGINNING, load
from pipeline.native.scan_signals import Field
from pipeline.text import ends_sentence, fold, line_spans

PHRASES = load()
MAX_CHARS = {kind.id: kind.max_chars for kind in FURNITURE}
# Notices that a story may quote.
_LOGIN = "drop_login_and_cookie_notices"
_QUOTABLE = (_LOGIN, "drop_paywall_notices")
_CLICK_CALLS, _MARKS_OF_ADVERTISEMENT = "drop_click_calls", "drop_advertisement_marks"
# A list that closes the page has entries of headline length, in characters.
_MAX_ENTRY = 200
# This many network names in a row are buttons even without a "Share" before them.
_BUTTONS = 4
# Marks that were glued to the end of a sentence on real pages, as printed.
_GLUED = tuple(f" {mark}" for mark in words_for("glued_mark"))
# The end of an advertiser's one-line call, after any sentence.
_CLICK, _TO = one_of("click_call"), one_of("click_to")
_CALL = re.compile(
    rf"(?:^|[.!?:,)]\s*|\s(?={_CLICK} {_TO} ))"
    rf"{_CLICK}(?: {_TO} [A-Za-z]+(?: [a-z]+)?)?(?: {one_of('click_end')})?\W*\Z"
)
_CALL_CHARS = 48  # at the end of a line, in which the call is found

# What separators are made of: dots, dashes, stars, bars, bullets; the end of a CDATA section; a
# lone byte order mark.
_BARE = re.compile("[\\s\\].,:;_*=~#|+/<>\\\\\u2010-\u2015\u2022\u2026\u00b7\u223c\u200b\ufeff-]+")

# The places of phrases that drop a line inside the story, above it and below it.
_INSIDE = (Place.ANYWHERE,)
_ABOVE = (Place.ANYWHERE, Place.EDGE)
_BELOW = (Place.ANYWHERE, Place.EDGE, Place.TAIL)

_Spans = Sequence[tuple[int, int]]
_Marks = tuple[tuple[str, Place], ...]  # (rule, place) of each phrase that matches a line


def _dropper(rule: str) -> Callable[[Draft, Candidates, Context], Sequence[Splice]]:
    def find(draft: Draft, candidates: Candidates, _: Context) -> Sequence[Splice]:
        if candidates.shared is None:
            candidates.shared = _found(draft.body, candidates)
        found: Mapping[str, Sequence[Splice]] = candidates.shared
        return found.get(rule, ())

    return find


def drop_separators(draft: Draft, candidates: Candidates, _: Context) -> Sequence[Splice]:
    r"""Drops lines of dots, dashes and the like before the first and after the last real line.

    Between two real lines they are section breaks and stay.

    >>> after(drop_separators, body="* * *\n\nIt rained.\n\n-----\n\nIt stopped.\n\n-----")
    'It rained.\n\n-----\n\nIt stopped.'
    """
    body, spans = draft.body, candidates.spans
    real = [i for i, (start, end) in enumerate(spans) if not _BARE.fullmatch(body, start, end)]
    if not real:
        return ()
    return _removals(spans, {*range(real[0]), *range(real[-1] + 1, len(spans))}, body)


def drop_standfirst_badges(draft: Draft, _: Candidates, __: Context) -> Sequence[Splice]:
    r"""Drops lines of the page above and below a standfirst: advertising marks, paywalls' badges.

    >>> after(drop_standfirst_badges, description="Subscribers only\n\nThe pool is forty.")
    {'description': 'The pool is forty.'}
    """
    text = draft.description
    spans = line_spans(text)
    real = [i for i, (start, end) in enumerate(spans) if not _is_badge(text[start:end])]
    if not real or len(real) == len(spans):
        return ()
    first, last = spans[real[0]][0], spans[real[-1]][1]
    ends = Splice("description", 0, first), Splice("description", last, len(text))
    return [end for end in ends if end.start < end.end]


def _is_badge(line: str) -> bool:
    notices, folded = load_bundle().notices, fold(line)
    kind = notices.whole.get(folded) or notices.beginnings.get(folded)
    return kind == "paywall" or folded in _badges() or bool(rules_of(line))


@cache
def _badges() -> frozenset[str]:
    return frozenset(map(fold, words_for("badge")))


# Before the lines of a description are joined.
STANDFIRST_RULES: tuple[Rule, ...] = (
    Rule(
        "drop_standfirst_badges",
        "badges and advertising marks above or below the standfirst",
        Trigger.untidy(Field.DESCRIPTION),
        drop_standfirst_badges,
    ),
)
_TRIGGER = (
    Trigger.phrases(PHRASES)
    | Trigger.of(_CALL, longest=MAX_CHARS[_CLICK_CALLS])
    | Trigger.ends(*_GLUED)
)
RULES: tuple[Rule, ...] = (
    *(Rule(kind.id, kind.summary, _TRIGGER, _dropper(kind.id), kind.flaw) for kind in FURNITURE),
    Rule(
        "drop_separators",
        "lines of dots, dashes or stars before the first and after the last line of text",
        Trigger.begins_like(_BARE, head=1, tail=1),
        drop_separators,
    ),
)


def rules_of(line: str) -> frozenset[str]:
    """Returns the repairs whose phrases match the line, whatever its place.

    >>> rules_of("Share this article")
    frozenset({'drop_share_buttons'})
    """
    return frozenset(rule for rule, _ in _marks(line.strip()))


def lines_of_rules(body: str, candidates: Candidates) -> Mapping[int, str]:
    """Returns the repair that drops a line for its phrase, by the line's number."""
    spans = candidates.spans
    marks = {
        i: found
        for i, found in _marked(body, candidates)
        if not (i and _goes_on(body, spans[i - 1], spans[i]))
    }
    return _judge(body, spans, marks) if marks else {}


def _found(body: str, candidates: Candidates) -> Mapping[str, Sequence[Splice]]:
    """Returns the removals by rule, for rules that have any."""
    spans = candidates.spans
    dropped = lines_of_rules(body, candidates)
    if len(dropped) == len(spans):
        return {}
    splices: dict[str, list[Splice]] = {}
    for rule in set(dropped.values()):
        lines = {i for i, other in dropped.items() if other == rule}
        splices[rule] = _removals(spans, lines, body)
    glued = [i for i in candidates.lines if i not in dropped and body.endswith(_GLUED, *spans[i])]
    cuts = [cut for i in glued for cut in _cut(body, *spans[i])]
    if cuts:
        splices.setdefault(_MARKS_OF_ADVERTISEMENT, []).extend(cuts)
    return splices


def _marked(body: str, candidates: Candidates) -> Iterator[tuple[int, _Marks]]:
    """Yields the numbers of lines with their matching phrases, or the call at the end."""
    for i in candidates.lines:
        line = body[slice(*candidates.spans[i])]
        marks = _marks(line)
        if marks:
            yield i, marks
        elif len(line) <= MAX_CHARS[_CLICK_CALLS] and _CALL.search(line[-_CALL_CHARS:]):
            yield i, ((_CLICK_CALLS, Place.ANYWHERE),)


def _goes_on(body: str, before: tuple[int, int], line: tuple[int, int]) -> bool:
    """Returns whether the line is the end of a sentence that was broken over two lines."""
    first = body[line[0]]
    return (
        body[line[1] - 1] == "."
        and (first.islower() or first.isdigit())
        and not ends_sentence(body[before[0] : before[1]])
    )


@lru_cache(maxsize=1024)  # the same lines are matched again after each rule that removed some
def _marks(line: str) -> _Marks:
    """Returns rule and place of the phrases that match the line."""
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
    """Returns the rule that drops a line, by the line's number."""

    def is_story(i: int) -> bool:
        return i not in marks and is_prose(body[slice(*spans[i])])

    first = next(filter(is_story, range(len(spans))), len(spans))
    last = next(filter(is_story, reversed(range(len(spans)))), -1)

    def is_sentence(i: int) -> bool:
        return ends_sentence(body[slice(*spans[i])])

    def is_quoted(rule: str, i: int) -> bool:
        """Whether a notice is a paragraph of the story, or one of its row of short sentences."""
        if rule not in _QUOTABLE or not first < i < last or not is_sentence(i):
            return False
        beside = (i - 1, i + 1)
        if rule == _LOGIN and all(map(is_story, beside)):
            return True
        is_row = all(n not in marks and is_sentence(n) for n in beside)
        return is_row and not all(map(is_story, beside))

    dropped: dict[int, str] = {}
    for i, found in marks.items():
        places = _INSIDE if first < i < last else _BELOW if i > last else _ABOVE
        for rule, place in found:
            if place in places and not is_quoted(rule, i):
                dropped.setdefault(i, rule)
    _add_buttons(marks, dropped)
    if last >= 0:
        _add_list(spans, marks, last, dropped)
    return dropped


def _add_buttons(marks: Mapping[int, _Marks], dropped: dict[int, str]) -> None:
    """Adds lines of `Place.BESIDE`: next to a dropped line of their rule, or four in a row."""
    beside = {
        i: rule for i, found in marks.items() for rule, place in found if place is Place.BESIDE
    }
    if not beside:
        return
    kinds = {*beside.values()}
    members = sorted({*beside, *(n for n, rule in dropped.items() if rule in kinds)})
    for _, numbered in groupby(enumerate(members), key=lambda pair: pair[1] - pair[0]):
        row = [n for _, n in numbered]
        names = [n for n in row if n in beside and n not in dropped]
        if names and (len(names) < len(row) or len(names) >= _BUTTONS):
            dropped.update((n, beside[n]) for n in names)


def _add_list(
    spans: _Spans, marks: Mapping[int, _Marks], last: int, dropped: dict[int, str]
) -> None:
    """Adds the list that closes the page: its heading and all entries after it."""
    for i in sorted(marks):
        rules = [rule for rule, place in marks[i] if place is Place.LIST]
        if i > last and rules:
            entries = range(i, len(spans))
            if all(spans[n][1] - spans[n][0] <= _MAX_ENTRY or n in dropped for n in entries):
                left = [n for n in entries if n not in dropped]
                if left:  # the heading goes with them, not before them for another rule
                    dropped.update(dict.fromkeys((i, *left), rules[0]))
            return


def _cut(body: str, start: int, end: int) -> Iterator[Splice]:
    """Yields the splice of a mark that is glued to the end of a line, after a sentence."""
    rest = body[start : body.rindex(" ", start, end)].rstrip()
    if ends_sentence(rest):
        yield Splice("articleBody", start + len(rest), end)


def _removals(spans: _Spans, lines: Collection[int], body: str) -> list[Splice]:
    """Returns splices that remove whole lines, each run of them with the weaker break around it.

    So no empty paragraph is left, and lines of two paragraphs stay in two paragraphs.
    """
    splices = []
    ordered = sorted(lines)
    firsts = [i for i in ordered if i - 1 not in lines]
    lasts = [i for i in ordered if i + 1 not in lines]
    for first, last in zip(firsts, lasts, strict=True):
        before = spans[first - 1][1] if first else None
        after = spans[last + 1][0] if last + 1 < len(spans) else None
        start, end = spans[first][0], spans[last][1]
        if after is None or (
            before is not None and body.count("\n", before, start) < body.count("\n", end, after)
        ):
            start = start if before is None else before
        else:
            end = after
        splices.append(Splice("articleBody", start, end))
    return splices
