"""Drops furniture that no phrase knows: lines that the line model is sure of.

The model proposes, the rule disposes. A line goes only if the model is as sure as the setting
`clean.furniture.certainty` asks, and never: speech in quotes; a sentence of prose with the story
above and below it; a row of figures amid the story; a time of day alone there or above a paragraph,
or a short line with a figure between two, which heads an entry of a live page; a line of a program,
or one amid it; a line that the description says too. Very many lines between the parts of a story
are a table or a list of it, and an article of which hardly anything would be left may be nothing
else: of both nothing goes. What is left is scored again until nothing more is found. A line that a
phrase rule drops, or the source's own rule, is left to that rule, which comes later: its presence
tells the model more about the others. Nor does a line amid the story go whose phrase that rule
leaves where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline import lines
from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.rules.boilerplate import lines_of_rules, rules_of
from pipeline.clean.triggers import Trigger
from pipeline.text import fold

RULE = "drop_furniture_lines"
_MOST_INSIDE = 60  # lines between the first and the last of the story; more are a table or a list
_LEAST_LEFT = 0.25  # share of the text
_SPEECH = re.compile(
    '^["\u201c\u201e\u00ab\u300c\u2018](?:[^"\u201d\u201c\u00bb\u300d]{12,})'
    '|["\u201c\u201e\u00ab\u300c][^"\u201d\u201c\u00bb\u300d]{40,}["\u201d\u201c\u00bb\u300d]'
)
_TIME = re.compile(r"\D{0,3}\d{1,2}[:.h]\d{2}\D{0,8}")  # of an entry of a live blog
_MARK = 25  # characters of a line with a figure that heads an entry: `12 minutes ago`
_CODE = re.compile(r"[{}]|=>|\w\(\)|\w\(\w+: |^@\w+\(|;$")  # of a program that the story shows
_CODE_SIGNS = ("{", "}", "=>", "()", ";\n")
_CODE_REACH = 10  # lines between lines of a program, which are of it too
_ROW, _FIGURES = 200, 3  # characters, figures alone: of a row of a table
_SAID_WORDS = 5  # words of a line that the description says too


def drop_furniture_lines(
    draft: Draft, candidates: Candidates, context: Context
) -> Sequence[Splice]:
    """Drops the lines that the line model is sure of."""
    spans = candidates.spans
    article = lines.Article(draft.body, draft.headline, draft.description)
    scores = lines.scores(article, spans)
    if not scores or max(scores) < lines.log_odds(context.certainty):
        return ()
    sure = set(_sure(draft, candidates, scores, context))
    if not sure or not _leaves_enough(draft.body, spans, sure):
        return ()
    return [
        splice._replace(because=(_because(article, spans, i, scores[i]),))
        for i, splice in zip(sorted(sure), drop_lines(spans, sure), strict=True)
    ]


RULES: tuple[Rule, ...] = (
    Rule(
        RULE,
        "lines that the line model is sure to be furniture of the page",
        Trigger.lines(),
        drop_furniture_lines,
    ),
)


def _sure(
    draft: Draft, candidates: Candidates, scores: Sequence[float], context: Context
) -> Iterator[int]:
    """Yields the lines that are sure and not protected."""
    spans = candidates.spans
    texts = [draft.body[start:end] for start, end in spans]

    def is_story(i: int) -> bool:
        return scores[i] < 0 and is_prose(texts[i])

    numbers = range(len(texts))
    first = next(filter(is_story, numbers), 0)
    inner = range(first, next(filter(is_story, reversed(numbers)), first))
    least = lines.log_odds(context.certainty)
    sure = [i for i, score in enumerate(scores) if score >= least]
    is_list = sum(i in inner for i in sure) > _MOST_INSIDE
    known = {i for i in sure if rules_of(texts[i])}
    is_asked = any(i not in inner for i in known)
    of_rules = lines_of_rules(draft.body, candidates) if is_asked else {}
    code = _code_lines(draft.body, texts) if sure else ()
    for i in sure:
        text = texts[i]
        inside = i in inner
        if i in of_rules or (i in known and inside) or _is_learned(context, text):
            continue
        if inside and (is_list or is_prose(text) or _heads_an_entry(texts, i) or _is_row(text)):
            continue
        if _TIME.fullmatch(text) and (inside or any(map(is_prose, texts[i + 1 : i + 2]))):
            continue
        if not _is_protected(draft, text) and not _is_amid(i, code):
            yield i


def _heads_an_entry(texts: Sequence[str], i: int) -> bool:
    """Returns whether a line with a figure stands between two paragraphs, as in a live page."""
    is_mark = len(texts[i]) <= _MARK and any(map(str.isdigit, texts[i]))
    return is_mark and is_prose(texts[i - 1]) and is_prose(texts[i + 1])


def _code_lines(body: str, texts: Sequence[str]) -> Sequence[int]:
    """Returns the lines of a program, if there is any."""
    if not any(sign in body for sign in _CODE_SIGNS):
        return ()
    return [i for i, text in enumerate(texts) if _CODE.search(text)]


def _is_amid(i: int, code: Sequence[int]) -> bool:
    """Returns whether such lines stand above and below the line, not far away."""
    near = [line - i for line in code if abs(line - i) <= _CODE_REACH]
    return any(away < 0 for away in near) and any(away > 0 for away in near)


def _is_learned(context: Context, text: str) -> bool:
    """Returns whether the source's own rule knows the line."""
    return context.learned is not None and context.learned.find(fold(text), text) is not None


def _is_row(text: str) -> bool:
    figures = sum(word.strip(".,%").isdigit() for word in text[:_ROW].split())
    return figures >= _FIGURES


def _is_protected(draft: Draft, text: str) -> bool:
    return bool(_SPEECH.search(text) or _CODE.search(text) or _is_said(draft, text))


def _is_said(draft: Draft, text: str) -> bool:
    if not draft.description:
        return False
    folded = fold(text)
    return folded.count(" ") >= _SAID_WORDS and folded in fold(draft.description)


def _leaves_enough(body: str, spans: lines.Spans, gone: set[int]) -> bool:
    """Returns whether prose is left, and not too small a part of the text."""
    left = [body[start:end] for i, (start, end) in enumerate(spans) if i not in gone]
    whole = sum(end - start for start, end in spans)
    return sum(map(len, left)) >= _LEAST_LEFT * whole and any(map(is_prose, left))


def _because(article: lines.Article, spans: lines.Spans, i: int, score: float) -> str:
    """Returns what the model says, for people: `98 %: no end mark, below the last sentence`."""
    return f"{lines.probability(score):.1%}: {', '.join(lines.reasons(article, spans, i))}"
