"""The Kafka cluster as Copydesk wants it: how to reach it, its topics, how much goes at once."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pipeline.publish import Door

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
TopicName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9._-]+$")]
SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

_HOUR_MS = 3_600_000
_DAY_HOURS = 24.0


class Role(StrEnum):
    """What a worker process does."""

    DESK = "desk"
    DEDUP = "dedup"
    SOURCES = "sources"


class TopicOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One topic. `partitions` and `retention_hours` are used when `copydesk topics` creates it."""

    name: Annotated[
        TopicName, Meta(description="Name of the topic; kafka.prefix is put before it.")
    ]
    partitions: Annotated[Count, Meta(description="Partitions it is created with.")]
    retention_hours: Annotated[
        float | None,
        Meta(description="How long records are kept (hours); null: as the cluster does it."),
    ] = None


def _topic(name: str, partitions: int, retention_hours: float | None) -> TopicOptions:
    return TopicOptions(name=name, partitions=partitions, retention_hours=retention_hours)


class TopicsOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All topics. The partitions of `prepared` and of `index` must be equal."""

    raw: Annotated[TopicOptions, Meta(description="What scrapers deliver.")] = _topic(
        "articles.raw", 8, None
    )
    prepared: Annotated[
        TopicOptions,
        Meta(description="Repaired and checked, on the way from the desk to dedup."),
    ] = _topic("articles.prepared", 1, 3 * _DAY_HOURS)
    clean: Annotated[TopicOptions, Meta(description="Published articles.")] = _topic(
        "articles.clean", 8, None
    )
    duplicates: Annotated[TopicOptions, Meta(description="Copies that were withheld.")] = _topic(
        "articles.duplicates", 8, None
    )
    rejected: Annotated[TopicOptions, Meta(description="Articles too broken to publish.")] = _topic(
        "articles.rejected", 8, None
    )
    dead_letter: Annotated[
        TopicOptions, Meta(description="What could not be read, with its original bytes.")
    ] = _topic("articles.dead-letter", 2, 90 * _DAY_HOURS)
    quality: Annotated[TopicOptions, Meta(description="One quality record an input.")] = _topic(
        "quality.articles", 8, None
    )
    sources: Annotated[
        TopicOptions,
        Meta(description="How each source does, the latest state of each, compacted."),
    ] = _topic("quality.sources", 4, None)
    index: Annotated[
        TopicOptions,
        Meta(description="What dedup remembers: the truth of its index, compacted."),
    ] = _topic("dedup.index", 1, None)


class KafkaOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How to reach the cluster and how to work with it. Secrets belong in the environment."""

    bootstrap_servers: Annotated[
        str,
        Meta(
            description="Brokers to ask first, host:port, several with commas between.",
            min_length=1,
        ),
    ] = "localhost:9092"
    security_protocol: Annotated[
        SecurityProtocol, Meta(description="How connections are secured, in Kafka's words.")
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        SaslMechanism, Meta(description="How the name and the password are shown to the broker.")
    ] = "SCRAM-SHA-512"
    sasl_username: Annotated[str | None, Meta(description="Name to log in with.")] = None
    sasl_password: Annotated[
        str | None,
        Meta(
            description="Password to log in with: put it into"
            " COPYDESK_KAFKA__SASL_PASSWORD rather than into a file.",
            extra={"secret": True},
        ),
    ] = None
    ssl_ca_file: Annotated[
        str | None,
        Meta(description="Certificates to trust (PEM); null: those the system trusts."),
    ] = None
    ssl_cert_file: Annotated[
        str | None, Meta(description="Our own certificate (PEM), where the broker asks for one.")
    ] = None
    ssl_key_file: Annotated[str | None, Meta(description="The key of ssl_cert_file (PEM).")] = None
    ssl_key_password: Annotated[
        str | None,
        Meta(description="What ssl_key_file is encrypted with.", extra={"secret": True}),
    ] = None
    ssl_check_hostname: Annotated[
        bool, Meta(description="Whether the broker's certificate must name the broker's host.")
    ] = True
    connect_timeout: Annotated[
        Seconds, Meta(description="How long to try to reach the cluster at the start (seconds).")
    ] = 15.0
    prefix: Annotated[
        str,
        Meta(
            description="Stands before the names of all topics, groups and transactions, so that"
            " several pipelines can share one cluster, for example staging-.",
            pattern=r"^[a-zA-Z0-9._-]*$",
        ),
    ] = ""
    group: Annotated[
        TopicName,
        Meta(
            description="Consumer groups are GROUP-ROLE (desk, dedup, sources), after the prefix."
        ),
    ] = "copydesk"
    replication_factor: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Copies of each partition in the cluster; null: as the cluster does it."),
    ] = None
    topics: Annotated[TopicsOptions, Meta(description="The topics, by what they hold.")] = (
        TopicsOptions()
    )
    compression: Annotated[
        Literal["none", "gzip", "lz4", "zstd"],
        Meta(description="How what we write is compressed. lz4 halves article traffic."),
    ] = "none"
    max_message_bytes: Annotated[
        int,
        Meta(
            ge=65_536,
            description="Largest record we write (bytes); an article that does not fit becomes a"
            " dead letter. The topics must take it (max.message.bytes).",
        ),
    ] = 16 << 20
    batch_articles: Annotated[Count, Meta(description="Articles in one transaction at most.")] = 500
    batch_bytes: Annotated[
        Count, Meta(description="Their raw bytes in one transaction at most.")
    ] = 8 << 20
    batch_wait: Annotated[
        Seconds,
        Meta(description="How long a transaction that is not full waits for more (seconds)."),
    ] = 0.1
    session_timeout: Annotated[
        Seconds,
        Meta(
            description="After this long without a sign of life another worker takes over"
            " (seconds). Kafka's own limits are 6 and 1,800."
        ),
    ] = 10.0
    transaction_timeout: Annotated[
        Seconds,
        Meta(
            description="The broker aborts a transaction that stays open this long (seconds),"
            " and readers wait for it that long when a worker is gone for good."
        ),
    ] = 60.0

    def __repr__(self) -> str:
        """Where it leads; never the secrets."""
        return f"KafkaOptions({self.bootstrap_servers}, {self.security_protocol}, {self.prefix!r})"

    def topic(self, options: TopicOptions) -> str:
        """The full name of a topic."""
        return self.prefix + options.name

    def group_of(self, role: Role) -> str:
        """The consumer group of a role."""
        return f"{self.prefix}{self.group}-{role}"

    def source_of(self, role: Role) -> str:
        """The topic a role consumes."""
        consumed = {
            Role.DESK: self.topics.raw,
            Role.DEDUP: self.topics.prepared,
            Role.SOURCES: self.topics.quality,
        }
        return self.topic(consumed[role])

    def door(self, door: Door) -> str:
        """The topic behind a door."""
        behind = {
            Door.CLEAN: self.topics.clean,
            Door.DUPLICATES: self.topics.duplicates,
            Door.REJECTED: self.topics.rejected,
            Door.DEAD_LETTER: self.topics.dead_letter,
        }
        return self.topic(behind[door])


class WantedTopic(Struct, frozen=True):
    """A topic as it should be on the cluster; `config` in Kafka's names and texts."""

    name: str
    partitions: int
    config: dict[str, str]


def wanted_topics(options: KafkaOptions) -> list[WantedTopic]:
    """All topics, in the order an article passes them.

    Raw records are stamped by the broker when they arrive: the window of dedup counts by it, and
    no scraper's clock can be wrong. The index is compacted; its entries end by tombstones.
    """
    topics = options.topics
    stamped = {"message.timestamp.type": "LogAppendTime"}
    # The second line: so that what the window let go leaves the disk within a day.
    compacted = {"cleanup.policy": "compact", "max.compaction.lag.ms": str(24 * _HOUR_MS)}
    return [
        _wanted(options, topics.raw, stamped),
        _wanted(options, topics.prepared),
        _wanted(options, topics.clean),
        _wanted(options, topics.duplicates),
        _wanted(options, topics.rejected),
        _wanted(options, topics.dead_letter),
        _wanted(options, topics.quality),
        _wanted(options, topics.sources, compacted),
        _wanted(options, topics.index, compacted),
    ]


def _wanted(
    options: KafkaOptions, topic: TopicOptions, special: Mapping[str, str] | None = None
) -> WantedTopic:
    config = {
        "cleanup.policy": "delete",
        "max.message.bytes": str(options.max_message_bytes),
        **(special or {}),
    }
    if topic.retention_hours is not None:
        config["retention.ms"] = str(round(topic.retention_hours * _HOUR_MS))
    return WantedTopic(options.topic(topic), topic.partitions, config)


class WorkerOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a worker process shows of itself."""

    host: Annotated[
        str,
        Meta(description="Address that /live, /ready and /metrics listen on; 0.0.0.0 opens them."),
    ] = "127.0.0.1"
    desk_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        Meta(description="Their port of a desk worker; 0: any free one; null: not served."),
    ] = 9631
    dedup_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        Meta(description="The same of a dedup worker."),
    ] = 9632

    sources_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        Meta(description="The same of a sources worker; the live page is here too."),
    ] = 9633
    state_folder: Annotated[
        str | None,
        Meta(
            description="Where a dedup worker keeps its index beside the topic, so that it starts"
            " in seconds; only a cache, it may be deleted while no worker runs. null: nowhere,"
            " every start reads the topic."
        ),
    ] = None
    page_token: Annotated[
        Annotated[str, Meta(min_length=16)] | None,
        Meta(
            description="What visitors of the live page must show, 16 characters or more: needed"
            " where host is not this machine alone. Put it into COPYDESK_WORKER__PAGE_TOKEN rather"
            " than into a file.",
            extra={"secret": True},
        ),
    ] = None

    def __repr__(self) -> str:
        """Where it listens; never the token."""
        return (
            f"WorkerOptions({self.host}, {self.desk_port}, {self.dedup_port}, {self.sources_port})"
        )

    def port(self, role: Role) -> int | None:
        """The port of a role's worker."""
        ports = {
            Role.DESK: self.desk_port,
            Role.DEDUP: self.dedup_port,
            Role.SOURCES: self.sources_port,
        }
        return ports[role]
