"""Sends letters again, exactly once: each with the note that it was sent, in one transaction.

All replays of a pipeline have one transactional id: one that begins ends the one before, whose open
transaction is aborted, and only then reads what was replayed. The committed offset of the group is
the first open letter of each partition, for Kafka's own tools; it decides nothing, as a cluster
forgets the offsets of a group that is away for a week.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, NamedTuple, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced
from msgspec import Struct
from msgspec.structs import replace

from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import Topic
from pipeline.runners.kafka.admin.consumer import Reader, reading
from pipeline.runners.kafka.admin.letters import (
    CHECK,
    Chosen,
    Letter,
    again,
    letter_in,
    replays,
    target_of,
    with_original,
)
from pipeline.runners.kafka.admin.provisioning import largest_batch
from pipeline.runners.kafka.connection.diagnosis import explain, probe, sentence
from pipeline.runners.kafka.engine.messages import Message, Received, now
from pipeline.runners.kafka.engine.transaction import Transactions

T = TypeVar("T")


class Refusal(NamedTuple):
    """Why a letter stays."""

    reason: str
    message: str = ""  # what is wrong with this one; empty where the reason says it all


# Why a letter would come back, or None; with its own value, or with that of a person.
Judge = Callable[[Letter, bytes | None], Refusal | None]
Stop = Callable[[Iterable[Received]], Iterator[Received]]

# Readers of `articles.raw` wait that long (seconds) for a replay that was killed in the middle.
_OPEN = 15.0
_LEAVE = 3.0  # seconds to close the connections

# Why letters stay, besides the reasons of dead letters and the rules that reject articles.
REPLAYED = "replayed"
STAYS = {
    REPLAYED: "sent again before, and nothing is sent twice",
    "value-gone": "too large to be kept: mend it with `show --edit`, or send it from its source",
    "came-back": "sent again before, and came back: --again sends it once more",
    "too-large": "larger than what the topic that it goes to takes",
}


class Tally(Struct, rename="camel"):
    """What became of the letters that were asked for; chosen = sent + earlier + all that stay."""

    chosen: int = 0
    sent: int = 0
    earlier: int = 0  # were sent again by an earlier replay
    stay: dict[str, int] = {}  # by reason


class Sender:
    """Sends letters in transactions. It exists once: a second one ends the first."""

    def __init__(self, options: KafkaOptions) -> None:
        self.sent = 0
        self._options = replace(
            options, transaction_timeout=min(_OPEN, options.transaction_timeout)
        )
        self._runner = asyncio.Runner()
        self._messages: list[Message] = []
        self._letters = 0
        self._bytes = 0
        self._transactions = self._run(self._open())

    def put(self, messages: Iterable[Message], offsets: dict[TopicPartition, int]) -> None:
        """Takes a letter's messages; commits them once they fill a transaction."""
        for message in messages:
            self._messages.append(message)
            self._bytes += message.size
        self._letters += 1
        limits = self._options
        if self._letters >= limits.batch_articles or self._bytes >= limits.batch_bytes:
            self.commit(offsets)

    def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Commits what was put and the offsets of the group."""
        if self._messages or offsets:
            self._run(self._transactions.commit(self._messages, offsets))
        self.sent += self._letters
        self._messages, self._letters, self._bytes = [], 0, 0

    def close(self) -> None:
        """Closes the connections; what was not committed is aborted."""
        with suppress(TimeoutError, KafkaError):
            self._runner.run(asyncio.wait_for(self._transactions.close(), _LEAVE))
        self._runner.close()

    async def _open(self) -> Transactions:
        group = letters_group(self._options)
        transactions = Transactions(self._options, group, group, "copydesk-replay")
        await transactions.open()
        return transactions

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        patience = self._options.delivery_timeout
        try:
            return self._runner.run(asyncio.wait_for(work, patience))
        except (ProducerFenced, InvalidProducerEpoch) as error:
            problem = "another replay has begun, which ends this one"
            raise WorkFailedError(self._told(problem)) from error
        except TimeoutError as error:
            silent = f"Kafka at {self._options.bootstrap_servers}: no answer for {patience:g} s"
            raise WorkFailedError(self._told(probe(self._options, _LEAVE) or silent)) from error
        except KafkaError as error:
            raise WorkFailedError(self._told(str(explain(error, self._options)))) from error

    def _told(self, problem: str) -> str:
        return (
            f"{sentence(problem)} {self.sent:,} letters were sent again and are noted as such; run "
            "the command once more for the others: nothing is sent twice"
        )


def letters_group(options: KafkaOptions) -> str:
    """The consumer group of replays, which is their transactional id too."""
    return f"{options.prefix}{options.group}-dead-letters"


@contextmanager
def sending(options: KafkaOptions, *, dry: bool) -> Iterator[Sender | None]:
    """A sender, whose beginning ends all other replays; None for a dry run."""
    if dry:
        yield None
        return
    sender = Sender(options)
    try:
        yield sender
    finally:
        sender.close()


def replay_all(
    options: KafkaOptions, chosen: Chosen, judge: Judge, stop: Stop, *, dry: bool
) -> Tally:
    """Sends those of the chosen letters again that `judge` lets go."""
    tally = Tally()
    judge = _within_limits(options, judge)
    first_open = dict[TopicPartition, int]()
    after = dict[TopicPartition, int]()

    def offsets() -> dict[TopicPartition, int]:
        return after | first_open if chosen.start is Topic.DEAD_LETTER else {}

    with (
        sending(options, dry=dry) as sender,
        reading(options, [chosen.start]) as reader,
        _originals(options, chosen.start) as raw,
    ):
        known = replays(options)
        for record in stop(reader.to_end()):
            at = TopicPartition(record.topic, record.partition)
            letter = letter_in(record, known)
            if raw and chosen.has(letter):
                letter = with_original(letter, raw)
            is_sent = _settle(letter, chosen, judge, tally)
            if not is_sent and not letter.replay:
                first_open.setdefault(at, record.offset)
            after[at] = record.offset + 1
            if is_sent and sender:
                sender.put(again(letter, options, now(), None), offsets())
        if reader.is_at_end:  # behind the marks of transactions, so that nothing is left to read
            after |= {TopicPartition(*at): end for at, end in reader.ends.items()}
        if sender:
            sender.commit(offsets())
    return tally


def replay_one(
    options: KafkaOptions, letter: Letter, mended: bytes | None, judge: Judge, *, dry: bool
) -> Refusal | None:
    """Sends one letter again, or what a person made of it.

    Returns why it stays, or None if it was sent.
    """
    start = Topic.REJECTED if letter.stage == CHECK else Topic.DEAD_LETTER
    with sending(options, dry=dry) as sender, _originals(options, start) as raw:
        letter = letter_in(letter.record, replays(options))  # after the other replays have ended
        if letter.replay:
            return Refusal(REPLAYED, f"it was sent again at {letter.replay.at}")
        if raw and mended is None:
            letter = with_original(letter, raw)
        refusal = _within_limits(options, judge)(letter, mended)
        if refusal is None and sender:
            sender.put(again(letter, options, now(), mended), {})
            sender.commit({})
    return refusal


def _originals(options: KafkaOptions, start: Topic) -> AbstractContextManager[Reader | None]:
    """A reader of the raw records behind rejected articles; dead letters are what was sent."""
    return reading(options, [Topic.RAW]) if start is Topic.REJECTED else nullcontext()


def _settle(letter: Letter, chosen: Chosen, judge: Judge, tally: Tally) -> bool:
    """Counts a letter; returns whether it is to be sent."""
    if not chosen.has(letter):
        return False
    tally.chosen += 1
    if letter.replay:
        tally.earlier += 1
        return False
    refusal = judge(letter, None)
    if refusal is None:
        tally.sent += 1
    else:
        tally.stay[refusal.reason] = tally.stay.get(refusal.reason, 0) + 1
    return refusal is None


def _within_limits(options: KafkaOptions, judge: Judge) -> Judge:
    """The judge, who also refuses what the topic that a letter goes to does not take."""
    limits = dict[Topic, int]()

    def full(letter: Letter, mended: bytes | None) -> Refusal | None:
        target = target_of(letter)
        if target not in limits:
            takes = largest_batch(options, options.topic(target))  # raises for a missing topic
            limits[target] = min(takes or options.max_message_bytes, options.max_message_bytes)
        if again(letter, options, now(), mended)[0].size > limits[target]:
            return Refusal("too-large")
        return judge(letter, mended)

    return full
