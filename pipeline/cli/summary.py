"""The summary at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from pipeline.cli.terminal import new_console
from pipeline.report import Tally
from pipeline.report.tally import ranked
from pipeline.routing import DOORS
from pipeline.runners.outputs import REPORT, path_of
from pipeline.sources import SignalName

_MOST = 5  # repairs and findings named; the report has them all
_FEWEST = 1000  # articles: of fewer, the pace would be that of starting


def print_summary(tally: Tally, folder: Path, seconds: float) -> None:
    """Prints counts and the top rules as a table on standard output."""
    console = new_console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_column(style="dim", overflow="fold")
    for count, what, where in _doors(tally, folder):
        table.add_row(f"{count:,}", what, where)
    console.print()
    console.print(table)
    if not tally.received:
        console.print("Nothing came in: what was read holds no article.")
    for title, facts in (
        ("Repaired", tally.top_repairs(_MOST)),
        ("Found", tally.top_findings(_MOST)),
        ("Observed, and nothing changed", ranked(tally.observed)[:_MOST]),
    ):
        if facts:
            listed = ", ".join(f"{name} {count:,}" for name, count in facts)
            console.print(f"[bold]{title}[/bold]: {listed}", soft_wrap=True)
    for line in (*_failures(tally), *_changes(tally), *_unread_dates(tally)):
        console.print(line, soft_wrap=True)
    pace = f", {tally.received / seconds:,.0f} articles/s" if tally.received >= _FEWEST else ""
    console.print(f"[bold]Report[/bold]: {folder / REPORT} ({seconds:.1f} s{pace})")


def _failures(tally: Tally) -> Iterator[str]:
    """Yields which of the user's rules failed, on how many articles, and why."""
    for rule, count in ranked(tally.failures):
        yield (
            f"[bold]Failed[/bold]: your rule {rule} on {count:,} articles, which went on without"
            f" it; the first: {escape(tally.first_failures[rule])}"
        )


def _changes(tally: Tally) -> Iterator[str]:
    """Yields which sources have changed, the gravest changes first, and in what."""
    order = {name: rank for rank, name in enumerate(SignalName)}
    changed = sorted(tally.signals(), key=lambda one: order[one[1].signal])
    for source, signal in changed[:_MOST]:
        yield (
            f"[bold]Changed[/bold]: {escape(source)}: {signal.signal}"
            f" since {signal.since[:16].replace('T', ' ')}: {escape(signal.message)}"
        )
    if len(changed) > _MOST:
        yield f"[bold]Changed[/bold]: {len(changed) - _MOST:,} more, in sources.jsonl"


def _unread_dates(tally: Tally) -> Iterator[str]:
    """Yields how many dates of which sources could be read in two ways, and what to do."""
    sources = ranked(tally.unread_dates)
    for source, count in sources[:_MOST]:
        yield (
            f"[bold]Dates[/bold]: {count:,} dates of {escape(source)} could not be read in one way"
            f"{_order_of_others(tally, source)}: set parse.date_order or run copydesk learn"
        )
    if len(sources) > _MOST:
        yield f"[bold]Dates[/bold]: nor could dates of {len(sources) - _MOST:,} more sources"


def _order_of_others(tally: Tally, source: str) -> str:
    """Returns what the other dates of the source say."""
    its = tally.dates.sources.get(source)
    known = its.order if its else None
    if known is None:
        return ""
    first = "day" if known.order == "DMY" else "month"
    return f" ({known.seen:,} others put the {first} first)"


def _doors(tally: Tally, folder: Path) -> list[tuple[int, str, str]]:
    return [
        (tally.received, "in", ""),
        *(
            (tally.doors[door], row.summary, str(path_of(folder, door)))
            for door, row in DOORS.items()
        ),
    ]
