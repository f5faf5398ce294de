"""The lines written for training (`notices.toml`), and the phrases of the language files."""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline import languages

FOLDER = Path(__file__).parent
LANGUAGES = Path(languages.__file__).parent
CASES = Path(__file__).parents[2] / "tests/cases/languages"
_GENUINE = ("story", "about", "spoken", "verse", "wire")


@cache
def notices() -> dict[str, dict[str, list[str]]]:
    """The lines of `notices.toml`, by language and half of a kind.

    The halves are in different folds: the wording of the one is learnt from the other.
    """
    read = tomllib.loads((FOLDER / "notices.toml").read_text("utf-8"))
    return {
        language: {
            f"{kind}{half}": lines[half::2] for kind, lines in kinds.items() for half in (0, 1)
        }
        for language, kinds in read.items()
        if language not in _GENUINE
    }


def genuine_lines() -> Iterator[tuple[str, str, str, list[str]]]:
    """Yields (group, kind, language, lines) of what is no notice.

    Kinds: `story`, sentences of news in languages of few articles; `about`, news of what notices
    speak of; `spoken`, sentences of interviews, recipes, letters and short notes; `verse`, stanzas;
    `wire`, items of figures and names; `case`, what stays in the cases of each language. The halves
    of a kind are in different groups.
    """
    read = tomllib.loads((FOLDER / "notices.toml").read_text("utf-8"))
    genuine = {kind: read[kind] for kind in _GENUINE}
    genuine["case"] = {path.stem: _stays(path) for path in sorted(CASES.glob("*.json"))}
    for kind, of_kind in genuine.items():
        for language, lines in of_kind.items():
            for half in (0, 1):
                yield f"{kind}:{language}:{half}", kind, language, lines[half::2]


def varied(item: str, rng: random.Random) -> str:
    """Returns an item of `wire` with other figures."""
    return re.sub("[1-9]", lambda _: str(rng.randint(1, 9)), item)


def _stays(path: Path) -> list[str]:
    case = json.loads(path.read_text("utf-8"))
    return [*case.get("story", "").split("\n\n"), *case.get("stays", [])]


@cache
def phrases() -> dict[str, dict[str, list[str]]]:
    """Returns the notices of the language files, by language and kind, as one would print them."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(LANGUAGES.glob("*.toml")):
        kinds = tomllib.loads(path.read_text("utf-8")).get("notices", {})
        if kinds:
            found[path.stem] = {
                kind: [phrase.removesuffix(" ...").capitalize() for phrase in listed]
                for kind, listed in kinds.items()
            }
    return found


def notice_lines() -> Iterator[tuple[str, str, str]]:
    """Yields (group, language, line) of every notice that is written for training."""
    for kinds_of in (notices(), phrases()):
        for language, kinds in kinds_of.items():
            for kind, lines in kinds.items():
                yield from ((group_of_notices(language, kind), language, line) for line in lines)


def group_of_notices(language: str, kind: str) -> str:
    """Returns the group of notices: those of a kind are learnt in other languages too."""
    return f"notices:{language}:{kind}"
