"""Declares the roles, topics and doors, in one place.

A role is what a worker does. A door is a way out of the pipeline; every input takes exactly one,
and each door leads to a topic, or to a file of a run. Settings, metrics, reports, pages, rights
and docs derive their lists from the tables here. A new output topic is a member of `Topic` and a
row of `TOPICS`, a new way out also a member and a row of `Door`; type checks and tests name the
code that has to follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from pipeline.article import Verdict

_DAY_HOURS = 24.0


class Role(StrEnum):
    """What a worker process does."""

    DESK = "desk"
    DEDUP = "dedup"
    SOURCES = "sources"


class Topic(StrEnum):
    """The topics, by their names under `kafka.topics`, in the order in which articles pass them."""

    RAW = "raw"
    PREPARED = "prepared"
    CLEAN = "clean"
    DUPLICATES = "duplicates"
    REJECTED = "rejected"
    DEAD_LETTER = "dead_letter"
    QUALITY = "quality"
    SOURCES = "sources"
    INDEX = "index"
    REPLAYED = "replayed"


class Door(StrEnum):
    """The ways out, in the order that people see them; the value is the outcome in metrics."""

    CLEAN = "clean"
    DUPLICATES = "duplicates"
    REJECTED = "rejected"
    DEAD_LETTER = "dead-letter"


class TopicRow(NamedTuple):
    """One topic. The name and the sizes are defaults of the settings."""

    name: str  # without `kafka.prefix`
    about: str  # a description of its records
    partitions: int
    key: str  # of a record, for docs/records.md
    value: str
    written_by: tuple[Role, ...]
    read_by: Role | None = None  # the role that consumes it
    retention_hours: float | None = None  # None: the cluster's default
    is_compacted: bool = False  # a changelog, which its writer reads when it starts
    writer: str = ""  # who writes it where no role does


class DoorRow(NamedTuple):
    """One door: its topic and its names for people."""

    topic: Topic
    verdict: Verdict | None  # of the articles that leave through it; None for dead letters
    many: str  # the name in headings and legends
    one: str  # the name of a single outcome in a list
    status: str  # the same on the outcome's own page
    summary: str  # after a number, at the end of a run
    became: tuple[str, str] | None  # a predicate for one article and for several; None: left out
    tone: str  # the class in report.css that colours it
    colour: str  # Grafana's


_INTERNAL = "between our own roles: may change with any version"
_ARTICLE = ("the article's `id`", "an article record")

TOPICS: Mapping[Topic, TopicRow] = {
    Topic.RAW: TopicRow(
        name="articles.raw",
        about="What scrapers deliver.",
        partitions=8,
        key="any",
        value="what a scraper delivers; a header `content-type` may name `application/json`, "
        "`text/plain` or `text/markdown`",
        written_by=(),
        read_by=Role.DESK,
        writer="scrapers",
    ),
    Topic.PREPARED: TopicRow(
        name="articles.prepared",
        about="Repaired and checked, on the way from the desk to dedup.",
        partitions=1,
        key="-",
        value=_INTERNAL,
        written_by=(Role.DESK,),
        read_by=Role.DEDUP,
        retention_hours=3 * _DAY_HOURS,
    ),
    Topic.CLEAN: TopicRow(
        "articles.clean", "Published articles.", 8, *_ARTICLE, written_by=(Role.DEDUP,)
    ),
    Topic.DUPLICATES: TopicRow(
        "articles.duplicates", "Copies that were withheld.", 8, *_ARTICLE, written_by=(Role.DEDUP,)
    ),
    Topic.REJECTED: TopicRow(
        "articles.rejected",
        "Articles too broken to publish.",
        8,
        *_ARTICLE,
        written_by=(Role.DESK,),
    ),
    Topic.DEAD_LETTER: TopicRow(
        name="articles.dead-letter",
        about="What could not be read, with its original bytes.",
        partitions=2,
        key="as it came",
        value="as it came, with its timestamp; nothing where it is too large (headers "
        "`copydesk-size`, `copydesk-sha256`)",
        written_by=(Role.DESK, Role.DEDUP, Role.SOURCES),
        retention_hours=90 * _DAY_HOURS,
    ),
    Topic.QUALITY: TopicRow(
        name="quality.articles",
        about="One quality record an input.",
        partitions=8,
        key="its `source`, empty where it has none",
        value="a quality record",
        written_by=(Role.DESK, Role.DEDUP, Role.SOURCES),
        read_by=Role.SOURCES,
    ),
    Topic.SOURCES: TopicRow(
        name="quality.sources",
        about="How each source does, the latest state of each, compacted.",
        partitions=4,
        key="the source",
        value="how it does now, below; compacted",
        written_by=(Role.SOURCES,),
        is_compacted=True,
    ),
    Topic.INDEX: TopicRow(
        name="dedup.index",
        about="What dedup remembers: the truth of its index, compacted.",
        partitions=1,
        key="-",
        value=_INTERNAL,
        written_by=(Role.DEDUP,),
        is_compacted=True,
    ),
    Topic.REPLAYED: TopicRow(
        name="articles.replayed",
        about="Which dead letters and rejected articles were sent again, compacted.",
        partitions=1,
        key="the letter's place, `topic[partition]@offset`",
        value="what was wrong, and when it was sent again; compacted",
        written_by=(),
        is_compacted=True,
        writer="`copydesk dead-letters replay`",
    ),
}

DOORS: Mapping[Door, DoorRow] = {
    Door.CLEAN: DoorRow(
        topic=Topic.CLEAN,
        verdict=Verdict.PUBLISH,
        many="Published",
        one="Published",
        status="Published",
        summary="published",
        became=None,
        tone="published",
        colour="green",
    ),
    Door.DUPLICATES: DoorRow(
        topic=Topic.DUPLICATES,
        verdict=Verdict.DUPLICATE,
        many="Copies",
        one="Copy",
        status="Withheld as a copy",
        summary="copies withheld",
        became=("was a copy of something seen before", "were copies of something seen before"),
        tone="copies",
        colour="blue",
    ),
    Door.REJECTED: DoorRow(
        topic=Topic.REJECTED,
        verdict=Verdict.REJECT,
        many="Rejected",
        one="Rejected",
        status="Rejected",
        summary="rejected",
        became=("was too broken to publish", "were too broken to publish"),
        tone="rejected",
        colour="orange",
    ),
    Door.DEAD_LETTER: DoorRow(
        topic=Topic.DEAD_LETTER,
        verdict=None,
        many="Unreadable",
        one="Unreadable",
        status="Unreadable",
        summary="unreadable",
        became=("could not be read", "could not be read"),
        tone="unreadable",
        colour="red",
    ),
}

DOOR_OF: Mapping[Verdict, Door] = {row.verdict: door for door, row in DOORS.items() if row.verdict}
# The doors of articles, without that of dead letters.
ARTICLE_DOORS: tuple[Door, ...] = tuple(DOOR_OF.values())


def consumed_by(role: Role) -> Topic:
    """Returns the topic that a role consumes."""
    return next(topic for topic, row in TOPICS.items() if row.read_by is role)


def written_by(role: Role) -> tuple[Topic, ...]:
    """Returns the topics that a role writes to."""
    return tuple(topic for topic, row in TOPICS.items() if role in row.written_by)


def is_state(topic: Topic) -> bool:
    """Returns whether a role reads back what it wrote, when it starts."""
    return TOPICS[topic].is_compacted and bool(TOPICS[topic].written_by)


def doors_of(role: Role) -> tuple[Door, ...]:
    """Returns the doors that outcomes leave a role through."""
    return tuple(door for door, row in DOORS.items() if role in TOPICS[row.topic].written_by)
