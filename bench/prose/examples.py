"""The articles and stubs from which the measure `prose` is learnt.

Articles: those of the test data, what five extractors made of the pages of 792 publishers, texts
made of sentences that are written for it, and short forms of all of them (`forms`). Stubs: see
`stubs`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator

from bench.prose.example import Example
from bench.prose.forms import short_forms
from bench.prose.stubs import broken_texts, stubs
from bench.prose.written import genuine_lines, varied
from bench.quality import data
from bench.quality.data import Row
from bench.quality.rejected import BROKEN, group_of

_MOST_OF_A_SOURCE = 5000  # articles; the large sources would outvote the others
_EXTRACTED = 700  # characters of a page below which its extraction may have failed
_WIRES = 6  # texts of an item
_TOLD = 8  # texts that are put together from half of the sentences of a kind in a language


def all_examples() -> list[Example]:
    """Returns every example, in a fixed order."""
    found = [*_articles(), *_pairs(), *_pages(), *_told()]
    articles = [
        example
        for example in found
        if not data.is_mended(example.body)
        and (example.kind != "extracted" or len(example.body) >= _EXTRACTED)
    ]
    return [*articles, *short_forms(articles), *stubs(articles)]


def _articles() -> Iterator[Example]:
    """Yields the articles of the test data that are no raw extractions."""
    broken = broken_texts()
    for name in data.sets():
        rows = defaultdict[str, list[Row]](list)
        for row in data.rows(name):
            group = group_of(name, row, None)
            if name in BROKEN or group == "?" or (row["text"] or "").strip() in broken:
                continue
            rows[f"{name}:{row['source']}"].append(row)
        for source, found in rows.items():
            random.Random(source).shuffle(found)
            for row in found[:_MOST_OF_A_SOURCE]:
                if (row["text"] or "").strip():
                    language, _, kind = group_of(name, row, None).partition(" ")
                    yield Example(source, "extracted" if kind else "article", language, True,
                                  row["title"] or "", row["text"])  # fmt: skip


def _pairs() -> Iterator[Example]:
    """Yields the articles of ten languages that were judged in pairs."""
    for row in data.rows("semeval22_task8.pairs"):
        for side in "12":
            text = row[f"text{side}"] or ""
            headline, _, body = text.strip().partition("\n")
            if len(body) > 200:
                yield Example(f"semeval:{row['pair_id'] }", "article", row[f"lang{side}"], True,
                              headline, body)  # fmt: skip


def _pages() -> Iterator[Example]:
    """Yields the story of each page, and what an extractor made of the page."""
    for row in data.rows("pages_dev"):
        lines = row["lines"]
        story = [line for line, label in zip(lines, row["labels"], strict=True) if label == 1]
        if len("".join(story)) < 200:
            continue
        title, source = row["title"] or "", f"pages:{row['source']}"
        if row["variant"] == "naive":
            yield Example(source, "article", row["language"], True, title, "\n".join(story))
        elif len("".join(story)) * 2 > len("".join(lines)):
            yield Example(source, "extracted", row["language"], True, title, "\n".join(lines))


def _told() -> Iterator[Example]:
    """Yields texts put together from the sentences and stanzas of `notices.toml`."""
    for group, kind, language, lines in genuine_lines():
        rng = random.Random(f"told {group}")
        if kind == "wire":
            yield from _wires(group, language, lines, rng)
            continue
        for number in range(_TOLD if lines else 0):
            chosen = rng.sample(lines, rng.randint(min(2, len(lines)), min(5, len(lines))))
            body = rng.choice([" ", " ", "\n"]).join(chosen)
            name = "told"
            if kind == "verse":
                name, body = "poem", rng.choice(["\n", "\n\n"]).join(chosen)
                body = body.replace("\n", ",\n") if number % 4 == 3 else body
            words = rng.choice(chosen[:2]).split()
            headline = " ".join(words[: rng.randint(4, 8)]) if len(words) > 3 else words[0][:25]
            if kind == "verse":
                headline = rng.choice([headline, body.split("\n")[0], words[0], words[-1], ""])
            yield Example(group, name, language, True, headline, body)


def _wires(group: str, language: str, items: list[str], rng: random.Random) -> Iterator[Example]:
    """Yields each item with other figures, some below a sentence or one below another."""
    for number in range(_WIRES * len(items)):
        item = varied(items[number % len(items)], rng)
        headline, *_ = item.split("\n")
        if rng.random() < 0.2:
            item += "\n" + varied(rng.choice(items), rng)
        body = item.replace("\n", rng.choice(["\n", "\n\n"]))
        yield Example(group, "wire", language, True, rng.choice([headline, ""]), body)
