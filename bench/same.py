"""Compares what two versions of Copydesk write for the same articles.

    python -m bench.same OLD NEW [SET...] [--data FOLDER] [--jobs N] [--most N]

OLD and NEW are checkouts, each with its own `.venv`, or folders of outputs made earlier: one
sub-folder a set, as `copydesk run --out` writes it. A SET is the name of a file of the data folder
without `.jsonl.gz`; without any, all are compared. A checkout runs each set at the time at which
the other side ran it, so that ages of articles agree.

Prints each difference as set, file, line of the input, id, field, before and after. Times of the
run and `ruleset` are not compared. Exits with 1 where anything differs, with 2 where a run fails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

Record = dict[str, Any]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = ("quality", "clean", "duplicates", "rejected", "dead-letter")

_MOMENT = 1_767_225_600  # 2026-01-01, in seconds: when two checkouts run a set
_SHOWN = 60  # characters of a value
_BEFORE = 15  # characters shown before the first that differs
_ABSENT = "(absent)"


class Difference(NamedTuple):
    """One field that differs; `before` and `after` are shortened to where they part."""

    file: str
    line: int  # of the input
    id: str
    field: str  # a path, e.g. `repairs[0].rule`; empty for a whole record
    before: str
    after: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line} {self.id} {self.field}".rstrip()
        return f"{place}\n    - {self.before}\n    + {self.after}"


class Side(NamedTuple):
    """One of the two that are compared: a checkout, or a folder of outputs."""

    place: Path
    is_checkout: bool


def main() -> int:
    """Compares set by set."""
    chosen = _arguments()
    old, new = _side(chosen.old), _side(chosen.new)
    total = 0
    for name in chosen.sets or sorted(_sets(old, new, chosen.data)):
        with tempfile.TemporaryDirectory() as scratch:
            folders = _outputs(old, new, name, chosen, Path(scratch))
            found = 0
            for found, difference in enumerate(compare(*folders), start=1):
                if total + found <= chosen.most:
                    print(f"{name} {difference}")
        print(f"{name}: {found:,} differences", flush=True)
        total += found
    if total > chosen.most:
        print(f"{total - chosen.most:,} more differences are not shown (--most)")
    print(f"{total:,} differences")
    return int(total > 0)


def compare(old: Path, new: Path) -> Iterator[Difference]:
    """The differences between two folders of outputs, file by file, in the order of the input."""
    moments = _moment(old), _moment(new)
    for file in FILES:
        before, after = (_records(folder / f"{file}.jsonl") for folder in (old, new))
        for line, one, other in _side_by_side(before, after):
            pair = _masked(one, moments[0]), _masked(other, moments[1])
            for field, left, right in _unlike(*pair):
                if field == "measures.age" and moments[0] != moments[1]:
                    continue
                name = str((one or other or {}).get("id", "-"))
                yield Difference(file, line, name, field, *_shortened(left, right))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("new", type=Path, metavar="NEW")
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of SET.jsonl.gz")
    parser.add_argument("--jobs", type=int, default=1, help="processes of `copydesk run`")
    parser.add_argument("--most", type=int, default=100, help="differences to print")
    return parser.parse_args()


def _side(place: Path) -> Side:
    if not place.is_dir():
        raise SystemExit(f"{place} is no folder")
    return Side(place.resolve(), (place / "pipeline").is_dir())


def _sets(old: Side, new: Side, data: Path) -> set[str]:
    """The sets that both sides have: a checkout has those of the data folder."""
    held = [
        {path.name.removesuffix(".jsonl.gz") for path in data.glob("*.jsonl.gz")}
        if side.is_checkout
        else {path.parent.name for path in side.place.glob("*/quality.jsonl")}
        for side in (old, new)
    ]
    return held[0] & held[1]


def _outputs(
    old: Side, new: Side, name: str, chosen: argparse.Namespace, scratch: Path
) -> tuple[Path, Path]:
    """The two folders of a set's outputs; those that are not there yet are made in `scratch`."""
    made = [side.place / name for side in (old, new) if not side.is_checkout]
    moment = _seconds(_moment(made[0])) if made else _MOMENT
    folders = []
    for side, label in ((old, "old"), (new, "new")):
        folder = scratch / label if side.is_checkout else side.place / name
        if side.is_checkout:
            _run(side.place, chosen.data.resolve() / f"{name}.jsonl.gz", folder, moment, chosen)
        folders.append(folder)
    return folders[0], folders[1]


def _run(
    checkout: Path, articles: Path, folder: Path, moment: int, chosen: argparse.Namespace
) -> None:
    python = checkout / ".venv" / "bin" / "python"
    options = ["--out", str(folder), "--jobs", str(chosen.jobs)]
    ended = subprocess.run(
        [str(python), "-m", "pipeline", "run", str(articles), *options],
        cwd=checkout,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(moment), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.stderr.write(f"{checkout} failed on {articles}:\n{ended.stderr}")
        raise SystemExit(2)


def _moment(folder: Path) -> str:
    """When a run took place: all its records carry the same `processedAt`."""
    with (folder / "quality.jsonl").open("rb") as lines:
        first = lines.readline()
    return str(msgspec.json.decode(first)["processedAt"]) if first else ""


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) if moment else _MOMENT


def _records(path: Path) -> Iterator[tuple[int, Record]]:
    """Each record of a file with the line of the input that it came from, ascending."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as lines:
        for line in lines:
            record = decoder.decode(line)
            yield int(_origin(record).get("line") or 0), record


def _origin(record: Record) -> Record:
    origin: Record = record.get("origin") or record["quality"]["origin"]
    return origin


def _side_by_side(
    old: Iterable[tuple[int, Record]], new: Iterable[tuple[int, Record]]
) -> Iterator[tuple[int, Record | None, Record | None]]:
    """Merges two ascending streams; a side without the line gives None."""
    olds, news = iter(old), iter(new)
    one, other = next(olds, None), next(news, None)
    while one or other:
        line = min(pair[0] for pair in (one, other) if pair)
        left = one[1] if one and one[0] == line else None
        right = other[1] if other and other[0] == line else None
        yield line, left, right
        if left is not None:
            one = next(olds, None)
        if right is not None:
            other = next(news, None)


def _masked(record: Record | None, moment: str) -> Record | str:
    """The record without what may differ: times of the run, the ruleset, the folder of the data."""
    if record is None:
        return _ABSENT
    origin = _origin(record)
    origin["file"] = Path(str(origin.get("file"))).name
    for part in (record, record.get("quality") or {}):
        part.pop("ruleset", None)
        if not part.get("observed"):  # earlier versions knew no rules that are only observed
            part.pop("observed", None)
        for name in ("processedAt", "seenAt"):
            if part.get(name) == moment:
                part.pop(name)
    match = record.get("match") or (record.get("quality") or {}).get("match") or {}
    if match.get("ofSeenAt") == moment:
        match.pop("ofSeenAt")
    return record


def _unlike(old: Any, new: Any, field: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The innermost fields that differ, with both values."""
    if _json(old) == _json(new):  # `==` does not see the order of keys, nor 1 beside 1.0
        return
    if isinstance(old, dict) and isinstance(new, dict):
        if old.keys() == new.keys() and list(old) != list(new):
            yield f"{field} (order of keys)".lstrip(), list(old), list(new)
        for name in dict.fromkeys((*old, *new)):
            path = f"{field}.{name}" if field else name
            yield from _unlike(old.get(name, _ABSENT), new.get(name, _ABSENT), path)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _unlike(one, other, f"{field}[{number}]")
    else:
        yield field, old, new


def _shortened(old: Any, new: Any) -> tuple[str, str]:
    """Both values as JSON, from a little before the place where they part."""
    left, right = _json(old), _json(new)
    shorter = min(len(left), len(right))
    parting = next((at for at in range(shorter) if left[at] != right[at]), shorter)
    start = max(0, parting - _BEFORE) if max(len(left), len(right)) > _SHOWN else 0
    return _excerpt(left, start), _excerpt(right, start)


def _excerpt(text: str, start: int) -> str:
    end = start + _SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")


def _json(value: Any) -> str:
    return _ABSENT if value == _ABSENT else msgspec.json.encode(value).decode()


if __name__ == "__main__":
    raise SystemExit(main())
