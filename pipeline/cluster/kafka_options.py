"""Settings of the Kafka cluster: connections, topics, sizes of batches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pipeline.cluster.topic_options import Count, TopicName, TopicOptions, TopicsOptions
from pipeline.routing import DOORS, TOPICS, Door, Role, Topic, consumed_by

Seconds = Annotated[float, Meta(gt=0)]
SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

_HOUR_MS = 3_600_000


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
        Meta(
            description="Time between the beginnings of two transactions of a partition, unless a"
            " whole batch waits (seconds). After a pause the first one begins at once."
        ),
    ] = 0.1
    session_timeout: Annotated[
        Seconds,
        Meta(
            description="After this long without a sign of life another worker takes over"
            " (seconds). Kafka's own limits are 6 and 1,800."
        ),
    ] = 10.0
    delivery_timeout: Annotated[
        Seconds,
        Meta(
            description="How long `copydesk feed` and `copydesk dead-letters` wait for a cluster"
            " that does not answer, before they give up (seconds)."
        ),
    ] = 120.0
    transaction_timeout: Annotated[
        Seconds,
        Meta(
            description="The broker aborts a transaction that stays open this long (seconds),"
            " and readers wait for it that long when a worker is gone for good."
        ),
    ] = 60.0

    def __repr__(self) -> str:
        """Without secrets."""
        return f"KafkaOptions({self.bootstrap_servers}, {self.security_protocol}, {self.prefix!r})"

    def topic(self, topic: Topic) -> str:
        """The full name of a topic."""
        options: TopicOptions = getattr(self.topics, topic)
        return self.prefix + options.name

    def group_of(self, role: Role) -> str:
        """The consumer group of a role."""
        return f"{self.prefix}{self.group}-{role}"

    def source_of(self, role: Role) -> str:
        """The topic a role consumes."""
        return self.topic(consumed_by(role))

    def door(self, door: Door) -> str:
        """The topic behind a door."""
        return self.topic(DOORS[door].topic)


class WantedTopic(Struct, frozen=True):
    """A topic as it should be on the cluster; `config` in Kafka's names and texts."""

    name: str
    partitions: int
    config: dict[str, str]


def wanted_topics(options: KafkaOptions, topics: Iterable[Topic] = TOPICS) -> list[WantedTopic]:
    """Topics as they should be, all of them in the order that an article passes them."""
    return [_wanted(options, topic) for topic in topics]


def _wanted(options: KafkaOptions, topic: Topic) -> WantedTopic:
    chosen: TopicOptions = getattr(options.topics, topic)
    config = {"cleanup.policy": "delete", "max.message.bytes": str(options.max_message_bytes)}
    if topic is Topic.RAW:
        # The broker stamps raw records as they arrive: dedup's window depends on no other clock.
        config["message.timestamp.type"] = "LogAppendTime"
    if TOPICS[topic].is_compacted:
        # Deleted entries (tombstones) leave the disk within a day.
        config |= {"cleanup.policy": "compact", "max.compaction.lag.ms": str(24 * _HOUR_MS)}
    if chosen.retention_hours is not None:
        config["retention.ms"] = str(round(chosen.retention_hours * _HOUR_MS))
    return WantedTopic(options.topic(topic), chosen.partitions, config)
