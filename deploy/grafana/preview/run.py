"""A Prometheus over a day in which one source fell silent, one broke, and one flooded.

    python -m deploy.grafana.preview.run FOLDER [--port 9091]

Six days of articles go through the real stages, and the workers' own metrics count them, by a
clock that is moved on instead of waited for. The last 26 hours are written down each minute, as
Prometheus would have scraped them, and served by a real one. What only a broker and processes have
is made up: what waits, how long a commit takes, processor, memory and starts.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from unittest.mock import patch

from prometheus_client.core import Metric

import pipeline.metrics
from pipeline.article import Arrival, DeadLetter, Origin, Rejected
from pipeline.dedup import CompactIndex
from pipeline.flow import Stages, prepare
from pipeline.metrics import Done, IndexFacts, Metrics
from pipeline.publish import quality_record
from pipeline.routing import Role
from pipeline.runners.files import settle
from pipeline.sources import Watch, as_seconds, counted_record

HOUR, MINUTE = 3600, 60
DAYS, SHOWN = 6, 26 * HOUR  # fed, and written down
CLOCK = 15 * HOUR + 50 * MINUTE  # of the end: the newest 15:50 UTC that is over
INSTANCES = {Role.DESK: "desk:9631", Role.DEDUP: "dedup:9632", Role.SOURCES: "sources:9633"}
SOURCES = {  # articles an hour
    "veldmouth-post.example": 14,
    "skarn-times.example": 8,
    "harbour-gazette.example": 12,
    "oseland-daily.example": 9,
    "ferry-herald.example": 10,
    "north-wire.example": 16,
    "the-orchard.example": 4,
    'la "tribuna" / norte': 5,
    "صحيفة الميناء": 5,
}
SILENT, BROKEN, FLOODS = "skarn-times.example", "harbour-gazette.example", "oseland-daily.example"
WENT_SILENT, WENT_WRONG, FLOODED = 7 * HOUR, 4.4 * HOUR, 1.6 * HOUR  # before the end
RESTARTED, DOWN = 2.4 * HOUR, 10 * MINUTE  # the dedup worker: before the end, and for how long
FURNITURE = "\n\nShare this article\n\nFacebook\nTwitter\nWhatsApp\n\nRead more:\n\nSubscribe now"

NOUNS = """council harbour bridge budget school river market engine ferry winter library station
orchard minister farmer teacher doctor engineer festival museum theatre railway forest village
court hospital factory union company bank tunnel airport bakery concert campaign election""".split()
VERBS = """opened closed repaired visited discussed rejected approved delayed financed inspected
praised criticised rebuilt expanded sold bought planned cancelled moved painted measured""".split()
ADJECTIVES = """old new northern southern small large quiet busy wooden public private local
national cheap costly damaged empty crowded famous modern historic temporary""".split()
NAMES = "Oseland Brekke Lindahl Marsh Okafor Petrov Silva Tanaka Weber Dubois Hale Novak".split()
DAYS_OF_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

chance = Random(22)  # noqa: S311 - the same articles each time


class Clock:
    """The time of the run, in the place of the module `time`."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


def sentence() -> str:
    pick = chance.choice
    return (
        f"The {pick(ADJECTIVES)} {pick(NOUNS)} of the {pick(NOUNS)} {pick(VERBS)} the "
        f"{pick(ADJECTIVES)} {pick(NOUNS)} on {pick(DAYS_OF_WEEK)}, {pick(NAMES)} said, and "
        f"{chance.randint(2, 990)} people of the {pick(NOUNS)} {pick(VERBS)} a {pick(NOUNS)}."
    )


def article(number: int, source: str, at: float) -> dict[str, object]:
    paragraphs = [" ".join(sentence() for _ in range(3)) for _ in range(chance.randint(4, 8))]
    name = chance.choice(NAMES)
    return {
        "headline": f"{name}: {chance.choice(NOUNS)} {chance.choice(VERBS)} by {number} farmers",
        "articleBody": "\n\n".join(paragraphs),
        "authors": [f"Marit {name}"],
        "datePublished": iso(at - chance.randint(60, 5 * HOUR)),
        "url": f"https://site-{len(source)}.example/{number}",
        "source": source,
        "inLanguage": "en",
    }


def damaged(record: dict[str, object]) -> dict[str, object]:
    """What a scraper takes from a page whose layout has changed."""
    body = str(record["articleBody"])
    first = body.split("\n\n", maxsplit=1)[0]
    if chance.random() < 0.35:
        return record | {"articleBody": "Access denied", "authors": []}
    return record | {"articleBody": f"{first}\n\n{body}\n\n{first}{FURNITURE}", "authors": []}


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute_of(at: float, end: float, past: list[dict[str, object]]) -> Iterator[bytes]:
    """What comes within one minute; now and then a copy of something earlier."""
    for source, hourly in SOURCES.items():
        rate = hourly * (0.75 + 0.45 * math.sin((at % (24 * HOUR)) / (24 * HOUR) * 6.28 - 1.9))
        if source == SILENT and at > end - WENT_SILENT:
            continue
        if source == FLOODS and at > end - FLOODED:
            rate = 260
        for _ in range(sum(chance.random() < rate / 600 for _ in range(10))):
            record = article(len(past), source, at)
            if past and chance.random() < 0.07:
                copied = chance.choice(past[-400:])
                record |= {key: copied[key] for key in ("headline", "articleBody")}
            elif chance.random() < 0.12:
                record["articleBody"] = f"**{record['headline']}**\n\n{record['articleBody']}"
            elif chance.random() < 0.02:
                record["articleBody"] = "Access denied"
            past.append(record)
            if source == BROKEN and at > end - WENT_WRONG:
                record = damaged(record)
            yield json.dumps(record).encode()
    if chance.random() < (0.5 if 2.9 * HOUR < end - at < 3.3 * HOUR else 0.004):
        yield chance.choice([b'{"headline": "cut off', b"\x89PNG\r\n\x1a\n", b'{"price": 12}'])


class Run:
    """The three workers, without a broker between them."""

    def __init__(self, clock: Clock, end: float) -> None:
        self.clock, self.end = clock, end
        self.stages = Stages()
        self.index, self.watch = CompactIndex(self.stages.dedup), Watch()
        self.metrics = {role: Metrics(role) for role in Role}
        self.number = 0
        for role, one in self.metrics.items():
            one.watch_ready(lambda: True)
            one.watch_lag(lambda role=role: self.waiting(role))  # type: ignore[misc]
        self.metrics[Role.DEDUP].watch_index(self.facts)
        self.metrics[Role.SOURCES].watch_sources(self.watch.records, 50)

    def waiting(self, role: Role) -> dict[tuple[str, int], int]:
        topics = ("articles.raw", "articles.prepared", "quality.articles")
        topic = dict(zip(Role, topics, strict=True))[role]
        ago = self.end - self.clock.now
        backlog = 900 * max(0.0, 1 - abs(ago - 1.2 * HOUR) / (0.4 * HOUR))
        return {
            (topic, place): int(chance.random() * 6 + backlog * (role is Role.DESK))
            for place in range(2)
        }

    def facts(self) -> IndexFacts:
        oldest = self.index.oldest
        return IndexFacts(
            len(self.index), self.index.size, oldest and as_seconds(oldest), self.index.cuts
        )

    def work(self, values: list[bytes]) -> None:
        """One minute's articles through the stages, in one transaction of each worker."""
        done: dict[Role, list[Done]] = {role: [] for role in Role}
        for value in values:
            self.number += 1
            self.settle(value, self.clock.now - chance.lognormvariate(-1.2, 0.7), done)
        self.watch.advance(self.clock.now)
        self.watch.changed_records()
        for role, metrics in self.metrics.items():
            with metrics.transaction():
                self.clock.now += chance.lognormvariate(-3.5, 0.6)
            metrics.record(done[role])

    def settle(self, value: bytes, seen: float, done: dict[Role, list[Done]]) -> None:
        arrived = int(seen * 1000)
        origin = Origin(topic="articles.raw", partition=0, offset=self.number)
        began = time.perf_counter()
        ready = prepare(value, Arrival(origin, iso(seen)), self.stages)
        prepared = time.perf_counter()
        outcome = settle(ready, self.index, self.stages)
        decided = time.perf_counter()
        is_settled = isinstance(ready, DeadLetter | Rejected)
        done[Role.DESK].append(Done(outcome if is_settled else None, arrived, prepared - began))
        if not is_settled:
            done[Role.DEDUP].append(Done(outcome, arrived, decided - prepared))
        self.watch.add(counted_record(quality_record(outcome, iso(seen), self.stages.ruleset)))
        done[Role.SOURCES].append(Done(None, arrived, time.perf_counter() - decided))

    def fail(self) -> None:
        """One transaction of the desk that does not get through."""
        with suppress(TimeoutError), self.metrics[Role.DESK].transaction():
            raise TimeoutError

    def lines(self) -> Iterator[str]:
        """What Prometheus would have scraped at this moment."""
        at = int(self.clock.now)
        for role, metrics in self.metrics.items():
            target = {"job": "copydesk", "instance": INSTANCES[role], "role": str(role)}
            if role is Role.DEDUP and 0 <= self.end - RESTARTED - at < DOWN:
                yield line("up", target, 0, at)
                continue
            for name, value in self.process(role).items():
                yield line(name, target, value, at)
            for family in families(metrics):
                for sample in family.samples:
                    yield line(sample.name, target | sample.labels, sample.value, at)

    def process(self, role: Role) -> dict[str, float]:
        ago = self.end - self.clock.now
        restarted = role is Role.DEDUP and ago < RESTARTED
        busy = 0.8 * max(0.0, FLOODED - ago) if role is Role.DESK else 0
        return {
            "up": 1,
            "process_start_time_seconds": self.end - (RESTARTED if restarted else 9 * 24 * HOUR),
            "process_cpu_seconds_total": 0.1 * (SHOWN - ago) + busy,
            "process_resident_memory_bytes": {Role.DEDUP: 320e6}.get(role, 110e6)
            + 2e6 * chance.random(),
            "process_open_fds": 31,
            "process_max_fds": 1024,
        }


def families(metrics: Metrics) -> Iterator[Metric]:
    return (one for one in metrics.registry.collect() if not one.name.startswith("process_"))


def line(name: str, labels: dict[str, str], value: float, at: int) -> str:
    shown = ",".join(f"{key}={json.dumps(one, ensure_ascii=False)}" for key, one in labels.items())
    return f"{name}{{{shown}}} {value!r} {at}\n"


def scraped(path: Path, end: float) -> None:
    """Write down what the run shows, minute by minute."""
    clock = Clock(end - DAYS * 24 * HOUR)
    run = Run(clock, end)
    past: list[dict[str, object]] = []
    with path.open("w", encoding="utf-8") as out, patch.object(pipeline.metrics, "time", clock):
        for at in range(int(clock.now), int(end) + 1, MINUTE):
            clock.now = at
            run.work([*minute_of(at, end, past)])
            if int(end - at) in {9_000, 9_300, 9_600}:
                run.fail()
            if at >= end - SHOWN:
                clock.now = at
                out.writelines(run.lines())
        out.write("# EOF\n")
    print(f"{run.number:,} articles", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=9091)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    end = (time.time() - CLOCK) // (24 * HOUR) * 24 * HOUR + CLOCK
    text, data = options.folder / "scraped.txt", options.folder / "data"
    if not data.exists():
        scraped(text, end)
        made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, data]
        subprocess.run(made, check=True)
        (options.folder / "config.yml").write_text("{}\n", encoding="utf-8")
    print(
        f"http://127.0.0.1:{options.port}, until {iso(end)}: to={end * 1000:.0f}", file=sys.stderr
    )
    command = ["prometheus", f"--config.file={options.folder / 'config.yml'}"]
    command += [f"--storage.tsdb.path={data}", f"--web.listen-address=127.0.0.1:{options.port}"]
    subprocess.run([*command, "--log.level=warn"], check=True)


if __name__ == "__main__":
    main()
