"""The desk for scripts and notebooks: articles in, outcomes out, by the code of the runners.

from pipeline import Desk

for outcome in Desk().run(records):
if outcome.verdict == "publish":
store(outcome.article)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pipeline import flow
from pipeline.article import Arrival, Article, DeadLetter, Digest, Format, Origin, Quality
from pipeline.article import Outcome as Settled
from pipeline.clock import now
from pipeline.dedup import CompactIndex
from pipeline.memo import Memo
from pipeline.parse import Unpacked, unpack
from pipeline.publish import article_record, quality_record
from pipeline.routing import Door
from pipeline.runners.files import settle
from pipeline.settings import Settings, from_mapping, load

Record = Mapping[str, Any] | str | bytes
Given = str | Path | Mapping[str, Any] | Settings | None  # settings

_PYTHON = "python"  # the file that origins of such inputs name
_TOGETHER = 64  # records of a sequence that are handled together


class Outcome(Struct, frozen=True):
    """What became of one record: the article as it is published, and its quality record.

    A record that could not be read has no article: `message` says why. In a notebook an outcome
    is shown as the report shows it, with every edit marked.
    """

    article: Article | None
    quality: Quality
    message: str | None = None

    @property
    def verdict(self) -> str:
        """`publish`, `duplicate`, `reject`, or `dead-letter` for what could not be read."""
        return Door.DEAD_LETTER.value if self.article is None else self.quality.verdict.value

    def as_dict(self) -> dict[str, Any]:
        """Returns the article as plain Python values, named as in `clean.jsonl`; {} without one."""
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self.article)) or {}
        return found

    def _repr_html_(self) -> str:
        from pipeline.report.card import card  # noqa: PLC0415 - only notebooks need it

        return card(self.article, self.quality, self.message)


class Desk:
    """Cleans, checks and compares articles in this process.

    `settings`: the path of a YAML file, the same as a mapping (`{"check": {...}}`), or None for the
    defaults. Raises `pipeline.errors.WrongUseError` for settings that cannot be used.

    A record is a mapping with any of the names that `copydesk run` knows, or the text or bytes of
    what a scraper delivers: JSON, or an article's text. No record raises an exception.
    """

    def __init__(self, settings: Given = None) -> None:
        self._stages = settings_of(settings).stages()

    @property
    def ruleset(self) -> str:
        """The id of the rules and settings that decide."""
        return self._stages.ruleset

    def clean(self, record: Record) -> Outcome:
        r"""Returns the outcome of one article, compared with no other.

        >>> Desk().clean({"title": "Rain", "text": "It rained.\n\nShare this article"}).verdict
        'publish'
        """
        return next(self.run([record]))

    def run(self, records: Iterable[Record]) -> Iterator[Outcome]:
        """Yields the outcome of each record, in order, compared with those before it.

        A value that holds a list of records gives as many outcomes; `quality.origin` counts them.

        The records of a sequence are handled a few dozen at a time; those of an iterator one by
        one, so that each outcome comes before the next record is taken.
        """
        together = _TOGETHER if isinstance(records, Sequence) else 1
        sitting, rest = self.sit(), iter(records)
        while batch := [*islice(rest, together)]:
            yield from sitting.outcomes(batch)

    def sit(self) -> Sitting:
        """Begins to compare: what it is given is compared with all that it was given before."""
        return Sitting(self._stages)


class Sitting:
    """What `Desk.run` remembers: for those whose records come one by one, from elsewhere."""

    def __init__(self, stages: flow.Stages) -> None:
        self._stages = stages
        self._index, self._memo = CompactIndex(stages.dedup), Memo()
        self._numbers = count(1)

    def outcomes(self, records: Iterable[Record]) -> list[Outcome]:
        """Returns the outcomes of some records, in order: one each, or one for each in a list."""
        moment = now()
        inputs = [item for one in records for item in self._records(one, moment)]
        return [
            self._outcome(settle(ready, self._index, self._stages), moment)
            for ready in flow.prepare_batch(inputs, self._stages, self._memo)
        ]

    def _records(self, given: Record, moment: str) -> Iterator[Unpacked]:
        read = _input(given, next(self._numbers), moment)
        if isinstance(read, DeadLetter):
            yield read
        else:
            yield from unpack(*read, self._stages.parse)

    def _outcome(self, settled: Settled | DeadLetter, moment: str) -> Outcome:
        quality = quality_record(settled, moment, self._stages.ruleset)
        if isinstance(settled, DeadLetter):
            return Outcome(None, quality, settled.message)
        return Outcome(article_record(settled), quality)


def settings_of(given: Given) -> Settings:
    """Returns settings, from whatever form they are given in. Raises `WrongUseError`."""
    if given is None:
        return Settings()
    if isinstance(given, Settings):
        return given
    return from_mapping(given) if isinstance(given, Mapping) else load(Path(given), {}).settings


def written(record: object) -> bytes:
    """Returns a record as JSON. Raises TypeError, ValueError and the like where it is none."""
    return msgspec.json.encode(_named(record), enc_hook=_plain)


def _input(given: Record, number: int, moment: str) -> tuple[bytes, Arrival] | DeadLetter:
    """Returns a record as the bytes that a scraper would deliver."""
    arrival = Arrival(Origin(file=_PYTHON, line=number), moment)
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given), arrival
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass"), arrival
    try:
        value = written(given)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return _unwritable(arrival, str(error))
    return value, msgspec.structs.replace(arrival, format=Format.JSON)


def _named(given: object) -> object:
    """Returns a mapping with its names as text."""
    if not isinstance(given, Mapping):
        return given
    return {str(name): value for name, value in given.items()}


def _plain(value: object) -> object:
    """Returns a value that JSON does not know as one that it does; others become their text."""
    if isinstance(value, Mapping):
        return _named(value)
    listed = getattr(value, "tolist", None)  # NumPy, pandas
    return listed() if callable(listed) else str(value)


def _unwritable(arrival: Arrival, why: str) -> DeadLetter:
    message = f"the record cannot be written as JSON ({why}); send plain values"
    return DeadLetter.of(Digest(), arrival, "parse", "not-json", message)
