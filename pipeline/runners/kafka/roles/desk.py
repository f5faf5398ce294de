"""The desk role: raw articles in; prepared, rejected or dead letters out. It has no state."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.article import Arrival, DeadLetter, Origin, Outcome, Prepared, Rejected
from pipeline.cluster import KafkaOptions
from pipeline.flow import BATCH, Ready, Stages, outcome_of, prepare_batch
from pipeline.memo import Memo
from pipeline.own import FAILED
from pipeline.parse import Unpacked, unpack
from pipeline.routing import Role
from pipeline.runners.kafka.engine.messages import (
    Message,
    Received,
    Writer,
    arrival_of,
    now,
)
from pipeline.runners.kafka.engine.partition import Handled
from pipeline.runners.kafka.engine.transaction import Placed

log = logging.getLogger(__name__)

_NAMED = 10  # failures of a rule that are logged


class DeskHandler:
    """Prepares each raw article independently of all others."""

    pause: float | None = None
    at_once = BATCH
    may_run_ahead = True

    def __init__(self, stages: Stages, options: KafkaOptions) -> None:
        self._stages = stages
        self._memo = Memo()
        self._failures: Counter[object] = Counter()
        self._options = options
        self._writer = Writer(options, Role.DESK, stages.ruleset)

    async def restore(self) -> None:
        """Restores nothing: the role has no state."""

    def rest(self, *, is_idle: bool) -> list[Message]:  # noqa: ARG002
        """Returns nothing: every message belongs to an article."""
        return []

    def committed(self, placed: Placed, *, is_all: bool) -> None:
        """Does nothing: the role has no state."""

    def handle(self, records: Sequence[Received]) -> list[Handled]:
        """Prepares articles, or sends them out through one of the desk's doors."""
        moment = now()
        inputs = [one for received in records for one in self._records(received, moment)]
        return [
            self._handled(ready, *one, moment)
            for ready, one in zip(self._prepare(inputs), inputs, strict=True)
        ]

    def give_up(self, received: Received, reason: str, message: str) -> Handled:
        """Sends a record to the dead letters unread."""
        moment = now()
        arrival = arrival_of(received, moment)
        letter = DeadLetter.of(received.value or b"", arrival, Role.DESK, reason, message)
        return Handled(self._writer.dead(letter, received, moment), letter, received.timestamp)

    def _records(self, received: Received, moment: str) -> Iterator[tuple[Received, Unpacked]]:
        """Yields each record of a value; of several, each as if it had come alone.

        So a dead letter of one holds nothing that went another way.
        """
        arrival = arrival_of(received, moment)
        try:
            for item in unpack(received.value or b"", arrival, self._stages.parse):
                if isinstance(item, DeadLetter):
                    yield _alone(received, item.origin, item.value), item
                else:
                    yield _alone(received, item[1].origin, item[0]), item
        except MemoryError:
            raise
        except Exception as error:  # one value must not stop all others
            log.exception("%s: a bug, the articles in it cannot be found", arrival.origin)
            yield received, _bug(received, arrival, error)

    def _handled(self, ready: Ready, received: Received, item: Unpacked, moment: str) -> Handled:
        self._log_failures(ready)
        messages, outcome = self._write(ready, received, moment)
        if not isinstance(item, DeadLetter) and not self._writer.fit(messages):
            outcome = self._too_large(received, item[1])
            messages = self._writer.dead(outcome, received, moment)
        return Handled(messages, outcome, received.timestamp)

    def _prepare(self, inputs: Sequence[tuple[Received, Unpacked]]) -> list[Ready]:
        try:
            return prepare_batch([item for _, item in inputs], self._stages, self._memo)
        except MemoryError:
            raise
        except Exception as error:  # one article must not stop all others
            if len(inputs) > 1:
                return [ready for one in inputs for ready in self._prepare([one])]
            ((received, item),) = inputs
            if isinstance(item, DeadLetter):
                raise
            log.exception("%s: a bug, this article cannot be prepared", item[1].origin)
            return [_bug(received, item[1], error)]

    def _log_failures(self, ready: Ready) -> None:
        """Names the user's rules that failed; each a few times, as the metric counts them all."""
        if isinstance(ready, DeadLetter):
            return
        for finding in ready.quality.findings:
            if finding.rule == FAILED.id and self._failures[finding.value] < _NAMED:
                self._failures[finding.value] += 1
                log.warning(
                    "%s, article %s: went on without a rule of your own: %s",
                    ready.quality.origin,
                    ready.quality.id,
                    finding.detail,
                )

    def _write(
        self, ready: Ready, received: Received, moment: str
    ) -> tuple[list[Message], Outcome | DeadLetter | None]:
        if isinstance(ready, Prepared):
            return [self._writer.prepared(ready, received, moment)], None
        if isinstance(ready, Rejected):
            outcome = outcome_of(ready)
            return self._writer.settled(outcome, received, moment), outcome
        return self._writer.dead(ready, received, moment), ready

    def _too_large(self, received: Received, arrival: Arrival) -> DeadLetter:
        message = (
            "with its edits and fingerprint the article is larger than kafka.max_message_bytes "
            f"({self._options.max_message_bytes:,}): raise it, and max.message.bytes of the topics "
            "with it, then replay"
        )
        return DeadLetter.of(
            received.value or b"", arrival, Role.DESK, "too-large-to-send", message
        )


def _bug(received: Received, arrival: Arrival, error: Exception) -> DeadLetter:
    message = f"a bug in Copydesk, please report it: {error!r}"
    return DeadLetter.of(received.value or b"", arrival, Role.DESK, "internal-error", message)


def _alone(received: Received, origin: Origin, value: bytes | None) -> Received:
    return received if origin.item is None else received._replace(value=value)
