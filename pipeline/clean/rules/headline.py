"""Repairs the headline, which must be bare, in its own field and not in the body; teasers and deks.

A line of the body is the headline if it has the same words as the headline field. Without that
field, a line at the top is the headline if it is marked as one (Markdown bold or heading) or
printed twice.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from functools import lru_cache

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.rules.boilerplate import rules_of
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.native.scan_signals import Field
from pipeline.text import ends_sentence, fold, fold_name, words

_MARKED = re.compile(r"(?:(\*\*|__)(?!\s)[^*\n]{3,300}?(?<!\s)\1|#{1,3}[ \t]+\S[^\n]{2,300})$")

# Lines at the top that may be a headline: teaser, kicker, headline twice, dek.
_HEAD_LINES = 6
# Words and characters of a line that is marked as a headline; without a mark the range is smaller,
# since captions and labels may be printed twice as well.
_HEADLINE_WORDS = range(2, 61)
_PLAIN_HEADLINE_WORDS = range(3, 26)
# A clause (closing quotes set aside), a caption, or an interview's `Q: ...`.
_NO_HEADLINE = re.compile(r"[.,;:)\]\u3002][\"'\u2019\u201d\u00bb]*$|^\w{1,2}[:.)]")
_SENTENCE_END = re.compile(r"[.,;:\u3002\u0964](?:\*\*|__)$")  # a bold lead or label ends so
_MAX_HEADLINE = 300
_MAX_TEASER = 300  # characters; the lead paragraphs after it are longer
_MAX_DEK = 140

_MAX_NAME = 60  # characters of a line that is only the source's name

_BYLINE = re.compile(rf"{one_of('by')}\s", re.IGNORECASE)

# Signs of ASCII, which folding drops.
_SIGNS = string.punctuation.replace("_", "") + string.whitespace

# One of these is in every separator; most headlines have none.
_MARK = re.compile(r"[|_\uff5c/\u00b7\u2022\u00bb\u203a:<>~\u2013\u2014\uff0d-]")
# Between Han, Kana and Hangul a hyphen has no spaces.
_SEPARATOR = re.compile(
    r"\s+(?:[|/\u2013\u2014\u00b7\u2022\u00bb\u203a:<>~-]|::|\u00bb\u00bb)\s+|\s*[|_\uff5c]\s*"
    r"|(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3])\s*[-\u2013\u2014\uff0d]+\s*"
)
_SECTIONS = "drop_archive_lists"  # whose phrases name the sections of a site
_KICKER = re.compile(rf"\A(?:{one_of('kicker')}\s*\|\s+)+(?=\S)", re.IGNORECASE)


def take_description_from_body(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Moves a teaser before the headline and a dek after it to the description.

    Only if the headline in the body is certain, the line is short and a story follows. A short
    first paragraph is not enough for a dek: there must also be a teaser, and the headline twice.
    """
    text, spans = draft.body, candidates.spans
    if draft.description:
        return []
    place = _find_headline(draft, spans)
    if place is None or len(spans) < place + 4:
        return []
    last = place
    while last + 1 < len(spans) and _same(_line(text, spans, last + 1), _line(text, spans, place)):
        last += 1
    before = list(range(place)) if 0 < place <= 2 else []
    longer = sorted(end - start for start, end in spans[last + 1 :])[-2:]
    if any(not _is_teaser(_line(text, spans, i), longer) for i in before):
        before = []
    dek = last + 1
    after = [dek] if before and last > place and _is_dek(text, spans, dek) else []
    taken = before + after
    if not taken:
        return []
    description = " ".join(_line(text, spans, i) for i in taken)
    return [
        Splice("description", 0, 0, description, part=True),
        *drop_lines(spans, taken),
    ]


def take_headline_from_body(draft: Draft, candidates: Candidates, context: Context) -> list[Splice]:
    """Moves the first line to the headline, if it is certainly one and the record has none."""
    spans = candidates.spans
    if draft.headline or len(spans) < 2:
        return []
    place = _find_headline(draft, spans)
    if place is None and context.plain and _opens_with_headline(draft.body, spans):
        place = 0
    if place is None:
        return []
    headline = _line(draft.body, spans, place)
    return [
        Splice("headline", 0, 0, headline, part=True),
        *drop_lines(spans, [place]),
    ]


def drop_repeated_headline(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops lines at the top of the body that repeat the headline.

    >>> story = "It rained.\n\nIt stopped."
    >>> twice = f"Trains late\n\n{story}"
    >>> after(drop_repeated_headline, headline="Trains late", body=twice) == story
    True
    """
    if not draft.headline:
        return []
    spans = candidates.spans
    repeated: list[int] = []
    for i in candidates.lines:
        if i - len(repeated) >= _HEAD_LINES:
            break
        start, end = spans[i]
        if _could_be(end - start, len(draft.headline)) and _same(
            draft.body[start:end], draft.headline
        ):
            repeated.append(i)
    return drop_lines(spans, repeated) if len(repeated) < len(spans) else []


def strip_site_name(draft: Draft, _: Candidates, context: Context) -> list[Splice]:
    """Removes the name of the article's own site from `Headline | Site` and `Site - Headline`.

    With it go names of sections beside it: `Headline | News | Site`.
    """
    parts = list(_SEPARATOR.finditer(draft.headline)) if _MARK.search(draft.headline) else []
    own = _own_names(context.source, context.host) if parts else frozenset()
    if not own:
        return []
    first, end = parts[0], _before_the_site(draft.headline, parts, own)
    if end is not None and _is_headline(draft.headline[:end]):
        return [Splice("headline", end, len(draft.headline))]
    if _is_site(draft.headline[: first.start()], own) and _is_headline(
        draft.headline[first.end() :]
    ):
        return [Splice("headline", 0, first.end())]
    return []


def _before_the_site(
    headline: str, parts: Sequence[re.Match[str]], own: frozenset[str]
) -> int | None:
    """Returns where the site's name begins, with the sections beside it; None without a name."""
    start, end, named = None, len(headline), False
    for separator in reversed(parts):
        name = headline[separator.end() : end]
        is_site = _is_site(name, own)
        if not is_site and _SECTIONS not in rules_of(name):
            break
        named = named or is_site
        start = end = separator.start()
    return start if named else None


def strip_kicker(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    """Removes a label and a bar before the headline.

    >>> after(strip_kicker, headline="Opinion | Why trains are late")
    {'headline': 'Why trains are late'}
    """
    kicker = _KICKER.match(draft.headline)
    return [Splice("headline", 0, kicker.end())] if kicker else []


def drop_source_names(draft: Draft, candidates: Candidates, context: Context) -> list[Splice]:
    """Drops the first or last line of the body if it is only the source's own name."""
    own = _own_names(context.source, context.host)
    spans = candidates.spans
    last = len(spans) - 1
    if last < 1 or not own:
        return []
    ends = [
        end
        for end, beside in ((0, 1), (last, last - 1))  # in a list of names none is furniture
        if _is_name_line(_line(draft.body, spans, end), own)
        and not _is_name_line(_line(draft.body, spans, beside), own)
    ]
    return drop_lines(spans, ends)


def _is_name_line(line: str, own: frozenset[str]) -> bool:
    return len(line) <= _MAX_NAME and not ends_sentence(line) and _is_site(line, own)


def _is_headline(text: str) -> bool:
    """Returns whether enough words are left for a headline."""
    return len(words(text)) > 1


def _line(text: str, spans: Sequence[tuple[int, int]], i: int) -> str:
    return text[spans[i][0] : spans[i][1]]


def _find_headline(draft: Draft, spans: Sequence[tuple[int, int]]) -> int | None:
    """Returns the index of the line, among the first few, that is certainly the headline."""
    text = draft.body
    if draft.headline:
        return next(_lines_like(draft.headline, text, spans[:_HEAD_LINES]), None)
    top = [_line(text, spans, i) for i in range(min(_HEAD_LINES, len(spans)))]
    for i, line in enumerate(top):
        if len(line) > _MAX_HEADLINE:
            continue
        count = len(words(line))
        if count in _HEADLINE_WORDS and _is_marked(line, top[:i], top[i + 1 : i + 2]):
            return i
        plain = count in _PLAIN_HEADLINE_WORDS and not _NO_HEADLINE.search(line)
        if plain and _is_printed_twice(line, top[:i], top[i + 1 :]):
            return i
    return None


def _opens_with_headline(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Returns whether a text without fields begins with a short line, no sentence, and a story."""
    if len(spans) < 3:
        return False
    first, second = _line(text, spans, 0), _line(text, spans, 1)
    return (
        len(words(first)) in _PLAIN_HEADLINE_WORDS
        and not (_NO_HEADLINE.search(first) or ends_sentence(first) or _BYLINE.match(first))
        and not first[0].islower()
        and ends_sentence(second)
        and len(second) > max(80, 1.5 * len(first))
    )


def _is_marked(line: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """Returns whether a line is marked as a headline.

    It is bold or a heading, no clause, and not amid the story.
    """
    marked = _MARKED.match(line)
    if not marked:
        return False
    if any(_MARKED.match(other) and _same(line, other) for other in after):
        return True  # nothing else is marked twice in a row
    if marked[1] and _SENTENCE_END.search(line):
        return False
    return line.startswith("# ") or not any(ends_sentence(other) for other in before)


def _is_printed_twice(line: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """Returns whether a line is repeated above a longer line; after a sentence, directly below.

    If it opens the text and is repeated at once, no line needs to be twice as long.
    """
    again = after[:1] if any(ends_sentence(other) for other in before) else after
    longest = max(map(len, after), default=0)
    opens = not before and any(_same(line, other) for other in after[:1])
    enough = len(line) if opens else 2 * len(line)
    return longest > enough and any(_same(line, other) for other in again)


def _lines_like(headline: str, text: str, spans: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Yields the lines that have the same words as the headline."""
    for i, (start, end) in enumerate(spans):
        if _could_be(end - start, len(headline)) and _same(text[start:end], headline):
            yield i


def _could_be(length: int, headline_length: int) -> bool:
    """Returns whether the lengths are close enough for the same words: a cheap prefilter."""
    return abs(length - headline_length) <= 20 + headline_length // 4


def _same(one: str, other: str) -> bool:
    """Returns whether two lines are one headline, ignoring a kicker before either."""
    if one == other:
        return True
    if not _could_be(len(one), len(other)) or _differ(_last(one), _last(other)):
        return False
    return _key(one) == _key(other) != ""


def _first(line: str) -> str:
    """Returns the first character of the fold; empty if only folding (5 us) would find it."""
    return _folded(line.lstrip(_SIGNS)[:1])


def _last(line: str) -> str:
    return _folded(line.rstrip(_SIGNS)[-1:])


def _folded(char: str) -> str:
    return char.lower() if char.isascii() and char.isalnum() else ""


def _differ(one: str, other: str) -> bool:
    return one != other and bool(one and other)


def _key(line: str) -> str:
    return fold(_KICKER.sub("", line))


def _is_teaser(line: str, others: Sequence[int]) -> bool:
    """Returns whether it is a short sentence beside the lengths of other paragraphs."""
    short = len(line) <= _MAX_TEASER and 2 * len(line) <= min(others, default=0)
    return short and ends_sentence(line) and len(line.split()) >= 4


def _is_dek(text: str, spans: Sequence[tuple[int, int]], i: int) -> bool:
    """Returns whether a line is a short sentence above paragraphs of at least twice its length."""
    if i + 3 >= len(spans):
        return False
    line = _line(text, spans, i)
    following = [end - start for start, end in spans[i + 1 : i + 4]]
    return len(line) <= _MAX_DEK and _is_teaser(line, following)


@lru_cache(maxsize=4096)
def _own_names(source: str | None, host: str | None) -> frozenset[str]:
    """Returns the folded names of the source, from its name and from the host of the address."""
    names = set()
    if source:
        names.add(fold_name(source.removeprefix("www.").split(".")[0]))
        names.add(fold_name(source))
    if host:
        names.update(fold_name(label) for label in host.removeprefix("www.").split(".")[:-1])
    return frozenset(name for name in names if len(name) >= 3)


def _is_site(part: str, own: frozenset[str]) -> bool:
    first = _first(part)
    may_be = first in {"", "t"} or first in {name[0] for name in own}  # `The` may come first
    if not may_be or len(part) > _MAX_NAME:
        return False
    squeezed = fold_name(part)
    bare = squeezed.removeprefix("the")
    if not squeezed:
        return False
    return any(
        name in {squeezed, bare}
        or (len(name) >= 5 and len(part.split()) <= 4 and bare.startswith(name))
        or (len(bare) >= 5 and name.startswith(bare))
        for name in own
    )


_HEADLINE_IN_BODY = Trigger.like_headline(head=_HEAD_LINES) | Trigger.empty(Field.HEADLINE)
# Description first: it needs the headline to be still in the body.
TAKE_RULES: tuple[Rule, ...] = (
    Rule(
        "take_description_from_body",
        "a teaser before the headline and a dek after it become the description",
        _HEADLINE_IN_BODY,
        take_description_from_body,
    ),
    Rule(
        "take_headline_from_body",
        "a headline that is only in the body moves to its field",
        Trigger.empty(Field.HEADLINE),
        take_headline_from_body,
    ),
)
RULES: tuple[Rule, ...] = (
    Rule(
        "strip_kicker",
        "a label before the headline (`Opinion | `)",
        Trigger.of(_KICKER, fields=Field.HEADLINE),
        strip_kicker,
    ),
    Rule(
        "strip_site_name",
        "the site's own name before or after the headline",
        Trigger.given("source", "host"),
        strip_site_name,
    ),
    Rule(
        "drop_repeated_headline",
        "the headline printed again in the body",
        Trigger.like_headline(),
        drop_repeated_headline,
        flaw=Flaw.REPEAT,
    ),
    Rule(
        "drop_source_names",
        "lines at either end that say only the source's name",
        Trigger.lines(longest=_MAX_NAME, head=1, tail=1),
        drop_source_names,
    ),
)
