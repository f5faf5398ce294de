"""How soon a source that breaks is told, and how often one that did not.

    python -m bench.quality.sources [--sources N] [--list]

Replays a fortnight of real sites, scraped twice a day, by the times of their arrival: once as it
was, then with one source broken from the tenth day on, in each way and for each of N sources.
Prints for each way in how many sources its signal came, after how many hours, and what else was
said of them; for the untouched fortnight the false alarms by source and month, `--list` each.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from statistics import median
from typing import Any, NamedTuple

from bench.run import SHARED
from pipeline.article import Arrival, DeadLetter, Origin, Prepared, Quality, Rejected
from pipeline.dedup import CompactIndex, entry_of
from pipeline.flow import Stages, decide, is_remembered, prepare
from pipeline.publish import quality_record
from pipeline.sources import Signal, SignalName, Watch, counted_record

_BREAKS = "2021-11-10T12:00:00+00:00"  # after nine days
_MOST_FALSE = 1.0  # false alarms a source and month
_MONTH = 30.0  # days
_HOUR = 3_600.0
_FLOOD = 80  # deliveries of one page at once
_BUTTONS = "\n\n<div class='share'>Share on Facebook</div>\n\nTweet this &amp;amp; more"

Row = dict[str, Any]


class Fault(NamedTuple):
    """A way to break, the signal that tells it, and in how large a share of sources it must."""

    name: str
    signal: SignalName
    apply: Callable[[Row], Sequence[Row]]
    least: float = 0.85  # one source of 23 ends by itself, one sends two articles a day


class Raised(NamedTuple):
    source: str | None
    signal: Signal
    at: float  # seconds since 1970


def _doubled(row: Row) -> list[Row]:
    return [row | {"text": f"{row['text']}\n\n{row['text']}"}]


def _residue(row: Row) -> list[Row]:
    paragraphs = row["text"].split("\n\n")
    return [row | {"text": _BUTTONS.join(paragraphs) + _BUTTONS}]


FAULTS = (
    Fault("goes silent", SignalName.SILENT, lambda _: []),
    Fault("body doubled", SignalName.REPAIRS_JUMPED, _doubled),
    Fault("headline lost", SignalName.FIELD_GONE, lambda row: [row | {"title": None}]),
    Fault("date lost", SignalName.FIELD_GONE, lambda row: [row | {"published_at": None}]),
    Fault("residue appears", SignalName.REPAIRS_JUMPED, _residue),
    Fault(
        "residue and doubled",
        SignalName.EXTRACTOR_BROKE,
        lambda row: [two for one in _residue(row) for two in _doubled(one)],
    ),
    Fault(
        "error pages",
        SignalName.REJECTS_JUMPED,
        lambda row: [row | {"text": "404 Not Found\n\nThe page you requested was not found."}],
    ),
    Fault(
        "cut to 300 characters",
        SignalName.LENGTH_SHIFTED,
        lambda row: [row | {"text": row["text"][:300]}],
        least=0.65,  # sources whose articles are of all lengths hide it
    ),
    Fault("flood of one page", SignalName.FLOOD, lambda row: [row] * _FLOOD),
)


def main() -> int:
    """Print the figures; 1 where faults were missed or the false alarms are too many."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=23)
    parser.add_argument("--list", action="store_true", help="print every false alarm")
    chosen = parser.parse_args()
    path = SHARED / "ngr_stream.jsonl.gz"
    if not path.exists():
        print(f"skipped: {path} is not there")
        return 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) | {"line": n} for n, line in enumerate(lines, start=1)]
    false = _false_alarms(rows, listed=chosen.list)
    names = [name for name, _ in Counter(row["source"] for row in rows).most_common()]
    step = max(1, len(names) // chosen.sources)
    told = [_try(fault, rows, names[::step][: chosen.sources]) for fault in FAULTS]
    return int(false > _MOST_FALSE or not all(told))


def _false_alarms(rows: Sequence[Row], *, listed: bool) -> float:
    raised = replay(rows)
    names = {row["source"] for row in rows}
    days = (_seconds(rows[-1]["snapshot"]) - _seconds(rows[0]["snapshot"])) / 86_400
    months = len(names) * days / _MONTH
    print(f"untouched: {len(raised)} alarms in {months:.1f} source-months", end=", ")
    print(f"{len(raised) / months:.2f} a source-month")
    for one in raised if listed else ():
        moment = datetime.fromtimestamp(one.at).astimezone().isoformat()
        print(f"  {one.source} {moment}: {one.signal.signal}: {one.signal.message}")
    return len(raised) / months


def _try(fault: Fault, rows: Sequence[Row], names: Sequence[str]) -> bool:
    """Break each source in one way; whether enough of them were told."""
    delays, others, windows = [], Counter[str](), Counter[str]()
    for name in names:
        broken = list(_broken(rows, name, fault))
        first = next(r for r in rows if r["source"] == name and r["snapshot"] >= _BREAKS)
        since = _seconds(first["snapshot"])
        raised = [one for one in replay(broken) if one.source == name and one.at >= since]
        right = [one for one in raised if one.signal.signal == fault.signal]
        if right:
            delays.append((right[0].at - since) / _HOUR)
            windows[right[0].signal.window] += 1
        others.update({one.signal.signal for one in raised} - {fault.signal})
    told = ", ".join(f"{count} {window}" for window, count in windows.most_common())
    also = ", ".join(f"{count} {signal}" for signal, count in others.most_common())
    print(
        f"{fault.name:22} {fault.signal:17} told in {len(delays):2} of {len(names)} sources after"
        f" {median(delays) if delays else 0:.0f} h, at most {max(delays, default=0):.0f} h"
        f" ({told}); also: {also or 'nothing'}"
    )
    return len(delays) >= fault.least * len(names)


def _broken(rows: Sequence[Row], name: str, fault: Fault) -> Iterator[Row]:
    flooded = False
    for row in rows:
        if row["source"] != name or row["snapshot"] < _BREAKS:
            yield row
        elif fault.signal is SignalName.FLOOD:  # one page, once
            yield from [row] if flooded else fault.apply(row)
            flooded = True
        else:
            yield from fault.apply(row)


def replay(rows: Sequence[Row]) -> list[Raised]:
    """Every signal that went on, in order; time goes by in hours between arrivals."""
    watch, raised = Watch(), list[Raised]()
    on: dict[str | None, set[SignalName]] = defaultdict(set)
    now = 0.0
    for quality in _qualities(rows):
        seen = _seconds(quality.seen_at)
        while now and now + _HOUR < seen:
            now += _HOUR
            watch.advance(now)
            _note(watch, on, raised, now)
        now = seen
        watch.advance(now)
        watch.add(counted_record(quality))
        _note(watch, on, raised, now)
    return raised


def _note(
    watch: Watch, on: dict[str | None, set[SignalName]], raised: list[Raised], now: float
) -> None:
    for record in watch.changed_records():
        signals = {signal.signal: signal for signal in record.signals}
        raised += [
            Raised(record.source, signal, now)
            for name, signal in signals.items()
            if name not in on[record.source]
        ]
        on[record.source] = {*signals}


def _qualities(rows: Sequence[Row]) -> Iterator[Quality]:
    """What the whole desk says of each row."""
    index = CompactIndex(_STAGES.dedup)
    for row in rows:
        seen_at = row["snapshot"].replace("+00:00", "Z")
        arrival = Arrival(Origin(file="ngr", line=row["line"]), seen_at)
        ready = _ready(json.dumps(row).encode(), arrival)
        if isinstance(ready, DeadLetter):
            yield quality_record(ready, seen_at, _STAGES.ruleset)
        elif isinstance(ready, Rejected):
            yield ready.quality
        else:
            outcome = decide(ready, index.neighbours(ready), _STAGES)
            if is_remembered(outcome):
                index.add(entry_of(ready, outcome.quality.match))
            yield outcome.quality


@lru_cache(maxsize=8192)  # most rows are the same in every replay
def _ready(value: bytes, arrival: Arrival) -> Prepared | Rejected | DeadLetter:
    return prepare(value, arrival, _STAGES)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


_STAGES = Stages()

if __name__ == "__main__":
    sys.exit(main())
