"""A live page to visit: all roles on real articles, and a client that knows nothing of them."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role, Topic
from support.html import Page
from support.inputs import many_lines
from support.streams import Pipeline, Producer, untold

ARTICLES = 600
PATIENCE = 60.0
BAD = (b'{"headline": "cut off', b'{"price": 12}', b"\x89PNG\r\n\x1a\n\x00\x00")
HOSTILE = json.dumps(
    {
        "headline": "<img src=x onerror=alert(1)> A hostile headline",
        "articleBody": "<script>alert(2)</script> Police are looking for a man who stole a goat"
        " from a farm near Norden.\n\nAnyone who saw him is asked to call the station.",
        "source": 'evil"><script>alert(3)</script>' + "\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 4_000,
        "url": "javascript:alert(4)",
        "id": "../..\\x?y#z",
    }
).encode()


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str

    @property
    def text(self) -> str:
        return Page(self.body).text


class Site:
    """The page of a worker."""

    def __init__(self, address: str) -> None:
        self.host, _, port = address.removeprefix("http://").rpartition(":")
        self.port = int(port)

    def get(self, path: str, method: str = "GET", body: str = "", **headers: str | bytes) -> Reply:
        """A request; `_` stands for `-` in the names of headers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, told)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        reply = Reply(answer.status, found, answer.read().decode())
        connection.close()
        return reply

    def until(self, words: str, path: str = "/") -> Reply:
        """Ask again and again until a page says so."""
        deadline = time.monotonic() + PATIENCE
        while words not in (reply := self.get(path)).text:
            assert time.monotonic() < deadline, reply.text
            time.sleep(0.3)
        return reply


def address_of(pipeline: Pipeline) -> str:
    """Where the last worker serves, as it says itself."""
    log = pipeline.folder / f"sources-{len(pipeline.workers) - 1}.log"
    deadline = time.monotonic() + PATIENCE
    while not (found := re.search(r"health and metrics at (\S+)", log.read_text())):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return found[1]


class Running(NamedTuple):
    pipeline: Pipeline
    site: Site


OLD = round(time.time() * 1000) - 3 * 3_600_000  # out of the page's hour


def put_old(pipeline: Pipeline) -> None:
    """An article and its account, as if they had been written hours ago."""
    origin = {"topic": pipeline.raw, "partition": 0, "offset": 999_999}
    note = {
        "origin": origin,
        "verdict": "publish",
        "reasons": [],
        "match": None,
        "language": "en",
        "ruleset": "old",
    }
    article: dict[str, Any] = dict.fromkeys(
        ("description", "datePublished", "datePublishedRaw", "dateModified", "dateModifiedRaw")
    )
    article |= {
        "id": "old-1",
        "url": "https://old.example/ferry?utm_source=x",
        "canonicalUrl": "https://old.example/ferry",
        "headline": "An old ferry",
        "articleBody": "It sailed.",
        "authors": [],
        "inLanguage": "en",
        "source": "Old Post",
        "provenance": {},
        "extra": {},
        "quality": note | {"repairs": ["drop_share_buttons"], "findings": []},
    }
    account = note | {
        "id": "old-1",
        "source": "Old Post",
        "repairs": [],
        "findings": [],
        "measures": {"words": 2.0},
        "seenAt": "2026-01-01T00:00:00Z",
        "processedAt": "2026-01-01T00:00:00Z",
    }
    with Producer(pipeline.options) as producer:
        for topic, key, value in (
            (Topic.CLEAN, b"old-1", article),
            (Topic.QUALITY, b"Old Post", account),
        ):
            name = pipeline.options.topic(topic)
            producer.send(name, key=key, value=json.dumps(value).encode(), timestamp_ms=OLD)


@contextmanager
def visited(bootstrap: str, folder: Path) -> Iterator[Running]:
    """All roles on real articles, hostile ones and what is none, until all of it is on the page."""
    given = [*many_lines(ARTICLES), HOSTILE, *BAD]
    options = KafkaOptions(bootstrap_servers=bootstrap, prefix=f"page{time.time_ns() % 10**8}-")
    with Pipeline(options, folder, raw_partitions=3) as pipeline:
        put_old(pipeline)
        pipeline.start(Role.DESK, Role.DEDUP, Role.SOURCES)
        pipeline.feed(given)
        pipeline.read.outcomes(len(given))
        # Of the old one no source tells for long: it has been silent since January.
        pipeline.read.until(lambda: untold(pipeline.read) <= 1)
        site = Site(address_of(pipeline))
        site.until(f"Came in {len(given)}")
        site.until("trouble")
        yield Running(pipeline, site)
