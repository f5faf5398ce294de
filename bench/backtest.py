"""One backtest beside the two runs that it stands for: the same counts, and what each costs.

    python -m bench.backtest [INPUT...] [--new FILE] [--data FOLDER]

An INPUT is a file of articles; without one it is `bench.jsonl.gz` of the data folder, 20,000 real
articles. Compares the defaults with FILE, else with a few settings of each stage. Prints CPU and
wall time, and exits with 1 where a count of the backtest is not that of the outputs of the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NEW = """\
parse: {date_order: DMY}
clean: {disabled: [drop_share_buttons, drop_related_links]}
check: {limits: {too-short: 40, brief: null}, severities: {paywall: reject}}
dedup: {near_jaccard: 0.6}
"""
_MOMENT = "1767225600"  # 2026-01-01, in seconds: when all of them run
_DOORS = ("clean", "duplicates", "rejected")
_ASPECTS = ("verdict", "text", "findings", "repairs", "copy", "fields")
_FIELDS = (
    "id",
    "url",
    "datePublished",
    "datePublishedRaw",
    "dateModified",
    "dateModifiedRaw",
    "inLanguage",
    "source",
    "dateline",
    "extra",
)


class Cost(NamedTuple):
    cpu: float  # seconds, of the process and its children
    wall: float
    peak: int  # KiB, of the largest process so far


def main() -> int:
    """Runs all three, prints what they cost and whether their counts agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT")
    parser.add_argument("--new", type=Path, metavar="FILE", help="the settings to compare")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of bench.jsonl.gz")
    chosen = parser.parse_args()
    inputs = chosen.inputs or [str(chosen.data / "bench.jsonl.gz")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        old, new = folder / "old.yaml", chosen.new or folder / "new.yaml"
        old.write_text("{}\n", "utf-8")
        if not chosen.new:
            new.write_text(NEW, "utf-8")
        page, told = folder / "page.html", folder / "told.json"
        names = ["backtest", str(old), str(new), *inputs, "--out", str(page), "--json"]
        costs = {"backtest": _copydesk(names, told)}
        for name, config in (("run, old settings", old), ("run, new settings", new)):
            outputs = folder / name[5:8]
            run = ["run", *inputs, "--out", str(outputs), "--config", str(config)]
            costs[name] = _copydesk(run, Path(os.devnull))
        figures = json.loads(told.read_text("utf-8"))["figures"]
        wrong = unlike(figures, folder / "old", folder / "new")
    _print(figures, costs)
    print("the counts are those of the two runs" if not wrong else f"other counts: {wrong}")
    return int(bool(wrong))


def unlike(figures: Record, old: Path, new: Path) -> list[str]:
    """Returns the names of the figures of a backtest that the outputs of two runs do not have."""
    verdicts = {(one["old"], one["new"]): one["articles"] for one in figures["verdicts"]}
    told, expected = {**figures, "verdicts": verdicts}, _differences(old, new)
    return [name for name in {**told, **expected} if told.get(name) != expected.get(name)]


def _differences(old: Path, new: Path) -> Record:
    """Counts what differs between the outputs of two runs."""
    before, after = _outcomes(old), _outcomes(new)
    aspects, moves, rules = Counter[str](), Counter[tuple[str, str]](), dict[str, Counter[str]]()
    groups: dict[str, dict[str, Counter[str]]] = {"sources": {}, "languages": {}}
    changed = 0
    for place in before.keys() | after.keys():  # the same ones, or it fails
        one, other = before[place], after[place]
        changes = [aspect for aspect in _ASPECTS if one[aspect] != other[aspect]]
        aspects.update(changes)
        moves[one["verdict"], other["verdict"]] += 1
        changed += bool(changes)
        named = other if one["verdict"] == "dead-letter" else one
        for kind, name in zip(groups, named["names"], strict=True):
            group = groups[kind].setdefault(name, Counter())
            group.update(articles=1, changed=bool(changes), verdicts="verdict" in changes)
        mine, theirs = ({**each["repairs"], **each["findings"]} for each in (one, other))
        for rule in mine.keys() | theirs.keys():
            if mine.get(rule) != theirs.get(rule):
                how = "now" if rule not in mine else "otherwise" if rule in theirs else "noLonger"
                rules.setdefault(rule, Counter(now=0, noLonger=0, otherwise=0))[how] += 1
    return {
        "received": len(before),
        "changed": changed,
        "aspects": {aspect: aspects[aspect] for aspect in _ASPECTS},
        "verdicts": moves,
        "rules": rules,
        **{
            kind: {name: group for name, group in found.items() if group["changed"]}
            for kind, found in groups.items()
        },
    }


def _outcomes(folder: Path) -> dict[str, Record]:
    """Returns each aspect of each input, by its place."""
    articles = {
        json.dumps(article["quality"]["origin"]): article
        for door in _DOORS
        for article in _lines(folder / f"{door}.jsonl")
    }
    return {
        place: _outcome(quality, articles.get(place))
        for quality in _lines(folder / "quality.jsonl")
        for place in [json.dumps(quality["origin"])]
    }


def _outcome(quality: Record, article: Record | None) -> Record:
    """Returns what is compared of one input, under the names of the aspects."""
    if article is None:
        found = {"findings": {quality["reasons"][0]: "reject"}, "repairs": {}}
        rest: Record = dict.fromkeys(("text", "copy", "fields"))
        return {"verdict": "dead-letter", **found, **rest, "names": ("", "unknown")}
    repairs: dict[str, list[int]] = {}
    for repair in quality["repairs"]:
        sums = repairs.setdefault(repair["rule"], [0, 0, 0])
        for at, name in enumerate(("count", "charsRemoved", "charsAdded")):
            sums[at] += repair[name]
    match = quality["match"]
    texts = ("headline", "description", "articleBody", "authors")
    return {
        "verdict": quality["verdict"],
        "text": [article[name] for name in texts],
        "findings": {finding["rule"]: finding["severity"] for finding in quality["findings"]},
        "repairs": repairs,
        "copy": match and [match[name] for name in ("kind", "relation", "of")],
        "fields": [quality["language"], *(article[name] for name in _FIELDS)],
        "names": (quality["source"] or "", quality["language"] or "unknown"),
    }


def _lines(path: Path) -> Iterable[Record]:
    with path.open("rb") as lines:
        yield from map(json.loads, lines)


def _copydesk(arguments: list[str], output: Path) -> Cost:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with output.open("wb") as out:
        subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            env=os.environ | {"SOURCE_DATE_EPOCH": _MOMENT},
            stdout=out,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.monotonic() - begun, after.ru_maxrss)


def _print(figures: Record, costs: dict[str, Cost]) -> None:
    print(f"{figures['changed']:,} of {figures['received']:,} articles change")
    for name, cost in costs.items():
        print(f"{name:<18} {cost.cpu:6.1f} s CPU {cost.wall:6.1f} s")
    together = sum(cost.cpu for name, cost in costs.items() if name != "backtest")
    own = costs["backtest"]
    print(f"backtest / two runs: {own.cpu / together:.2f} of the CPU, peak {own.peak >> 10} MiB")


if __name__ == "__main__":
    raise SystemExit(main())
