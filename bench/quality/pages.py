"""Pages with a clean text beside them: how much of the body belongs there, how much of it is there.

Precision is the share of the body's lines whose words stand in the clean text, recall the share
of the clean text's lines whose words stand in the body. Only pages of which the reader got
anything count. Readers that give a page as one line have no lines to tell apart: of them only
recall is held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from bench.quality.data import Row, desked, f1, keys, rows, share, squeeze
from bench.quality.table import Figure

_FUNDUS_TRUTH, _AEB_TRUTH = "clean_label", "ground-truth"
_LINELESS = frozenset({"html2txt"})
# Readers that clean themselves, and such that give all of the page.
_AEB = ("trafilatura", "newspaper", "readability", "boilerpipe", "goose3", "html-text",
        "inscriptis", "beautifulsoup")  # fmt: skip


def figures() -> list[Figure]:
    """Precision, recall and F1 by reader, before and after; strings that must be kept or go."""
    return [
        *_of_set("fundus_pages", "variant", _FUNDUS_TRUTH, None),
        *_of_set("aeb_extractors", "source", _AEB_TRUTH, _AEB),
        *_of_strings(),
    ]


def _of_strings() -> Iterator[Figure]:
    """Strings that people marked in pages, where the reader printed them: still there, or gone."""
    count: Counter[str] = Counter()
    for page in rows("trafilatura_eval"):
        before, after = squeeze(page["text"] or ""), squeeze(desked(page).body)
        for field in ("must_keep", "must_drop"):
            printed = [text for text in map(squeeze, page[field] or ()) if text in before]
            count[field] += len(printed)
            count[f"{field} left"] += sum(text in after for text in printed)
    kept, dropped = count["must_keep"], count["must_drop"]
    yield Figure("strings.kept", kept, share(count["must_keep left"], kept), 1.0)
    yield Figure("strings.dropped", dropped, 1 - share(count["must_drop left"], dropped), 0.0)


def _of_set(name: str, field: str, truth: str, readers: tuple[str, ...] | None) -> Iterator[Figure]:
    pages = rows(name)
    clean = {page["cluster_id"]: page for page in pages if page[field] == truth}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for page in pages:
        if page["text"] and (readers is None or page[field] in (*readers, truth)):
            _count(counts[page[field]], page, clean[page["cluster_id"]])
    group = name.split("_", maxsplit=1)[0]
    for reader, count in sorted(counts.items()):
        yield from _figures(f"{group}.{reader.replace('-', '_')}", count, reader)


def _figures(name: str, count: Counter[str], reader: str) -> Iterator[Figure]:
    before, after = _rates(count, "before"), _rates(count, "after")
    if reader in _LINELESS:
        yield Figure(f"{name}_recall", count["truth"], after[1], before[1])
        return
    yield Figure(f"{name}_precision", count["before lines"], after[0], before[0])
    yield Figure(f"{name}_recall", count["truth"], after[1], before[1])
    yield Figure(f"{name}_f1", count["before lines"], f1(*after), f1(*before))


def _rates(count: Counter[str], when: str) -> tuple[float, float]:
    return (
        share(count[f"{when} right"], count[f"{when} lines"]),
        share(count[f"{when} kept"], count["truth"]),
    )


def _count(count: Counter[str], page: Row, truth: Row) -> None:
    wanted = keys(truth["text"])
    whole = f" {' '.join(wanted)} "
    count["truth"] += len(wanted)
    for when, body in (("before", page["text"]), ("after", desked(page).body)):
        found = keys(body)
        there = f" {' '.join(found)} "
        count[f"{when} lines"] += len(found)
        count[f"{when} right"] += sum(f" {key} " in whole for key in found)
        count[f"{when} kept"] += sum(f" {key} " in there for key in wanted)


def listing() -> Iterator[str]:
    """Lines of the clean texts that were lost, and lines left that do not belong there."""
    pages = rows("fundus_pages")
    clean = {page["cluster_id"]: page for page in pages if page["variant"] == _FUNDUS_TRUTH}
    for page in pages:
        if page["variant"] in _LINELESS or not page["text"]:
            continue
        wanted = keys(clean[page["cluster_id"]]["text"])
        whole, result = f" {' '.join(wanted)} ", desked(page)
        before, after = f" {' '.join(keys(page['text']))} ", f" {' '.join(keys(result.body))} "
        for key in wanted:
            if f" {key} " in before and f" {key} " not in after:
                yield f"LOST  {page['id']}: {key[:150]}"
        for line in result.body.split("\n"):
            if any(f" {key} " not in whole for key in keys(line)):
                yield f"LEFT  {page['variant'][-8:]} {page['id'].split(':')[2]}: {line[:150]}"
