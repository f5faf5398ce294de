"""The dedup role: one decider for each partition of `articles.prepared`, in order.

Index entries are written to the same partition of `dedup.index`, in the transaction that publishes
the article, so index and output never differ. The topic is the source of truth: after fencing, the
role replays what others wrote before it makes its first decision.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from pipeline.article import DeadLetter, Origin, Outcome, Prepared
from pipeline.cluster import KafkaOptions
from pipeline.dedup import CompactIndex, Index, entry_of, fingerprint, window_start
from pipeline.dedup.fingerprint import SCHEME
from pipeline.errors import CopydeskError
from pipeline.flow import Stages, decide, is_remembered
from pipeline.metrics import IndexFacts
from pipeline.routing import Role
from pipeline.runners.kafka.engine.changelog import Changelog
from pipeline.runners.kafka.engine.messages import (
    ARRIVED,
    Message,
    Received,
    Writer,
    arrival_of,
    header,
    now,
)
from pipeline.runners.kafka.engine.partition import Handled
from pipeline.runners.kafka.engine.transaction import Placed
from pipeline.sources import as_seconds

if TYPE_CHECKING:
    from pipeline.runners.journal import Journal

log = logging.getLogger(__name__)

_read_prepared = msgspec.json.Decoder(Prepared).decode


class DedupHandler:
    """Decides each prepared article against the index of its partition."""

    pause: float | None = None
    at_once = 1

    def __init__(
        self, stages: Stages, options: KafkaOptions, journal: Journal, partition: int
    ) -> None:
        self._stages = stages
        self._journal = journal
        self._is_recovered = False
        self._changelog = Changelog(options, partition)
        self._writer = Writer(options, Role.DEDUP, stages.ruleset)
        # Updated between two batches only: another thread changes the index during a batch.
        self.facts = _facts(self.index)

    @property
    def may_run_ahead(self) -> bool:
        """Whether the journal needs no block yet: it never has what is not committed."""
        return not self._journal.is_due

    @property
    def index(self) -> CompactIndex:
        """The index of the partition."""
        return self._journal.index

    async def restore(self) -> None:
        """Replays what was committed to the index's topic since the last read or write."""
        if not self._is_recovered:
            self._changelog.begin(await asyncio.to_thread(self._journal.recover))
            self._is_recovered = True
        await self._changelog.replay(self._journal)
        self.facts = _facts(self.index)

    def rest(self, *, is_idle: bool) -> list[Message]:  # noqa: ARG002
        """Returns nothing: every message belongs to an article."""
        self.facts = _facts(self.index)
        return []

    def committed(self, placed: Placed, *, is_all: bool) -> None:
        """Notes our own writes, which need no replay."""
        self._changelog.wrote(placed)
        if is_all:
            self._journal.committed(self._changelog.position)

    def handle(self, records: Sequence[Received]) -> list[Handled]:
        """Decides on articles; new entries and tombstones of the index go with them."""
        return [self._decide(received) for received in records]

    def give_up(self, received: Received, reason: str, message: str) -> Handled:
        """Sends a record to the dead letters without a decision."""
        return self._dead(received, now(), reason, message)

    def _decide(self, received: Received) -> Handled:
        moment = now()
        try:
            prepared = _of_today(_read_prepared(received.value or b""))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return self._dead(received, moment, "not-prepared", f"it cannot be read: {error}")
        seen_at = prepared.quality.seen_at
        gone = self.index.evict(window_start(seen_at, self._stages.dedup))
        try:
            outcome = decide(prepared, self.index.neighbours(prepared), self._stages)
        except (MemoryError, OSError, CopydeskError):  # not caused by this article
            raise
        except Exception as error:  # one article must not stop all others
            log.exception("%s: a bug, this article cannot be compared", prepared.quality.origin)
            cause = f"a bug in Copydesk, please report it: {error!r}"
            handled = self._dead(received, moment, "internal-error", cause, prepared.quality.origin)
            handled.messages.extend(map(self._changelog.tombstone, gone))
            return handled
        messages = self._writer.settled(outcome, received, moment)
        messages += map(self._changelog.tombstone, gone)
        messages += self._remember(prepared, outcome, moment)
        return Handled(messages, outcome, _arrived(received))

    def _remember(self, prepared: Prepared, outcome: Outcome, moment: str) -> list[Message]:
        if not is_remembered(outcome):
            return []
        held = self.index.add(entry_of(prepared, outcome.quality.match))
        return [self._changelog.entry(held, moment)] if held else []

    def _dead(
        self,
        received: Received,
        moment: str,
        reason: str,
        message: str,
        origin: Origin | None = None,
    ) -> Handled:
        """`origin`: of the raw record, where it is known; its account names that one."""
        arrival = arrival_of(received, moment)
        arrival = replace(arrival, origin=origin or arrival.origin)
        letter = DeadLetter.of(received.value or b"", arrival, Role.DEDUP, reason, message)
        return Handled(self._writer.dead(letter, received, moment), letter, _arrived(received))


def _of_today(prepared: Prepared) -> Prepared:
    """Returns an article that the desk role of an earlier version prepared, with its new marks."""
    if prepared.fingerprint.scheme == SCHEME:
        return prepared
    return replace(prepared, fingerprint=fingerprint(prepared.article.article_body))


def _facts(index: Index) -> IndexFacts:
    oldest = index.oldest
    return IndexFacts(
        articles=len(index),
        bytes=index.size,
        oldest=as_seconds(oldest) if oldest else None,
        cuts=index.cuts,
    )


def _arrived(received: Received) -> int:
    """When the raw record reached Kafka, by the desk's header (ms since 1970)."""
    digits = header(received.headers, ARRIVED) or b""
    return int(digits) if digits.isdigit() else received.timestamp
