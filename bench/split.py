"""What deciders that share the articles still withhold, by how articles are dealt out to them.

    python -m bench.split OUT [OUT ...]

OUT is what `copydesk run --out` wrote, whose one index saw every article. An article counts as
withheld by a split if it was withheld there, and an earlier article of its cluster went to the same
decider. Prints the part of the withheld articles for 2, 4 and 8 deciders.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from xxhash import xxh32_intdigest

from pipeline.dedup import fingerprint
from pipeline.url import site_of

_SPLITS = (2, 4, 8)
Record = Mapping[str, Any]


def _by(text: str | None) -> int:
    return xxh32_intdigest((text or "").encode(errors="replace"))


# Each gives the number of which a decider is the remainder.
WAYS: Mapping[str, Callable[[Record], int]] = {
    "in turn, as today": lambda record: record["line"],
    "by source": lambda record: _by(record["source"] or site_of(record["url"])),
    "by address, else text": lambda record: _by(record["canonicalUrl"] or record["articleBody"]),
    "by language": lambda record: _by(record["inLanguage"]),
    "by the first value of the signature": lambda record: int.from_bytes(
        fingerprint(record["articleBody"]).signature[:4], "little"
    ),
}


def main() -> int:
    """Prints a table for each folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("outs", nargs="+", type=Path, metavar="OUT")
    for out in parser.parse_args().outs:
        records = [*_records(out)]
        withheld = sum(record["match"] is not None for record in records)
        print(f"{out.name}: {len(records):,} articles, one decider withheld {withheld:,}")
        for name, key in WAYS.items():
            keys = [key(record) for record in records]
            parts = [_withheld(records, keys, split) / max(1, withheld) for split in _SPLITS]
            shown = ", ".join(
                f"{part:.3f} of them by {n}" for part, n in zip(parts, _SPLITS, strict=True)
            )
            print(f"  {name:36} {shown}")
    return 0


def _records(out: Path) -> list[Record]:
    """Returns what was compared, in the order of arrival, with its `match` if it was withheld."""
    found = []
    for name in ("clean", "duplicates"):
        for line in (out / f"{name}.jsonl").read_bytes().splitlines():
            article = msgspec.json.decode(line)
            quality = article["quality"]
            match = quality["match"] if name == "duplicates" else None
            cluster = (quality["match"] or {}).get("cluster") or article["id"]
            found.append(article | {"match": match, "cluster": cluster} | quality["origin"])
    return sorted(found, key=lambda record: record["line"])


def _withheld(records: list[Record], keys: list[int], split: int) -> int:
    """Returns how many that were withheld have an earlier one of their cluster at their decider."""
    seen: dict[str, set[int]] = defaultdict(set)
    count = 0
    for record, key in zip(records, keys, strict=True):
        deciders = seen[record["cluster"]]
        count += record["match"] is not None and key % split in deciders
        deciders.add(key % split)
    return count


if __name__ == "__main__":
    raise SystemExit(main())
