"""Lines that look like boilerplate and are none, and boilerplate lines known by source.

A look-alike is set between and after two paragraphs of prose, a known line where it stands most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.quality.data import Row, labels, share
from bench.quality.table import Figure
from pipeline.article import Draft
from pipeline.clean import Context, clean

_PROSE = (
    "The council agreed on Monday to repair the old bridge over the river before winter.",
    "Work will begin in spring, said the mayor, who thanked the engineers for their patience.",
)
# What a label itself calls safe to drop.
_MAY_GO = re.compile(r"safe to drop")


def figures() -> list[Figure]:
    """Share of the look-alikes that stay, and of the known lines that go."""
    stay = [row for row in labels("legitimate_frequent_lines") if not _MAY_GO.search(row["why"])]
    known = labels("boilerplate_lines")
    kept = sum(_stays(row["line"], row["source"]) for row in stay)
    gone = sum(_goes(row) for row in known)
    return [
        Figure("legitimate.lines_kept", len(stay), share(kept, len(stay)), 1.0),
        Figure("legitimate.known_boilerplate_found", len(known), share(gone, len(known)), 0.0),
    ]


def listing() -> Iterator[str]:
    """Look-alikes that go, known lines that stay."""
    for row in labels("legitimate_frequent_lines"):
        if not _stays(row["line"], row["source"]):
            yield f"GONE  {row['source']}: {row['line'][:150]} ({row['why']})"
    for row in labels("boilerplate_lines"):
        if not _goes(row):
            yield f"STAYS {row['kind']} {row['source']}: {_example(row)[:150]}"


def _example(row: Row) -> str:
    text: str = row["example"] or row["line"]
    return text


def _goes(row: Row) -> bool:
    """Whether the known line goes from where it mostly stands: head, middle or tail."""
    line = _example(row)
    place = {"head": 0, "middle": 1}.get(row["position"], 2)
    paragraphs = [*_PROSE[:place], line, *_PROSE[place:]]
    draft = Draft(headline="Seven goats", body="\n\n".join(paragraphs))
    return line.strip() not in clean(draft, Context(source=row["source"]))[0].body.split("\n")


def _stays(line: str, source: str) -> bool:
    body = "\n\n".join([_PROSE[0], line, _PROSE[1], line])
    cleaned = clean(Draft(headline="Seven goats", body=body), Context(source=source))[0].body
    return line.strip() in cleaned
