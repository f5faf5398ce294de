"""The flow picture of a run: inputs, parsed, cleaned, the four doors, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import assert_never

from pipeline.report.labels import KINDS, plain, share
from pipeline.report.sankey import Frame, Link, Node, Sankey, place
from pipeline.report.shown import clip
from pipeline.report.tally import Tally, ranked
from pipeline.routing import ARTICLE_DOORS, DOORS, Door, DoorRow

WIDE = Frame(
    width=1080,
    columns=(0, 210, 420, 640, 860),
    bar=14,
    band=320,
    slot=40,
    gap=16,
    last_slot=20,
)
NARROW = Frame(width=360, columns=(0, 82, 202), bar=9, band=300, slot=38, gap=12, last_slot=19)

_MOST_REASONS = 4  # of one door; the others are summed up

_UNREADABLE = DOORS[Door.DEAD_LETTER]


def wide(tally: Tally) -> Sankey:
    """Draws five columns, for a screen or a page."""
    nodes = [*_entry(tally, parsed=True), *_exits(tally, 3)]
    links = [*_entry_links(tally), *_reason_links(tally)]
    return place(nodes, links, WIDE)


def narrow(tally: Tally) -> Sankey:
    """Draws three columns, for a phone: inputs, doors, reasons."""
    nodes = [*_entry(tally, parsed=False), *_exits(tally, 1)]
    links = [
        Link("in", row.tone, count, row.tone, f"{row.many}: {count:,}")
        for row, count in _doors(tally)
    ]
    return place(nodes, [*links, *_reason_links(tally)], NARROW)


def _doors(tally: Tally) -> list[tuple[DoorRow, int]]:
    """Returns each door that was used, with the inputs that left through it."""
    return [(row, tally.doors[door]) for door, row in DOORS.items() if tally.doors[door]]


def _entry(tally: Tally, *, parsed: bool) -> Iterator[Node]:
    yield Node("in", 0, tally.received, "ink", "Came in", f"{tally.received:,}")
    if not parsed:
        return
    if tally.articles:
        yield Node("parsed", 1, tally.articles, "ink", "Parsed", f"{tally.articles:,}")
    repaired = sum(tally.repaired.values())
    for name, label, count in (
        ("repaired", "Repaired", repaired),
        ("untouched", "Nothing to repair", tally.articles - repaired),
    ):
        if count:
            yield Node(name, 2, count, "ink", label, _of(count, tally.articles))
    if tally.dead_letters:
        yield Node("past-1", 1, tally.dead_letters, _UNREADABLE.tone)
        yield Node("past-2", 2, tally.dead_letters, _UNREADABLE.tone)


def _exits(tally: Tally, column: int) -> Iterator[Node]:
    for row, count in _doors(tally):
        yield Node(row.tone, column, count, row.tone, row.many, _of(count, tally.received))
    for tone, name, count in _reasons(tally):
        label = clip(name[:1].upper() + name[1:], 26 if column > 1 else 17)
        yield Node(f"{tone}: {name}", column + 1, count, tone, label, f"{count:,}")


def _entry_links(tally: Tally) -> Iterator[Link]:
    if tally.articles:
        yield Link("in", "parsed", tally.articles, "ink", f"Parsed: {tally.articles:,}")
    if tally.dead_letters:
        tone, title = _UNREADABLE.tone, f"{_UNREADABLE.many}: {tally.dead_letters:,}"
        for source, target in (("in", "past-1"), ("past-1", "past-2"), ("past-2", tone)):
            yield Link(source, target, tally.dead_letters, tone, title)
    repaired = sum(tally.repaired.values())
    for name, count in (("repaired", repaired), ("untouched", tally.articles - repaired)):
        if count:
            yield Link("parsed", name, count, "ink", f"{plain(name).capitalize()}: {count:,}")
    for door in ARTICLE_DOORS:
        row, mended = DOORS[door], tally.repaired[door]
        for name, count in (("repaired", mended), ("untouched", tally.doors[door] - mended)):
            if count:
                title = f"{plain(name).capitalize()}, then {row.many.lower()}: {count:,}"
                yield Link(name, row.tone, count, row.tone, title)


def _reason_links(tally: Tally) -> Iterator[Link]:
    for tone, name, count in _reasons(tally):
        yield Link(tone, f"{tone}: {name}", count, tone, f"{name}: {count:,}")


def _reasons(tally: Tally) -> Iterator[tuple[str, str, int]]:
    """Returns (tone of the door, reason, inputs); the numbers of a door add up to its inputs."""
    for door, row in DOORS.items():
        for name, count in _sum_up(_reasons_for(door, tally)):
            yield row.tone, name, count


def _reasons_for(door: Door, tally: Tally) -> list[tuple[str, int]]:
    """Returns the reasons of a door, the most frequent one first."""
    match door:
        case Door.CLEAN:
            matched = _matches(tally, withheld=False)
            published = Counter({"New": tally.published - matched.total()}) + matched
            return [(_PUBLISHED_AS.get(name, name), n) for name, n in published.most_common()]
        case Door.DUPLICATES:
            return ranked(+_matches(tally, withheld=True))
        case Door.REJECTED:
            return [(plain(name), n) for name, n in ranked(tally.first_reject_reasons)]
        case Door.DEAD_LETTER:
            return [(plain(name), n) for name, n in ranked(tally.dead_letter_reasons)]
        case _:
            assert_never(door)


def _matches(tally: Tally, *, withheld: bool) -> Counter[str]:
    """Counts the articles that match an earlier one, by the kind of match."""
    found: Counter[str] = Counter()
    for (kind, _), count in tally.copies.items():
        found[KINDS[kind][0]] += count.withheld if withheld else count.published
    return found


_PUBLISHED_AS = {
    "Near copy": "Revised version",
    "Exact copy": "Known text",
    "Excerpt": "Shorter version",
}


def _sum_up(reasons: list[tuple[str, int]]) -> list[tuple[str, int]]:
    if len(reasons) <= _MOST_REASONS:
        return reasons
    rest = reasons[_MOST_REASONS - 1 :]
    total = sum(count for _, count in rest)
    return [*reasons[: _MOST_REASONS - 1], (f"{len(rest)} other reasons", total)]


def _of(count: int, whole: int) -> str:
    return f"{count:,} \N{MIDDLE DOT} {share(count, whole)}"
