"""Damaged letters: real cp1252 damage in Portuguese, and the strings that ftfy is tested with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import ftfy
from ftfy.fixes import uncurl_quotes

from bench.quality.data import Row, desked, rows, share
from bench.quality.table import Figure
from pipeline.article import Draft
from pipeline.clean import Context, clean

_C1 = re.compile("[\u0080-\u009f]")
# How ftfy's own `fix_text` is called by those who want no quote or width changed.
_PLAIN = ftfy.TextFixerConfig(uncurl_quotes=False, fix_line_breaks=False, normalization=None)


def figures() -> list[Figure]:
    """Damaged characters repaired, ftfy's strings as ftfy wants them, its negatives left alone."""
    damaged = [row for row in rows("fakebr_pt") if _C1.search(row["text"])]
    before = sum(len(_C1.findall(row["text"])) for row in damaged)
    right = sum(map(_repaired, damaged))
    theirs = sum(_repaired_by_ftfy(row) for row in damaged)
    strings = [row for row in rows("mojibake_ftfy") if row["expect"] == "pass"]
    broken = [row for row in strings if _letters(row["original"]) != _letters(row["fixed"])]
    fine = [row for row in strings if _letters(row["original"]) == _letters(row["fixed"])]
    fixed = sum(_is_right(row, _cleaned(row)) for row in broken)
    fixed_by_ftfy = sum(_is_right(row, ftfy.fix_text(row["original"], _PLAIN)) for row in broken)
    left = sum(_is_right(row, _cleaned(row)) for row in fine)
    left_by_ftfy = sum(_is_right(row, ftfy.fix_text(row["original"], _PLAIN)) for row in fine)
    return [
        Figure("mojibake.fakebr_repaired", before, share(right, before), 0.0,
               f"ftfy.fix_text {share(theirs, before):.4f}"),
        Figure("mojibake.ftfy_strings_repaired", len(broken), share(fixed, len(broken)), 0.0,
               f"ftfy.fix_text {share(fixed_by_ftfy, len(broken)):.4f}"),
        Figure("mojibake.ftfy_negatives_untouched", len(fine), share(left, len(fine)), 1.0,
               f"ftfy.fix_text {share(left_by_ftfy, len(fine)):.4f}"),
    ]  # fmt: skip


def _letters(text: str) -> str:
    """What counts in a comparison with ftfy: its straight quotes, spaces, widths are a taste."""
    plain = unicodedata.normalize("NFKC", uncurl_quotes(text))
    return " ".join("".join(c for c in plain if unicodedata.category(c) != "Cc").split())


def _is_right(row: Row, text: str) -> bool:
    return _letters(text) == _letters(row["fixed"])


def _cleaned(row: Row) -> str:
    return clean(Draft(body=row["original"]), Context())[0].body


def _wanted(text: str) -> str:
    """The characters that the damaged ones stood for; those cp1252 does not know are dropped."""
    return _C1.sub(lambda m: m.group().encode("latin-1").decode("cp1252", "ignore"), text)


def _repaired(row: Row) -> int:
    """Damaged characters of the record that became what they were."""
    return _restored(row["text"], desked(row).body)


def _repaired_by_ftfy(row: Row) -> int:
    return _restored(row["text"], ftfy.fix_text(row["text"], _PLAIN))


def _restored(text: str, found: str) -> int:
    """Damaged characters in the words that came out right, in order, of all the text's words."""
    count, at = 0, 0
    for word in text.split():
        damage = len(_C1.findall(word))
        if damage:
            place = found.find(_wanted(word), at)
            if place >= 0:
                count, at = count + damage, place
    return count


def listing() -> Iterator[str]:
    """Strings of ftfy that come out otherwise."""
    for row in rows("mojibake_ftfy"):
        if row["expect"] == "pass" and not _is_right(row, _cleaned(row)):
            yield f"FTFY  {row['label']}: {_cleaned(row)!r}, wanted {row['fixed']!r}"
