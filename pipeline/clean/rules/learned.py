"""Drops learned lines: lines of many articles of one source, which belong to its pages.

`clean/learning.py` learns the lines from the source's own articles; a rules file
(`clean/learned_lines.py`), which the settings name, lists them. So the result for an article
depends on that file and on no other article. A learned line is dropped only at the very beginning
or end of the body, with nothing but learned lines before or after it; `anywhere` is for long
sentences in most articles of a source. A body keeps at least one line of prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import LearnedKind, LearnedLine, LinePlace, Table, is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.text import fold_lines

RULE = "drop_learned_lines"


def drop_learned_lines(draft: Draft, candidates: Candidates, context: Context) -> Sequence[Splice]:
    """Drops the source's learned lines from the beginning and the end of the body.

    A name is moved to the authors if there are none.
    """
    body = draft.body
    if context.learned is None or not body:
        return ()
    found = _find(body, candidates.spans, context.learned)
    if not found:
        return ()
    spans = candidates.spans
    if not any(is_prose(body[slice(*spans[i])]) for i in range(len(spans)) if i not in found):
        return ()
    splices = [
        splice._replace(learned=(found[i].line,))
        for i, splice in zip(sorted(found), drop_lines(spans, found), strict=True)
    ]
    if not draft.authors:
        splices += _authors(body[slice(*spans[i])] for i in sorted(found) if _is_name(found[i]))
    return splices


RULES: tuple[Rule, ...] = (
    Rule(
        RULE,
        "lines learned from the source's other articles to belong to its page",
        Trigger.given("learned"),
        drop_learned_lines,
    ),
)


def _find(body: str, spans: Sequence[tuple[int, int]], table: Table) -> dict[int, LearnedLine]:
    """Returns the learned lines that are at their place, by number."""
    keys = fold_lines(body)
    found: dict[int, LearnedLine] = {}
    for order, place in (
        (range(len(keys)), LinePlace.HEAD),
        (range(len(keys))[::-1], LinePlace.TAIL),
    ):
        for i in order:
            line = table.find(keys[i], body[slice(*spans[i])])
            if line is None or line.place not in (place, LinePlace.EDGE, LinePlace.ANYWHERE):
                break
            found[i] = line
    if table.anywhere:
        found |= {i: table.exact[key] for i, key in enumerate(keys) if key in table.anywhere}
    return found


def _is_name(line: LearnedLine) -> bool:
    return line.kind is LearnedKind.BYLINE


def _authors(names: Iterable[str]) -> list[Splice]:
    added = "\n".join(dict.fromkeys(names))
    return [Splice("authors", 0, 0, added, part=True)] if added else []
