"""Copies in a real stream: two weeks of 22 papers, and articles of 25 languages and more.

    python -m bench.quality.stream [--errors] [--data ../shared/data]

The truth about refetches comes from the records alone: one address, whatever its fragment, mirror
or encoding, and the same or another text once the lines a person marked as boilerplate are out.
Exit 1 where a floor is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from bench.quality.pairs import DATA, cleaned, lines, prepared, without_labelled_lines
from pipeline.article import (
    Arrival,
    DeadLetter,
    Origin,
    Outcome,
    Prepared,
    Rejected,
    Relation,
    Verdict,
)
from pipeline.dedup import (
    CompactIndex,
    DedupOptions,
    entry_of,
    fingerprint,
    match,
    window_start,
)
from pipeline.flow import Stages, decide, is_remembered, outcome_of, prepare
from pipeline.text import fold, word_spans, words

# At least: of unchanged refetches withheld, of changed ones published, ...
FLOORS = {"refetches": 0.99, "revisions": 0.99}
LANGUAGES = 25  # ... in which every changed article is found
CHANGED = 0.1  # of the words
# Between parts of one word, as texts are compared: in Kurdish they are parts of a letter.
JOINERS = ("\u200c", "\u200d", "\u00ad")
MANY = 40  # new words of a text that was withheld: such texts are to be read
SAME = {"ngr-406394d5-28"}  # read by hand: only a link inside a line came and went
SETS = (
    "ngr_stream albanian_sq antcorpus_ar fakebr_pt fakenews_es gnad10k_de hindi_papers"
    " html_residue_ru kurdistan_univ_news masakhane_news scraper_fixtures trafilatura_eval"
    " fundus_pages vfnd_vi"
).split()
LEAST_WORDS = 60  # shorter ones are not compared by their likeness alone
SEEN_AT = "2026-01-01T00:00:00Z"
DEDUP = DedupOptions()
ARTICLES = 8  # of one language at most

Record = dict[str, Any]


class Delivery(NamedTuple):
    """One record that came again, and what became of it."""

    record: Record
    changed: bool
    outcome: Outcome

    @property
    def is_published(self) -> bool:
        return self.outcome.quality.verdict is Verdict.PUBLISH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="print each case that went wrong")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"no data: {asked.data} is not there; it holds the articles")
    missed = fortnight(asked.data, errors=asked.errors) + languages(asked.data)
    print("\n" + ("; ".join(missed) if missed else "every floor is held"))
    return 1 if missed else 0


def fortnight(data: Path, *, errors: bool) -> list[str]:
    """Print what became of what was delivered again; the floors that are missed."""
    records = list(lines(data / "ngr_stream.jsonl.gz"))
    outcomes = list(deliver(records))
    again = list(deliveries(records, outcomes, data))
    same = [one for one in again if not one.changed]
    revised = [one for one in again if one.changed]
    caught = sum(not one.is_published for one in same)
    kept = sum(one.is_published for one in revised)
    print(f"ngr: {len(records):,} deliveries, {len(again)} of an address published before")
    print(f"  unchanged and withheld {caught}/{len(same)} = {caught / len(same):.4f}")
    print(f"  changed and published  {kept}/{len(revised)} = {kept / len(revised):.4f}")
    reasons = Counter(reason for one in outcomes for reason in one.quality.reasons if one)
    for reason in sorted(name for name in reasons if name.rpartition("-")[2] in {"url", "source"}):
        print(f"  {reason:24} {reasons[reason]}")
    much = [one for one in outcomes if _adds_words(one)]
    print(f"  withheld from another address with more than {MANY} new words: {len(much)}")
    if errors:
        for found in much:
            match = found.quality.match
            print(f"     {found.quality.id} of {match.of if match else None}: {match}")
        for one in again:
            if one.is_published != one.changed:
                print(f"     {one.record['id']} changed={one.changed} {one.outcome.quality.match}")
    reached = {"refetches": caught / len(same), "revisions": kept / len(revised)}
    return [
        f"{name}: {value:.4f} is under {FLOORS[name]}"
        for name, value in reached.items()
        if value < FLOORS[name]
    ]


def _adds_words(outcome: Outcome) -> bool:
    """Returns whether a copy from another address was withheld with many new words, to be read."""
    match = outcome.quality.match
    return (
        outcome.quality.verdict is Verdict.DUPLICATE
        and match is not None
        and match.relation is not Relation.SAME_URL
        and match.new_words > MANY
    )


def deliver(records: Sequence[Record]) -> Iterator[Outcome]:
    """The records through the whole desk in order of arrival, as `copydesk run` does it."""
    stages = Stages()
    index = CompactIndex(stages.dedup)
    for number, record in enumerate(records, start=1):
        seen_at = record["snapshot"].replace("+00:00", "Z")
        arrival = Arrival(Origin(file="ngr", line=number), seen_at)
        ready = prepare(json.dumps(record).encode(), arrival, stages)
        if isinstance(ready, DeadLetter):
            sys.exit(f"{record['id']} is a dead letter: {ready.message}")
        if isinstance(ready, Rejected):
            yield outcome_of(ready)
            continue
        index.evict(window_start(ready.quality.seen_at, stages.dedup))
        outcome = decide(ready, index.neighbours(ready), stages)
        if is_remembered(outcome):
            index.add(entry_of(ready, outcome.quality.match))
        yield outcome


def deliveries(
    records: Sequence[Record], outcomes: Sequence[Outcome], data: Path
) -> Iterator[Delivery]:
    """What came from an address that was published before.

    Unchanged is what says word for word what an earlier delivery said, bylines and share lines
    left in or taken out. Copies that were withheld have no revisions: those are copies again.
    """
    strip = without_labelled_lines(data)
    texts: dict[str, set[str]] = defaultdict(set)
    for record, outcome in zip(records, outcomes, strict=True):
        known = texts[plain_address(record["url"])]
        text = {fold(strip(record).body), fold(record["text"] or "")}
        if known:
            yield Delivery(record, not text & known and record["id"] not in SAME, outcome)
        if known or outcome.quality.verdict is Verdict.PUBLISH:
            known |= text


def plain_address(url: str) -> str:
    """The address without what never names another page; not by the rules of `pipeline.url`."""
    parts = urlsplit(unquote(url).lower())
    query = "" if parts.query.startswith("utm") else parts.query
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{query}"


def languages(data: Path) -> list[str]:
    """Print in how many languages changed articles are found; the floors that are missed."""
    articles = by_language(data)
    index, entries = CompactIndex(), defaultdict(list)
    for language, ready in ((tongue, one) for tongue, some in articles.items() for one in some):
        entries[language].append(entry_of(ready, None))
        index.add(entries[language][-1])
    found, merged = {}, []
    for language, some in articles.items():
        changed = [change(ready) for ready in some]
        hits = [match(one, index.neighbours(one), DEDUP) for one in changed]
        found[language] = [
            hit is not None and hit.of == one.article.id
            for one, hit in zip(some, hits, strict=True)
        ]
        for at, one in enumerate(some):
            if hit := match(one, entries[language][:at] + entries[language][at + 1 :], DEDUP):
                merged.append(f"{one.article.id} {hit.of} {hit.jaccard} {hit.containment}")
    whole = [language for language, hits in found.items() if all(hits)]
    print(f"\n{sum(map(len, found.values()))} articles in {len(found)} languages, a tenth of the")
    print(f"words changed: every one found in {len(whole)}: {' '.join(sorted(whole))}")
    for language in sorted(found.keys() - set(whole)):
        print(f"  {language}: {sum(found[language])} of {len(found[language])} found")
    print(f"different articles of one language merged: {len(merged)}", *merged, sep="\n     ")
    missed = [f"languages: {len(whole)} is under {LANGUAGES}"] if len(whole) < LANGUAGES else []
    return missed + (["different articles merged"] if merged else [])


def by_language(data: Path) -> dict[str, list[Prepared]]:
    """Some articles of each language that the data has, of different pages, ready to compare."""
    found: dict[str, list[Prepared]] = defaultdict(list)
    pages: set[str] = set()
    for name in SETS:
        for record in lines(data / f"{name}.jsonl.gz"):
            page = record.get("cluster_id") or record["url"] or record["id"]
            text = record["text"] or ""
            if page in pages or len(words(text)) < LEAST_WORDS:
                continue
            language = record["language"] or detected(record)
            if language and len(found[language]) < ARTICLES:
                pages.add(page)
                found[language].append(prepared({**record, "url": None}, cleaned(record)))
    return {language: some for language, some in found.items() if some}


def detected(record: Record) -> str | None:
    """The language by the desk's own guess."""
    ready = prepare(
        json.dumps(record).encode(), Arrival(Origin(file="x", line=1), SEEN_AT), Stages()
    )
    return None if isinstance(ready, DeadLetter) else ready.quality.language


def change(ready: Prepared) -> Prepared:
    """The same article under another name, a tenth of its words replaced by others of its own."""
    body = ready.article.article_body
    spans: list[tuple[int, int]] = []
    for start, stop in word_spans(body):
        is_part = spans and body[spans[-1][1] : start] in JOINERS
        spans.append((spans.pop()[0] if is_part else start, stop))
    draw = Random(1)  # noqa: S311 - no secret
    parts, end = [], 0
    for at in sorted(draw.sample(range(len(spans)), k=round(CHANGED * len(spans)))):
        start, stop = spans[at]
        new, until = draw.choice(spans)
        parts += [body[end:start], body[new:until]]
        end = stop
    text = "".join([*parts, body[end:]])
    article = replace(ready.article, id=f"{ready.article.id} changed", article_body=text)
    return replace(ready, article=article, fingerprint=fingerprint(text))


if __name__ == "__main__":
    sys.exit(main())
