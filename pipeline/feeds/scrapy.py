"""Scrapy's item pipeline: items go to Kafka, or are cleaned in the spider's own process.

    ITEM_PIPELINES = {"pipeline.feeds.scrapy.CopydeskPipeline": 300}

| setting | is |
|---|---|
| `COPYDESK_BOOTSTRAP_SERVERS` | Kafka's address; without it items are cleaned in process |
| `COPYDESK_TOPIC` | the topic, or a mapping from names of item classes to topics |
| `COPYDESK_CONFIG` | a settings file, or a mapping as the file has it |
| `COPYDESK_DROP` | whether copies and rejected articles are dropped (default), or marked only |

Every count is a stat of the spider, `copydesk/...`. With Kafka: `sent`, which is `delivered` and
`failed` in the end, and `refused`, what is too large. In process: the verdicts, `publish`,
`duplicate`, `reject` and `dead-letter`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Protocol, Self

import msgspec
from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured
from twisted.internet.threads import deferToThread

from pipeline.cluster import KafkaOptions
from pipeline.errors import CopydeskError
from pipeline.interface import Desk, Outcome, settings_of, written
from pipeline.parse.aliases import OTHER_FORMS, alias_table, squash
from pipeline.routing import Topic
from pipeline.settings import Settings

log = logging.getLogger(__name__)

_JSON = [("content-type", b"application/json")]
_TOLD = 20  # failures that are logged one by one; all are counted


class CopydeskPipeline:
    """Hands items to Copydesk. It takes every kind of item that itemadapter knows."""

    def __init__(self, crawler: Crawler) -> None:
        given = crawler.settings
        try:
            settings = settings_of(given.get("COPYDESK_CONFIG"))
        except CopydeskError as error:
            raise NotConfigured(str(error)) from error
        servers = given.get("COPYDESK_BOOTSTRAP_SERVERS")
        stats: _Stats = crawler.stats
        self._way: _Way
        if servers:
            options = msgspec.structs.replace(settings.kafka, bootstrap_servers=servers)
            self._way = _Stream(options, given.get("COPYDESK_TOPIC"), stats)
        else:
            self._way = _InProcess(
                settings, stats, drop=given.getbool("COPYDESK_DROP", default=True)
            )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Returns the pipeline for a crawler, as Scrapy makes it."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Connects to Kafka. An address that nothing answers at ends the crawl at once."""
        self._way.open()

    def process_item(self, item: Any) -> Any:
        """Sends the item, or returns it cleaned. Raises `DropItem` for what is not published."""
        return self._way.process(item)

    def close_spider(self) -> Any:
        """Waits until all that was sent is delivered or counted as failed."""
        return self._way.close()


class _Stats(Protocol):
    def inc_value(self, key: str, count: int = 1) -> None: ...


class _Way(Protocol):
    """What becomes of an item."""

    def open(self) -> None: ...

    def process(self, item: Any) -> Any: ...

    def close(self) -> Any: ...


class _InProcess:
    """Cleans items and compares them with those before, by the code of `copydesk run`."""

    def __init__(self, settings: Settings, stats: _Stats, *, drop: bool) -> None:
        self._stats = stats
        self._drop = drop
        self._sitting = Desk(settings).sit()

    def open(self) -> None:
        pass

    def process(self, item: Any) -> Any:
        adapter = ItemAdapter(item)
        outcome = self._sitting.outcomes([adapter.asdict()])[0]  # of a list its first article
        self._stats.inc_value(f"copydesk/{outcome.verdict}")
        if outcome.verdict != "publish" and self._drop:
            why = outcome.message or ", ".join(outcome.quality.reasons)
            raise DropItem(f"Copydesk: {outcome.verdict}: {why}")
        _write(adapter, outcome)
        return item

    def close(self) -> None:
        pass


class _Stream:
    """Sends items to a topic. At most the producer's buffer is in flight: spiders wait for room."""

    def __init__(
        self, options: KafkaOptions, topics: str | Mapping[str, str] | None, stats: _Stats
    ) -> None:
        self._options = options
        self._topics = topics or options.topic(Topic.RAW)
        self._stats = stats
        self._counts = Counter[str]()
        self._counting = Lock()  # sends and acknowledgements are in threads of their own
        self._failure: BaseException | None = None  # the first

    def open(self) -> None:
        from pipeline.runners.kafka.connection.diagnosis import explain  # noqa: PLC0415 - Kafka
        from pipeline.runners.kafka.connection.producing import Producer  # noqa: PLC0415

        try:
            self._producer = Producer(self._options, client_id="copydesk-scrapy")
        except Exception as error:
            raise CopydeskError(explain(error, self._options)) from error
        for name in ("sent", "delivered", "failed", "refused"):
            self._count(name, 0)  # they are there from now on, as other threads change them

    async def process(self, item: Any) -> Any:
        value = written(ItemAdapter(item).asdict())
        # `send` waits for room in the buffer, so it must not hold up Scrapy's own thread.
        return await _in_thread(self._send, item, self._topic(item), value)

    async def close(self) -> None:
        await _in_thread(self._finish)

    def _topic(self, item: Any) -> str:
        if isinstance(self._topics, str):
            return self._topics
        name = type(item).__name__
        return self._topics.get(name) or self._options.topic(Topic.RAW)

    def _send(self, item: Any, topic: str, value: bytes) -> Any:
        if len(value) > self._options.max_message_bytes:
            self._count("refused")
            raise DropItem(f"Copydesk: {len(value):,} bytes are more than kafka.max_message_bytes")
        self._count("sent")
        try:
            sent = self._producer.send(topic, value=value, headers=_JSON)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and told
            self._fail(error)
        else:
            sent.add_callback(self._deliver)
            sent.add_errback(self._fail)
        return item

    def _finish(self) -> None:
        self._producer.close(self._options.delivery_timeout)
        counts = self._counts
        self._count("failed", counts["sent"] - counts["delivered"] - counts["failed"])
        if counts["failed"]:
            from pipeline.runners.kafka.connection.diagnosis import explain  # noqa: PLC0415

            cause = explain(self._failure or TimeoutError("no answer"), self._options)
            told = "Copydesk: %d of %d items were not delivered: %s"
            log.error(told, counts["failed"], counts["sent"], cause)

    def _count(self, what: str, count: int = 1) -> None:
        with self._counting:
            self._counts[what] += count
            self._stats.inc_value(f"copydesk/{what}", count)

    def _deliver(self, _: object) -> None:
        self._count("delivered")

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._count("failed")
        if self._counts["failed"] <= _TOLD:
            log.error("Copydesk: an item was not delivered: %s", error)


async def _in_thread(work: Callable[..., Any], *given: Any) -> Any:
    """Does work in a thread, by whichever event loop Scrapy runs on."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return await deferToThread(work, *given)
    return await asyncio.to_thread(work, *given)


def _write(adapter: ItemAdapter, outcome: Outcome) -> None:
    """Writes our values into the fields of the item that have them under a known name."""
    values = outcome.as_dict()
    table = alias_table()
    for name, theirs in [*adapter.items()]:
        alias = table.get(squash(name))
        ours = values.get(alias.field) if alias and squash(name) not in OTHER_FORMS else None
        if isinstance(ours, list) and isinstance(theirs, str):
            ours = ", ".join(ours)
        if ours and isinstance(theirs, type(ours)):
            adapter[name] = ours
    if "quality" in adapter.field_names() or isinstance(adapter.item, dict):
        adapter["quality"] = values.get("quality") or {"verdict": outcome.verdict}
