"""Moves bylines from the top or the end of the body to `authors`.

A line is a byline if a word for `by` or `author` opens it and names follow, if it is one of the
given authors, or if it consists of bare names: each of two or three capitalised words, at the top
of the body or below its deks, above a paragraph, and none of them in the headline or the rest of
the body. The people of a story are named again, its author is not. In a language that capitalises
all nouns, as German does, or has no capitals, bare names cannot be recognised, and at the end of
a page there are more headings of lists than bare names. A dateline (`LAGOS - `) is part of its
sentence and stays.

The last line counts if it is below a paragraph and a word for `by` opens it, or if it is an author
box: a name with a title, the box that WordPress prints (`Ana Lima Website Writes about ferries.`),
a line that ends in the place from which the author writes, or one that describes a given author.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.article import Draft
from pipeline.authors import is_city, is_outlet, read_byline
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import capitalises_nouns, one_of, words_for
from pipeline.languages.phrases import CAPITAL
from pipeline.text import ends_sentence, fold, words

# Lines at the top that may be a byline: kicker, byline, second byline, place and time.
_HEAD_LINES = 4
_MAX_BYLINE = 90  # characters; three names and a place
_MAX_DEK = 300  # characters of a line above a bare name
_MAX_BOX = 300  # characters of an author box: the longest on real pages has 215
_PARAGRAPH = 80  # characters of the line below a bare name, at least

# A name in letters that have capitals: `Ana`, `O'Neil`, `J.`, `VAN`; and the particles inside it.
_PART = rf"(?:{CAPITAL}[\w'\u2019.-]*|d['\u2019]{CAPITAL}[\w'\u2019-]+)"
_PARTICLE, _BETWEEN = one_of("name_particle"), rf"(?:,|/|&|\b{one_of('and')}\b)"
_NAME = rf"{_PART}(?:\s+(?:{_PARTICLE}\s+)?{_PART}){{0,4}}"
_NAMES = rf"{_NAME}(?:\s*{_BETWEEN}\s*{_NAME}){{0,4}}"
_PLACE = (
    rf"(?:\s*[,/|\u2013\u2014-]\s*(?:{one_of('byline_from')}\s+)?"
    rf"|\s+{one_of('byline_in')}\s+){_NAME}"
)
# A role or an employer after the names: `, Staff Writer`, ` | BBC News`, ` avec AFP`.
_ROLE = re.compile(
    rf"\s*[,|/\u2013\u2014-]\s*(?i:(?:[\w.]+\s+){{0,3}}{one_of('byline_role')})\s*"
    rf"|\s+(?i:{one_of('with')})\s+{one_of('agency_mark')}\s*"
)

_BY = re.compile(
    rf"(?i:{one_of('byline')}\s*:?\s+|{one_of('byline_label')}\s*:\s*)"
    rf"(?P<names>{_NAMES})(?:{_PLACE})?\s*"
)
# Arabic, Hindi, Chinese and Japanese have no capitals: their opener and a few words.
_BY_UNCASED = re.compile(
    rf"{one_of('byline_label')}\s*[:\uff1a/\uff0f\uff1d=\u30fb-]\s*(?P<names>"
    r"[\u0600-\u06ff\u0900-\u097f]+(?:\s+[\u0600-\u06ff\u0900-\u097f]+){1,3}"
    r"|[\u3040-\u30ff\u3400-\u9fff]{2,6}(?:\s+[\u3040-\u30ff\u3400-\u9fff]{1,4})?)\s*"
)
# A newsroom that signs in place of a person.
_DESKS = re.compile(rf"(?i:(?:{one_of('desk_opening')}\s+){{0,3}}{one_of('desk')})\s*")
# Capitalised words that open a line and are no names.
_NO_NAMES = frozenset(words_for("no_name"))
_FULL_NAME = rf"{_PART}(?:\s+(?:{_PARTICLE}\s+)?{_PART}){{1,2}}"
# `Ana Lima in Port Town`, `Ana Lima, Lagos`, `Ana Lima, Bo Ek and Nina Example`
_BARE_NAMES = re.compile(
    rf"(?P<names>{_FULL_NAME}(?:(?:\s*[,/&]\s*|,?\s+and\s+){_FULL_NAME}){{0,4}})"
    rf"(?:\s+in\s+{_NAME}|\s*[,/]\s*{_PART})?\s*"
)
_AND = re.compile(r"&|\band\b")
_IN = one_of("byline_in")
# Who holds an office is in the picture above the story.
_OFFICE = re.compile(rf"(?i:{one_of('office')})\s")
# `Ana Lima | Author @analima`, as author boxes at the end are printed.
_SIGNED = re.compile(rf"(?P<names>{_NAME})\s*\|\s*(?i:{one_of('author_title')})\b[^\n|]{{0,40}}")
_TITLE = rf"\W{{0,4}}(?:(?i:{one_of('title')})\b\.?\s+){{0,2}}"
# `Ana Lima Website Writes about ferries.`; `*Ana Lima, a lawyer, writes from Port Town`
_BOX = re.compile(
    rf"{_TITLE}(?P<names>{_NAME})"
    rf"(?:\s+{one_of('box_label')}\s+{CAPITAL}[^\n]*"
    rf"|\b[^\n.!?]*\s{one_of('writes_from')}\b\s?[^\n!?]{{2,80}})"
)
_IS = re.compile(rf"\s+{one_of('author_does')}\s")
# `By Sunday Oke, Port Town`: given names in West Africa.
_WEEKDAY_NAME = re.compile(rf"^{one_of('weekday_name')}(?=\s+{_PART}(?:,|$|\s+and\b))")
_INITIAL = re.compile(r"\w\.?$")
_SPLIT = re.compile(rf"\s*{_BETWEEN}\s*")


def take_byline_from_body(draft: Draft, candidates: Candidates, context: Context) -> list[Splice]:
    r"""Drops the lines that name the authors; adds names that are missing to `authors`.

    >>> after(take_byline_from_body, body="By Ana Lima\n\nIt rained all day.\n\nTrains were late.")
    {'body': 'It rained all day.\n\nTrains were late.', 'authors': 'Ana Lima'}
    """
    spans, lines = candidates.spans, candidates.lines
    if len(spans) < 2:
        return []
    found = _at_top(draft, spans, context) if lines[0] < _HEAD_LINES else {}
    if lines[-1] == len(spans) - 1:
        found |= _at_end(draft, spans)
    if not found or len(found) == len(spans):
        return []
    left = (draft.body[slice(*span)] for i, span in enumerate(spans) if i not in found)
    rest = "\n".join((draft.headline, *left))
    names = [_without_place(name, rest) for line in found.values() for name in line]
    people = [name for name in names if not _DESKS.fullmatch(name)]
    return [*_added(draft, people or names), *drop_lines(spans, found)]


def _at_top(
    draft: Draft, spans: Sequence[tuple[int, int]], context: Context
) -> dict[int, tuple[str, ...]]:
    """Returns the names of each byline among the first lines."""
    given: set[str] | None = None
    found: dict[int, tuple[str, ...]] = {}
    for i, (start, end) in enumerate(spans[: min(_HEAD_LINES, len(spans) - 1)]):
        line = draft.body[start:end]
        if len(line) > _MAX_BYLINE:
            if len(line) > _MAX_DEK or ends_sentence(line):
                break
            continue
        if given is None:  # few articles begin with so short a line
            given = {fold(name) for name in draft.authors.split("\n") if name}
        names = _names(line, given)
        if not names and not given and not found and _may_be_bare(draft, context):
            names = _bare_below_deks(draft.body, spans, i, draft.headline)
        if names:
            found[i] = names
    return found if len(found) < _HEAD_LINES else {}  # a list of names, not bylines


def _at_end(draft: Draft, spans: Sequence[tuple[int, int]]) -> dict[int, tuple[str, ...]]:
    """Returns the names in the last line if that is an author box or a byline."""
    last = len(spans) - 1
    start, end = spans[last]
    if end - start > _MAX_BOX:
        return {}
    line = draft.body[start:end]
    if any(_says_who(line, name) for name in draft.authors.split("\n")):
        return {last: ()}
    names = _boxed(line) or _below_text(draft, spans)
    return {last: names} if names else {}


def _boxed(line: str) -> tuple[str, ...]:
    """Returns the name with which an author box begins."""
    signed = _SIGNED.fullmatch(line) if "|" in line and len(line) <= _MAX_BYLINE else None
    box = signed or _BOX.fullmatch(line)
    return (box["names"],) if box and not _says_no_name(box["names"]) else ()


def _below_text(draft: Draft, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Returns the names of a byline right below a paragraph."""
    (first, last), (start, end) = spans[-2:]
    if end - start > _MAX_BYLINE or last - first < _PARAGRAPH:
        return ()
    line, above = draft.body[start:end], draft.body[first:last]
    return _names(line, set()) if ends_sentence(above) and _BY.fullmatch(line) else ()


def _says_who(line: str, author: str) -> bool:
    """Returns whether the line begins with the author's full name and describes the author."""
    full = " " in author and author in line[:_MAX_BYLINE]
    return full and re.match(f"{_TITLE}{re.escape(author)}{_IS.pattern}", line) is not None


def _names(line: str, given: set[str]) -> tuple[str, ...]:
    """Returns the authors that a line names for certain: after an opening word, or given ones."""
    bare = line.strip("*_ \t|")
    if given and fold(bare) in given:
        return (bare,)
    if _DESKS.fullmatch(bare):
        return (re.sub(r"(?i:^by\s+)", "", bare),)
    by = _by(bare)
    if by is None:
        return ()
    if _says_no_name(_WEEKDAY_NAME.sub("", by["names"])):
        return ()
    first, _, rest = bare.partition(",")
    if bare[:5].casefold() == "from " and not re.search(rf",|{_AND.pattern}", rest):
        bare = first  # `From Ana Lima, Port Town`
    return read_byline(bare).names


def _by(line: str) -> re.Match[str] | None:
    """Matches the opening word and the names; a role after them is ignored."""
    if not _BY.match(line):
        return _BY_UNCASED.fullmatch(line)
    role = next((role for role in _ROLE.finditer(line) if role.end() == len(line)), None)
    end = role.start() if role else len(line)
    return _BY.fullmatch(line, 0, end) or _BY_UNCASED.fullmatch(line)


def _without_place(name: str, rest: str) -> str:
    """Returns a name without the place that follows it with no comma: `Ana Lima Lagos`.

    The story must say that it is in that place, and must not say the name.
    """
    *first, place = re.split(r"[\s-]+", name)
    if len(first) < 2 or not re.search(rf"\b{_IN}\s+{re.escape(place)}\b", rest):
        return name
    known = _those_in(rest, first)
    return name if known else name[: name.rindex(place)].rstrip(" -")


def _says_no_name(names: str) -> bool:
    return any(word.casefold() in _NO_NAMES for word in words(names) if not word.islower())


def _may_be_bare(draft: Draft, context: Context) -> bool:
    return bool(draft.headline) and not capitalises_nouns(context.language)


def _bare_below_deks(
    text: str, spans: Sequence[tuple[int, int]], i: int, headline: str
) -> tuple[str, ...]:
    """Returns the names in a line above a paragraph if no line above it ends a sentence."""
    below = text[slice(*spans[i + 1])]
    if len(below) < _PARAGRAPH or not ends_sentence(below):
        return ()
    if any(ends_sentence(text[start:end]) for start, end in spans[:i]):
        return ()
    start, end = spans[i]
    return _bare_names(text[start:end], f"{headline}\n{text[:start]}\n{text[end:]}")


def _bare_names(line: str, others: str) -> tuple[str, ...]:
    """Returns the names of a line that has nothing else, if none of them is in the other lines.

    The word after a single name and a comma or slash may be a place: it must be one word, or occur
    in the other lines.
    """
    line = line.strip("*_ \t")
    match = _BARE_NAMES.fullmatch(line)
    if match is None or line.endswith((".", "-")) or _says_no_name(match["names"]):
        return ()
    if is_outlet(line) or _OFFICE.match(line):
        return ()
    if any(word[0].lower() == word[0].upper() for word in words(match["names"])):
        return ()  # a script without capitals
    names = [name for name in _SPLIT.split(match["names"]) if name]
    rest = _those_in(others, names)
    if len(names) > 1 and not _AND.search(match["names"]):
        *names, place = names
        if not is_city(place) and (len(names) > 1 or not _are_known(place, rest)):
            return ()
    known = [name for name in names if _is_known(name, rest)]
    return () if known else tuple(one for name in names for one in read_byline(name).names)


def _those_in(text: str, names: Sequence[str]) -> set[str]:
    """Returns the case-folded words of the names that are words of a text."""
    folded = text.casefold()
    # Hardly any is even part of a word there, and splitting the text takes 100 us.
    maybe = {part for name in names for part in map(str.casefold, words(name)) if part in folded}
    return maybe and maybe.intersection(map(str.casefold, words(text)))


def _is_known(name: str, rest: Collection[str]) -> bool:
    """Returns whether one of the words of a name is among the words; initials do not count."""
    return any(part.casefold() in rest for part in words(name) if not _INITIAL.match(part))


def _are_known(name: str, rest: Collection[str]) -> bool:
    return all(part.casefold() in rest for part in words(name))


def _added(draft: Draft, names: Sequence[str]) -> list[Splice]:
    have = {fold(name) for name in draft.authors.split("\n")}
    full = [key for key in (*have, *map(fold, names)) if " " in key]
    have.update(*(key.split() for key in full))  # author boxes often give the surname alone
    new = [name for name in dict.fromkeys(names) if fold(name) not in have]
    if not new:
        return []
    end = len(draft.authors)
    lead = "\n" if draft.authors else ""
    return [Splice("authors", end, end, lead + "\n".join(new), part=True)]


RULES: tuple[Rule, ...] = (
    Rule(
        "take_byline_from_body",
        "a line at the top or an author box at the end that names the writers moves to `authors`",
        Trigger.lines(longest=_MAX_BYLINE, head=_HEAD_LINES)
        | Trigger.lines(longest=_MAX_BYLINE, tail=1)
        | Trigger.of(_BOX, _IS, longest=_MAX_BOX, tail=1),
        take_byline_from_body,
    ),
)
