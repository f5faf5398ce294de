"""How many genuine articles the checks reject, per language, and how many broken ones they miss.

    python bench/quality/rejected.py [--list] [--data ../shared/data]

Exit 1 where a language with at least 200 genuine articles has .5 % or more rejected, or one with
at least 50 has 1 % or more.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.quality.data import is_mended
from pipeline.article import Arrival, DeadLetter, Format, Origin, Rejected
from pipeline.flow import Stages, prepare

# Share of genuine articles of a language that may be rejected, exclusive, from so many articles on.
FLOORS = ((200, 0.005), (50, 0.01))
# As extractors saw the page: menus and all. Counted apart, the page is genuine, the text is not.
EXTRACTED = {"aeb_extractors", "trafilatura_eval", "scraper_fixtures", "fundus_pages"}
TRUE_TEXTS = {"ground-truth", "clean_label", "expected_prefix"}  # `source` or `variant`
# Sets with error pages and empty texts among them, judged by their labels only.
BROKEN = {"fakenewsnet2018", "fakenewscorpus_sample"}
SEEN_AT = "2026-01-01T00:00:00Z"  # later than every article
STAGES = Stages()
# The same sites as ngr_stream; strings and lines, no articles.
SKIPPED = {"bench", "mojibake_ftfy", "pages_dev"}
LABEL_SETS = {"ngr": "ngr_stream"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print each rejected article")
    parser.add_argument("--set", action="append", help="only these sets")
    default = Path(__file__).parents[2].parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; name the test data with --data")
    labels = read_labels(options.data)
    genuine: dict[str, Counter[str]] = defaultdict(Counter)
    by_label: dict[str, Counter[str]] = defaultdict(Counter)
    broken = {
        row["text"]
        for name, row in rows(options.data, None)
        if labels.get((name, row["id"])) == "reject"
    }
    for name, row in rows(options.data, options.set):
        reasons = judge(row)
        label = labels.get((name, row["id"]))
        # The same page, delivered again or at another address, is as broken as the labelled one.
        if label is None and row["text"] in broken:
            label = "reject"
        group = "mended label" if is_mended(row["text"]) else group_of(name, row, label)
        genuine[group]["articles"] += 1
        genuine[group]["rejected"] += bool(reasons)
        for reason in reasons:
            genuine[group][f"reason {reason}"] += 1
        if label:
            by_label[label]["articles"] += 1
            by_label[label]["rejected"] += bool(reasons)
        if options.list and (reasons or label == "reject"):
            verdict = " ".join(reasons) or "PUBLISHED"
            print(f"{group:22} {row['id']:28} {label or '':8} {verdict}\n    {start_of(row)}")
    print_groups(genuine)
    print_labels(by_label)
    return not all(map(holds, genuine, genuine.values()))


def rows(data: Path, wanted: list[str] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """(set, row) of every article of every set."""
    for path in sorted(data.glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        if name in SKIPPED or name.endswith(".pairs") or (wanted and name not in wanted):
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield name, json.loads(line)


def read_labels(data: Path) -> dict[tuple[str, str], str]:
    with (data / "labels" / "articles.jsonl").open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return {(LABEL_SETS.get(row["set"], row["set"]), row["id"]): row["action"] for row in found}


def judge(row: dict[str, Any]) -> list[str]:
    """The rules that reject the article after the whole desk has worked on it."""
    arrival = Arrival(Origin(file=row["id"], line=1), SEEN_AT, Format.JSON)
    prepared = prepare(json.dumps(row).encode(), arrival, STAGES)
    if isinstance(prepared, DeadLetter):
        return [f"dead letter: {prepared.reason}"]
    return list(prepared.quality.reasons) if isinstance(prepared, Rejected) else []


def group_of(name: str, row: dict[str, Any], label: str | None) -> str:
    language = row["language"] or "?"
    if label == "reject":
        return "labelled broken"
    if name in BROKEN:
        return "low-quality sites"
    if name in EXTRACTED and not TRUE_TEXTS & {row["source"], row.get("variant")}:
        return f"{language} (extracted)"
    return language


def print_groups(groups: dict[str, Counter[str]]) -> None:
    print(f"\n{'language':22} {'articles':>8} {'rejected':>8} {'share':>8}  top reasons")
    for group, counts in sorted(groups.items()):
        reasons = {key[7:]: n for key, n in counts.items() if key.startswith("reason ")}
        top = ", ".join(f"{rule} {n}" for rule, n in Counter(reasons).most_common(4))
        share = counts["rejected"] / counts["articles"]
        mark = "" if holds(group, counts) else "  OVER THE FLOOR"
        print(f"{group:22} {counts['articles']:8} {counts['rejected']:8} {share:8.2%}  {top}{mark}")


def print_labels(labels: dict[str, Counter[str]]) -> None:
    print("\nhand labels:")
    for label, counts in sorted(labels.items()):
        print(f"  {label:8} {counts['articles']:4} articles, {counts['rejected']:4} rejected")


def holds(group: str, counts: Counter[str]) -> bool:
    """Whether the group is under the floor, or not held to it."""
    if " " in group or group == "?":
        return True
    floor = next((share for fewest, share in FLOORS if counts["articles"] >= fewest), 1.1)
    return counts["rejected"] < floor * counts["articles"]


def start_of(row: dict[str, Any]) -> str:
    return f"{(row['title'] or '')[:60]!r} | {(row['text'] or '')[:80]!r}"


if __name__ == "__main__":
    sys.exit(main())
