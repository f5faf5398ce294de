"""How well copies are told from other pairs: precision and recall on hand-labelled pairs.

    python bench/quality/pairs.py [--errors]

Needs the data in ../shared/data. Texts are compared as they were scraped, after
`pipeline.clean`, and after taking out the lines a person marked as boilerplate (what perfect
cleaning would give), beside the usual MinHash over raw text. Pairs were drawn by similarity:
the shares here are not those of a stream.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from datasketch import MinHash

from pipeline.article import Article, Draft, Match, Origin, Prepared, Quality, Verdict
from pipeline.clean import Context, clean
from pipeline.dedup import DedupOptions, entry_of, fingerprint, match
from pipeline.url import canonical_url, host_of

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
COPIES = frozenset({"copy", "edited-copy", "excerpt", "revision"})
OTHERS = frozenset({"template", "same-event", "different"})
OPTIONS = DedupOptions()

Record = dict[str, Any]
Hit = Match | bool | None
Strip = Callable[[Record], str]
Judge = Callable[[Record, Record], Hit]


def main() -> None:
    if not DATA.is_dir():
        sys.exit(f"no data: {DATA} is not there; it holds the labelled pairs")
    pairs = [pair for pair in lines("labels/pairs.jsonl") if pair["label"] in COPIES | OTHERS]
    records = {
        record["id"]: record
        for name in ("ngr_stream", "reuters21578")
        for record in lines(f"{name}.jsonl.gz")
    }
    judges: dict[str, Judge] = {
        "copydesk, raw text": judge_by(lambda record: record["text"] or ""),
        "copydesk, cleaned": judge_by(cleaned),
        "copydesk, labelled lines out": judge_by(without_labelled_lines()),
        "MinHash >= .5, raw text": judge_minhash(0.5),
        "MinHash >= .8, raw text": judge_minhash(0.8),
    }
    print(f"{len(pairs)} pairs; is a copy, revision, excerpt or extension\n")
    for name, judge in judges.items():
        report(name, judge, pairs, records)


def report(name: str, judge: Judge, pairs: list[Record], records: dict[str, Record]) -> None:
    found = [(pair, judge(records[pair["a_id"]], records[pair["b_id"]])) for pair in pairs]
    right = sum(bool(hit) and pair["label"] in COPIES for pair, hit in found)
    precision = right / max(1, sum(bool(hit) for _, hit in found))
    recall = right / sum(pair["label"] in COPIES for pair, _ in found)
    print(f"{name:32} precision {precision:.3f}   recall {recall:.3f}")
    hits = Counter(pair["label"] for pair, hit in found if hit)
    totals = Counter(pair["label"] for pair, _ in found)
    print("   " + "  ".join(f"{label} {hits[label]}/{totals[label]}" for label in sorted(totals)))
    if "--errors" in sys.argv and name.startswith("copydesk"):
        for pair, hit in found:
            if bool(hit) != (pair["label"] in COPIES):
                print(f"     {describe(pair, hit)}")


def describe(pair: Record, hit: Hit) -> str:
    numbers = (
        f"{hit.kind} {hit.relation} {hit.jaccard} {hit.containment}"
        if isinstance(hit, Match)
        else f"missed {pair['jaccard5_stripped']} {pair['containment5_stripped']}"
    )
    words = f"{pair['words_a']}/{pair['words_b']} words"
    doubt = "(doubt) " if pair["doubt"] else ""
    return (
        f"{pair['label']} {doubt}{pair['a_id']} {pair['b_id']} {words}: {numbers}"
        f" - {pair['reason']}"
    )


def judge_by(strip: Strip) -> Judge:
    def judge(one: Record, other: Record) -> Match | None:
        earlier = entry_of(prepared(one, strip), None)
        return match(prepared(other, strip), [earlier], OPTIONS)

    return judge


def judge_minhash(limit: float) -> Judge:
    def judge(one: Record, other: Record) -> bool:
        return bool(minhash(one).jaccard(minhash(other)) >= limit)

    return judge


def minhash(record: Record) -> MinHash:
    """As every tutorial does it."""
    words = re.findall(r"\w+", (record["text"] or "").lower())
    sketch = MinHash(num_perm=128)
    sketch.update_batch([" ".join(words[i : i + 5]).encode() for i in range(len(words) - 4)])
    return sketch


def prepared(record: Record, strip: Strip) -> Prepared:
    article = Article(
        id=record["id"],
        host=host_of(record["url"]),
        canonical_url=canonical_url(record["url"]),
        headline=record["title"],
        description=None,
        article_body="",
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
    return Prepared(article=article, quality=quality, fingerprint=fingerprint(strip(record)))


def cleaned(record: Record) -> str:
    draft = Draft(headline=record["title"] or "", body=record["text"] or "")
    return clean(draft, Context(source=record["source"], host=host_of(record["url"])))[0].body


def without_labelled_lines() -> Strip:
    patterns: dict[str, list[re.Pattern[str]]] = defaultdict(list)
    for label in lines("labels/boilerplate_lines.jsonl"):
        line = label["line"] if label["is_pattern"] else re.escape(label["line"])
        patterns[label["source"]].append(re.compile(line))

    def strip(record: Record) -> str:
        drop = patterns[record["source"]]
        kept = [
            line
            for line in (record["text"] or "").split("\n")
            if not any(pattern.fullmatch(line.strip()) for pattern in drop)
        ]
        return "\n".join(kept)

    return strip


def lines(name: str) -> Iterator[Record]:
    path = DATA / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    main()
