"""Shows an article before and after cleaning, with every edit marked by its rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pipeline.article import FieldName, Repair
from pipeline.clean import trace, undo
from pipeline.clean.edits import Piece, text_of
from pipeline.report.labels import summary
from pipeline.report.samples import Sample
from pipeline.report.shown import Span, clip, fold, visible, visible_spaces

FIELDS: tuple[tuple[FieldName, str], ...] = (
    ("headline", "Headline"),
    ("description", "Description"),
    ("articleBody", "Body"),
    ("authors", "Authors"),
)
# Characters shown: ends of a kept stretch, ends of an edit, and of all pieces of a field.
_KEPT_HEAD, _KEPT_TAIL = 150, 130
_EDIT_HEAD, _EDIT_TAIL = 420, 160
_FIELD_BUDGET = 4_000
_LINE = 60  # characters of a learned line in the legend


class FieldDiff(Struct, frozen=True):
    """One field, before and after."""

    label: str
    before: tuple[Span, ...]
    after: tuple[Span, ...]


class Note(Struct, frozen=True):
    """A rule's entry in the legend beside a diff."""

    mark: int
    rule: str
    summary: str
    count: int
    chars_removed: int


class Diff(Struct, frozen=True):
    """Everything one repaired sample shows."""

    fields: tuple[FieldDiff, ...]
    notes: tuple[Note, ...]


def compare(sample: Sample) -> Diff:
    """Returns the texts of a sample before and after, with the rule of each edit."""
    repairs = sample.quality.repairs
    given = undo(sample.draft, repairs)
    notes = _notes(repairs)
    marks = {note.rule: note.mark for note in notes}
    fields = []
    for field, label in FIELDS:
        pieces = _joined(trace(text_of(given, field), field, repairs))
        if field in {"headline", "articleBody"} or any(p.state != "kept" for p in pieces):
            spans = list(_spans(pieces, marks))
            before = tuple(span for span in spans if span.state != "added")
            after = tuple(span for span in spans if span.state != "removed")
            fields.append(FieldDiff(label, before, after))
    return Diff(tuple(fields), notes)


def _notes(repairs: Sequence[Repair]) -> tuple[Note, ...]:
    """Returns one note per rule, numbered in the order they first ran."""
    rules = list(dict.fromkeys(repair.rule for repair in repairs))
    return tuple(
        Note(
            mark,
            rule,
            f"{summary(rule)}{_learned(repairs, rule)}{_because(repairs, rule)}",
            sum(r.count for r in repairs if r.rule == rule),
            sum(r.chars_removed for r in repairs if r.rule == rule),
        )
        for mark, rule in enumerate(rules, start=1)
    )


def _learned(repairs: Sequence[Repair], rule: str) -> str:
    """Returns the learned lines that caused a rule's edits, in quotes; empty for other rules."""
    edits = [edit for repair in repairs if repair.rule == rule for edit in repair.edits]
    lines = dict.fromkeys(line for edit in edits for line in edit.learned)
    shown = [f"\N{LEFT DOUBLE QUOTATION MARK}{clip(line, _LINE)}\N{RIGHT DOUBLE QUOTATION MARK}"
             for line in lines]  # fmt: skip
    return f": {', '.join(shown)}" if shown else ""


def _because(repairs: Sequence[Repair], rule: str) -> str:
    """Returns what the line model says about the lines that a rule removed."""
    edits = [edit for repair in repairs if repair.rule == rule for edit in repair.edits]
    found = dict.fromkeys(one for edit in edits for one in edit.because)
    return f": {'; '.join(found)}" if found else ""


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Joins neighbouring pieces of the same state and rule."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and (joined[-1].state, joined[-1].rule) == (piece.state, piece.rule):
            joined[-1] = joined[-1]._replace(text=joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def _spans(pieces: Sequence[Piece], marks: dict[str, int]) -> Iterator[Span]:
    left = _FIELD_BUDGET
    marked: set[tuple[str, str]] = set()  # rules that have shown their number, by state
    for index, piece in enumerate(pieces):
        if left <= 0:
            yield _rest(pieces[index:])
            return
        for span in _show(piece, marks, marked):
            left -= len(span.text)
            yield span


def _show(piece: Piece, marks: dict[str, int], marked: set[tuple[str, str]]) -> list[Span]:
    if piece.rule is None or piece.state == "kept":
        return fold(Span(visible(piece.text), "kept"), _KEPT_HEAD, _KEPT_TAIL)
    if not piece.text.strip("\n "):  # a changed line break is seen by where the line ends
        return [Span(visible(piece.text), piece.state)]
    known = (piece.state, piece.rule) in marked and len(piece.text) < 20
    marked.add((piece.state, piece.rule))
    title = f"{piece.state} by {piece.rule}: {summary(piece.rule)}"
    mark = None if known else marks[piece.rule]
    core = piece.text.rstrip("\n")
    shown = Span(visible_spaces(core), piece.state, title, mark)
    breaks = Span(visible(piece.text[len(core) :]), piece.state)
    return [*fold(shown, _EDIT_HEAD, _EDIT_TAIL), *([breaks] if breaks.text else [])]


def _rest(pieces: Sequence[Piece]) -> Span:
    edits = sum(piece.state != "kept" for piece in pieces)
    hidden = sum(len(piece.text) for piece in pieces)
    dots = "\N{HORIZONTAL ELLIPSIS}"
    return Span(f"{dots} {hidden:,} more characters with {edits:,} more edits {dots}", "fold")
