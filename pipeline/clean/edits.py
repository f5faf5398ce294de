"""Edits: how changes are described by splices, applied, logged and undone.

A repair never rewrites a text itself. It returns splices; only `apply` changes texts, so every
change is logged. `undo` reads only the log.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Sequence
from itertools import groupby
from operator import ge, itemgetter
from typing import Any, NamedTuple

from msgspec.structs import replace

from pipeline.article import Draft, Edit, FieldName, Repair

_ATTRIBUTE: dict[FieldName, str] = {
    "headline": "headline",
    "description": "description",
    "articleBody": "body",
    "authors": "authors",
}
# For a few offsets, counting the line breaks before them is faster than listing all line breaks.
_FEW = 16


_WORD_CHARACTER = re.compile(r"[^\W_]")


class Splice(NamedTuple):
    """Replaces `text[start:end]` of a field by `added`; offsets are those before the repair.

    `copy_of` is the span (start, end) of the copy that stays, if the removed text is a repeat. A
    `part` belongs to another splice (the other tag of a pair, the target of moved text) and does
    not count as an edit of its own. `learned` are the learned lines that caused the splice,
    `because` is what the line model says.
    """

    field: FieldName
    start: int
    end: int
    added: str = ""
    copy_of: tuple[int, int] | None = None
    part: bool = False
    learned: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


def text_of(draft: Draft, field: FieldName) -> str:
    """Returns the text of a field."""
    text: str = getattr(draft, _ATTRIBUTE[field])
    return text


def apply(draft: Draft, rule: str, splices: Iterable[Splice]) -> tuple[Draft, Repair | None]:
    """Returns the edited draft and its repair; `(draft, None)` if nothing changed.

    Splices may be in any order. Within a field they may touch but not overlap: overlaps raise
    ValueError. Texts that several splices add at one offset keep the order of the splices.
    """
    by_field: dict[FieldName, list[Splice]] = {}
    for one in splices:
        by_field.setdefault(one.field, []).append(one)
    edits: list[Edit] = []
    count = 0
    for field in sorted(by_field):
        text = text_of(draft, field)
        changing = [one for one in by_field[field] if text[one.start : one.end] != one.added]
        if changing:
            changing.sort(key=itemgetter(1, 2))  # by start and end
            draft, done = _apply_to_field(draft, field, _merge_touching(changing))
            edits += done
            count += len([one for one in changing if not one.part])
    if not edits:
        return draft, None
    removed = [len(edit.at) * _visible(edit.removed) for edit in edits]
    added = [len(edit.at) * _visible(edit.added) for edit in edits]
    return draft, Repair(rule, count, sum(removed), sum(added), tuple(edits))


def undo(draft: Draft, repairs: Sequence[Repair]) -> Draft:
    r"""Returns the draft as it was before `repairs`, which are in the order they were made.

    Raises ValueError if the log does not fit the text.

    >>> given = Draft(body="Rain.\n\nTweet")
    >>> draft, repair = apply(given, "drop_x", [Splice("articleBody", 5, 12)])
    >>> draft.body, undo(draft, [repair]) == given
    ('Rain.', True)
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
    """A piece of text and its state; `rule` is the repair that removed or added it."""

    text: str
    state: str  # "kept" | "removed" | "added"
    rule: str | None
    start: int  # offset in the text as given; of added text, the offset where it was added


def trace(given: str, field: FieldName, repairs: Sequence[Repair]) -> list[Piece]:
    """Returns the history of a field: kept, removed and added pieces in reading order.

    Kept and removed pieces together are the text as given; kept and added ones the clean text.
    Text that one repair added and a later one removed is left out.
    """
    return _traced(_untouched(given), field, repairs)


def name_lines(given: Draft, repairs: Sequence[Repair]) -> tuple[Repair, ...]:
    """Returns the repairs with line numbers of the text as given, also in place of `copy_of`.

    Edits of spacing only get no line numbers.
    """
    locate = _Locator(given, repairs)
    return tuple(
        replace(repair, edits=tuple([_name(edit, step, locate) for edit in repair.edits]))
        for step, repair in enumerate(repairs)
    )


def _visible(text: str) -> int:
    return len(text) - text.count("\n")


def _merge_touching(splices: Sequence[Splice]) -> Sequence[Splice]:
    """Merges splices that touch, so that no two edits are at the same offset of the result."""
    starts, ends = [one.start for one in splices[1:]], [one.end for one in splices]
    if not any(map(ge, ends, starts)):
        return splices
    groups: list[list[Splice]] = []
    end = -1  # of the splice before
    for splice in splices:
        if splice.start < end:
            raise ValueError(f"overlapping splices: {groups[-1][-1]} and {splice}")
        if splice.start == end:
            groups[-1].append(splice)
        else:
            groups.append([splice])
        end = splice.end
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
        because=tuple(one for splice in group for one in splice.because),
    )


def _apply_to_field(
    draft: Draft, field: FieldName, splices: Sequence[Splice]
) -> tuple[Draft, list[Edit]]:
    text = text_of(draft, field)
    parts: list[str] = []
    offsets: dict[tuple[Any, ...], list[int]] = {}  # by what edits at several offsets share
    after, length = 0, 0
    for _, start, end, added, copy_of, _, learned, because in splices:
        length += start - after
        what = (text[start:end], added, copy_of, learned, because)
        if what in offsets:
            offsets[what].append(length)
        else:
            offsets[what] = [length]
        parts += (text[after:start], added)
        length += len(added)
        after = end
    parts.append(text[after:])
    edited = replace(draft, **{_ATTRIBUTE[field]: "".join(parts)})
    return edited, [
        Edit(field, tuple(at), removed, added, None, copy_of, learned, because)
        for (removed, added, copy_of, learned, because), at in offsets.items()
    ]


def _in_text_order(repair: Repair) -> list[tuple[FieldName, int, Edit]]:
    places = [(edit.field, at, edit) for edit in repair.edits for at in edit.at]
    places.sort(key=lambda place: (place[0], place[1]))
    return places


def _untouched(given: str) -> list[Piece]:
    return [Piece(given, "kept", None, 0)] if given else []


def _traced(pieces: list[Piece], field: FieldName, repairs: Sequence[Repair]) -> list[Piece]:
    """Returns the pieces of a field after further repairs."""
    for repair in repairs:
        edits = [(start, edit) for name, start, edit in _in_text_order(repair) if name == field]
        if edits:
            pieces = list(_retrace(pieces, edits, repair.rule))
    return pieces


def _retrace(
    pieces: Sequence[Piece], edits: Sequence[tuple[int, Edit]], rule: str
) -> Iterable[Piece]:
    """Splits the live pieces (kept and added) at each edit; `edits` are in text order."""
    reader = _PieceReader(pieces)
    position = 0  # in the text after this repair
    for start, edit in edits:
        position += yield from _pass_on(reader, start - position)
        where = yield from _remove(reader, len(edit.removed), rule)
        if edit.added:
            yield Piece(edit.added, "added", rule, where)
        position = start + len(edit.added)
    yield from reader.rest()


class _PieceReader:
    """Reads pieces from the front; the rest of a piece that is read in part is not copied."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._left = list(reversed(pieces))
        self._at = 0  # characters of the first piece that were read

    def take(self, most: int) -> Piece:
        """Returns the next piece; of a live piece at most `most` characters."""
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
        """Returns the offset of the next piece in the text as given."""
        return _shifted(self._left[-1], self._at) if self._left else 0

    def rest(self) -> Iterable[Piece]:
        while self._left:
            yield self.take(len(self._left[-1].text))


def _shifted(piece: Piece, count: int) -> int:
    return piece.start + count if piece.state == "kept" else piece.start


def _pass_on(reader: _PieceReader, count: int) -> Generator[Piece, None, int]:
    """Yields pieces unchanged until `count` live characters have passed; returns `count`."""
    left = count
    while left:
        piece = reader.take(left)
        if piece.state != "removed":
            left -= len(piece.text)
        yield piece
    return count


def _remove(reader: _PieceReader, count: int, rule: str) -> Generator[Piece, None, int]:
    """Yields the next `count` live characters as removed; returns their offset as given."""
    where: int | None = None
    while count:
        piece = reader.take(count)
        if piece.state == "removed":
            yield piece
            continue
        count -= len(piece.text)
        where = piece.start if where is None else where
        if piece.state == "kept":
            yield Piece(piece.text, "removed", rule, piece.start)
    return reader.start() if where is None else where


def _wants_lines(edit: Edit) -> bool:
    return edit.copy_of is not None or _WORD_CHARACTER.search(edit.removed) is not None


class _Shifts(NamedTuple):
    """The offsets of a repair's edits in a field, after and before the repair, in order."""

    after: list[int]
    before: list[int]
    edits: list[Edit]

    def undo(self, offset: int) -> int:
        """Returns an offset before the repair; of added text, the offset where it was added."""
        i = bisect_right(self.after, offset) - 1
        if i < 0:
            return offset
        edit, into = self.edits[i], offset - self.after[i]
        if into < len(edit.added):
            return self.before[i]
        return self.before[i] + len(edit.removed) + into - len(edit.added)


def _shifts(repair: Repair, field: FieldName) -> _Shifts:
    edits = [edit for edit in repair.edits if edit.field == field]
    if len(edits) == 1:
        (edit,) = edits
        grown = len(edit.added) - len(edit.removed)
        before = [at - grown * number for number, at in enumerate(edit.at)]
        return _Shifts([*edit.at], before, edits * len(before))
    places = [(at, edit) for edit in edits for at in edit.at]
    places.sort(key=itemgetter(0))
    shifts = _Shifts([], [], [])
    grown = 0  # characters, by the edits so far
    for at, edit in places:
        shifts.after.append(at)
        shifts.before.append(at - grown)
        shifts.edits.append(edit)
        grown += len(edit.added) - len(edit.removed)
    return shifts


class _Locator:
    """Finds the line in the text as given for an offset in the text before a repair."""

    def __init__(self, given: Draft, repairs: Sequence[Repair]) -> None:
        self._given = given
        self._repairs = repairs
        self._known: dict[tuple[int, FieldName], _Shifts] = {}
        self._line_ends: dict[FieldName, list[int]] = {}
        self._lookups = 0

    def shifts(self, step: int, field: FieldName) -> _Shifts:
        """Returns the shifts of repair number `step` in a field."""
        if (step, field) not in self._known:
            self._known[step, field] = _shifts(self._repairs[step], field)
        return self._known[step, field]

    def lines(self, step: int, field: FieldName, start: int, end: int) -> tuple[int, int]:
        """Returns the first and last line of `start`..`end` in the text before repair `step`."""
        last = max(start, end - 1)
        for earlier in reversed(range(step)):
            shifts = self.shifts(earlier, field)
            start, last = shifts.undo(start), shifts.undo(last)
        line = self._line(field, start)
        return line, line + text_of(self._given, field).count("\n", start, last)

    def _line(self, field: FieldName, offset: int) -> int:
        given = text_of(self._given, field)
        self._lookups += 1
        if self._lookups <= _FEW:
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
