"""Removes markup left in the text: HTML tags and Markdown, read by real parsers.

Only names of real HTML tags count, so `a < b`, `<stdin>` and `List<String>` stay. So do tags that
are words of a sentence, if a text has no others: it is about them. A CommonMark parser reads
Markdown; what is plain text to it (`snake_case`, `2 * 3 * 4`) stays. Marks that plain prose uses
too (`- `, `> `, single `*`) are removed only from texts that were declared Markdown or contain
unambiguous Markdown elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.article import Draft, FieldName, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import fields
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import EVERYWHERE, Trigger
from pipeline.text import line_spans

# HTML Living Standard, elements index (and the obsolete ones still met); by what they do to text.
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol"
    " option p section select summary table tbody td tfoot th thead tr ul".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big button cite code data del dfn em font i img input ins kbd label"
    " mark meta nobr picture q ruby s samp small source span strike strong sub sup time tt"
    " u var wbr link amp-img".split()
)
_WITH_CONTENT = frozenset(
    "audio canvas embed head iframe noscript object script style svg template title video".split()
)
_UNCLOSED = frozenset({"p", "li"})  # their end may be left out
_READING = frozenset({"rp", "rt"})  # how a word is pronounced, printed above it
_NEVER_BARE = frozenset("a amp-img font img input link meta source".split())
_ELEMENTS = _BLOCKS | _INLINE | _WITH_CONTENT | _READING | {""}
_VOID = frozenset({"br", "hr", "wbr", "img", "source", "input"})
# A tag as the HTML Living Standard reads it (13.2.5), but for values that hold a `<`: so no
# character is read twice, however many tags are begun and never ended.
_TAG = re.compile(
    r"""
    <!--                                     # a comment; its end is found separately
    | <!doctype\ html [^<>]* >
    | < (?P<slash>/?) (?P<name>[a-z][a-z0-9-]*+)
        (?P<attributes> (?: [\s/] (?> [^<>=]+ | = \s{0,9} (?: "[^"<]*" | '[^'<]*' )? )*+ )? )
      >
    """,
    re.VERBOSE | re.IGNORECASE,
)
# What is around a tag that is a word of a sentence. After a line break in mid-sentence, words can
# go on in small letters too, but then other tags are in the text.
_IN_SENTENCE = (
    re.compile(r"[^\W_][,;:]? [\"'(`\u2018\u201c\u00ab\u201e]?$"),
    re.compile(r"[\"')`\u2019\u201d\u00bb]?(?:[,;.:?!)]| [^\W\d_]|$)"),
)
# Code in backticks, with a tag in it: what the sentence is about.
_CODE_SPAN = re.compile(r"(?<!`)`[^`\n]{0,60}<[^`\n]{1,60}>[^`\n]{0,60}`(?!`)")
_MAX_SAMPLE = 80  # characters of code that a sentence can quote
_VALUE = re.compile(r"\s[a-z@:_][\w:.@-]*\s*=", re.IGNORECASE)
# A tag is short; a longer stretch without its end is text with a `<` in it.
_MAX_TAG = 20_000


class _Tag(NamedTuple):
    start: int
    end: int
    name: str = ""  # lower case; comments and doctypes have none
    closes: bool = False
    attributes: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether it is an opening tag without attributes."""
        return not self.closes and not self.attributes.strip(" /\t\n")


def _tags(text: str) -> Iterator[_Tag]:
    at = 0
    comments = True  # once one is not closed, none after it is
    while match := _TAG.search(text, at):
        at = match.end()
        if match["name"]:
            if at - match.start() <= _MAX_TAG:
                name, closes = match["name"].lower(), bool(match["slash"])
                yield _Tag(match.start(), at, name, closes, match["attributes"])
        elif match.group() != "<!--":
            yield _Tag(match.start(), at)
        elif comments:
            end = text.find("-->", at)
            comments = end >= 0
            if comments:
                at = end + len("-->")
                yield _Tag(match.start(), at)


def _cuts(text: str) -> list[tuple[int, int, str]]:
    """Returns (start, end, replacement) of the tags to remove, in order."""
    quoted = [match.span() for match in _CODE_SPAN.finditer(text)] if "`" in text else []
    tags = [tag for tag in _tags(text) if tag.name in _ELEMENTS]
    shown = [tag for tag in tags if any(a < tag.start < b for a, b in quoted)]
    tags = [tag for tag in tags if tag not in shown]
    is_program = any("={" in tag.attributes for tag in tags)  # a value in braces
    if is_program or _are_words(text, tags, {tag.name for tag in shown}):
        return []
    closed = {tag.name for tag in tags if tag.closes}
    bare = Counter(tag.name for tag in tags if tag.name in _UNCLOSED and tag.is_bare)
    cuts: list[tuple[int, int, str]] = []
    hidden: _Tag | None = None  # opens an element whose content is no text
    for tag, following in zip_longest(tags, tags[1:]):
        if hidden and tag.closes and tag.name == hidden.name:
            while cuts and cuts[-1][0] >= hidden.start:
                cuts.pop()
            cuts.append((hidden.start, tag.end, ""))
            hidden = None
            continue
        if hidden is None and tag.name in _WITH_CONTENT and not tag.closes:
            hidden = tag
        if tag.name in _READING:
            cuts.append(
                (tag.start, tag.end if tag.closes or not following else following.start, "")
            )
        elif _is_sure(tag, closed, bare):
            cuts += _cut(tag)
    return cuts


def _are_words(text: str, tags: Sequence[_Tag], shown: Collection[str]) -> bool:
    """Returns whether all tags are words of sentences; a short script with its end is one word.

    An end tag by itself is a word where the text names another tag of its name, maybe as code
    (`shown`).
    """
    at = 0
    named = {*shown}
    while at < len(tags):
        first = last = tags[at]
        if at + 1 < len(tags) and tags[at + 1].closes and tags[at + 1].name == first.name:
            at, last = at + 1, tags[at + 1]
        at += 1
        before, after = text[max(0, first.start - 4) : first.start], text[last.end : last.end + 3]
        is_word = (
            (first.is_bare or (first.closes and first.name in named))
            and first.name in _BLOCKS | _WITH_CONTENT | _NEVER_BARE
            and last.end - first.start <= _MAX_SAMPLE
            and _IN_SENTENCE[0].search(before)
            and (match := _IN_SENTENCE[1].match(after))
            and not match.group()[-1:].isupper()
        )
        if not is_word:
            return False
        named.add(first.name)
    return True


def _is_sure(tag: _Tag, closed: Collection[str], bare: Mapping[str, int]) -> bool:
    """Returns whether it is certainly a tag: a bare opening tag needs its closing one.

    A ticker symbol looks like a tag (`<T>`, `<S>`).
    """
    if tag.closes or not tag.name or tag.name in _VOID or tag.attributes.endswith("/"):
        return True
    if not tag.is_bare:
        return _VALUE.search(tag.attributes) is not None
    return tag.name in closed or bare[tag.name] > 1


def _cut(tag: _Tag) -> Iterator[tuple[int, int, str]]:
    if tag.name in _BLOCKS:
        yield tag.start, tag.end, "\n" if tag.name in {"br", "td", "th"} else "\n\n"
    elif not tag.name or tag.name in _INLINE or tag.name in _WITH_CONTENT:
        yield tag.start, tag.end, ""


def strip_tags(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Removes HTML tags; blocks become paragraphs, scripts and styles lose their content.

    >>> after(strip_tags, body="<p>It <b>rained</b>.</p><p>It stopped.</p>")
    '\n\nIt rained.\n\n\n\nIt stopped.\n\n'
    """
    return [
        Splice(field, start, end, added if field == "articleBody" else added and " ")
        for field, text in fields(draft)
        if "<" in text
        for start, end, added in _cuts(text)
    ]


_INLINE_MARK = re.compile(r"\*\*|__|\]\(|~~|[*_`][^\s*_`]")
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
# The numbers of a numbered list say something: they stay.
_BULLET = re.compile(r"[-*+][ \t]+(?=\S)")
_QUOTE = re.compile(r"(?:>[ \t]?)+(?=\S)")
_RULE = re.compile(r"(?:[-*_][ \t]*){3,}$")
# `f***`: three stars that end a word, and none that open one.
_CENSORED = re.compile(r"(?!.*\*{3}[^\s*]).*\w\*{3}")
# Without any of these a text shows no Markdown, and a lone `*` or `_` stays.
_SHOWN = re.compile(r"\*\*|__|~~|\]\(|#[ ]")
# Unambiguous marks: bold, but for `2**3` and `__init__`; a link with an address; a heading mark.
_EVIDENCE = re.compile(
    r"(?<!\w)\*\*[^\s*][^*\n]*\*\*|\*\*[^\s*][^*\n]*\*\*(?!\w)"
    r"|(?<!\w)__(?=[^\s_]+[ ])[^_\n]+__(?!\w)"
    r"|\]\((?:https?:|/|#|mailto:)|^#{1,6}[ ]\S",
    re.MULTILINE,
)
_MAX_LINE = 20_000

_SIGNS = frozenset({"strong_open", "strong_close", "s_open", "s_close", "em_open", "em_close"})
_CLOSING = frozenset({"strong_close", "s_close", "link_close"})
_PARSER = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    .disable(["entity", "autolink", "html_inline", "text_join"])  # escapes stay apart
    .enable(["strikethrough"])
)


# `**Label:**and more`: bold as scrapers glue it, which CommonMark does not take for bold.
# And bold with a space behind its first mark: `** Monday**, it`. One before the second may open
# another word: `**kwargs or **options`.
_GLUED_BOLD = re.compile(
    r"(?<!\*)\*\*(?=[^\s*])[^*\n]{1,200}[^\w\s*]\*\*(?=\w)"
    r"|(?:(?<=\s)|^)\*\* (?=[^\W\d])[^*\n]{1,200}[^\s*]\*\*(?![\w*])"
)
# A link or picture whose text is broken over two or three lines.
_BROKEN_LINK = re.compile(
    r"(?P<open>!?\[)(?P<text>[^\[\]\n]{1,200}(?:\n{1,4}[^\[\]\n]{1,300}){1,2})"
    r"(?P<close>\]\(<?https?://[^\s()<>]{1,2000}>?\))"
)
_PLAIN_ESCAPES = ".()[]"  # bare, they make no mark again
# Escapes that a converter to Markdown leaves in plain prose. An underscore in mid-word is sure; of
# the other signs there must be two. Letters follow the backslashes of LaTeX, paths and patterns.
_ESCAPED_WORD = re.compile(r"(?<=\w)\\(?=_\w)")
_ESCAPED = re.compile(r"\\(?=[.()]|[-+] )|(?<=\S )\\(?=[-+#>])")
_BACKSLASH_WORD = re.compile(r"\\[A-Za-z]")
_FEWEST_ESCAPED = 2


def strip_markdown(draft: Draft, _: Candidates, context: Context) -> list[Splice]:
    """Removes bold, links and headings; from certain Markdown also emphasis, lists and quotes.

    >>> after(strip_markdown, body="It **rained**, said [the mayor](https://town.example).")
    'It rained, said the mayor.'
    """
    if not context.markdown and not any(_SHOWN.search(text) for _, text in fields(draft)):
        return []
    sure = context.markdown or any(_EVIDENCE.search(text) for _, text in fields(draft))
    found: list[Splice] = []
    for field, text in fields(draft):
        broken = list(_broken_links(field, text)) if "](" in text else []
        if broken:  # the lines are read in the next pass, without it
            found += broken
        elif sure or _INLINE_MARK.search(text):
            for start, end in line_spans(text):
                found += _strip_line(field, text[start:end], start, sure=sure)
    return found


def unescape_markdown(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Drops the backslashes that a converter to Markdown puts before signs of plain prose.

    >>> after(unescape_markdown, body=r"The file x86\_64 costs 40 euros\. \- She is 17\.")
    'The file x86_64 costs 40 euros. - She is 17.'
    """
    found: list[Splice] = []
    for field, text in fields(draft):
        if "\\" not in text or _BACKSLASH_WORD.search(text):
            continue
        marks = [*_ESCAPED.finditer(text)]
        marks = marks if len(marks) >= _FEWEST_ESCAPED else []
        marks += _ESCAPED_WORD.finditer(text)
        found += [Splice(field, match.start(), match.end()) for match in marks]
    return found


def _broken_links(field: FieldName, text: str) -> Iterator[Splice]:
    for link in _BROKEN_LINK.finditer(text):
        if link["open"] == "![":
            yield Splice(field, link.start(), link.end())
        else:
            yield Splice(field, *link.span("open"))
            yield Splice(field, *link.span("close"), part=True)


def _strip_line(field: FieldName, line: str, start: int, *, sure: bool) -> list[Splice]:
    if len(line) > _MAX_LINE or _RULE.match(line):
        return []
    found = []
    mark = sure and (_HEADING.match(line) or _QUOTE.match(line) or _BULLET.match(line))
    if mark:
        found.append(Splice(field, start, start + mark.end()))
        start, line = start + mark.end(), line[mark.end() :]
    glued = list(_GLUED_BOLD.finditer(line)) if "**" in line else []
    for match in glued:
        opening = 3 if match.group().startswith("** ") else 2
        found.append(Splice(field, start + match.start(), start + match.start() + opening))
        found.append(Splice(field, start + match.end() - 2, start + match.end(), part=True))
    if not glued and _INLINE_MARK.search(line) and not _CENSORED.match(line):
        found += [
            Splice(field, start + begin, start + end, part=closing)
            for begin, end, closing in _inline_marks(line, sure=sure)
        ]
    return found


def _inline_marks(line: str, *, sure: bool) -> tuple[tuple[int, int, bool], ...]:
    """Returns (start, end, whether it closes a pair) of each mark that a CommonMark parser reads.

    The parser gives no offsets, so its tokens are matched along the line; if they do not fit
    (escapes, odd nesting), the line stays unchanged.
    """
    children = _PARSER.parseInline(line)[0].children or []
    try:
        return tuple(_walk(line, children, sure=sure))
    except ValueError:
        return ()


def _walk(line: str, tokens: list[Token], *, sure: bool) -> Iterator[tuple[int, int, bool]]:
    at = 0
    opened: list[tuple[int, int]] = []
    for token in tokens:
        end = _end_of(token, line, at)
        if token.nesting > 0:
            opened.append((at, end))
        elif token.type == "image":
            yield at, end, False
        elif token.type == "text_special" and sure and token.markup[1:] in _PLAIN_ESCAPES:
            yield at, at + 1, False
        elif token.nesting < 0:
            start = opened.pop()
            if _is_mark(token, line[start[1] : at], sure=sure) and not _is_sign(
                line, start, (at, end)
            ):
                yield *start, False
                yield at, end, True
        at = end
    if at != len(line):
        raise ValueError(line)


def _is_mark(closing: Token, inner: str, *, sure: bool) -> bool:
    """Returns whether the pair that ends here is removed; `__init__` is a name in code."""
    if closing.markup == "__":
        return sure and " " in inner
    return closing.type in _CLOSING or (sure and closing.type == "em_close")


def _is_sign(line: str, *marks: tuple[int, int]) -> bool:
    """Returns whether a pair of marks is inside words or sums: `2**3**4`, `a*b*c`, `f**k`.

    Bold and links are often glued to the next word, so of those both marks must be inside.
    """
    around = [line[max(0, start - 1) : start] + line[end : end + 1] for start, end in marks]
    amid = [len(pair) == 2 and pair.isascii() and pair.isalnum() for pair in around]
    opening = line[marks[0][0] : marks[0][1]]
    glued = opening == "[" or (
        opening == "**" and line.count("**") % 2 == 0 and marks[1][0] - marks[0][1] > 2
    )
    return all(amid) if glued else any(amid)


def _end_of(token: Token, line: str, at: int) -> int:
    if token.type == "text":
        return _expect(line, token.content, at)
    if token.type == "text_special" or token.type in _SIGNS:
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
    """Returns the offset after `](address "title")`; an address may contain pairs of brackets."""
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
    Rule(
        "strip_tags",
        "left-over HTML tags; blocks become paragraphs",
        Trigger.characters(_TAG),
        strip_tags,
        flaw=Flaw.RESIDUE,
    ),
)
MARKDOWN_RULES: tuple[Rule, ...] = (
    Rule(
        "strip_markdown",
        "Markdown bold, links, headings, list and quote marks",
        Trigger.of(_SHOWN, fields=EVERYWHERE) | Trigger.given("markdown"),
        strip_markdown,
        flaw=Flaw.RESIDUE,
    ),
    Rule(
        "unescape_markdown",
        "backslashes that Markdown puts before signs of plain prose",
        Trigger.characters(_ESCAPED_WORD, _ESCAPED),
        unescape_markdown,
        flaw=Flaw.RESIDUE,
    ),
)
