"""Drops lists of other stories under a heading, and links glued to the end of a paragraph.

The boilerplate rules drop a heading on its own (`Read also`). These rules drop what belongs to it:
the list right below, in which each entry has a bullet or looks like a headline, and the rest of a
line in which such a heading begins after a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.rules.boilerplate import PHRASES, rules_of
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.languages.bundle import load_bundle
from pipeline.text import ends_sentence, fold

_MAX_HEADING = 60  # characters
_MAX_ENTRY = 200
_MAX_TITLE = 120  # of an entry without a bullet
_FEWEST_WORDS = 4  # of an entry without a bullet: a shorter line may be a heading of the text
_BULLET = re.compile(r"\s*(?:[-*+\u2022\u00b7\u25aa\u25cf\u25ba\u203a>\u2013]|\d{1,2}\\?[.)])\s+\S")
_RELATED = "drop_related_links"
_GOES_ON = re.compile(r"[.!?]\s")  # a sentence after the title: where that ends is not certain

# What a link that is glued to a sentence begins with. Without a colon only in title case, as
# buttons are written and sentences are not.
_GLUED = re.compile(
    rf"""
    (?<=[.!?"'\u201d\u2019)\u3002\u0964\u06d4\u061f])[^\S\n]+
    (?: {one_of("link_button")}\b\s*:?\s
      | (?i:{one_of("link_heading")})\s?[:\uff1a] )
    (?P<title>[^\n]{{8,200}})$
    """,
    re.VERBOSE | re.MULTILINE,
)


# What follows the sign of a text that is cut off.
_CUT_OFF = re.compile(r"(?:\u2026|\.{3})[\])]?(?P<link>\s*[^\n.\u2026\[\]]{2,60})$")


# Links to the rest of a text, folded: `continue reading`.
_TO_THE_REST = frozenset(
    phrase for phrase, kind in load_bundle().notices.whole.items() if kind == "more"
)


def drop_links_to_the_rest(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the link to the rest of the text behind the sign that the text is cut off.

    >>> after(drop_links_to_the_rest, body="The council met [...] Continue reading \u2192")
    'The council met [...]'
    """
    found = []
    for i in candidates.lines[-1:]:
        start, end = candidates.spans[i]
        cut = _CUT_OFF.search(draft.body, start, end)
        if cut and fold(cut["link"]) in _TO_THE_REST:
            found.append(Splice("articleBody", *cut.span("link")))
    return found


def drop_link_lists(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the entries below a heading for other stories, as long as each line is an entry."""
    text, spans = draft.body, candidates.spans
    dropped: list[int] = []
    done = 0  # the lines before it were read
    for i in candidates.lines:
        start, end = spans[i]
        heads = i >= done and i + 1 < len(spans) and end - start <= _MAX_HEADING
        if heads and _RELATED in rules_of(text[start:end]):
            entries = _entries(text, spans, i + 1)
            dropped += entries
            done = entries.stop
    return drop_lines(spans, dropped) if dropped and len(dropped) + 1 < len(spans) else []


def _entries(text: str, spans: Sequence[tuple[int, int]], first: int) -> range:
    """Returns the lines of the list: those with bullets, else those that look like headlines.

    Without bullets, the last one stays if the story goes on below it, since it may be a heading
    there.
    """
    last = first
    while last < len(spans) and _has_bullet(text, spans, last):
        last += 1
    if last > first:
        return range(first, last)
    while last < len(spans) and _is_title(text[slice(*spans[last])]):
        last += 1
    return range(first, last if last == len(spans) else max(first, last - 1))


def _has_bullet(text: str, spans: Sequence[tuple[int, int]], i: int) -> bool:
    start, end = spans[i]
    line = text[start:end]
    return len(line) <= _MAX_ENTRY and not line.endswith(".") and _BULLET.match(line) is not None


def _is_title(line: str) -> bool:
    return (
        len(line) <= _MAX_TITLE
        and len(line.split()) >= _FEWEST_WORDS
        and not line.endswith((".", ":", ",", "\u3002"))
        and not (ends_sentence(line) and len(line) > _MAX_TITLE // 2)
    )


def cut_glued_links(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Cuts a link to another story off the end of a paragraph.

    >>> after(cut_glued_links, body="It rained, said the mayor. See Also News Second bridge opens")
    'It rained, said the mayor.'
    """
    found = []
    for i in candidates.lines:
        at, end = candidates.spans[i]
        while link := _GLUED.search(draft.body, at, end):
            if not (_GOES_ON.search(link["title"]) or link["title"].endswith(".")):
                found.append(Splice("articleBody", link.start(), link.end()))
                break
            at = link.start() + 1
    return found


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_links_to_the_rest",
        "links to the rest of a text that is cut off",
        Trigger.words(_TO_THE_REST, tail=1),
        drop_links_to_the_rest,
    ),
    Rule(
        "drop_link_lists",
        "lists of other stories below a heading for them",
        Trigger.phrases(PHRASES, of=[_RELATED], longest=_MAX_HEADING),
        drop_link_lists,
    ),
    Rule(
        "cut_glued_links",
        "links to other stories glued to a paragraph's end",
        Trigger.of(_GLUED),
        cut_glued_links,
    ),
)
