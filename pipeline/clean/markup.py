"""Markup left in the text: HTML tags and Markdown, told by real parsers, never by greedy patterns.

Only names of real HTML tags count, so `a < b`, `<stdin>` and `List<String>` stay. Markdown is
read by a CommonMark parser; what the parser takes for plain text (`snake_case`, `2 * 3 * 4`)
stays as it is. Marks that plain prose uses too (`- `, `> `, single `*`) go only from texts that
were declared Markdown or show it beyond doubt elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.article import Draft, FieldName
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import fields
from pipeline.clean.rule import Context, Rule
from pipeline.text import line_spans

# HTML Living Standard, elements index (and the obsolete ones still met); by what they do to text.
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main nav ol"
    " option p section select summary table tbody td tfoot th thead tr ul".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big button cite code data del dfn em font i img input ins kbd label"
    " mark meta nobr picture q rp rt ruby s samp small source span strike strong sub sup time tt"
    " u var wbr link amp-img".split()
)
_WITH_CONTENT = frozenset(
    "audio canvas embed iframe noscript object script style svg template video".split()
)
_VOID = frozenset({"br", "hr", "wbr", "img", "source", "input"})
_TAG_LIKE = re.compile(r"<(?:[/!]|[a-zA-Z])")
# A tag is short; a longer stretch without its end is text with a `<` in it.
_MAX_TAG = 20_000


class _Tags(HTMLParser):
    """Collects (start, end, replacement) of the tags to take out, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[int, int, str]] = []
        self._text = text
        self._folded = text.lower()
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._hidden: tuple[str, int] | None = None  # an element whose content is no text
        self.feed(text)
        self.close()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._at()
        if tag in _WITH_CONTENT and self._hidden is None:
            self._hidden = tag, start
        self._take(tag, start, start + len(self.get_starttag_text() or ""), attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._at()
        self._take(tag, start, start + len(self.get_starttag_text() or ""), attrs)

    def handle_endtag(self, tag: str) -> None:
        start = self._at()
        end = self._text.find(">", start) + 1
        if self._hidden and self._hidden[0] == tag and end:
            opened, self._hidden = self._hidden[1], None
            self.found = [place for place in self.found if place[0] < opened]
            self.found.append((opened, end, ""))
        elif end:
            self._take(tag, start, end, [])

    def handle_comment(self, data: str) -> None:
        start = self._at()
        end = start + len(data) + len("<!---->")
        if self._text.startswith("<!--", start) and self._text[:end].endswith("-->"):
            self.found.append((start, end, ""))

    def handle_decl(self, decl: str) -> None:
        start = self._at()
        if decl.lower().startswith("doctype html"):
            self.found.append((start, start + len(decl) + len("<!>"), ""))

    def _take(self, tag: str, start: int, end: int, attrs: list[tuple[str, str | None]]) -> None:
        whole = self._text[end - 1 : end] == ">" and end - start <= _MAX_TAG
        if not whole or not self._is_sure(tag, start, attrs):
            return
        if tag in _BLOCKS:
            self.found.append((start, end, "\n" if tag in {"br", "td", "th"} else "\n\n"))
        elif tag in _INLINE or tag in _WITH_CONTENT:
            self.found.append((start, end, ""))

    def _is_sure(self, tag: str, start: int, attrs: list[tuple[str, str | None]]) -> bool:
        """A ticker looks like a tag (`<T>`, `<S>`): a bare opening tag needs its closing one."""
        if self._text.startswith("</", start) or tag in _VOID:
            return True
        if attrs:
            return any(value is not None for _, value in attrs)
        return f"</{tag}" in self._folded or (
            tag in {"p", "li"} and self._folded.count(f"<{tag}>") > 1
        )


def strip_tags(draft: Draft, _: Context) -> list[Splice]:
    """Left-over HTML tags; blocks become paragraphs, scripts and styles go with their content."""
    return [
        Splice(field, start, end, added if field == "articleBody" else added and " ")
        for field, text in fields(draft)
        if _TAG_LIKE.search(text)
        for start, end, added in _Tags(text).found
    ]


_INLINE_MARK = re.compile(r"\*\*|__|\]\(|~~|[*_`][^\s*_`]")
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_BULLET = re.compile(
    r"[-*+][ \t]+(?=\S)"
)  # the numbers of a numbered list say something: they stay
_QUOTE = re.compile(r"(?:>[ \t]?)+(?=\S)")
_RULE = re.compile(r"(?:[-*_][ \t]*){3,}$")
# Beyond doubt: bold, a link with an address, a heading mark with a space.
_EVIDENCE = re.compile(
    r"\*\*[^\s*][^*\n]*\*\*|\]\((?:https?:|/|#|mailto:)|^#{1,6} \S", re.MULTILINE
)
_MAX_LINE = 20_000

_BOLD = frozenset({"strong_open", "strong_close", "s_open", "s_close"})
_EMPHASIS = frozenset({"em_open", "em_close"})
_LINK = frozenset({"link_open", "link_close", "image"})
_PARSER = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    .disable(["entity", "autolink", "html_inline"])
    .enable(["strikethrough"])
)


def strip_markdown(draft: Draft, context: Context) -> list[Splice]:
    """Bold, links, headings and, in texts that are surely Markdown, emphasis, lists and quotes."""
    sure = context.markdown or any(_EVIDENCE.search(text) for _, text in fields(draft))
    found: list[Splice] = []
    for field, text in fields(draft):
        if sure or _INLINE_MARK.search(text):
            for start, end in line_spans(text):
                found += _strip_line(field, text[start:end], start, sure=sure)
    return found


def _strip_line(field: FieldName, line: str, start: int, *, sure: bool) -> list[Splice]:
    if len(line) > _MAX_LINE or _RULE.match(line):
        return []
    found = []
    mark = sure and (_HEADING.match(line) or _QUOTE.match(line) or _BULLET.match(line))
    if mark:
        found.append(Splice(field, start, start + mark.end()))
        start, line = start + mark.end(), line[mark.end() :]
    if _INLINE_MARK.search(line):
        found += [
            Splice(field, start + begin, start + end, part=closing)
            for begin, end, closing in _inline_marks(line, sure=sure)
        ]
    return found


@lru_cache(maxsize=256)
def _inline_marks(line: str, *, sure: bool) -> tuple[tuple[int, int, bool], ...]:
    """(start, end, whether it closes a pair) of each mark a CommonMark parser reads.

    The parser gives no positions, so its tokens are walked along the line; where they do not
    fit (escapes, odd nesting), the line stays as it is.
    """
    children = _PARSER.parseInline(line)[0].children or []
    try:
        return tuple(_walk(line, children, sure=sure))
    except ValueError:
        return ()


def _walk(line: str, tokens: list[Token], *, sure: bool) -> Iterator[tuple[int, int, bool]]:
    at = 0
    for token in tokens:
        end = _end_of(token, line, at)
        if token.type in _BOLD or token.type in _LINK or (sure and token.type in _EMPHASIS):
            yield at, end, token.nesting < 0
        at = end
    if at != len(line):
        raise ValueError(line)


def _end_of(token: Token, line: str, at: int) -> int:
    if token.type == "text":
        return _expect(line, token.content, at)
    if token.type in _BOLD or token.type in _EMPHASIS:
        return _expect(line, token.markup, at)
    if token.type == "link_open":
        return _expect(line, "[", at)
    if token.type in {"link_close", "image"}:
        return _end_of_link(line, line.index("](", at))
    raise ValueError(token.type)


def _expect(line: str, part: str, at: int) -> int:
    if not line.startswith(part, at):
        raise ValueError(part)
    return at + len(part)


def _end_of_link(line: str, at: int) -> int:
    """After `](address "title")`; an address may hold pairs of brackets."""
    at = _expect(line, "](", at)
    depth = 1
    while depth:
        next_bracket = min(
            (i for i in (line.find("(", at), line.find(")", at)) if i >= 0), default=-1
        )
        if next_bracket < 0:
            raise ValueError(line)
        depth += 1 if line[next_bracket] == "(" else -1
        at = next_bracket + 1
    return at


TAG_RULES: tuple[Rule, ...] = (
    Rule("strip_tags", "left-over HTML tags; blocks become paragraphs", strip_tags),
)
MARKDOWN_RULES: tuple[Rule, ...] = (
    Rule("strip_markdown", "Markdown bold, links, headings, list and quote marks", strip_markdown),
)
