"""How well the boilerplate repairs find lines that people marked, and what else they take.

    python bench/quality/lines.py [--data DIR] [--list] [--frequent N] [--set NAME]

Prints, for the hand-labelled articles, per reason: lines to remove, lines removed, recall; and
the precision of all removals (a line cut in part by its label counts as right only if all of it
goes). For pages with a clean text beside them, per variant and language: lines removed, and
those of them that stand in the clean text. `--list` prints the wrong removals and the misses,
`--frequent N` the N most and least frequent removed lines of every set.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.article import Draft
from pipeline.clean import Context, repair, trace
from pipeline.clean.boilerplate import RULES
from pipeline.text import line_spans

# Reasons for removal that other repairs answer for, or that need to know the source.
NOT_OURS = {
    "headline-repeat", "repeat", "byline", "caption", "greeting", "signature", "dateline-only",
    "sign-off", "bio", "markup", "credit", "disclaimer", "error-page", "more-promise", "promo",
}  # fmt: skip
HERE = Path(__file__).parents[2]


def records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def removed_lines(text: str) -> dict[int, tuple[str, str]]:
    """(rule, line) of each line that goes whole, by its number from 0 among non-empty lines."""
    _, repairs = repair(Draft(body=text), Context(), RULES)
    if not repairs:
        return {}
    gone = [
        (piece.start, piece.start + len(piece.text), piece.rule or "")
        for piece in trace(text, "articleBody", repairs)
        if piece.state == "removed"
    ]
    return {
        i: (rule, text[start:end])
        for i, (start, end) in enumerate(line_spans(text))
        for first, last, rule in gone
        if first <= start and end <= last
    }


def squeeze(text: str) -> str:
    return " ".join(text.split())


def judge_labels(data: Path, *, show: bool) -> None:
    texts = {
        key: record["text"] or ""
        for name in ("ngr_stream", "reuters21578", "fakenewscorpus_sample", "fakenewsnet2018",
                     "fnc1", "trafilatura_eval", "scraper_fixtures")
        for record in records(data / f"{name}.jsonl.gz")
        for key in (record["id"], f"{record['id']}:{record.get('variant') or record['source']}")
    }  # fmt: skip
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    taken = wrong = 0
    for label in map(json.loads, (data / "labels/articles.jsonl").read_text("utf-8").splitlines()):
        text = texts.get(label["id"])
        if text is None:
            print("no text for", label["id"])
            continue
        gone = removed_lines(text)
        taken += len(gone)
        whole = {mark["line"]: mark["reason"] for mark in label["remove"] if "cut" not in mark}
        for i, (rule, line) in gone.items():
            if i not in whole:
                wrong += 1
                if show:
                    print(f"WRONG {label['id']} {rule}: {line[:150]}")
        for i, reason in whole.items():
            wanted[reason] += 1
            found[reason] += i in gone
            if show and i not in gone and reason not in NOT_OURS:
                start, end = line_spans(text)[i]
                print(f"MISS  {label['id']} {reason}: {text[start:end][:150]}")
    print(f"{'reason':18}{'lines':>7}{'found':>7}{'recall':>8}")
    for reason, count in wanted.most_common():
        note = "  (not of these rules)" if reason in NOT_OURS else ""
        print(f"{reason:18}{count:7}{found[reason]:7}{found[reason] / count:8.2f}{note}")
    ours = [reason for reason in wanted if reason not in NOT_OURS]
    hit, all_ours = sum(found[r] for r in ours), sum(wanted[r] for r in ours)
    print(
        f"all of these rules: {all_ours} lines, {hit} found, recall {hit / all_ours:.3f};", end=" "
    )
    print(f"{taken} lines removed, {wrong} wrong, precision {1 - wrong / max(1, taken):.3f}")


def judge_known_lines(data: Path, *, show: bool) -> None:
    body = "This is a sentence of the article, which is long enough to count as prose."
    path = data / "labels/legitimate_frequent_lines.jsonl"
    lines = [json.loads(line)["line"] for line in path.read_text("utf-8").splitlines()]
    lost = [line for line in lines if removed_lines(f"{body}\n{line}\n{body}\n{line}")]
    print(f"legitimate frequent lines: {len(lines)}, removed {len(lost)} {lost}")
    path = data / "labels/boilerplate_lines.jsonl"
    kinds: defaultdict[str, list[bool]] = defaultdict(list)
    for entry in map(json.loads, path.read_text("utf-8").splitlines()):
        line = entry["example"] or entry["line"]
        gone = bool(removed_lines(f"{body}\n{line}"))
        kinds[entry["kind"]].append(gone)
        if show and not gone and entry["kind"] not in NOT_OURS:
            print(f"KNOWN MISS {entry['kind']} {entry['source']}: {line[:150]}")
    print("known boilerplate lines:", {k: f"{sum(v)}/{len(v)}" for k, v in sorted(kinds.items())})


def judge_pages(data: Path, *, show: bool) -> None:
    pages = list(records(data / "fundus_pages.jsonl.gz"))
    truth = {
        page["cluster_id"]: squeeze(f"{page['title']} {page['text']}")
        for page in pages
        if page["variant"] == "clean_label"
    }
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for page in pages:
        count = counts[page["variant"], page["language"] or "-"]
        for rule, line in removed_lines(page["text"] or "").values():
            bare = squeeze(line.strip("*#_-> \t"))
            bad = bare in truth[page["cluster_id"]] and bool(bare)
            count.update(("removed", *(("wrong",) if bad else ())))
            if show and bad:
                print(f"WRONG {page['variant']} {page['id']} {rule}: {line[:150]}")
    print("\npages with a clean text: removed lines, and those that stand in the clean text")
    for (variant, language), count in sorted(counts.items()):
        if count:
            print(f"  {variant:22}{language:4}{count['removed']:6}{count['wrong']:5}")


def judge_extracts(data: Path, *, show: bool) -> None:
    lost = dropped = 0
    for page in records(data / "trafilatura_eval.jsonl.gz"):
        gone = "\n".join(line for _, line in removed_lines(page["text"] or "").values())
        kept = [text for text in page["must_keep"] or () if text in gone]
        lost += len(kept)
        dropped += sum(text in gone for text in page["must_drop"] or ())
        if show and kept:
            print(f"WRONG {page['id']}: {kept}")
    print(f"\ntrafilatura_eval: must_drop strings dropped {dropped}, must_keep strings lost {lost}")


def show_removed(path: Path, top: int) -> None:
    lines: Counter[tuple[str, str]] = Counter()
    total = 0
    for record in records(path):
        total += 1
        lines.update(removed_lines(record.get("text") or "").values())
    print(
        f"\n## {path.name}: {total} texts, {sum(lines.values())} lines removed, {len(lines)} kinds"
    )
    ranked = lines.most_common()
    for (rule, line), count in ranked if len(ranked) <= 2 * top else ranked[:top] + ranked[-top:]:
        print(f"{count:6} {rule[5:]:30} {line[:160]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--list", action="store_true", help="print wrong removals and misses")
    parser.add_argument("--frequent", type=int, metavar="N", help="print removed lines per set")
    parser.add_argument("--set", help="with --frequent: this set only")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"no data in {options.data}: name the folder with --data")
    if options.frequent:
        for path in sorted(options.data.glob(f"{options.set or '*'}.jsonl.gz")):
            if "pairs" not in path.name and (options.set or path.name != "bench.jsonl.gz"):
                show_removed(path, options.frequent)
        return
    judge_labels(options.data, show=options.list)
    judge_known_lines(options.data, show=options.list)
    judge_pages(options.data, show=options.list)
    judge_extracts(options.data, show=options.list)


if __name__ == "__main__":
    main()
