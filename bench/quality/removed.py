"""Which lines cleaning removes most often and most rarely, rule by rule: to read, not to measure.

python -m bench.quality.removed [--top N] [--rule ID] [SET ...]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict

from bench.quality import data
from bench.quality.data import desked, rows, sets
from pipeline.clean import trace


def main() -> int:
    """Print the lines of each rule with their number."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help="default: all but the largest")
    parser.add_argument("--top", type=int, default=20, metavar="N", help="from either end")
    parser.add_argument("--rule", metavar="ID", help="this repair only")
    options = parser.parse_args()
    if not data.DATA.is_dir():
        print(f"skipped: {data.DATA} is not there")
        return 0
    for rule, lines in sorted(removed(options.sets or sets()).items()):
        if options.rule in {None, rule}:
            print(f"\n## {rule}: {sum(lines.values())} removed, {len(lines)} kinds")
            ranked = lines.most_common()
            few = len(ranked) <= 2 * options.top
            for line, count in ranked if few else ranked[: options.top] + ranked[-options.top :]:
                print(f"{count:6} {line[:160]}")
    return 0


def removed(names: list[str]) -> dict[str, Counter[str]]:
    """What each repair took out of the bodies of some sets, with its number."""
    found = defaultdict[str, Counter[str]](Counter)
    for name in names:
        for row in rows(name):
            quality = desked(row).quality if row["text"] else None
            for piece in trace(row["text"], "articleBody", quality.repairs) if quality else ():
                if piece.state == "removed" and piece.rule and piece.text.strip():
                    found[piece.rule][" / ".join(piece.text.split("\n"))] += 1
    return found


if __name__ == "__main__":
    sys.exit(main())
