"""Cleaning and checking articles of 4 kB, beside the tutorial loop on the same ones, in turn.

    python -m bench.clean [--articles FILE] [--count N]

Prints the median CPU time of each on one core and the ratio of the two: this machine may be
noisy, the ratio of two neighbours in time is not. The articles come in batches, as many as
`copydesk run` prepares together, and one by one, which is dearer: each then meets caches that the
tutorial loop has filled. Then articles of 5 MB in one line, each of one piece over and over, made
to be slow: what they take must be bounded.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from datasketch import MinHashLSH

from bench.tutorial import compare
from pipeline.article import Arrival, DeadLetter, Draft, Format, Origin, RawArticle, Repair
from pipeline.check import CheckOptions, Subject, check
from pipeline.clean import Context, asked_to_subscribe, clean
from pipeline.flow import BATCH
from pipeline.parse import ParseOptions, parse
from pipeline.url import host_of, site_of

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SIZES = range(3_500, 4_500)  # bytes of a body, in UTF-8
TARGET = 0.35  # ms, the median
HUGE = 5_000_000  # characters
LONGEST = 20.0  # seconds of CPU for one of those; a quadratic step would take hours
PIECES = {
    "letters": "a",
    "spaces": " ",
    "sentences": "It rained. ",
    "full stops": ".",
    "opened tags": "<p ",
    "tags": "<b>x</b>",
    "entities": "&amp;",
    "stars": "*",
    "bold": "**a** ",
    "brackets": "[](",
    "escapes": "\\n\\u2019",
    "mojibake": "\u00c3\u00a9 ",
    "accents": "\u0301",
    "accented letters": "e\u0301",
    "zero-width spaces": "\u200b",
    "numbers": "1,2:",
    "share buttons": "Share this article ",
    "promises of more": "Read more. ",
    "addresses": "https://x.y/z ",
    "templates": "{{a}}",
    "Han": "\u4e2d",
    "quotes": '"',
    "bars": "a | ",
    "pointers": "(from left ",
}
_SEEN_AT = "2026-11-22T19:03:00Z"
_AS_SHIPPED = CheckOptions()  # one for all articles, as a desk has


class Case(NamedTuple):
    """An article ready to be cleaned, and the line it came in."""

    line: str
    raw: RawArticle
    given: Draft
    context: Context


def main() -> int:
    """The exit code says whether the median is within the target and the huge ones bounded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=Path, default=SHARED / "bench.jsonl.gz")
    parser.add_argument("--count", type=int, default=1_000)
    chosen = parser.parse_args()
    if not chosen.articles.exists():
        print(f"skipped: {chosen.articles} is not there (name another file with --articles)")
        return 0
    found = list(cases(chosen.articles, chosen.count))
    for case in found[:50]:  # what is compiled or read at first use
        _examine([case])
    print(f"{len(found):,} articles of {SIZES.start:,} to {SIZES.stop:,} bytes, ms of CPU for each")
    race(found, 1)
    typical = race(found, BATCH)
    slowest = max(map(huge, PIECES))
    return 0 if typical <= TARGET and slowest <= LONGEST else 1


def cases(path: Path, count: int) -> Iterator[Case]:
    """The first so many articles of the size, each body once."""
    arrival = Arrival(Origin(file=path.name, line=1), _SEEN_AT, Format.JSON)
    seen: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            parsed = parse(line.encode(), arrival, ParseOptions())
            if isinstance(parsed, DeadLetter) or parsed[0].body in seen:
                continue
            raw, _ = parsed
            seen.add(raw.body)
            if len(raw.body.encode()) in SIZES:
                yield Case(line, raw, *_ready(raw))
                count -= 1
                if not count:
                    return


def race(found: list[Case], together: int) -> float:
    """The median of cleaning and checking, in ms of CPU an article, so many articles at a time."""
    index = MinHashLSH(threshold=0.8, num_perm=128)
    ours, tutorial = [], []
    for first in range(0, len(found), together):
        batch = found[first : first + together]
        ours.append(_cpu(partial(_examine, batch)) / len(batch))
        tutorial.append(_cpu(partial(_compare, batch, first, index)) / len(batch))
    print(f"{together} at a time")
    for name, times in (("cleaning and checking", ours), ("tutorial loop", tutorial)):
        print(
            f"  {name:22} median {median(times):.3f}, 95 % within {quantiles(times, n=20)[-1]:.3f}"
        )
    share = median(one / other for one, other in zip(ours, tutorial, strict=True))
    print(f"  median: {share:.3f} of the tutorial loop; the target is {TARGET} ms")
    return median(ours)


def _compare(batch: list[Case], first: int, index: MinHashLSH) -> None:
    for number, case in enumerate(batch, first):
        compare(case.line, number, index, batched=False)


def huge(name: str) -> float:
    """Seconds of CPU for an article of 5 MB in one line, made of one piece."""
    piece = PIECES[name]
    raw = RawArticle(headline="Ferry sails", body=piece * (HUGE // len(piece)))
    seconds = _cpu(partial(_examine, [Case("", raw, *_ready(raw))])) / 1000
    print(f"  5 MB of {name:18} {seconds:6.2f} s")
    return seconds


def _ready(raw: RawArticle) -> tuple[Draft, Context]:
    draft = Draft(raw.headline, raw.description, raw.body, "\n".join(raw.authors))
    return draft, Context(
        source=raw.source or site_of(raw.url), host=host_of(raw.url), language=raw.language
    )


def _examine(batch: list[Case]) -> None:
    """Stage by stage, as `flow.prepare_batch` does."""
    cleaned = [clean(case.given, case.context) for case in batch]
    for case, (draft, repairs) in zip(batch, cleaned, strict=True):
        check(_subject(case, draft, repairs), _AS_SHIPPED)


def _subject(case: Case, draft: Draft, repairs: tuple[Repair, ...]) -> Subject:
    return Subject(
        headline=draft.headline,
        body=draft.body,
        description=draft.description,
        url=case.raw.url,
        source=case.context.source,
        authors=case.raw.authors,
        date_published=case.raw.date_published,
        language=case.raw.language,
        seen_at=_SEEN_AT,
        asked_to_subscribe=asked_to_subscribe(repairs),
    )


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core for both
    sys.exit(main())
