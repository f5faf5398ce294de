"""Files onto `articles.raw`: every value as it is, acknowledged by the cluster, or reported."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError
from msgspec import Struct

from pipeline.article import Origin
from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.runners.inputs import Given, Unread
from pipeline.runners.kafka.explain import explain, look
from pipeline.runners.kafka.messages import CONTENT_TYPES
from pipeline.runners.kafka.security import for_kafka_python

_BATCH_BYTES = 256 << 10
_LINGER_MS = 20
_HEADERS = {kind: name for name, kind in CONTENT_TYPES.items()}
_TOLD = 20  # inputs that are named when they could not be sent; all are counted


class Fed(Struct):
    """What a feed did; sent = acknowledged + refused + those still on their way."""

    read: int = 0
    acknowledged: int = 0
    refused: int = 0  # too large for the topic, or unreadable


class Feed:
    """Sends inputs to the raw topic at most `rate` a second; `tell` names what was not sent."""

    def __init__(
        self, options: KafkaOptions, rate: float | None, tell: Callable[[str], None]
    ) -> None:
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        self.fed = Fed()
        self._options = options
        self._rate = rate
        self._tell = tell
        self._topic = options.topic(options.topics.raw)
        self._failure: BaseException | None = None
        self._lock = threading.Lock()  # acknowledgements come from the producer's thread

    def run(self, inputs: Iterable[Given | Unread], progress: Callable[[int], None]) -> None:
        """Send all inputs; returns when each is acknowledged. Raises `WorkFailedError`."""
        problem = look(self._options)
        if problem:
            raise WorkFailedError(problem)
        producer = None
        try:
            producer = self._producer()
            started = time.monotonic()
            for item in inputs:
                self._pace(started)
                self.fed.read += 1
                self._send(producer, item)
                if self._failure:
                    break
                progress(self.fed.read)
        except KafkaError as error:
            raise explain(error, self._options) from error
        finally:
            if producer:
                self._finish(producer)
        if self._failure:
            raise explain(self._failure, self._options) from self._failure

    def _producer(self) -> KafkaProducer:
        return KafkaProducer(
            client_id="copydesk-feed",
            acks="all",
            enable_idempotence=True,
            batch_size=_BATCH_BYTES,
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

    def _send(self, producer: KafkaProducer, item: Given | Unread) -> None:
        if isinstance(item, Unread):
            self._refuse(item.origin, item.message)
            return
        kind = _HEADERS.get(item.format)
        try:
            sent = producer.send(
                self._topic,
                value=item.value,
                headers=[("content-type", kind)] if kind else [],
            )
        except MessageSizeTooLargeError as error:
            self._refuse(item.origin, str(error))
            return
        sent.add_callback(self._acknowledge)
        sent.add_errback(partial(self._fail, item.origin, len(item.value)))

    def _finish(self, producer: KafkaProducer) -> None:
        try:
            producer.flush()
        finally:
            producer.close()

    def _acknowledge(self, _: object) -> None:
        with self._lock:
            self.fed.acknowledged += 1

    def _fail(self, origin: Origin, size: int, error: BaseException) -> None:
        if isinstance(error, MessageSizeTooLargeError):
            self._refuse(origin, f"{size:,} bytes are more than {self._topic} takes")
        else:
            self._failure = self._failure or error

    def _refuse(self, origin: Origin, reason: str) -> None:
        with self._lock:
            self.fed.refused += 1
            if self.fed.refused <= _TOLD:
                self._tell(f"{origin}: not sent: {reason}")
