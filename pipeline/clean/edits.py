"""Edits: how a repair says what it changes, and how every change is applied, logged, undone.

A repair never rewrites a text itself. It returns splices; `apply` is the one place where text
changes, so nothing can change unlogged. `undo` reads only the log.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from pipeline.article import Draft, Edit, FieldName, Repair

_ATTRIBUTE: dict[FieldName, str] = {
    "headline": "headline",
    "description": "description",
    "articleBody": "body",
    "authors": "authors",
}


class Splice(NamedTuple):
    """Replace `text[start:end]` of a field by `added`; offsets are those before the repair.

    `copy_of` is the span (start, end) of the text that stays, where the removed one repeats it.
    A `part` belongs to another splice (the other end of a pair, where moved text goes to) and is
    not counted by itself.
    """

    field: FieldName
    start: int
    end: int
    added: str = ""
    copy_of: tuple[int, int] | None = None
    part: bool = False


def text_of(draft: Draft, field: FieldName) -> str:
    """The field's text."""
    text: str = getattr(draft, _ATTRIBUTE[field])
    return text


def apply(draft: Draft, rule: str, splices: Iterable[Splice]) -> tuple[Draft, Repair | None]:
    """The edited draft and the repair that undoes it; `(draft, None)` when nothing changed.

    Splices may come in any order and may touch, but not overlap, within a field.
    """
    edits: list[Edit] = []
    ordered = sorted(splice for splice in splices if _changes(draft, splice))
    for field, group in groupby(ordered, key=lambda splice: splice.field):
        draft, done = _apply_to_field(draft, field, _merge_touching(group))
        edits.extend(done)
    if not edits:
        return draft, None
    return draft, Repair(
        rule=rule,
        count=sum(not splice.part for splice in ordered),
        chars_removed=sum(len(edit.at) * _visible(edit.removed) for edit in edits),
        chars_added=sum(len(edit.at) * _visible(edit.added) for edit in edits),
        edits=tuple(edits),
    )


def undo(draft: Draft, repairs: Sequence[Repair]) -> Draft:
    """The draft as it was before `repairs` were made, in the order they were made."""
    for repair in reversed(repairs):
        for field, start, edit in reversed(list(_in_text_order(repair))):
            text = text_of(draft, field)
            if text[start : start + len(edit.added)] != edit.added:
                raise ValueError(f"the log of {repair.rule} does not fit this {field} at {start}")
            restored = text[:start] + edit.removed + text[start + len(edit.added) :]
            draft = replace(draft, **{_ATTRIBUTE[field]: restored})
    return draft


class Piece(NamedTuple):
    """A stretch of text and what became of it; `rule` is who removed or added it."""

    text: str
    state: str  # "kept" | "removed" | "added"
    rule: str | None
    start: int  # offset in the text as given; for added text, where it was put in


def trace(given: str, field: FieldName, repairs: Sequence[Repair]) -> list[Piece]:
    """The field's whole story: kept, removed and added pieces in reading order.

    Joining kept and removed pieces gives the text as given; kept and added, the clean text.
    Text that one repair added and a later one took away again is left out.
    """
    pieces = [Piece(given, "kept", None, 0)] if given else []
    for repair in repairs:
        edits = [(start, edit) for name, start, edit in _in_text_order(repair) if name == field]
        if edits:
            pieces = list(_retrace(pieces, edits, repair.rule))
    return pieces


def name_lines(given: Draft, repairs: Sequence[Repair]) -> tuple[Repair, ...]:
    """The repairs, with `copy_of` offsets and edits of words turned into line numbers as given.

    Edits that only touch spacing keep their offsets alone.
    """
    named: list[Repair] = []
    for step, repair in enumerate(repairs):
        edits = repair.edits
        if any(_wants_lines(edit) for edit in edits):
            locate = _Locator(given, repairs[:step])
            edits = tuple(_name(edit, repair, locate) for edit in edits)
        named.append(replace(repair, edits=edits))
    return tuple(named)


def _changes(draft: Draft, splice: Splice) -> bool:
    return text_of(draft, splice.field)[splice.start : splice.end] != splice.added


def _visible(text: str) -> int:
    return len(text) - text.count("\n")


def _merge_touching(splices: Iterable[Splice]) -> list[Splice]:
    merged: list[Splice] = []
    for splice in splices:
        if merged and splice.start < merged[-1].end:
            raise ValueError(f"overlapping splices: {merged[-1]} and {splice}")
        if merged and splice.start == merged[-1].end:
            last = merged[-1]
            copy_of = last.copy_of
            if copy_of and splice.copy_of:
                copy_of = (min(copy_of[0], splice.copy_of[0]), max(copy_of[1], splice.copy_of[1]))
            merged[-1] = Splice(
                last.field, last.start, splice.end, last.added + splice.added, copy_of
            )
        else:
            merged.append(splice)
    return merged


def _apply_to_field(
    draft: Draft, field: FieldName, splices: Sequence[Splice]
) -> tuple[Draft, list[Edit]]:
    text = text_of(draft, field)
    parts: list[str] = []
    edits: dict[tuple[str, str, tuple[int, int] | None], list[int]] = {}
    end, length = 0, 0
    for splice in splices:
        removed = text[splice.start : splice.end]
        kept = text[end : splice.start]
        length += len(kept)
        edits.setdefault((removed, splice.added, splice.copy_of), []).append(length)
        parts += (kept, splice.added)
        length += len(splice.added)
        end = splice.end
    parts.append(text[end:])
    edited = replace(draft, **{_ATTRIBUTE[field]: "".join(parts)})
    return edited, [
        Edit(field, tuple(at), removed, added, copy_of=copy_of)
        for (removed, added, copy_of), at in edits.items()
    ]


def _in_text_order(repair: Repair) -> list[tuple[FieldName, int, Edit]]:
    places = [(edit.field, at, edit) for edit in repair.edits for at in edit.at]
    places.sort(key=lambda place: (place[0], place[1]))
    return places


def _retrace(
    pieces: Sequence[Piece], edits: Sequence[tuple[int, Edit]], rule: str
) -> Iterable[Piece]:
    """Cut the live pieces (kept and added) at each edit. `edits` are in text order."""
    queue = list(reversed(pieces))
    position = 0  # in the text after this repair
    for start, edit in edits:
        position += yield from _pass_on(queue, start - position)
        where = yield from _remove(queue, len(edit.removed), rule)
        if edit.added:
            yield Piece(edit.added, "added", rule, where)
        position = start + len(edit.added)
    yield from reversed(queue)


def _pass_on(queue: list[Piece], count: int) -> Generator[Piece, None, int]:
    """Yield pieces unchanged until `count` live characters have gone by; return `count`."""
    left = count
    while left:
        piece = queue.pop()
        if piece.state != "removed" and len(piece.text) > left:
            piece = _split(queue, piece, left)
        if piece.state != "removed":
            left -= len(piece.text)
        yield piece
    return count


def _remove(queue: list[Piece], count: int, rule: str) -> Generator[Piece, None, int]:
    """Yield the next `count` live characters as removed; return where they stood as given."""
    where: int | None = None
    while count:
        piece = queue.pop()
        if piece.state == "removed":
            yield piece
            continue
        if len(piece.text) > count:
            piece = _split(queue, piece, count)
        count -= len(piece.text)
        where = piece.start if where is None else where
        if piece.state == "kept":
            yield piece._replace(state="removed", rule=rule)
    if where is None:
        where = queue[-1].start if queue else 0
    return where


def _split(queue: list[Piece], piece: Piece, count: int) -> Piece:
    shift = count if piece.state == "kept" else 0
    queue.append(piece._replace(text=piece.text[count:], start=piece.start + shift))
    return piece._replace(text=piece.text[:count])


def _wants_lines(edit: Edit) -> bool:
    return edit.copy_of is not None or any(char.isalnum() for char in edit.removed)


class _Locator:
    """Finds the line, as given, of an offset in the text after some repairs."""

    def __init__(self, given: Draft, repairs: Sequence[Repair]) -> None:
        self._given = given
        self._repairs = repairs
        self._starts: dict[FieldName, tuple[list[int], list[Piece], list[int]]] = {}

    def lines(self, field: FieldName, start: int, end: int) -> tuple[int, int]:
        return self._line(field, start), self._line(field, max(start, end - 1))

    def _line(self, field: FieldName, offset: int) -> int:
        starts, live, line_ends = self._look(field)
        index = max(0, bisect_right(starts, offset) - 1)
        where = 0
        if live:
            piece = live[index]
            where = piece.start + (offset - starts[index] if piece.state == "kept" else 0)
        return bisect_right(line_ends, where - 1) + 1 if where else 1

    def _look(self, field: FieldName) -> tuple[list[int], list[Piece], list[int]]:
        if field not in self._starts:
            given = text_of(self._given, field)
            pieces = trace(given, field, self._repairs)
            live = [piece for piece in pieces if piece.state != "removed"]
            starts, at = [], 0
            for piece in live:
                starts.append(at)
                at += len(piece.text)
            line_ends = [i for i, char in enumerate(given) if char == "\n"]
            self._starts[field] = starts, live, line_ends
        return self._starts[field]


def _name(edit: Edit, repair: Repair, locate: _Locator) -> Edit:
    if not _wants_lines(edit):
        return edit
    before = _offset_before(repair, edit)
    removed = edit.removed.strip("\n")
    start = before + edit.removed.index(removed) if removed else before
    lines = locate.lines(edit.field, start, start + len(removed))
    copy_of = edit.copy_of and locate.lines(edit.field, *edit.copy_of)
    return replace(edit, lines=lines, copy_of=copy_of)


def _offset_before(repair: Repair, edit: Edit) -> int:
    """Where the edit's first place stood in the text before the repair."""
    shift = 0
    for field, start, other in _in_text_order(repair):
        if field == edit.field:
            if start == edit.at[0]:
                return start - shift
            shift += len(other.added) - len(other.removed)
    raise AssertionError("an edit is among its own repair's edits")
