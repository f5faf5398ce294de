"""How right Copydesk is, in one table.

    python -m bench.quality [--list] [--data DIR] [GROUP ...]

Groups: labels (hand-labelled articles), legitimate (look-alikes and known lines), lines (lines of
pages, labelled as story or furniture), pages (pages with a clean text beside them), planted (flaws
planted in good articles), mojibake (damaged letters), listed (stubs and neighbours listed before
any rule was tried), verdicts (genuine articles rejected and broken ones caught).

Each figure stands beside the input as it is; what it may not fall below
(or, where its name ends in `_most`, not rise above) is said in `floors.toml`. Exit 1 where one
does. `--list` prints every single thing that is wrong instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.quality import (
    data,
    encodings,
    labelled,
    legitimate,
    lines,
    pages,
    planted,
    stubs,
    verdicts,
)
from bench.quality.table import Figure, print_table

GROUPS: dict[str, tuple[Callable[[], list[Figure]], Callable[[], Iterator[str]]]] = {
    "labels": (labelled.figures, labelled.listing),
    "legitimate": (legitimate.figures, legitimate.listing),
    "lines": (lines.figures, lines.listing),
    "pages": (pages.figures, pages.listing),
    "planted": (planted.figures, planted.listing),
    "mojibake": (encodings.figures, encodings.listing),
    "listed": (stubs.figures, stubs.listing),
    "verdicts": (verdicts.figures, verdicts.listing),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--list", action="store_true", help="print what is wrong, one by one")
    parser.add_argument("--data", type=Path, default=data.DATA)
    options = parser.parse_args()
    unknown = set(options.groups) - GROUPS.keys()
    if unknown:
        parser.error(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    data.DATA = options.data
    if not data.DATA.is_dir():
        print(f"skipped: {data.DATA} is not there; name the test data with --data")
        return 0
    chosen = [GROUPS[name] for name in options.groups or GROUPS]
    if options.list:
        for _, listing in chosen:
            print("\n".join(listing()))
        return 0
    return int(not print_table([figure for figures, _ in chosen for figure in figures()]))


if __name__ == "__main__":
    sys.exit(main())
