"""What lines learned per source add to the general rules, and what they take that they should not.

    python -m bench.quality.learned [--data DIR] [--list]

Learns from real papers and sites, then prints, with the general rules alone and with the learned
lines: which share of the boilerplate lines that people marked is removed wherever it stands; the
same with lines learned from one half of the articles and looked for in the other; which lines of
the hand-labelled articles are removed, rightly and wrongly; how many of the legitimate lines are
lost; and the time it takes to apply 50 learned lines to an article. Exit 1 where a legitimate line
is lost or a figure is under its floor. `--list` prints what was learned and each wrong removal.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from pipeline.article import Draft
from pipeline.clean import REPAIRS, CleanOptions, Context, clean, trace
from pipeline.clean.learned_lines import LearnedLine, SourceLines
from pipeline.clean.learning import Learner
from pipeline.clean.rule import Candidates
from pipeline.clean.rules import encoding, headline, layout, markup, repeats
from pipeline.clean.rules.learned import RULE, drop_learned_lines
from pipeline.text import fold_lines, line_spans
from pipeline.url import canonical_url

SETS = ("ngr_stream", "fakenewscorpus_sample", "fakenewsnet2018")
GENERAL = CleanOptions()
_MENDING = (encoding.RULES, markup.TAG_RULES, markup.MARKDOWN_RULES, layout.RULES,
            headline.TAKE_RULES, headline.RULES, repeats.RULES)  # fmt: skip
_MENDS = {rule.id for rules in _MENDING for rule in rules} | {RULE}
# As for a site and a language of which the general rules know nothing.
BARE = CleanOptions(disabled=tuple(rule.id for rule in REPAIRS if rule.id not in _MENDS))
# Precision of learned removals in the labelled articles, and time per article. The first is the
# project's aim for all removals, the second what 50 learned lines may cost.
MIN_PRECISION, MAX_MICROSECONDS = 0.97, 20.0


class Doc(NamedTuple):
    """An article as it was delivered first."""

    id: str
    source: str
    address: str
    headline: str
    text: str


class Removed(NamedTuple):
    """A line that went whole."""

    text: str
    rule: str


def first_deliveries(data: Path) -> list[Doc]:
    """The articles of all sets, each address once."""
    docs: dict[tuple[str, str], Doc] = {}
    for name in SETS:
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                address = canonical_url(record["url"]) or record["id"]
                source = record["source"] or ""
                doc = Doc(
                    record["id"], source, address, record["title"] or "", record["text"] or ""
                )
                docs.setdefault((source, address), doc)
    return list(docs.values())


def learned_from(docs: Iterable[Doc], options: CleanOptions) -> CleanOptions:
    """The options with the lines that can be learned from what they leave of the articles."""
    learner = Learner()
    for doc in docs:
        body = cleaned(doc, options).body
        learner.add(doc.source, doc.address, body, body)
    return replace(options, rules=learner.rules())


@cache  # the same articles are learned from whole and in halves
def _cleaned(doc: Doc, disabled: tuple[str, ...]) -> Draft:
    options = CleanOptions(disabled=disabled)
    return clean(Draft(doc.headline, "", doc.text), Context(doc.source), options)[0]


def cleaned(doc: Doc, options: CleanOptions) -> Draft:
    """The article after these rules, without learned ones."""
    return _cleaned(doc, options.disabled)


def removed(doc: Doc, options: CleanOptions) -> dict[int, Removed]:
    """The lines that go whole, by their number from 0 among the non-empty ones."""
    draft = Draft(doc.headline, "", doc.text)
    _, repairs = clean(draft, Context(doc.source), options)
    gone = [
        (piece.start, piece.start + len(piece.text), piece.rule or "")
        for piece in trace(doc.text, "articleBody", repairs)
        if piece.state == "removed"
    ]
    found = {}
    for i, (start, end) in enumerate(line_spans(doc.text)):
        taken = [rule for first, last, rule in gone if first < end and start < last]
        size = sum(min(end, last) - max(start, first) for first, last, _ in gone
                   if first < end and start < last)  # fmt: skip
        if size >= end - start:
            found[i] = Removed(doc.text[start:end], taken[0])
    return found


def labels(data: Path, name: str) -> Iterator[dict[str, Any]]:
    with (data / "labels" / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def known_lines(data: Path) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """(kind, pattern) of the boilerplate lines that people marked, by source."""
    known: defaultdict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
    for label in labels(data, "boilerplate_lines.jsonl"):
        text = label["line"] if label["is_pattern"] else f"^{re.escape(label['line'])}$"
        known[label["source"]].append((label["kind"], re.compile(text)))
    return known


def recall_of_known(docs: Iterable[Doc], options: CleanOptions, data: Path) -> Counter[str]:
    """Occurrences of marked lines, and those removed, in all and by kind."""
    known = known_lines(data)
    counts: Counter[str] = Counter()
    for doc in docs:
        if doc.source not in known:
            continue
        gone = removed(doc, options)
        for i, (start, end) in enumerate(line_spans(doc.text)):
            line = doc.text[start:end]
            kind = next((kind for kind, one in known[doc.source] if one.search(line)), None)
            if kind:
                hit = i in gone
                counts.update({"lines": 1, "found": hit, f"{kind} lines": 1, f"{kind} found": hit})
    return counts


def judge_labelled(
    docs: dict[str, Doc], options: CleanOptions, data: Path, *, show: bool
) -> Counter[str]:
    """Lines to remove in the labelled articles, lines removed, wrongly, and by learned ones."""
    counts: Counter[str] = Counter()
    for label in labels(data, "articles.jsonl"):
        doc = docs.get(label["id"])
        if doc is None:
            continue
        gone = removed(doc, options)
        whole = {mark["line"] for mark in label["remove"] if "cut" not in mark}
        right = gone.keys() & whole
        counts.update(wanted=len(whole), found=len(right), taken=len(gone))
        for i, (text, rule) in gone.items():
            counts["learned"] += rule == RULE
            counts["learned wrong"] += rule == RULE and i not in whole
            if show and rule == RULE and i not in whole:
                print(f"WRONG {doc.id} {doc.source}: {text[:120]}")
    return counts


def lost_lines(docs: Iterable[Doc], options: CleanOptions, data: Path) -> list[str]:
    """Legitimate lines that a learned one takes, anywhere."""
    kept = {(one["source"], one["line"]) for one in labels(data, "legitimate_frequent_lines.jsonl")}
    return [
        f"{doc.source}: {text}"
        for doc in docs
        for text, rule in removed(doc, options).values()
        if rule == RULE and (doc.source, text) in kept
    ]


def time_to_apply(docs: Sequence[Doc]) -> float:
    """Microseconds that looking for 50 learned lines takes in a real body, median article."""
    lines = [LearnedLine(line=f"line {n} of the page") for n in range(40)]
    lines += [LearnedLine(line=f"<number> readers <network> {'a' * n}") for n in range(10)]
    context = Context(learned=SourceLines(tuple(lines)).table)
    times = []
    for doc in docs[:1000]:
        draft = cleaned(doc, GENERAL)
        fold_lines(draft.body)  # the fingerprint asks for the same, and finds it done
        candidates = Candidates(line_spans(draft.body), ())
        start = time.perf_counter()
        drop_learned_lines(draft, candidates, context)
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def print_recall(title: str, columns: dict[str, Counter[str]]) -> None:
    print(f"\n{title}\n{'kind':16}{'lines':>7}" + "".join(f"{name:>11}" for name in columns))
    counts = list(columns.values())
    kinds = sorted(name.removesuffix(" lines") for name in counts[0] if name.endswith(" lines"))
    for kind in [*(f"{kind} " for kind in kinds), ""]:
        total = counts[0][f"{kind}lines"]
        shares = "".join(f"{count[f'{kind}found'] / total:11.3f}" for count in counts)
        print(f"{kind or 'all':16}{total:7}{shares}")


def in_halves(docs: Sequence[Doc], options: CleanOptions, data: Path) -> Counter[str]:
    """Recall in one half of the articles, of lines learned from the other."""
    one, other = docs[::2], docs[1::2]
    return recall_of_known(one, learned_from(other, options), data) + recall_of_known(
        other, learned_from(one, options), data
    )


def show_lines(options: CleanOptions) -> None:
    for source, own in options.rules.items():
        for one in own.lines:
            line = one.line if len(one.line) <= 90 else f"{one.line[:90]} ..."
            print(f"  {source:26}{one.seen:4}/{one.of:<4}{one.place:9}{one.kind:9}{line}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = Path(__file__).parents[2].parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--list", action="store_true", help="print lines and wrong removals")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"no data in {options.data}: name the folder with --data")
    data, docs = options.data, first_deliveries(options.data)
    both, alone = learned_from(docs, GENERAL), learned_from(docs, BARE)
    for name, own in (("beside the general rules", both), ("without them", alone)):
        count = sum(len(lines.lines) for lines in own.rules.values())
        print(f"{len(docs)} articles, {name}: {count} lines learned of {len(own.rules)} sources")
        if options.list:
            show_lines(own)
    columns = {"general": GENERAL, "both": both, "bare": BARE, "learned": alone}
    known = {name: recall_of_known(docs, own, data) for name, own in columns.items()}
    print_recall("marked lines that go, wherever they stand", known)
    halves = {"both": in_halves(docs, GENERAL, data), "learned": in_halves(docs, BARE, data)}
    print_recall("learned from one half, looked for in the other", {**known, **halves})
    by_id = {doc.id: doc for doc in docs}
    print("\nlabelled articles: lines to remove, found, recall; removed; of these learned, wrong")
    wrong = learned = 0
    for name, own in columns.items():
        c = judge_labelled(by_id, own, data, show=options.list)
        print(f"  {name:10}{c['wanted']:6}{c['found']:6}{c['found'] / c['wanted']:7.3f}"
              f"{c['taken']:7}{c['learned']:6}{c['learned wrong']:5}")  # fmt: skip
        wrong, learned = wrong + c["learned wrong"], learned + c["learned"]
    lost = lost_lines(docs, both, data) + lost_lines(docs, alone, data)
    print(f"legitimate lines lost: {len(lost)} {lost}")
    spent = time_to_apply(docs)
    print(f"50 learned lines: {spent:.1f} us an article")
    precision = 1 - wrong / max(1, learned)
    return int(bool(lost) or precision < MIN_PRECISION or spent > MAX_MICROSECONDS)


if __name__ == "__main__":
    sys.exit(main())
