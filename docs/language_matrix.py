"""The page that shows what each language file holds, in numbers of entries."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from pipeline.languages.bundle import read_files
from pipeline.languages.contents import BESIDE, FURNITURE, NOTICES, SCRIPT, WORDS

_HEADING = """\
# Languages

Written by `make docs` from the files in `pipeline/languages/`; the numbers count entries. The top
of `en.toml` says how such a file is written, [extending.md](extending.md) how a language is added.
All files count for every article. `names` and `publishers` hold what belongs to no single language.

Each file with cases in `tests/cases/languages/` was written from what papers of the language print,
and measured on pages where there were any. No native speaker has read these files yet: corrections
are welcome, and a phrase that might be a sentence of a story is missing rather than risked.
"""


_FILES = 16  # columns of a table that a page has room for

Files = Mapping[str, dict[str, Any]]


def languages_page() -> str:
    """Returns the page."""
    parsed = {name: tomllib.loads(text) for name, text in read_files().items()}
    languages = {name: data for name, data in parsed.items() if name not in BESIDE}
    furniture = {
        name: {kind: sum(map(len, places.values())) for kind, places in data["furniture"].items()}
        for name, data in parsed.items()
        if "furniture" in data
    }
    notices = {
        name: {kind: len(entries) for kind, entries in data["notices"].items()}
        for name, data in languages.items()
        if "notices" in data
    }
    lines = [_HEADING, *_overview(languages, furniture, notices)]
    kinds = {kind.id: kind.summary for kind in FURNITURE}
    lines += ["", "## Furniture", "", *_matrix(furniture, kinds)]
    lines += ["", "## Notices", "", *_matrix(notices, NOTICES)]
    words = {
        key: f"{its.meaning}; as printed" if its.keeps_case else its.meaning
        for key, its in WORDS.items()
    }
    lines += ["", "## Words", "", *_holders(parsed, "words", words)]
    lines += ["", "## Script", "", *_holders(languages, "script", SCRIPT)]
    return "\n".join(lines) + "\n"


def _overview(
    languages: Files,
    furniture: Mapping[str, Mapping[str, int]],
    notices: Mapping[str, Mapping[str, int]],
) -> Iterator[str]:
    yield from _head(
        "file", "language", "furniture", "notices", "sections", "words", "stop words", "limits"
    )
    for name, data in languages.items():
        words = data.get("words", {})
        yield _row(
            f"`{name}`",
            data["name"],
            sum(furniture.get(name, {}).values()),
            sum(notices.get(name, {}).values()),
            len(data.get("sections", {}).get("names", ())),
            sum(len(entries) for key, entries in words.items() if key != "stop"),
            len(words.get("stop", ())),
            len(data.get("limits", {})),
        )


def _matrix(counts: Mapping[str, Mapping[str, int]], kinds: Mapping[str, str]) -> Iterator[str]:
    """What the kinds mean, then tables of kinds by files."""
    for kind, summary in kinds.items():
        yield f"- `{kind}`: {summary}"
    for some in _batches(counts, _FILES):
        yield ""
        yield from _head("", *(f"`{name}`" for name in some))
        for kind in kinds:
            yield _row(f"`{kind}`", *(counts[name].get(kind, "") for name in some))


def _holders(files: Files, section: str, keys: Mapping[str, str]) -> Iterator[str]:
    """What each key of a section says, and which files have it."""
    yield from _head("key", "what it holds", "files")
    for key, meaning in keys.items():
        where = [name for name, data in files.items() if key in data.get(section, {})]
        yield _row(f"`{key}`", meaning, " ".join(where))


def _head(*cells: str) -> tuple[str, str]:
    return _row(*cells), "|---" * len(cells) + "|"


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _batches(names: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(names)
    while batch := list(islice(left, size)):
        yield batch
