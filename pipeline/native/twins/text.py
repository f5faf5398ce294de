"""Words joined by single spaces: the twin of `src/text.c`."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.native.codepoints import (
    ALONE,
    ALONE_MARK,
    BREAK,
    EXPANDED,
    KIND,
    LENGTH,
    MARK,
    NONE,
    PART,
    PLANES,
    ROW,
)

Table = bytes | memoryview


def squeeze(text: str, table: Table) -> str:
    """Returns the words of a text joined by single spaces; `table` is one of `codepoints`.

    A line break counts as a space. Raises ValueError for another table.
    """
    return " ".join(word for _, word in words(text, table))


def squeeze_lines(text: str, table: Table) -> str:
    """Returns the text with the words of each line joined by single spaces; line breaks stay."""
    return "\n".join(squeeze(line, table) for line in text.split("\n"))


def words(text: str, table: Table) -> Iterator[tuple[int, str]]:
    """Yields the offset of each word in the text, and the word as the table writes it."""
    start, word = 0, ""
    before = NONE  # the kind of word that the last character belongs to
    for at, char, kind in _characters(text, table):
        if kind == MARK and not char:
            continue  # compares as nothing
        if kind in {NONE, BREAK} or _begins(kind, before):
            if word:
                yield start, word
            start, word = at, ""
        word += char
        before = _joined(kind, before)
    if word:
        yield start, word


def _begins(kind: int, before: int) -> bool:
    """Returns whether a character begins a word, if the one before belongs to a word of a kind."""
    if kind == MARK:
        return before == NONE
    return kind == ALONE or before != (PART if kind == PART else ALONE)


def _joined(kind: int, before: int) -> int:
    """Returns the kind of word that a character belongs to; a mark belongs to the word before."""
    if kind == MARK:
        return before or PART
    return {ALONE_MARK: ALONE, BREAK: NONE}.get(kind, kind)


def _characters(text: str, table: Table) -> Iterator[tuple[int, str, int]]:
    """Yields (offset, output, kind) of each character; the output is empty outside of words."""
    cells, rows = parts(table)
    for at, code in enumerate(map(ord, text)):
        cell = cell_of(cells, code)
        if cell >> KIND & 7 != EXPANDED:
            yield at, *_character(cell)
            continue
        row = (cell & 0xFFFFFFFF) * ROW
        if row >= len(rows):
            raise ValueError("not a table of pipeline.native.codepoints")
        for part in filter(None, rows[row : row + ROW]):
            yield at, *_character(cell_of(cells, part))


def parts(table: Table) -> tuple[memoryview, memoryview]:
    """Returns the cells and the rows of expansions of a table. Raises ValueError for another."""
    size = 8 * PLANES
    if len(table) < size or (len(table) - size) % (4 * ROW):
        raise ValueError("not a table of pipeline.native.codepoints")
    view = memoryview(table)
    return view[:size].cast("Q"), view[size:].cast("I")


def cell_of(cells: memoryview, code: int) -> int:
    """Returns the cell of any code point, also of those beyond the table."""
    if code < PLANES:
        found: int = cells[code]
        return found
    kind = ALONE if code < 0x40000 else MARK if 0xE0100 <= code < 0xE01F0 else NONE
    if kind == NONE:
        return ord(" ")
    return int.from_bytes(chr(code).encode(), "little") | 4 << LENGTH | kind << KIND


def _character(cell: int) -> tuple[str, int]:
    utf8 = (cell & 0xFFFFFFFF).to_bytes(4, "little")
    return utf8[: cell >> LENGTH & 7].decode(), cell >> KIND & 7
