"""The flow picture of a run: inputs, parsed, cleaned, the four doors, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pipeline.article import Verdict
from pipeline.report.labels import KINDS, plain, share
from pipeline.report.sankey import Frame, Link, Node, Picture, place
from pipeline.report.shown import clip
from pipeline.report.tally import Tally, ranked

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

_DOORS: tuple[tuple[Verdict, str, str], ...] = (  # verdict, tone, label
    (Verdict.PUBLISH, "published", "Published"),
    (Verdict.DUPLICATE, "copies", "Copies"),
    (Verdict.REJECT, "rejected", "Rejected"),
)
_UNREADABLE = "unreadable"


def wide(tally: Tally) -> Picture:
    """Five columns, for a screen or a page."""
    nodes = [*_entry(tally, parsed=True), *_exits(tally, 3)]
    links = [*_entry_links(tally), *_reason_links(tally)]
    return place(nodes, links, WIDE)


def narrow(tally: Tally) -> Picture:
    """Three columns, for a phone: inputs, doors, reasons."""
    nodes = [*_entry(tally, parsed=False), *_exits(tally, 1)]
    links = [
        Link("in", tone, count, tone, f"{label}: {count:,}") for tone, label, count in _doors(tally)
    ]
    return place(nodes, [*links, *_reason_links(tally)], NARROW)


def _doors(tally: Tally) -> list[tuple[str, str, int]]:
    """(tone, label, articles) of each door that was used."""
    doors = [(tone, label, tally.verdicts[verdict]) for verdict, tone, label in _DOORS]
    doors.append((_UNREADABLE, "Unreadable", tally.dead_letters))
    return [door for door in doors if door[2]]


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
        yield Node("past-1", 1, tally.dead_letters, _UNREADABLE)
        yield Node("past-2", 2, tally.dead_letters, _UNREADABLE)


def _exits(tally: Tally, column: int) -> Iterator[Node]:
    for tone, label, count in _doors(tally):
        yield Node(tone, column, count, tone, label, _of(count, tally.received))
    for door, reasons in _reasons(tally).items():
        for name, count in reasons:
            label = clip(name[:1].upper() + name[1:], 26 if column > 1 else 17)
            yield Node(f"{door}: {name}", column + 1, count, door, label, f"{count:,}")


def _entry_links(tally: Tally) -> Iterator[Link]:
    if tally.articles:
        yield Link("in", "parsed", tally.articles, "ink", f"Parsed: {tally.articles:,}")
    if tally.dead_letters:
        title = f"Unreadable: {tally.dead_letters:,}"
        for source, target in (("in", "past-1"), ("past-1", "past-2"), ("past-2", _UNREADABLE)):
            yield Link(source, target, tally.dead_letters, _UNREADABLE, title)
    repaired = sum(tally.repaired.values())
    for name, count in (("repaired", repaired), ("untouched", tally.articles - repaired)):
        if count:
            yield Link("parsed", name, count, "ink", f"{plain(name).capitalize()}: {count:,}")
    for verdict, tone, label in _DOORS:
        mended = tally.repaired[verdict]
        for name, count in (("repaired", mended), ("untouched", tally.verdicts[verdict] - mended)):
            if count:
                title = f"{plain(name).capitalize()}, then {label.lower()}: {count:,}"
                yield Link(name, tone, count, tone, title)


def _reason_links(tally: Tally) -> Iterator[Link]:
    for door, reasons in _reasons(tally).items():
        for name, count in reasons:
            yield Link(door, f"{door}: {name}", count, door, f"{name}: {count:,}")


def _reasons(tally: Tally) -> dict[str, list[tuple[str, int]]]:
    """By door, what articles went through it for; the numbers of a door add up to it."""
    withheld: Counter[str] = Counter()
    matched: Counter[str] = Counter()
    for (kind, _), count in tally.copies.items():
        withheld[KINDS[kind][0]] += count.withheld
        matched[KINDS[kind][0]] += count.published
    published = Counter({"New": tally.published - matched.total()}) + matched
    named = {
        "published": [(_PUBLISHED_AS.get(name, name), n) for name, n in published.most_common()],
        "copies": ranked(+withheld),
        "rejected": [(plain(name), n) for name, n in ranked(tally.first_reject_reasons)],
        _UNREADABLE: [(plain(name), n) for name, n in ranked(tally.dead_letter_reasons)],
    }
    return {door: _sum_up(reasons) for door, reasons in named.items()}


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
