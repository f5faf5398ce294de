"""The table of faults, with figures: `make faults`.

    python -m tests.faults [--only NAME ...] [--short] [--times N] [--seed N] [--json]

Each row does harm to a pipeline under load, and counts what came out. The exit code says whether
all was as promised. The whole of it takes about an hour; a broker needs Java and Maven.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # where `support` is

from support.streams import running

from deploy.kafka.broker import Broker

from .rows import ROWS, SHORT, On, Row
from .run import problems, run
from .scene import Result

_HEAD = (
    "fault",
    "times",
    "records in",
    "lost",
    "twice",
    "aborted",
    "backlog",
    "longest stall, s",
    "normal after, s",
    "usual p99, s",
)


def main() -> int:
    """Runs the rows that were asked for and prints them as they end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = list(dict.fromkeys(row.name for row in (*ROWS, *SHORT)))
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--short", action="store_true", help="what CI runs")
    parser.add_argument("--times", type=int, help="of each fault, instead of the row's own number")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one list at the end")
    chosen = parser.parse_args()
    rows = SHORT if chosen.short else ROWS
    rows = [row for row in rows if row.name in (chosen.only or [one.name for one in rows])]
    if not chosen.json:
        print(_line(*_HEAD), _line(*("---",) * len(_HEAD)), sep="\n", flush=True)
    results = []
    with _shared_by(rows) as broker:
        for row in rows:
            times = chosen.times or row.times
            began = time.monotonic()
            result = run(row, times, chosen.seed, broker)
            wrong = problems(row, result)
            seconds = round(time.monotonic() - began)
            results.append({**result._asdict(), "wrong": wrong, "seconds": seconds})
            if not chosen.json:
                print(_told(row, result), flush=True)
                for text in wrong:
                    print(f"  {row.name} does not hold: {text}", flush=True)
                for text in (*result.notes, f"{seconds} s"):
                    print(f"  {row.name}: {text}", file=sys.stderr, flush=True)
    if chosen.json:
        print(json.dumps(results, indent=1))
    return int(any(one["wrong"] for one in results))


@contextmanager
def _shared_by(rows: Sequence[Row]) -> Iterator[str | None]:
    """The broker of all rows that need none of their own."""
    if all(row.on is not On.ANY for row in rows):
        yield None
        return
    with running(Broker()) as broker:
        yield broker.bootstrap


def _told(row: Row, result: Result) -> str:
    return _line(
        row.does,
        result.times,
        f"{result.fed:,}",
        *(
            f"{number} (found)" if row.is_mutation and number else number
            for number in (result.lost, result.twice)
        ),
        f"{result.aborted:,}",
        f"{result.backlog:,}",
        *(f"{seconds:.1f}" for seconds in (result.stall, result.back, result.usual)),
    )


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    raise SystemExit(main())
