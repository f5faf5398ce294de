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
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from pipeline import traits
from pipeline.errors import WrongUseError
from pipeline.lines.features import FEATURES
from pipeline.native import LineModel, codepoints
from pipeline.text import line_spans

PATH = __file__.removesuffix("__init__.py") + "model.bin"
MAGIC, VERSION = b"copydesk", 3
HEAD = struct.Struct("<8sII")  # magic, version, CRC-32 of the rest
_REASONS = 3
FEWEST = 3  # lines of an article that are worth scoring
# Thai, Lao, Burmese, Khmer: the sentences of these scripts have no end marks.
_ENDLESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_ENDLESS_SHARE = 0.25  # of the lines, by their first characters
# Longer bodies are scored anew each time: the scores of many are kept between cleaning and checks.
_LONGEST_KEPT, _KEPT = 1 << 15, 256


Spans = Sequence[tuple[int, int]]


class Article(NamedTuple):
    """The texts that a line is judged by."""

    body: str
    headline: str = ""
    description: str = ""


def load(path: str = PATH) -> LineModel:
    """Returns the model of a file. Raises WrongUseError if it cannot be used."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the core imports no pathlib
            content = file.read()
    except OSError as error:
        raise WrongUseError(
            f"the line model is missing ({error}): install Copydesk again"
        ) from error
    magic, version, checksum = (
        HEAD.unpack_from(content) if len(content) >= HEAD.size else (b"", 0, 0)
    )
    if magic == MAGIC and version != VERSION:
        raise WrongUseError(
            f"{path} is a line model of version {version}, and this Copydesk needs version"
            f" {VERSION}: install Copydesk again, or train it anew (python -m pipeline.lines.train)"
        )
    if magic != MAGIC or zlib.crc32(content[HEAD.size :]) != checksum:
        raise WrongUseError(f"{path} is no whole line model: install Copydesk again")
    try:
        return LineModel(content[HEAD.size :])
    except ValueError as error:
        raise WrongUseError(f"{path}: {error}: install Copydesk again") from error


def packed(model: bytes) -> bytes:
    """Returns the file of a model that `native.LineModel` takes."""
    return HEAD.pack(MAGIC, VERSION, zlib.crc32(model)) + model


@cache
def model() -> LineModel:
    """Returns the model in use."""
    return _using[-1] if _using else load()


_using: list[LineModel] = []
_kept: OrderedDict[Article, Sequence[float]] = OrderedDict()


@contextmanager
def using(other: LineModel) -> Iterator[None]:
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
    _kept.clear()


def scores(article: Article, spans: Spans | None = None) -> Sequence[float]:
    """Returns the log-odds of furniture for each line; none if the model cannot tell.

    So it is for an article of a line or two, and in scripts whose sentences have no end marks.
    `spans`: the (start, end) of the body's lines, if they are known.
    """
    found = _kept.get(article)
    if found is None:
        spans = line_spans(article.body) if spans is None else spans
        found = _scores(article, spans)
        if len(article.body) <= _LONGEST_KEPT:
            _kept[article] = found
            if len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return found


def probability(log_odds: float) -> float:
    """Returns the probability of log-odds, with three decimals."""
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds)))), 3)


def log_odds(probability: float) -> float:
    """Returns the log-odds of a probability between 0 and 1."""
    return math.log(probability / (1 - probability))


def reasons(article: Article, spans: Spans, line: int) -> tuple[str, ...]:
    """Returns the features that speak most for a line being furniture, in words, most first."""
    given = arguments(article, spans)
    parts = model().explain(*given, line)
    row = memoryview(model().rows(*given)).cast("f")[line * len(FEATURES) :]
    ranked = sorted(range(len(FEATURES)), key=lambda i: (-parts[i], i))
    found: dict[str, None] = {}
    for i in ranked:
        feature = FEATURES[i]
        if parts[i] > 0 and len(found) < _REASONS:
            found[feature.low if row[i] < feature.bound else feature.high] = None
    return tuple(found)


def arguments(article: Article, spans: Spans) -> tuple[object, ...]:
    """Returns the arguments of the methods of `LineModel`."""
    body, headline, description = article
    return (body, spans, headline, description, traits.table(), codepoints.as_is())


def _scores(article: Article, spans: Spans) -> Sequence[float]:
    if len(spans) < FEWEST or _is_endless(article.body, spans):
        return ()
    return model().score(*arguments(article, spans))


def _is_endless(body: str, spans: Spans) -> bool:
    """Returns whether many lines begin in a script whose sentences have no end marks."""
    if body.isascii():
        return False
    begin = "".join([body[start] for start, _ in spans])
    return len(_ENDLESS.findall(begin)) > _ENDLESS_SHARE * len(spans)
