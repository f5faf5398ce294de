"""Feeds files to `articles.raw`: each value is sent unchanged and acknowledged, or reported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from kafka.errors import KafkaError, KafkaTimeoutError
from msgspec import Struct

from pipeline.article import Origin
from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import Topic
from pipeline.runners.inputs import Given, Unread
from pipeline.runners.kafka.admin.provisioning import largest_batch
from pipeline.runners.kafka.connection.diagnosis import explain, sentence
from pipeline.runners.kafka.connection.producing import Producer
from pipeline.runners.kafka.engine.messages import CONTENT_TYPES, Message

_BATCH_BYTES = 256 << 10
_AHEAD = 64 << 20  # bytes that are sent and not acknowledged, at most
_SILENT = 3.0  # seconds without an acknowledgement until people are told
_LOOK = 0.5  # seconds between two looks at that
_LEAVE = 2.0  # seconds for what is still on the way when the work has failed
_HEADERS = {kind: name for name, kind in CONTENT_TYPES.items()}
_TOLD = 20  # inputs named when they could not be sent; all are counted


class Fed(Struct):
    """Counts of a feed; read = acknowledged + refused + still in flight."""

    read: int = 0  # without those before the start
    acknowledged: int = 0
    refused: int = 0  # too large for the topic, or unreadable


class Feed:
    """Sends inputs to the raw topic, at most `rate` a second; `tell` speaks to people.

    It tells what was not sent, and when the cluster falls silent; after `kafka.delivery_timeout`
    without any acknowledgement it gives up.
    """

    def __init__(
        self, options: KafkaOptions, rate: float | None, tell: Callable[[str], None]
    ) -> None:
        self.fed = Fed()
        self._options = options
        self._patience = options.delivery_timeout
        self._rate = rate
        self._tell = tell
        self._topic = options.topic(Topic.RAW)
        self._next = 1  # the number of the next input
        self._failure: BaseException | None = None
        # By number, in order: the sizes of what is sent and not acknowledged.
        self._on_the_way: dict[int, int] = {}
        self._bytes = 0  # their sum
        self._heard = time.monotonic()  # of the cluster, or since when nothing is expected of it
        self._news = threading.Condition()  # acknowledgements come from the producer's thread

    @property
    def first_open(self) -> int:
        """The number of the first input that is not known to be on the topic."""
        with self._news:
            return next(iter(self._on_the_way), self._next)

    def run(
        self, inputs: Iterable[Given | Unread], progress: Callable[[int], None], start: int = 1
    ) -> None:
        """Sends all inputs from number `start` on, and waits for their acknowledgements.

        Raises `WorkFailedError` with the number to go on from.
        """
        limit, whose = self._limit()
        self._next = start
        try:
            with self._producer(limit) as producer, self._watched():
                started = time.monotonic()
                for item in islice(inputs, start - 1, None):
                    self._pace(started)
                    self.fed.read += 1
                    self._send(producer, item, limit, whose)
                    self._next += 1
                    if self._failure:
                        break
                    progress(self.fed.read)
                self._wait(0)
        except KafkaError as error:
            self._failure = self._failure or error
        if self._failure:
            cause = sentence(explain(self._failure, self._options))
            raise WorkFailedError(
                f"{cause} Of {self.fed.read:,} articles read, {self.fed.acknowledged:,} are on "
                f"{self._topic}; the same command with --from {self.first_open} goes on"
            ) from self._failure

    def _limit(self) -> tuple[int, str]:
        """Returns the size limit of a record (bytes), and the setting that it comes from.

        A record that the broker refuses would end the producer, with all records behind it.
        """
        ours, theirs = self._options.max_message_bytes, largest_batch(self._options, self._topic)
        if theirs is not None and theirs < ours:
            return theirs, f"{self._topic} takes"
        return ours, "kafka.max_message_bytes"

    @contextmanager
    def _producer(self, limit: int) -> Iterator[Producer]:
        batch = min(_BATCH_BYTES, limit)
        producer = Producer(self._options, client_id="copydesk-feed", batch_size=batch)
        try:
            yield producer
        finally:
            producer.close(_LEAVE)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Has a thread watch whether the cluster still acknowledges what is sent."""
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _watch(self, over: threading.Event) -> None:
        is_told = False
        while not over.wait(_LOOK):
            with self._news:
                waiting, silent = len(self._on_the_way), time.monotonic() - self._heard
                if waiting and silent > self._patience:
                    text = f"nothing acknowledged for {self._patience:g} s"
                    self._failure = self._failure or KafkaTimeoutError(text)
                    self._news.notify_all()
            is_silent = bool(waiting) and silent > _SILENT
            if is_silent and not is_told:
                self._tell(
                    f"{self._options.bootstrap_servers} acknowledges nothing: {waiting:,} articles"
                    f" wait, {self.fed.acknowledged:,} are on {self._topic}. Gives up "
                    f"{self._patience:g} s after the last acknowledgement (kafka.delivery_timeout)"
                )
            elif is_told and not is_silent:
                self._tell(f"{self._options.bootstrap_servers} acknowledges again")
            is_told = is_silent

    def _pace(self, started: float) -> None:
        if self._rate:
            ahead = started + self.fed.read / self._rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)

    def _send(self, producer: Producer, item: Given | Unread, limit: int, whose: str) -> None:
        if isinstance(item, Unread):
            self._refuse(item.origin, item.message)
            return
        kind = _HEADERS.get(item.format)
        message = Message(self._topic, None, item.value, [("content-type", kind)] if kind else [])
        if message.size > limit:
            takes = f"on the wire it takes {message.size:,} bytes, more than {whose} ({limit:,})"
            self._refuse(item.origin, takes)
            return
        number = self._next
        with self._news:
            if not self._on_the_way:
                self._heard = time.monotonic()
            self._on_the_way[number] = message.size
            self._bytes += message.size
        sent = producer.send(self._topic, value=message.value, headers=message.headers)
        sent.add_callback(self._acknowledge, number)
        sent.add_errback(self._fail)
        self._wait(_AHEAD)

    def _wait(self, most: int) -> None:
        """Waits until at most so many bytes are on the way, or the work has failed."""
        with self._news:
            while self._bytes > most and not self._failure:
                self._news.wait()

    def _acknowledge(self, number: int, _: object) -> None:
        with self._news:
            self.fed.acknowledged += 1
            self._heard = time.monotonic()
            self._bytes -= self._on_the_way.pop(number)
            self._news.notify_all()

    def _fail(self, error: BaseException) -> None:
        """Notes an error; the article counts as on the way, as it may be on the topic."""
        with self._news:
            self._failure = self._failure or error
            self._news.notify_all()

    def _refuse(self, origin: Origin, reason: str) -> None:
        self.fed.refused += 1
        if self.fed.refused <= _TOLD:
            self._tell(f"{origin}: not sent: {reason}")
