"""A file of labelled pairs: JSON lines `{"a": ..., "b": ..., "label": ..., "adds": ...}`.

`a` and `b` are articles under any names that `copydesk run` reads, or texts; `a` came first.
`adds`, which may be missing, says whether a reader of `a` would miss something of `b`. They go
through the whole desk, so that what is judged is what the stream would compare. Articles that the
checks reject are compared all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from pipeline.article import Arrival, DeadLetter, Format, Origin, Prepared, Rejected
from pipeline.dedup import fingerprint
from pipeline.errors import WrongUseError
from pipeline.flow import Stages, prepare
from pipeline.tune.labelled import COPIES, OTHERS, Labelled

_LABELS = COPIES + OTHERS


class _Line(Struct):
    a: Raw
    b: Raw
    label: Annotated[str, Meta(min_length=1)]
    adds: bool | None = None


_read_line = msgspec.json.Decoder(_Line).decode
_read_text = msgspec.json.Decoder(str).decode


def read_pairs(lines: Iterable[bytes], name: str, stages: Stages, seen_at: str) -> list[Labelled]:
    """Returns the pairs of a file's lines; empty lines are passed over.

    Raises `WrongUseError` that names file and line where one cannot be read, and where the file
    has no pair of either side.
    """
    pairs = [
        _read_pair(line, Origin(file=name, line=number), stages, seen_at)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not any(pair.is_copy for pair in pairs) or all(pair.is_copy for pair in pairs):
        raise WrongUseError(
            f"{name}: {len(pairs)} pairs; some must be copies ({', '.join(COPIES)})"
            f" and some not ({', '.join(OTHERS)})"
        )
    return pairs


def _read_pair(line: bytes, place: Origin, stages: Stages, seen_at: str) -> Labelled:
    try:
        pair = _read_line(line)
    except msgspec.DecodeError as error:
        raise WrongUseError(
            f'{place}: {error}; wanted is {{"a": ARTICLE, "b": ARTICLE, "label": NAME}},'
            " an article being an object or a text"
        ) from error
    if pair.label not in _LABELS:
        raise WrongUseError(f"{place}: label {pair.label!r} is none of {', '.join(_LABELS)}")
    earlier, later = (
        _ready(which, bytes(value), place, stages, seen_at)
        for which, value in (("a", pair.a), ("b", pair.b))
    )
    return Labelled(earlier, later, pair.label, pair.adds)


def _ready(which: str, value: bytes, place: Origin, stages: Stages, seen_at: str) -> Prepared:
    is_text = value.startswith(b'"')
    try:
        given = _read_text(value).encode() if is_text else value
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise WrongUseError(f"{place}: {which}: {error}") from error
    form = Format.TEXT if is_text else Format.JSON
    ready = prepare(given, Arrival(place, seen_at, form), stages)
    if isinstance(ready, DeadLetter):
        raise WrongUseError(f"{place}: {which}: {ready.message}")
    if isinstance(ready, Rejected):
        article = ready.article
        return Prepared(article, ready.quality, fingerprint(article.article_body))
    return ready
