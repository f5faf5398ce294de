"""How well copies are told from other pairs: precision and recall on hand-labelled pairs.

    python -m bench.quality.pairs [--errors] [--write FILE] [--data ../shared/data]

Five-fold by text: pairs that share a text stay in one fold; the numbers of `dedup` are chosen on
four folds and judged on the fifth, for several ways to make the folds. Beside it the numbers as
shipped, on cleaned texts, on texts as they were scraped, and without the lines a person marked as
boilerplate; and the usual MinHash over raw text. Pairs were drawn by similarity: the shares here
are not those of a stream. Exit 1 where the folds, all together, miss a floor.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from datasketch import MinHash
from msgspec.structs import replace

from pipeline.article import Article, Draft, Match, Origin, Prepared, Quality, Verdict
from pipeline.clean import Context, clean
from pipeline.dedup import DedupOptions, entry_of, fingerprint
from pipeline.dedup.verdict import compare
from pipeline.tune import COPIES, OTHERS, Labelled, Score, folded, merged_under, score
from pipeline.tune.search import FOLDS, choices, links
from pipeline.url import canonical_url, host_of

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ANSWERS = Path(__file__).with_name("withhold.jsonl")  # whether the later text adds something
SPLITS = 5  # ways to make the folds
# At least for the first two, at most for the others; of labelled pairs, each in its own fold.
FLOORS = {"precision": 0.97, "recall": 0.90, "template": 0.05, "different": 0.01}
SHIPPED = DedupOptions()
# What is chosen from: every combination.
GRID = {
    "near_jaccard": (0.40, 0.45, 0.50),
    "story_score": (0.77, 0.79, 0.81, 0.83, 0.85, 0.87, 0.89),
    "headline_weight": (0.10, 0.15, 0.20),
    "names_weight": (0.10, 0.20, 0.30),
    "part_penalty": (0.30, 0.40),
}
# Chosen is the best recall among those this precise: a little above the floor.
PRECISE = 0.98

Record = dict[str, Any]
Strip = Callable[[Record], Draft]


class Pair(NamedTuple):
    """Two labelled texts, the first taken for the earlier one."""

    label: str
    earlier: Record
    later: Record
    facts: Record


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="print each pair judged wrongly")
    parser.add_argument("--write", type=Path, help="write the pairs for `copydesk tune` instead")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"no data: {asked.data} is not there; it holds the labelled pairs")
    pairs = labelled(asked.data)
    if asked.write:
        return write(pairs, asked.write)
    labels = [pair.label for pair in pairs]
    print(f"{len(pairs)} pairs; merged is a copy, revision, excerpt or extension\n")
    held = five_fold(pairs)
    show(f"copydesk, cleaned, {FOLDS}-fold x {SPLITS}", held)
    for name, found in as_shipped(asked.data, pairs).items():
        show(name, score(labels, found))
        if asked.errors:
            show_errors(pairs, found)
    for limit in (0.5, 0.8):
        alike = [minhash(pair) >= limit for pair in pairs]
        show(f"datasketch >= {limit}, raw text", score(labels, alike))
    missed = below_floors(held)
    print("\n" + ("; ".join(missed) if missed else "folds: every floor is held"))
    print("\nWithheld, of the same pairs:")
    withheld = import_module("bench.quality.withheld")  # which stands on this module
    return withheld.report(asked.data, errors=asked.errors) or (1 if missed else 0)


def write(pairs: Sequence[Pair], path: Path) -> int:
    """The texts are their publishers': not into the repository."""
    answers = {(one["a"], one["b"]): one["adds"] for one in map(json.loads, ANSWERS.open())}
    rows = (
        {
            "a": pair.earlier,
            "b": pair.later,
            "label": pair.label,
            "adds": answers[pair.earlier["id"], pair.later["id"]],
        }
        for pair in pairs
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0


def labelled(data: Path) -> list[Pair]:
    """The pairs a person was sure enough to label, with their texts."""
    records = texts_of(data)
    return [
        Pair(facts["label"], records[facts["a_id"]], records[facts["b_id"]], facts)
        for facts in lines(data / "labels" / "pairs.jsonl")
        if facts["label"] in COPIES + OTHERS
    ]


def texts_of(data: Path) -> dict[str, Record]:
    """The records that the labels name, by id."""
    return {
        record["id"]: record
        for name in ("ngr_stream", "reuters21578")
        for record in lines(data / f"{name}.jsonl.gz")
    }


def five_fold(pairs: Sequence[Pair]) -> Score:
    """The pooled score of all folds, each judged by numbers chosen on the other four."""
    tried = choices(SHIPPED, GRID)
    texts = [compared(pair, cleaned) for pair in pairs]
    verdicts = merged_under(texts, [one.options for one in tried])
    names = [(pair.earlier["id"], pair.later["id"]) for pair in pairs]
    labels = [pair.label for pair in pairs]
    total = Score(Counter(), Counter())
    for seed in range(SPLITS):
        one, chosen = folded(names, labels, verdicts, precise=PRECISE, seed=seed)
        total = total.plus(one)
        print(f"  split {seed + 1}: precision {one.precision:.3f}, recall {one.recall:.3f}")
        for best, folds in chosen.most_common():
            numbers = (f"{name} {value:g}" for name, value in tried[best].numbers.items())
            print(f"    {folds} of {FOLDS} folds: {', '.join(numbers)}")
    return total


def as_shipped(data: Path, pairs: Sequence[Pair]) -> dict[str, list[Match | None]]:
    """What `dedup` says with its defaults, of several states of the texts."""
    return {
        name: [verdict(compared(pair, strip)) for pair in texts]
        for name, strip, texts in (
            ("copydesk, cleaned, as shipped", cleaned, pairs),
            ("  the later text first", cleaned, [turned(pair) for pair in pairs]),
            ("  without headlines", without_headlines, pairs),
            ("copydesk, raw text", raw, pairs),
            ("copydesk, labelled lines out", without_labelled_lines(data), pairs),
        )
    }


def turned(pair: Pair) -> Pair:
    return pair._replace(earlier=pair.later, later=pair.earlier)


def compared(pair: Pair, strip: Strip) -> Labelled:
    """A pair in one state of its texts."""
    earlier, later = (prepared(record, strip(record)) for record in (pair.earlier, pair.later))
    return Labelled(earlier, later, pair.label)


def verdict(pair: Labelled) -> Match | None:
    """What `dedup` says of a pair by its defaults."""
    found = compare(pair.later, entry_of(pair.earlier, None), SHIPPED)
    return found if links(found) else None


def below_floors(held: Score) -> list[str]:
    """The floors that a score misses, in words."""
    reached = {"precision": held.precision, "recall": held.recall}
    missed = [
        f"{name} {value:.3f} is under {FLOORS[name]}"
        for name, value in reached.items()
        if value < FLOORS[name]
    ]
    return missed + [
        f"{label}: {held.wrong(label):.3f} merged, more than {FLOORS[label]}"
        for label in ("template", "different")
        if held.wrong(label) > FLOORS[label]
    ]


def show(name: str, one: Score) -> None:
    print(f"{name:32} precision {one.precision:.3f}   recall {one.recall:.3f}")
    counts = (f"{label} {one.merged[label]}/{one.pairs[label]}" for label in sorted(one.pairs))
    print("   merged: " + "  ".join(counts))


def show_errors(pairs: Sequence[Pair], found: Sequence[Match | None]) -> None:
    for pair, hit in zip(pairs, found, strict=True):
        if bool(hit) != (pair.label in COPIES):
            numbers = (
                f"{hit.kind} {hit.relation} {hit.jaccard} {hit.containment} {hit.score}"
                if hit
                else f"missed {pair.facts['jaccard5_stripped']}"
                f" {pair.facts['containment5_stripped']}"
            )
            doubt = "(doubt) " if pair.facts["doubt"] else ""
            ids = f"{pair.earlier['id']} {pair.later['id']}"
            print(f"     {pair.label} {doubt}{ids}: {numbers} - {pair.facts['reason']}")


def minhash(pair: Pair) -> float:
    """As every tutorial does it: five-word shingles of the raw text, 128 permutations."""
    sketches = []
    for record in (pair.earlier, pair.later):
        words = re.findall(r"\w+", (record["text"] or "").lower())
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[i : i + 5]).encode() for i in range(len(words) - 4)])
        sketches.append(sketch)
    return float(sketches[0].jaccard(sketches[1]))


def prepared(record: Record, draft: Draft) -> Prepared:
    """A record as the dedup stage meets it, its text as it is in the draft."""
    article = Article(
        id=record["id"],
        url=record["url"],
        canonical_url=canonical_url(record["url"]),
        headline=draft.headline or None,
        description=None,
        article_body=draft.body,
        authors=(),
        date_published=None,
        date_published_raw=None,
        date_modified=None,
        date_modified_raw=None,
        in_language=None,
        source=record["source"],
        provenance={},
        extra={},
    )
    quality = Quality(
        id=record["id"],
        origin=Origin(file=record["id"], line=1),
        source=record["source"],
        language=None,
        verdict=Verdict.PUBLISH,
        reasons=(),
        repairs=(),
        findings=(),
        measures={},
        ruleset="",
        seen_at="2021-11-01T00:00:00Z",
    )
    return Prepared(article, quality, fingerprint(draft.body))


def raw(record: Record) -> Draft:
    return Draft(headline=record["title"] or "", body=record["text"] or "")


def cleaned(record: Record) -> Draft:
    return _clean(raw(record), Context(source=record["source"], host=host_of(record["url"])))


def without_headlines(record: Record) -> Draft:
    return replace(cleaned(record), headline="")


@cache
def _clean(given: Draft, context: Context) -> Draft:
    return clean(given, context)[0]


def without_labelled_lines(data: Path) -> Strip:
    patterns: dict[str, list[re.Pattern[str]]] = defaultdict(list)
    for label in lines(data / "labels" / "boilerplate_lines.jsonl"):
        line = label["line"] if label["is_pattern"] else re.escape(label["line"])
        patterns[label["source"]].append(re.compile(line))

    def strip(record: Record) -> Draft:
        drop = patterns[record["source"]]
        kept = [
            line
            for line in (record["text"] or "").split("\n")
            if not any(pattern.fullmatch(line.strip()) for pattern in drop)
        ]
        return Draft(headline=record["title"] or "", body="\n".join(kept))

    return strip


def lines(path: Path) -> Iterator[Record]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    sys.exit(main())
