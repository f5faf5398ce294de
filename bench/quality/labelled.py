"""The hand-labelled articles: lines to remove, lines to keep, and what should become of each.

A line counts as removed when nothing of it that can be read is left in the body, by whichever
repair, or when the whole article is rejected; what stands inside its tags is not read. A label that
cuts a line counts as met when the part it names is gone. What the label does not name must stay
word for word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from bench.quality.data import Result, Row, desked, f1, labelled_rows, labels, share
from bench.quality.table import Figure
from pipeline.clean import trace
from pipeline.text import line_spans

# Repairs that write words anew and lose none.
_REWRITES = frozenset({
    "fix_mojibake", "restore_c1_punctuation", "decode_escapes", "unescape_entities",
    "compose_characters", "strip_tags", "strip_markdown",
})  # fmt: skip


class Line(NamedTuple):
    """A line of a labelled article and what happened to it."""

    article: str
    number: int
    text: str
    reason: str | None  # why it should go; None: it should stay
    gone: bool  # as the label wants it: all of it, or the part to cut
    touched: bool  # words of it were removed
    rules: tuple[str, ...]


def judged() -> Iterator[tuple[Row, Row, Result]]:
    """(label, record, result) of every labelled article whose text is there."""
    records = labelled_rows()
    for label in labels("articles"):
        row = records.get(label["id"])
        if row is not None:
            yield label, row, desked(row)


def lines(label: Row, row: Row, result: Result) -> Iterator[Line]:
    """Every line of one article."""
    text = row["text"] or ""
    lost: list[str | None] = [None] * len(text)  # by character: the rule that took it
    tags = [False] * len(text)
    if result.rejected:
        lost = ["reject"] * len(text)
    elif result.quality:
        for piece in trace(text, "articleBody", result.quality.repairs):
            if piece.state == "removed" and piece.rule == "strip_tags":
                tags[piece.start : piece.start + len(piece.text)] = [True] * len(piece.text)
            elif piece.state == "removed" and piece.rule not in _REWRITES:
                lost[piece.start : piece.start + len(piece.text)] = [piece.rule] * len(piece.text)
    marks = {mark["line"]: mark for mark in label["remove"]}
    for number, (start, end) in enumerate(line_spans(text)):
        mark = marks.get(number)
        first, last = start, end
        if mark and "cut" in mark and (place := text.find(mark["cut"], start, end)) >= 0:
            first, last = place, place + len(mark["cut"])
        read = [i for i in range(first, last) if text[i].isalnum() and not tags[i]] or range(
            first, last
        )
        taken = [rule for rule in lost[start:end] if rule]
        outside = [i for i in range(start, end) if text[i].isalnum() and not first <= i < last]
        yield Line(
            label["id"], number, text[start:end], mark and mark["reason"],
            all(lost[i] for i in read),
            any(lost[i] for i in outside)
            or (mark is None and any(lost[i] for i in read if text[i].isalnum())),
            tuple(dict.fromkeys(taken)),
        )  # fmt: skip


def figures() -> list[Figure]:
    """Lines found and rightly removed, lines of the body that belong there, and the verdicts."""
    counts: Counter[str] = Counter()
    for label, row, result in judged():
        rejected = label["action"] == "reject"
        counts["articles"] += 1
        counts["agree"] += action_of(result) == label["action"]
        for line in lines(label, row, result):
            counts.update(_count(line, rejected=rejected))
    removed = counts["found"] + counts["wrong"]
    precision, recall = share(counts["found"], removed), share(counts["found"], counts["marked"])
    shown = share(counts["live found"], counts["live marked"])
    kept = share(counts["good left"], counts["left"])
    lost = share(counts["good left"], counts["good"])
    given = share(counts["good"], counts["lines"])
    return [
        Figure("labels.lines_found", counts["marked"], recall, 0.0),
        Figure("labels.lines_found_where_published", counts["live marked"], shown, 0.0),
        Figure("labels.lines_rightly_removed", removed, precision),
        Figure("labels.removal_f1", counts["marked"], f1(precision, recall), 0.0),
        Figure("labels.body_precision", counts["left"], kept, given),
        Figure("labels.body_recall", counts["good"], lost, 1.0),
        Figure("labels.body_f1", counts["lines"], f1(kept, lost), f1(given, 1.0)),
        Figure("labels.verdict_agrees", counts["articles"],
               share(counts["agree"], counts["articles"])),
    ]  # fmt: skip


def action_of(result: Result) -> str:
    """What the desk says of an article, in the words of the labels."""
    if result.rejected or result.quality is None:
        return "reject"
    brief = any(finding.rule == "brief" for finding in result.quality.findings)
    return "brief" if brief else "publish"


def _count(line: Line, *, rejected: bool) -> Iterator[str]:
    """What a line adds to. In an article that is to be rejected no line is wrongly removed."""
    yield "lines"
    if line.reason is not None:
        yield "marked"
        yield from ["live marked"] * (not rejected)
        yield from ["found"] * line.gone
        yield from ["live found"] * (line.gone and not rejected)
        yield from ["left"] * (not line.gone)
        yield from ["wrong"] * (line.touched and not rejected)
    elif not rejected:
        yield "good"
        yield from ["wrong"] * line.touched
        yield from ["left", "good left"] * (not line.touched)


def listing() -> Iterator[str]:
    """Every miss, wrong removal and wrong verdict, one line each."""
    for label, row, result in judged():
        action = action_of(result)
        if action != label["action"]:
            yield f"VERDICT {label['id']} {action}, label {label['action']}: {label['reason']}"
        for line in lines(label, row, result):
            if line.reason is not None and not line.gone:
                yield f"MISS  {line.article} {line.number} {line.reason}: {line.text[:150]}"
            if line.touched and label["action"] != "reject":
                yield f"WRONG {line.article} {line.number} {line.rules}: {line.text[:150]}"
