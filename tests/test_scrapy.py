"""Scrapy's item pipeline: a real spider, in process and through a real broker."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.utils.test import get_crawler
from support.streams import Pipeline, running

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions
from pipeline.feeds.scrapy import CopydeskPipeline
from pipeline.routing import Role

ROOT = Path(__file__).parents[1]
CRAWL = ROOT / "examples" / "scrapy" / "crawl.py"
SENT = {f"copydesk/{name}": 0 for name in ("sent", "delivered", "failed", "refused")}
STORY = (
    "The council agreed on Monday to repair the old bridge over the river before winter comes to "
    "the town. Work will begin in spring, said the mayor, who thanked the engineers."
)


@dataclass
class Story:
    title: str
    body_text: str
    author: str = ""
    mood: str = "fine"


def crawl(*arguments: str) -> list[Any]:
    """What the example prints: items, then the counts. Scrapy warns of nothing."""
    command = [sys.executable, str(CRAWL), *arguments]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert "Deprecat" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def pipeline(**settings: Any) -> tuple[CopydeskPipeline, Any]:
    crawler = get_crawler(settings_dict=settings)
    made = CopydeskPipeline.from_crawler(crawler)
    made.open_spider()
    return made, crawler.stats


def test_the_example_cleans_in_process():
    *items, counts = crawl()
    assert [item["title"] for item in items] == [
        "Ferry stays until the bridge opens",
        "Museum finds a lost bell",
    ]
    assert [item["repairs"] for item in items] == [["drop_share_buttons"], ["drop_related_links"]]
    assert "Share this" not in json.dumps(items)
    assert counts == {"copydesk/publish": 2, "copydesk/duplicate": 1, "copydesk/reject": 1}


def test_the_example_goes_through_a_broker_to_the_published_articles(
    kafka: KafkaOptions, tmp_path: Path
):
    with Pipeline(kafka, tmp_path) as stream:
        *_, counts = crawl(kafka.bootstrap_servers, stream.raw)
        assert counts == SENT | {"copydesk/sent": 4, "copydesk/delivered": 4}
        stream.start(*Role)
        stream.read.outcomes(4)
    titles = [json.loads(one.value)["headline"] for one in stream.read["clean"]]
    assert sorted(titles) == ["Ferry stays until the bridge opens", "Museum finds a lost bell"]
    assert len(stream.read["duplicates"]) == len(stream.read["rejected"]) == 1


def test_our_values_are_in_the_fields_that_an_item_has():
    made, stats = pipeline()
    item = Story("**Rain**", f"<p>{STORY}</p>", author="By Ana Lima", mood="fine")
    assert made.process_item(item) is item
    assert item == Story("Rain", STORY, author="Ana Lima")
    assert stats.get_value("copydesk/publish") == 1


def test_copies_are_dropped_or_marked():
    first = {"title": "Rain", "text": STORY, "url": "https://a.example/1"}
    copy = {**first, "url": "https://b.example/2"}
    made, _ = pipeline()
    assert made.process_item(dict(first))["quality"]["verdict"] == "publish"
    with pytest.raises(DropItem, match="duplicate: exact"):
        made.process_item(dict(copy))
    made, stats = pipeline(COPYDESK_DROP=False)
    made.process_item(dict(first))
    assert made.process_item(dict(copy))["quality"]["verdict"] == "duplicate"
    assert stats.get_value("copydesk/duplicate") == 1


def test_an_item_without_a_text_is_dropped_with_the_reason():
    made, stats = pipeline()
    with pytest.raises(DropItem, match="dead-letter: no field is known"):
        made.process_item({"colour": "red"})
    assert stats.get_value("copydesk/dead-letter") == 1
    made, _ = pipeline(COPYDESK_DROP=False)
    assert made.process_item({"colour": "red"})["quality"] == {"verdict": "dead-letter"}


def test_an_item_that_holds_a_list_does_not_shift_those_after_it():
    made, _ = pipeline()
    made.process_item({"articles": [{"title": one, "text": f"{one}. {STORY}"} for one in "ABC"]})
    other = "Police are looking for a man who stole a goat from a farm near Norden on Monday."
    assert made.process_item({"title": "Goat", "text": other})["title"] == "Goat"
    with pytest.raises(DropItem, match="dead-letter"):
        made.process_item({"colour": "red"})


def test_settings_that_cannot_be_used_are_said_at_the_start():
    with pytest.raises(NotConfigured, match="unknown setting"):
        pipeline(COPYDESK_CONFIG={"check": {"nope": 1}})


def test_a_broker_that_is_away_ends_the_crawl_at_once():
    config = {"kafka": {"connect_timeout": 1}}
    with pytest.raises(Exception, match=r"127\.0\.0\.1:1"):
        pipeline(COPYDESK_BOOTSTRAP_SERVERS="127.0.0.1:1", COPYDESK_CONFIG=config)


def test_items_of_a_crawl_whose_broker_dies_are_counted_as_failed_and_the_crawl_ends(
    caplog: pytest.LogCaptureFixture,
):
    items = [{"url": f"https://a.example/{number}", "title": "No body"} for number in range(20)]

    async def crawl_on(broker: Broker) -> dict[str, Any]:
        crawler = get_crawler(
            settings_dict={
                "COPYDESK_BOOTSTRAP_SERVERS": broker.bootstrap,
                "COPYDESK_TOPIC": "items",
                "COPYDESK_CONFIG": {"kafka": {"delivery_timeout": 3, "connect_timeout": 3}},
            }
        )
        made = CopydeskPipeline.from_crawler(crawler)
        made.open_spider()
        assert [await made.process_item(one) for one in items[:5]] == items[:5]
        made._way._producer.flush(30)
        broker.kill()
        await asyncio.gather(*map(made.process_item, items[5:]))
        async with asyncio.timeout(30):
            await made.close_spider()
        return dict(crawler.stats.get_stats())

    with running(Broker()) as broker, caplog.at_level(logging.ERROR):
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        admin.create_topics([NewTopic("items", 1, 1)])
        admin.close()
        stats = asyncio.run(crawl_on(broker))
    assert stats == SENT | {
        "copydesk/sent": 20,
        "copydesk/delivered": 5,
        "copydesk/failed": 15,
    }
    assert f"15 of 20 items were not delivered: {broker.bootstrap}: no Kafka" in caplog.text
