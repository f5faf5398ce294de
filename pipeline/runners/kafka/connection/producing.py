"""kafka-python's producer as commands and spiders use it."""

from __future__ import annotations

from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

from pipeline.cluster import KafkaOptions
from pipeline.runners.kafka.connection.security import for_kafka_python

_LINGER_MS = 20
_REQUEST_MS = 30_000  # until a request without an answer is sent once more
_LEAVE = 2.0  # seconds for its thread to end


class Producer(KafkaProducer):  # type: ignore[misc]
    """Sends each record once to all replicas, and gives one up after `kafka.delivery_timeout`."""

    def __init__(self, options: KafkaOptions, **more: Any) -> None:
        milliseconds = round(options.delivery_timeout * 1000)
        super().__init__(
            acks="all",
            enable_idempotence=True,
            linger_ms=_LINGER_MS,
            max_block_ms=milliseconds,
            max_request_size=options.max_message_bytes,
            delivery_timeout_ms=milliseconds + _LINGER_MS,
            request_timeout_ms=min(_REQUEST_MS, milliseconds // 2),
            bootstrap_timeout_ms=round(options.connect_timeout * 1000),
            **for_kafka_python(options),
            **more,
        )

    def close(self, timeout: float | None = None, null_logger: bool = False) -> None:  # noqa: FBT001, FBT002 - kafka-python's
        """Closes the producer after `timeout` seconds at most; what is on the way then has failed.

        kafka-python waits for that first, and where it gives up, it leaves its thread running and
        waits once more at the end of the process.
        """
        try:
            super().close(timeout, null_logger)
        except KafkaTimeoutError:
            self._closed = True
            self._sender.force_close()
            self._sender.join(_LEAVE)
