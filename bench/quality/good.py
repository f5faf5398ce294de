"""Articles without a flaw, chosen by tests that know nothing of Copydesk.

A text is good when a person wrote or checked it line by line (a clean page, a
label that names nothing to remove), or comes from a corpus of plain news texts; and when it
passes plain tests: composed, no character that is not to be seen, no mark of HTML or Markdown, no
copyright sign, no line twice, each paragraph a sentence, none the headline. White space is set
right here, and a text of fewer than four paragraphs gets a break after every third sentence.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple

from bench.quality.data import Row, labelled_rows, labels, rows
from pipeline.text import sentences

CHECKED = {"fundus_pages": ("variant", "clean_label")}
CORPORA = (
    "masakhane_news", "gnad10k_de", "fakebr_pt", "antcorpus_ar", "vfnd_vi", "albanian_sq",
    "hindi_papers", "fakenews_es", "kurdistan_univ_news",
)  # fmt: skip
_MARKUP = re.compile(
    r"</?[a-z][^<>]*>|&#?\w{1,31};|\*\*|__|~~|\]\(|^#|^[-*+>|] |\\[nrtu\"'/]|\u00a9",
    re.IGNORECASE | re.MULTILINE,
)
# What UTF-8 looks like when it was read as cp1252 or latin-1.
_MISREAD = re.compile("[\u00c2\u00c3\u00d0-\u00d9\u00e2][\u0080-\u00bf\u20ac\u2122\u0153\u02dc]")
_END = re.compile(
    "[.!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\u1362]"
    "[\"'\u2018\u2019\u201c\u201d\u00bb\u00ab\u300d\u300f)\\]]*$"
)
_MASKED_NUMBER = "*NUMBER*"  # what the Spanish corpus prints for every number
_PARAGRAPHS = range(4, 41)
_JOINED = frozenset({"ar", "fa", "hi", "ku", "ur"})  # languages whose letters joiners part
_CHARACTERS = range(500, 30_001)  # shorter ones have no room for flaws


class Good(NamedTuple):
    """A flawless article."""

    id: str
    language: str
    headline: str
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)


@lru_cache(maxsize=1)
def all_good() -> tuple[Good, ...]:
    """Every good article of the test data, language by language."""
    found = [good for good in map(_good, _candidates()) if good]
    return tuple(sorted(found, key=lambda good: (good.language, good.id)))


def chosen(count: int) -> list[Good]:
    """So many of them, of all languages in turn, the same on every machine."""
    by_language = defaultdict[str, list[Good]](list)
    for good in all_good():
        by_language[good.language].append(good)
    for language, goods in by_language.items():
        random.Random(language).shuffle(goods)  # noqa: S311
    turns = zip_longest(*by_language.values())
    return [good for good in chain.from_iterable(turns) if good][:count]


def _candidates() -> Iterator[Row]:
    for name, (field, value) in CHECKED.items():
        yield from (row for row in rows(name) if row[field] == value)
    texts = labelled_rows()
    for label in labels("articles"):
        if label["action"] == "publish" and not label["remove"] and label["id"] in texts:
            yield texts[label["id"]]
    for name in CORPORA:
        yield from rows(name)


def _good(row: Row) -> Good | None:
    headline = " ".join((row["title"] or "").split())
    text = (row["text"] or "").replace(_MASKED_NUMBER, "27")
    paragraphs = [" ".join(line.split()) for line in text.splitlines()]
    paragraphs = [line for line in paragraphs if line]
    text = "\n".join(paragraphs)
    language = row["language"] or "other"
    if not _is_plain(text, language) or not _is_clean(headline, language):
        return None
    if len(paragraphs) < _PARAGRAPHS.start:
        paragraphs = _parted(" ".join(paragraphs))
    keys = [line.casefold() for line in paragraphs]
    good = (
        len(paragraphs) in _PARAGRAPHS
        and len(set(keys)) == len(keys)
        and headline.casefold() not in keys
        and all(_END.search(line) for line in paragraphs)
    )
    return Good(row["id"], language, headline, tuple(paragraphs)) if good else None


def _is_plain(text: str, language: str) -> bool:
    return len(text) in _CHARACTERS and _is_clean(text, language)


def _is_clean(text: str, language: str) -> bool:
    return (
        unicodedata.is_normalized("NFC", text)
        and not (_MARKUP.search(text) or _MISREAD.search(text))
        and not any(_is_odd(char, language) for char in set(text))
    )


def _is_odd(char: str, language: str) -> bool:
    """A character not to be seen, but for joiners where they spell."""
    if char in "\u200c\u200d" and language in _JOINED:
        return False
    kind = unicodedata.category(char)
    return char in "\ufffc\ufffd" or (char != "\n" and kind in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})


def _parted(text: str) -> list[str]:
    """Paragraphs of three sentences."""
    parts = [part for part in (text[start:end].strip() for start, end in sentences(text)) if part]
    return [" ".join(parts[i : i + 3]) for i in range(0, len(parts), 3)]
