"""The line model: how surely each line of an article is furniture of its page.

The model is a file beside this one, made by `python -m pipeline.lines.train`; `native.LineModel`
says how it scores. It knows many publishers' pages and no phrase, so it knows lines that no list
has; a rule (`clean/rules/scored_lines.py`) decides what to do with them.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import NamedTuple

from pipeline import traits
from pipeline.errors import WrongUseError
from pipeline.lines.features import FEATURES
from pipeline.native import LineModel, codepoints

PATH = __file__.removesuffix("__init__.py") + "model.bin"
MAGIC, VERSION = b"copydesk", 1
HEAD = struct.Struct("<8sIIdd")  # magic, version, CRC-32 of the rest, slope and offset
_REASONS = 3
FEWEST = 3  # lines of an article that are worth scoring
# Thai, Lao, Burmese, Khmer: a few words among the first characters.
_ENDLESS, _READ = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{12}"), 2000
# Longer bodies are scored anew each time: the scores of many are kept between cleaning and checks.
_LONGEST_KEPT, _KEPT = 1 << 15, 512

Span = tuple[int, int]


class Model(NamedTuple):
    """The loaded model. The log-odds of furniture are `slope` times the score, plus `offset`."""

    lines: LineModel
    slope: float
    offset: float


class Article(NamedTuple):
    """The texts that a line is judged by; `spans` are the (start, end) of the body's lines."""

    body: str
    spans: tuple[Span, ...]
    headline: str = ""
    description: str = ""


def load(path: str = PATH) -> Model:
    """Returns the model of a file. Raises WrongUseError if it cannot be used."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the core imports no pathlib
            content = file.read()
    except OSError as error:
        raise WrongUseError(
            f"the line model is missing ({error}): install Copydesk again"
        ) from error
    magic, version, checksum, slope, offset = (
        HEAD.unpack_from(content) if len(content) >= HEAD.size else (b"", 0, 0, 0.0, 0.0)
    )
    if magic == MAGIC and version != VERSION:
        raise WrongUseError(
            f"{path} is a line model of version {version}, and this Copydesk needs version"
            f" {VERSION}: install Copydesk again, or train it anew (python -m pipeline.lines.train)"
        )
    if magic != MAGIC or zlib.crc32(content[HEAD.size - 16 :]) != checksum:
        raise WrongUseError(f"{path} is no whole line model: install Copydesk again")
    try:
        return Model(LineModel(content[HEAD.size :]), slope, offset)
    except ValueError as error:
        raise WrongUseError(f"{path}: {error}: install Copydesk again") from error


def packed(model: bytes, slope: float, offset: float) -> bytes:
    """Returns the file of a model that `native.LineModel` takes."""
    rest = struct.pack("<dd", slope, offset) + model
    return struct.pack("<8sII", MAGIC, VERSION, zlib.crc32(rest)) + rest


@cache
def model() -> Model:
    """Returns the model in use."""
    return _using[-1] if _using else load()


_using: list[Model] = []


@contextmanager
def using(other: Model) -> Iterator[None]:
    """Uses another model, to measure it."""
    _using.append(other)
    _forget()
    try:
        yield
    finally:
        _using.pop()
        _forget()


def _forget() -> None:
    model.cache_clear()
    _kept.cache_clear()


def scores(article: Article) -> Sequence[float]:
    """Returns the log-odds of furniture for each line; none if the model cannot tell.

    So it is for an article of a line or two, and in scripts whose sentences have no end marks.
    """
    if len(article.spans) < FEWEST or (
        not article.body.isascii() and _ENDLESS.search(article.body, 0, _READ)
    ):
        return ()
    return _kept(article) if len(article.body) <= _LONGEST_KEPT else _scores(article)


def probability(log_odds: float) -> float:
    """Returns the probability of log-odds, with three decimals."""
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds)))), 3)


def log_odds(probability: float) -> float:
    """Returns the log-odds of a probability between 0 and 1."""
    return math.log(probability / (1 - probability))


def reasons(article: Article, line: int) -> tuple[str, ...]:
    """Returns the features that speak most for a line being furniture, in words, most first."""
    given = arguments(article)
    parts = model().lines.explain(*given, line)
    rows = memoryview(model().lines.rows(*given)).cast("f")
    row = rows[line * len(FEATURES) :]
    ranked = sorted(range(len(FEATURES)), key=lambda i: (-parts[i], i))
    found: dict[str, None] = {}
    for i in ranked:
        feature = FEATURES[i]
        if parts[i] > 0 and len(found) < _REASONS:
            found[feature.low if row[i] < feature.bound else feature.high] = None
    return tuple(found)


def arguments(article: Article) -> tuple[object, ...]:
    tables = traits.table(), codepoints.as_is()
    return (article.body, article.spans, article.headline, article.description, *tables, False)


@lru_cache(maxsize=_KEPT)
def _kept(article: Article) -> Sequence[float]:
    return _scores(article)


def _scores(article: Article) -> Sequence[float]:
    if not article.spans:
        return ()
    now = model()
    return [now.slope * score + now.offset for score in now.lines.score(*arguments(article))]
