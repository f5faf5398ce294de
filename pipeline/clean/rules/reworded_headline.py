"""Drops variants of the headline above the story, and repeats of the headline below it.

A page has a headline for readers and one for search engines and feeds. The record contains one of
them, the body begins with the other: with a kicker, a word more or less, the name of a series. The
lead of the story repeats the headline as well. So the line is dropped only if it is no sentence, a
paragraph is below it, and it shares most words of the headline, in order, and all its numbers.
Further down, right below a paragraph, the line must equal the headline: there it is a link to the
page itself, or the beginning of a second printing.
"""

from __future__ import annotations

from rapidfuzz.distance import Indel

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.text import ends_sentence, fold, numbers, words

_MAX_LINE = 160  # characters
_FEWEST_WORDS = 5  # of the headline that the line must have
# Words that both have, in order, of those that either has. Of 20 first lines from .6 on, in 11,700
# real articles, all were headlines; those below .58 are leads that lack their full stop.
_ALIKE = 0.65
_NO_TITLE_ENDS = (":", ",", ";")
_QUESTIONS = ("?", "!", "?\u201c", "?\u201d", '?"', "!\u201c", "!\u201d", '!"')


def drop_reworded_headline(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the first line if it is a variant of the headline and a story follows."""
    text, spans = draft.body, candidates.spans
    if not draft.headline or len(spans) < 3 or spans[0][1] - spans[0][0] > _MAX_LINE:
        return []
    line, below = text[slice(*spans[0])], text[slice(*spans[1])]
    if not _may_be_headline(line) or below[0].islower() or not is_prose(below):
        return []
    if len(draft.headline) > 2 * _MAX_LINE:
        return []
    return drop_lines(spans, [0]) if _is_reworded(fold(line), fold(draft.headline)) else []


def drop_headline_below(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops lines right below a paragraph that repeat the headline word for word."""
    text, headline = draft.body, draft.headline.strip()
    if not headline or headline[0] == "|" or ends_sentence(headline):
        return []  # a headline with a bar was taken from a table
    if len(words(headline)) < _FEWEST_WORDS:
        return []
    spans = candidates.spans
    found = [
        i
        for i in candidates.lines
        if i and text[slice(*spans[i])] == headline
        if is_prose(text[slice(*spans[i - 1])])  # not the refrain of a song, not a row of a table
    ]
    return drop_lines(spans, found) if found else []


def _may_be_headline(line: str) -> bool:
    if line.endswith(_NO_TITLE_ENDS) or line.startswith("- "):
        return False
    return not ends_sentence(line) or line.endswith(_QUESTIONS)


def _is_reworded(line: str, headline: str) -> bool:
    """Returns whether two folded lines are alike; a line that only adds words counts as text."""
    ours, theirs = line.split(), headline.split()
    if len(ours) > len(theirs) and ours[: len(theirs)] == theirs:
        return False
    if not set(numbers(line)) <= set(numbers(headline)):
        return False
    both = Indel.normalized_similarity(ours, theirs)
    return both >= _ALIKE and both * (len(ours) + len(theirs)) >= 2 * _FEWEST_WORDS


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_reworded_headline",
        "the headline in other words above the story",
        Trigger.lines(longest=_MAX_LINE, head=1),
        drop_reworded_headline,
    ),
    Rule(
        "drop_headline_below",
        "the headline word for word as a line inside or below the story",
        Trigger.like_headline(),
        drop_headline_below,
    ),
)
