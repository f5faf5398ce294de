"""Edits: how a repair says what it changes, and how every change is applied, logged, undone.

A repair never rewrites a text itself. It returns splices; `apply` is the one place where text
changes, so nothing can change unlogged. `undo` reads only the log.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Sequence
from itertools import accumulate, groupby
from operator import itemgetter
from typing import NamedTuple

from msgspec.structs import replace

from pipeline.article import Draft, Edit, FieldName, Repair

_ATTRIBUTE: dict[FieldName, str] = {
    "headline": "headline",
    "description": "description",
    "articleBody": "body",
    "authors": "authors",
}
# To count the line breaks before a few places is quicker than to list them all.
_FEW = 16


class Splice(NamedTuple):
    """Replace `text[start:end]` of a field by `added`; offsets are those before the repair.

    `copy_of` is the span (start, end) of the text that stays, where the removed one repeats it.
    A `part` belongs to another splice (the other end of a pair, where moved text goes to) and is
    not counted by itself. `learned` are the lines of a rules file that ask for it.
    """

    field: FieldName
    start: int
    end: int
    added: str = ""
    copy_of: tuple[int, int] | None = None
    part: bool = False
    learned: tuple[str, ...] = ()


def text_of(draft: Draft, field: FieldName) -> str:
    """The field's text."""
    text: str = getattr(draft, _ATTRIBUTE[field])
    return text


def apply(draft: Draft, rule: str, splices: Iterable[Splice]) -> tuple[Draft, Repair | None]:
    """The edited draft and the repair that undoes it; `(draft, None)` when nothing changed.

    Splices may come in any order and may touch, but not overlap, within a field: overlaps raise
    ValueError. What two of them put in at one place stands in the order they came in.
    """
    edits: list[Edit] = []
    count = 0
    ordered = sorted(splices, key=itemgetter(0, 1, 2))  # by field, start and end
    for field, group in groupby(ordered, key=itemgetter(0)):
        text = text_of(draft, field)
        changing = [one for one in group if text[one.start : one.end] != one.added]
        if changing:
            draft, done = _apply_to_field(draft, field, _merge_touching(changing))
            edits.extend(done)
            count += sum(not one.part for one in changing)
    if not edits:
        return draft, None
    return draft, Repair(
        rule=rule,
        count=count,
        chars_removed=sum(len(edit.at) * _visible(edit.removed) for edit in edits),
        chars_added=sum(len(edit.at) * _visible(edit.added) for edit in edits),
        edits=tuple(edits),
    )


def undo(draft: Draft, repairs: Sequence[Repair]) -> Draft:
    """The draft as it was before `repairs` were made, in the order they were made.

    Raises ValueError where the log does not fit the text.
    """
    for repair in reversed(repairs):
        for field, places in groupby(_in_text_order(repair), key=lambda place: place[0]):
            text = text_of(draft, field)
            parts: list[str] = []
            end = 0
            for _, start, edit in places:
                if start < end or not text.startswith(edit.added, start):
                    raise ValueError(f"the log of {repair.rule} does not fit {field} at {start}")
                parts += (text[end:start], edit.removed)
                end = start + len(edit.added)
            restored = "".join((*parts, text[end:]))
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
    return _retell(_untouched(given), field, repairs)


def name_lines(given: Draft, repairs: Sequence[Repair]) -> tuple[Repair, ...]:
    """The repairs, with `copy_of` offsets and edits of words turned into line numbers as given.

    Edits that only touch spacing keep their offsets alone.
    """
    locate = _Locator(given, repairs)
    return tuple(
        replace(repair, edits=tuple([_name(edit, step, locate) for edit in repair.edits]))
        for step, repair in enumerate(repairs)
    )


def _visible(text: str) -> int:
    return len(text) - text.count("\n")


def _merge_touching(splices: Iterable[Splice]) -> list[Splice]:
    """Splices that touch as one, so that no two edits stand at one place of the result."""
    groups: list[list[Splice]] = []
    for splice in splices:
        last = groups[-1][-1] if groups else None
        if last and splice.start < last.end:
            raise ValueError(f"overlapping splices: {last} and {splice}")
        if last and splice.start == last.end:
            groups[-1].append(splice)
        else:
            groups.append([splice])
    return [group[0] if len(group) == 1 else _merge(group) for group in groups]


def _merge(group: Sequence[Splice]) -> Splice:
    copies = [splice.copy_of for splice in group if splice.copy_of]
    return Splice(
        group[0].field,
        group[0].start,
        group[-1].end,
        "".join(splice.added for splice in group),
        (min(start for start, _ in copies), max(end for _, end in copies)) if copies else None,
        learned=tuple(dict.fromkeys(line for splice in group for line in splice.learned)),
    )


def _apply_to_field(
    draft: Draft, field: FieldName, splices: Sequence[Splice]
) -> tuple[Draft, list[Edit]]:
    text = text_of(draft, field)
    parts: list[str] = []
    edits: dict[tuple[str, str, tuple[int, int] | None, tuple[str, ...]], list[int]] = {}
    end, length = 0, 0
    for splice in splices:
        removed = text[splice.start : splice.end]
        kept = text[end : splice.start]
        length += len(kept)
        what = (removed, splice.added, splice.copy_of, splice.learned)
        edits.setdefault(what, []).append(length)
        parts += (kept, splice.added)
        length += len(splice.added)
        end = splice.end
    parts.append(text[end:])
    edited = replace(draft, **{_ATTRIBUTE[field]: "".join(parts)})
    return edited, [
        Edit(field, tuple(at), removed, added, copy_of=copy_of, learned=learned)
        for (removed, added, copy_of, learned), at in edits.items()
    ]


def _in_text_order(repair: Repair) -> list[tuple[FieldName, int, Edit]]:
    places = [(edit.field, at, edit) for edit in repair.edits for at in edit.at]
    places.sort(key=lambda place: (place[0], place[1]))
    return places


def _untouched(given: str) -> list[Piece]:
    return [Piece(given, "kept", None, 0)] if given else []


def _retell(story: list[Piece], field: FieldName, repairs: Sequence[Repair]) -> list[Piece]:
    """The story after some more repairs."""
    for repair in repairs:
        edits = [(start, edit) for name, start, edit in _in_text_order(repair) if name == field]
        if edits:
            story = list(_retrace(story, edits, repair.rule))
    return story


def _retrace(
    pieces: Sequence[Piece], edits: Sequence[tuple[int, Edit]], rule: str
) -> Iterable[Piece]:
    """Cut the live pieces (kept and added) at each edit. `edits` are in text order."""
    queue = _Queue(pieces)
    position = 0  # in the text after this repair
    for start, edit in edits:
        position += yield from _pass_on(queue, start - position)
        where = yield from _remove(queue, len(edit.removed), rule)
        if edit.added:
            yield Piece(edit.added, "added", rule, where)
        position = start + len(edit.added)
    yield from queue.rest()


class _Queue:
    """Pieces to be cut. Each is cut from its front on, and what is left of it is not copied."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._left = list(reversed(pieces))
        self._at = 0  # so much of the first piece is gone

    def take(self, most: int) -> Piece:
        """The next piece, if it is live at most so many characters of it."""
        piece = self._left[-1]
        start, end = self._at, len(piece.text)
        if piece.state != "removed" and end - start > most:
            end = self._at = start + most
        else:
            self._left.pop()
            self._at = 0
            if start == 0:
                return piece
        return Piece(piece.text[start:end], piece.state, piece.rule, _shifted(piece, start))

    def start(self) -> int:
        """Where what comes next stood as given."""
        return _shifted(self._left[-1], self._at) if self._left else 0

    def rest(self) -> Iterable[Piece]:
        while self._left:
            yield self.take(len(self._left[-1].text))


def _shifted(piece: Piece, count: int) -> int:
    return piece.start + count if piece.state == "kept" else piece.start


def _pass_on(queue: _Queue, count: int) -> Generator[Piece, None, int]:
    """Yield pieces unchanged until `count` live characters have gone by; return `count`."""
    left = count
    while left:
        piece = queue.take(left)
        if piece.state != "removed":
            left -= len(piece.text)
        yield piece
    return count


def _remove(queue: _Queue, count: int, rule: str) -> Generator[Piece, None, int]:
    """Yield the next `count` live characters as removed; return where they stood as given."""
    where: int | None = None
    while count:
        piece = queue.take(count)
        if piece.state == "removed":
            yield piece
            continue
        count -= len(piece.text)
        where = piece.start if where is None else where
        if piece.state == "kept":
            yield Piece(piece.text, "removed", rule, piece.start)
    return queue.start() if where is None else where


def _wants_lines(edit: Edit) -> bool:
    return edit.copy_of is not None or any(char.isalnum() for char in edit.removed)


class _Shifts(NamedTuple):
    """Where the edits of a repair stand in a field after it, and stood before it, in order."""

    after: list[int]
    before: list[int]
    edits: list[Edit]

    def undo(self, offset: int) -> int:
        """Where it was before the repair; of what was put in, where that was put."""
        i = bisect_right(self.after, offset) - 1
        if i < 0:
            return offset
        edit, into = self.edits[i], offset - self.after[i]
        if into < len(edit.added):
            return self.before[i]
        return self.before[i] + len(edit.removed) + into - len(edit.added)


def _shifts(repair: Repair, field: FieldName) -> _Shifts:
    places = [(at, edit) for edit in repair.edits if edit.field == field for at in edit.at]
    places.sort(key=itemgetter(0))
    grown = [len(edit.added) - len(edit.removed) for _, edit in places]
    return _Shifts(
        [at for at, _ in places],
        [at - shift for (at, _), shift in zip(places, accumulate(grown, initial=0), strict=False)],
        [edit for _, edit in places],
    )


class _Locator:
    """Finds the line, as given, of an offset in the text that a repair met."""

    def __init__(self, given: Draft, repairs: Sequence[Repair]) -> None:
        self._given = given
        self._repairs = repairs
        self._known: dict[tuple[int, FieldName], _Shifts] = {}
        self._line_ends: dict[FieldName, list[int]] = {}
        self._asked = 0  # for a line

    def shifts(self, step: int, field: FieldName) -> _Shifts:
        """What repair number `step` did to a field."""
        if (step, field) not in self._known:
            self._known[step, field] = _shifts(self._repairs[step], field)
        return self._known[step, field]

    def lines(self, step: int, field: FieldName, start: int, end: int) -> tuple[int, int]:
        """First and last line of `start`..`end` in the text that repair number `step` met."""
        return self._line(step, field, start), self._line(step, field, max(start, end - 1))

    def _line(self, step: int, field: FieldName, offset: int) -> int:
        for earlier in reversed(range(step)):
            offset = self.shifts(earlier, field).undo(offset)
        given = text_of(self._given, field)
        self._asked += 1
        if self._asked <= _FEW:
            return given.count("\n", 0, offset) + 1
        if field not in self._line_ends:
            self._line_ends[field] = [end.start() for end in re.finditer("\n", given)]
        return bisect_left(self._line_ends[field], offset) + 1


def _name(edit: Edit, step: int, locate: _Locator) -> Edit:
    if not _wants_lines(edit):
        return edit
    shifts = locate.shifts(step, edit.field)
    before = shifts.before[bisect_left(shifts.after, edit.at[0])]
    removed = edit.removed.strip("\n")
    start = before + edit.removed.index(removed) if removed else before
    lines = locate.lines(step, edit.field, start, start + len(removed))
    copy_of = edit.copy_of and locate.lines(step, edit.field, *edit.copy_of)
    return replace(edit, lines=lines, copy_of=copy_of)
