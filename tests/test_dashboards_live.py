"""Every query of every panel gives data: a real Prometheus, real workers, a real broker."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.prometheus import Prometheus, free_ports, tool
from support.real_articles import DATA, real_lines
from support.streams import Pipeline, configure

from deploy.grafana.dashboards import dashboards
from deploy.grafana.source import source
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role

PATIENCE = 90.0  # seconds until a query that gives nothing counts as empty
HOUR_MS = 3_600_000
BUSY, QUIET = "veldmouth-post.example", "skarn-times.example"
WORDS = "harbour council budget bridge winter ferry school river market engine".split()
VARIABLES = {"source": f'"{BUSY}"', "__rate_interval": "5m", "__range": "5m"}
BROKEN = [b'{"headline": "cut off', b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b'{"price": 12}']


def article(number: int, source: str, *, again: int = 0) -> dict[str, Any]:
    """A whole article that shares no sentence with one of another number."""
    lines = [
        f"On Monday {' '.join(f'{word}{number}x{line}' for word in WORDS)} was discussed in town."
        for line in range(12)
    ]
    return {
        "headline": f"Story {number} of the harbour council",
        "articleBody": "\n\n".join(lines),
        "authors": ["Marit Oseland"],
        "datePublished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "url": f"https://{source}/{number}-{again}",
        "source": source,
        "inLanguage": "en",
    }


def wave(start: int) -> list[bytes]:
    """Something for each door: whole, repaired, copies at once and of another source, rejects."""
    whole = [article(number, BUSY) for number in range(start, start + 6)]
    copies = [article(start, BUSY, again=1), article(start + 1, QUIET + ".org")]
    untidy = article(start + 10, BUSY)
    untidy["articleBody"] = f"**{untidy['headline']}**\n\n{untidy['articleBody']} &amp;amp;"
    stub = article(start + 20, BUSY) | {"articleBody": "Access denied"}
    return [*(json.dumps(one).encode() for one in (*whole, *copies, untidy, stub)), *BROKEN]


def real() -> list[bytes]:
    """Articles of many sources, where they are at hand."""
    return real_lines(200) if DATA.exists() else []


def feed_the_past(pipeline: Pipeline) -> int:
    """Four days of two sources; one of them has been silent for ten hours."""
    now = int(time.time() * 1000)
    fed = 0
    for number, hours in enumerate(range(96, 0, -4)):
        values = [
            json.dumps(article(10_000 + 10 * number + place, source)).encode()
            for place, source in enumerate([BUSY, BUSY, QUIET][: 3 if hours > 10 else 2])
        ]
        fed += pipeline.feed(values, timestamp=now - hours * HOUR_MS)
    return fed


def queries() -> Iterator[tuple[str, str]]:
    """All queries of all panels with their places, the variables filled in."""
    for name, made in dashboards().items():
        for panel in made["panels"]:
            for target in panel.get("targets", ()):
                query = target["expr"].removesuffix(" or vector(0)")
                query = re.sub(
                    r"\$\{?(\w+)(?::doublequote\})?", lambda found: VARIABLES[found[1]], query
                )
                yield f"{name}: {panel['title']} ({target['legendFormat']})", query


def without_data(prometheus: Prometheus) -> dict[str, str]:
    return {
        place: query
        for place, query in queries()
        if all(math.isnan(value) for value in prometheus.values(query))
    }


@pytest.fixture
def watched(kafka: KafkaOptions, tmp_path: Path) -> Iterator[Prometheus]:
    """A Prometheus that saw four days of two sources, then one wave after the other."""
    tool("prometheus")
    port, *ports = free_ports(1 + len(Role))
    roles = dict(zip(Role, ports, strict=True))
    environ = {f"COPYDESK_WORKER__{role.upper()}_PORT": str(at) for role, at in roles.items()}
    environ["COPYDESK_CLEAN__OBSERVE"] = "[unescape_entities]"  # of the untidy article
    with (
        Pipeline(kafka, tmp_path, environ=environ) as pipeline,
        Prometheus(tmp_path, port, roles) as prometheus,
    ):
        configure(pipeline.options, pipeline.raw, message_timestamp_type="CreateTime")
        fed = feed_the_past(pipeline)
        pipeline.start(*Role)
        for values in (real(), wave(0), wave(100)):
            until_counted(prometheus, fed)
            fed += pipeline.feed(values)
        until_counted(prometheus, fed)
        yield prometheus


def until_counted(prometheus: Prometheus, fed: int) -> None:
    """Wait until Prometheus knows that so many came in, went out and were counted by source."""
    names = ("articles_received_total", "articles_total", "source_articles_total")
    deadline = time.monotonic() + PATIENCE
    while told := {name: sum(prometheus.values(f"copydesk_{name}")) for name in names}:
        if set(told.values()) == {fed}:
            return
        assert time.monotonic() < deadline, f"{told} of {fed}"
        time.sleep(0.5)


def test_every_panel_shows_data_and_every_rule_can_be_asked(watched: Prometheus):
    deadline = time.monotonic() + PATIENCE
    while (empty := without_data(watched)) and time.monotonic() < deadline:
        time.sleep(1)
    assert empty == {}
    (variable,) = [one for one in source()["templating"]["list"] if one["name"] == "source"]
    query = variable["query"]["query"].removeprefix("query_result(").removesuffix(")")
    known = [row["metric"]["source"] for row in watched.ask("query", query=query)["result"]]
    assert known[0] == QUIET  # the one with a signal
    assert BUSY in known
    rules = [rule for group in watched.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 5
    assert {rule["health"] for rule in rules} == {"ok"}
