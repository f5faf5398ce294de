"""Drops embedded posts that are printed below the paragraph that quotes them, and their frames.

The extractor prints the post that the page embeds, so its words appear twice, the second time with
the sender's handle and the date. A post is dropped if the paragraph before contains its words;
other posts are part of the story and stay. A line of the frame names the sender and says nothing:
`A post shared by Ana Lima (@analima)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from rapidfuzz.fuzz import partial_ratio

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.text import fold

# `... \u2014 Ana Lima (@analima) November 14, 2021`, and whatever button or mark is glued to it.
_SENDER = re.compile(
    rf"(?:\s+{one_of('glued_mark')})?"
    r"\s*[\u2014\u2013-]+ [^\n\u2014]{1,60}\(@\w{1,30}\) \w{3,12} \d{1,2}, \d{4}[^\n]{0,20}$"
)
# `A post shared by Ana Lima (@analima)`, in any language: a row of words that is no sentence. A
# dash would stand behind words of a post.
_FRAME = re.compile(
    r"(?![\"'\u201c\u00ab\u201e@])[^\n.!?:\u2013\u2014\u3002]{8,100} \(@[\w.]{2,30}\)"
    r"(?: \w{2,4} [^\n]{0,30}\d{4}[^\n]{0,20})?$"
)
_MAX_FRAME = 180  # characters
_LINK = re.compile(r"(?:https?://|pic\.twitter\.com/|t\.co/)\S+|[@#]\w+")
_MOST_LINES = 8  # of one post
_MOST_POSTS = 100  # of one text; bounds the time of texts that are nothing else
_ALIKE = 88  # of 100: typing errors and the sender's tags differ
_FEWEST_CHARS = 12  # of a folded line that can be compared
_MAX_CHARS = 1_000  # a post has 280 characters, or a few times as many where paid for


def drop_quoted_posts(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the lines of a post, from below the paragraph that quotes it to its sender's line."""
    text, spans = draft.body, candidates.spans
    dropped: list[int] = []
    for last in islice(_senders(text, candidates), _MOST_POSTS):
        dropped += _post(text, spans, last, dropped[-1] if dropped else 0)
    return drop_lines(spans, dropped)


def drop_post_frames(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops lines, below the first, that only name the sender of a post.

    >>> after(drop_post_frames, body="It rained.\n\nA post shared by The River Post (@river)")
    'It rained.'
    """
    text, spans = draft.body, candidates.spans
    found = [i for i in candidates.lines if i and _FRAME.match(text[slice(*spans[i])])]
    return drop_lines(spans, found) if found else []


def _senders(text: str, candidates: Candidates) -> Iterator[int]:
    """Yields the lines, after the first, that end in a sender and a date."""
    for i in candidates.lines:
        start, end = candidates.spans[i]
        if i and end - start <= _MAX_CHARS and _SENDER.search(text[start:end]):
            yield i


def _post(text: str, spans: Sequence[tuple[int, int]], last: int, after: int) -> range:
    """Returns the lines that repeat the paragraph before them; none if a line does not."""
    signed = _own_words(text[slice(*spans[last])])
    if len(signed) < _FEWEST_CHARS:
        return range(0)
    for quoting in range(last - 1, max(after, last - _MOST_LINES) - 1, -1):
        paragraph = fold(text[slice(*spans[quoting])])
        if len(paragraph) > _MAX_CHARS:
            break
        if _says_again(signed, paragraph) and all(
            _says_again(_own_words(text[slice(*spans[i])]), paragraph)
            for i in range(quoting + 1, last)
        ):
            return range(quoting + 1, last + 1)
    return range(0)


def _own_words(line: str) -> str:
    """Returns the fold of a line without its sender and links."""
    return fold(_LINK.sub("", _SENDER.sub("", line)))


def _says_again(words: str, paragraph: str) -> bool:
    if len(words) > len(paragraph):
        return False
    return len(words) >= _FEWEST_CHARS and partial_ratio(words, paragraph, score_cutoff=_ALIKE) > 0


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_quoted_posts",
        "posts whose words the paragraph before quotes",
        Trigger.of(_SENDER, longest=_MAX_CHARS),
        drop_quoted_posts,
    ),
    Rule(
        "drop_post_frames",
        "lines that only name the sender of an embedded post",
        Trigger.of(_FRAME, longest=_MAX_FRAME),
        drop_post_frames,
        flaw=Flaw.RESIDUE,
    ),
)
