"""The weights of the wording: a logistic regression over the words of lines.

Lines of notices are told from lines of stories by hashed words, beginnings of words and runs of
words (`pipeline/native/twins/wording.py`). In languages of which there are notices and no articles
the commonest words are learnt from `wordfreq`, as lines of words drawn by their frequency.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from bench.prose.example import Example
from bench.prose.written import genuine_lines, notice_lines, varied
from bench.quality import data
from pipeline import traits
from pipeline.native.twins.wording import slots_of
from pipeline.text import ends_sentence

BITS = 17
_KEY_BITS = 48  # of a feature before it shares a place with others
_LINES_OF_A_TEXT, _LINES_OF_A_PAGE = 8, 25
_SHORT, _LONG = 8, 300  # characters of a line to learn from
_WORDS, _DRAWN = 12, 400  # words of a drawn line; drawn lines of a language
_STRENGTH = 0.3  # inverse of the regularisation
_OWN_WEIGHT = 6.0  # of a line written for training; lines of pages are many and noisy
_LARGEST = 127  # of a signed byte
_NAMES = {"no": "nb", "sr": "sh", "hr": "sh"}  # as wordfreq calls languages


class Line(NamedTuple):
    """A line to learn from."""

    group: str
    is_notice: bool
    weight: float
    text: str


def lines(examples: Sequence[Example]) -> list[Line]:
    """Returns all lines, each text once in a group."""
    found = [
        *_of_notices(),
        *_of_pages(),
        *_of_articles(examples),
        *_of_languages(),
    ]
    return list({(line.group, line.is_notice, line.text): line for line in found}.values())


def slots(found: Sequence[Line]) -> list[list[int]]:
    """Returns the places of the features of each line.

    A feature that occurs in one group only says nothing, and would share its place with others.
    """
    table = traits.table()
    keys = [slots_of(line.text.lower(), table, _KEY_BITS) for line in found]
    groups: dict[int, str | None] = {}  # by key; None for several
    for line, of_line in zip(found, keys, strict=True):
        for key in of_line:
            groups[key] = None if groups.get(key, line.group) != line.group else line.group
    return [[key >> _KEY_BITS - BITS for key in of_line if groups[key] is None] for of_line in keys]


def learn(found: Sequence[Line], places: Sequence[list[int]], chosen: Sequence[bool]) -> bytes:
    """Returns the weights learnt from the chosen lines."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - not among the project's own packages
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    kept = [i for i, is_chosen in enumerate(chosen) if is_chosen]
    counts = np.array([len(places[i]) for i in kept])
    columns = np.concatenate([np.array(places[i], dtype=np.int32) for i in kept])
    starts = np.concatenate([[0], np.cumsum(counts)])
    matrix = csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(kept), 1 << BITS))
    matrix.sum_duplicates()
    labels = np.array([found[i].is_notice for i in kept])
    weight = np.array([found[i].weight for i in kept])
    weight[labels] *= weight[~labels].sum() / weight[labels].sum() / 2
    # No intercept: a line of unknown words weighs nothing.
    model = LogisticRegression(C=_STRENGTH, fit_intercept=False, max_iter=60)
    model.fit(matrix, labels, weight)
    return quantised(model.coef_[0])


def quantised(coefficients: Any) -> bytes:
    """Returns the weights as signed bytes: 32 are a factor of e."""
    whole = np.clip(np.rint(coefficients * 32), -_LARGEST, _LARGEST)
    return bytes(whole.astype(np.int8).tobytes())


def _of_notices() -> Iterator[Line]:
    for group, _, line in notice_lines():
        yield Line(group, True, _OWN_WEIGHT, line)


def _of_pages() -> Iterator[Line]:
    """Yields furniture and story of the pages; a line that may be a headline is neither."""
    seen = set[tuple[str, str]]()
    for row in data.rows("pages_dev"):
        group, counts = f"pages:{row['source']}", [0, 0]
        for line, label in zip(row["lines"], row["labels"], strict=True):
            if label not in {0, 1} or not _SHORT <= len(line) <= _LONG or (group, line) in seen:
                continue
            if label == 0 and len(line.split()) > 6 and not ends_sentence(line):
                continue
            seen.add((group, line))
            counts[label] += 1
            if counts[label] <= _LINES_OF_A_PAGE:
                yield Line(group, label == 0, 1.0, line)


def _of_articles(examples: Sequence[Example]) -> Iterator[Line]:
    for example in examples:
        if example.kind != "article" or example.group.startswith("pages:"):
            continue
        rng = random.Random(example.body[:100])
        parts = [line for line in example.body.split("\n") if len(line) >= _SHORT]
        for line in rng.sample(parts, min(len(parts), _LINES_OF_A_TEXT)):
            yield Line(example.group, False, 1.0, line[:_LONG])
        if len(example.headline) >= _SHORT:
            yield Line(example.group, False, 1.0, example.headline)


def _of_languages() -> Iterator[Line]:
    for group, kind, _, found in genuine_lines():
        for line in found:
            if kind == "wire":
                rng = random.Random(line)
                for part in varied(line, rng).split("\n"):
                    yield Line(group, False, _OWN_WEIGHT, part)
            else:
                yield Line(group, False, _OWN_WEIGHT, line.replace("\n", " "))
    spec = find_spec("wordfreq")
    if spec is None or spec.origin is None:
        raise SystemExit("wordfreq is missing: pip install wordfreq")
    folder = Path(spec.origin).parent / "data"
    for language in sorted({language for _, language, _ in notice_lines()}):
        path = folder / f"small_{_NAMES.get(language, language)}.msgpack.gz"
        if path.is_file():
            rng = random.Random(language)
            words, chances = _frequencies(path)
            for _ in range(_DRAWN):
                glue = "" if language in {"zh", "ja", "th"} else " "
                drawn = rng.choices(words, cum_weights=chances, k=_WORDS)
                yield Line(f"words:{language}", False, 1.0, glue.join(drawn))


def _frequencies(path: Path) -> tuple[list[str], list[float]]:
    """Returns the words of a language, and the running sum of their frequencies.

    The file lists the words by hundredths of a decade of frequency, the commonest first.
    """
    _, *bins = msgspec.msgpack.decode(gzip.decompress(path.read_bytes()))
    words: list[str] = []
    chances: list[float] = []
    total = 0.0
    for number, of_bin in enumerate(bins[:500]):
        for word in of_bin:
            total += 10 ** (-number / 100)
            words.append(word)
            chances.append(total)
    return words, chances
