"""Reads what the settings name of the user's own: language files, repairs and checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from pipeline.article import Draft
from pipeline.check import RULES
from pipeline.clean import Context, clean
from pipeline.languages.bundle import use
from pipeline.own import Imported, OwnOptions, imported
from pipeline.own.language_files import problems_of_own
from pipeline.settings.source import Problem

_LANGUAGES = "own.languages"


def read_own(
    own: OwnOptions, folder: Path, places: Mapping[str, str]
) -> tuple[OwnOptions, Imported, list[Problem]]:
    """Returns the options with the texts that they name, what was imported, and what is wrong.

    Paths start at `folder`; `places` are those of the settings.
    """
    if own == OwnOptions():
        use({})
        return own, Imported(), []
    texts, problems = _texts(own.languages, folder, places.get(_LANGUAGES, "settings"))
    own = replace(own, texts=texts, folder=str(folder.absolute()))
    use(texts)  # before anything is imported that may ask for words
    found = imported(own)
    problems += [
        Problem(places.get(setting, "settings"), f"{setting}: {what}")
        for setting, what in found.problems
    ]
    rules = {*RULES, *(limit.rule for limit in found.limits)}
    home = str(folder / own.languages) if own.languages else ""
    problems += [Problem(home, what) for what in problems_of_own(texts, rules)]
    if texts and not problems:
        problems = [Problem(home, what) for what in _unusable()]
    return own, found, problems


def _unusable() -> Iterator[str]:
    """Yields why the rules cannot be made from the words in use."""
    try:
        clean(Draft(), Context())
    except ValueError as error:
        yield f"the rules cannot be made from these words: {str(error)[:300]}"


def _texts(path: str | None, folder: Path, place: str) -> tuple[dict[str, str], list[Problem]]:
    """Returns the text of each language file of a folder, by its name without the ending."""
    if path is None:
        return {}, []
    home = folder / path
    try:
        files = sorted(one for one in home.iterdir() if one.suffix == ".toml")
        texts = {one.stem: one.read_text("utf-8") for one in files}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return {}, [Problem(place, f"{_LANGUAGES}: cannot read {home}: {reason}")]
    if not texts:
        return {}, [Problem(place, f"{_LANGUAGES}: {home} holds no language file (xx.toml)")]
    return texts, []
