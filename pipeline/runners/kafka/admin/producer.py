"""Feeds files to `articles.raw`: each value is sent unchanged and acknowledged, or reported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from msgspec import Struct

from pipeline.article import Origin
from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import Topic
from pipeline.runners.inputs import Given, Unread
from pipeline.runners.kafka.admin.provisioning import largest_batch
from pipeline.runners.kafka.connection.diagnosis import explain
from pipeline.runners.kafka.connection.security import for_kafka_python
from pipeline.runners.kafka.engine.messages import CONTENT_TYPES, Message

_BATCH_BYTES = 256 << 10
_LINGER_MS = 20
_PATIENCE = 180.0  # seconds without any acknowledgement; the client gives up after 120
_HEADERS = {kind: name for name, kind in CONTENT_TYPES.items()}
_TOLD = 20  # inputs named when they could not be sent; all are counted


class Fed(Struct):
    """Counts of a feed; sent = acknowledged + refused + still in flight."""

    read: int = 0
    acknowledged: int = 0
    refused: int = 0  # too large for the topic, or unreadable


class Feed:
    """Sends inputs to the raw topic, at most `rate` a second; `tell` reports what was not sent."""

    def __init__(
        self, options: KafkaOptions, rate: float | None, tell: Callable[[str], None]
    ) -> None:
        self.fed = Fed()
        self._options = options
        self._rate = rate
        self._tell = tell
        self._topic = options.topic(Topic.RAW)
        self._failure: BaseException | None = None
        self._on_the_way = 0
        self._news = threading.Condition()  # acknowledgements come from the producer's thread

    def run(self, inputs: Iterable[Given | Unread], progress: Callable[[int], None]) -> None:
        """Sends all inputs and waits for their acknowledgements. Raises `WorkFailedError`."""
        limit, whose = self._limit()
        try:
            with closing(self._producer(limit)) as producer:
                started = time.monotonic()
                for item in inputs:
                    self._pace(started)
                    self.fed.read += 1
                    self._send(producer, item, limit, whose)
                    if self._failure:
                        break
                    progress(self.fed.read)
                self._wait()
        except KafkaError as error:
            self._failure = self._failure or error
        if self._failure:
            cause = explain(self._failure, self._options)
            raise WorkFailedError(
                f"{cause}. Of {self.fed.read:,} articles read, {self.fed.acknowledged:,} are on "
                f"{self._topic}"
            ) from self._failure

    def _limit(self) -> tuple[int, str]:
        """Returns the size limit of a record (bytes), and the setting that it comes from.

        A record that the broker refuses would end the producer, with all records behind it.
        """
        ours, theirs = self._options.max_message_bytes, largest_batch(self._options, self._topic)
        if theirs is not None and theirs < ours:
            return theirs, f"{self._topic} takes"
        return ours, "kafka.max_message_bytes"

    def _producer(self, limit: int) -> KafkaProducer:
        return KafkaProducer(
            client_id="copydesk-feed",
            acks="all",
            enable_idempotence=True,
            batch_size=min(_BATCH_BYTES, limit),
            linger_ms=_LINGER_MS,
            max_request_size=self._options.max_message_bytes,
            bootstrap_timeout_ms=round(self._options.connect_timeout * 1000),
            **for_kafka_python(self._options),
        )

    def _pace(self, started: float) -> None:
        if self._rate:
            ahead = started + self.fed.read / self._rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)

    def _send(self, producer: KafkaProducer, item: Given | Unread, limit: int, whose: str) -> None:
        if isinstance(item, Unread):
            self._refuse(item.origin, item.message)
            return
        kind = _HEADERS.get(item.format)
        message = Message(self._topic, None, item.value, [("content-type", kind)] if kind else [])
        if message.size > limit:
            takes = f"on the wire it takes {message.size:,} bytes, more than {whose} ({limit:,})"
            self._refuse(item.origin, takes)
            return
        with self._news:
            self._on_the_way += 1
        sent = producer.send(self._topic, value=message.value, headers=message.headers)
        sent.add_callback(self._acknowledge)
        sent.add_errback(self._fail)

    def _wait(self) -> None:
        """Waits until every sent record is acknowledged or has failed."""
        with self._news:
            while self._on_the_way:
                if not self._news.wait(_PATIENCE):
                    raise KafkaTimeoutError(f"nothing acknowledged for {_PATIENCE:g} s")

    def _acknowledge(self, _: object) -> None:
        with self._news:
            self.fed.acknowledged += 1
            self._on_the_way -= 1
            self._news.notify()

    def _fail(self, error: BaseException) -> None:
        with self._news:
            self._failure = self._failure or error
            self._on_the_way -= 1
            self._news.notify()

    def _refuse(self, origin: Origin, reason: str) -> None:
        self.fed.refused += 1
        if self.fed.refused <= _TOLD:
            self._tell(f"{origin}: not sent: {reason}")
