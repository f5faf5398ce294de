"""Compares the wanted topics with those of the cluster, creates and configures them.

Existing topics are never shrunk, re-partitioned or deleted: that would lose records or move keys.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from kafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    NoError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)
from msgspec import Struct

from pipeline.cluster import KafkaOptions, WantedTopic, wanted_topics
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.routing import TOPICS, Role, Topic
from pipeline.runners.kafka.admin.groups import CLIENT, check_group, members
from pipeline.runners.kafka.connection.diagnosis import explain, probe
from pipeline.runners.kafka.connection.security import for_kafka_python

_PAUSE = 0.2  # seconds between two checks


class TopicState(StrEnum):
    """How a topic of the cluster differs from the wanted one."""

    FINE = "fine"
    MISSING = "missing"
    OTHER_CONFIG = "other-config"
    OTHER_PARTITIONS = "other-partitions"


class TopicFact(Struct, frozen=True, rename="camel"):
    """A wanted topic beside the cluster's; `differs`: {Kafka's name of a setting: its value}."""

    name: str
    state: TopicState
    wanted_partitions: int
    partitions: int
    wanted: dict[str, str]
    differs: dict[str, str]


def inspect(options: KafkaOptions, topics: Iterable[Topic] = TOPICS) -> list[TopicFact]:
    """Compares each wanted topic with the cluster. Raises `WorkFailedError`, `WrongUseError`."""
    wanted = wanted_topics(options, topics)
    with open_admin(options) as admin:
        there = _partitions(admin, [topic.name for topic in wanted])
        configs = _configs(admin, sorted(there))
        hidden = {name for name, config in configs.items() if not config}
        if hidden:
            raise TopicAuthorizationFailedError(hidden)
    raw = options.topic(Topic.RAW)
    return [_fact(topic, there, configs.get(topic.name), raw) for topic in wanted]


def apply(options: KafkaOptions) -> list[TopicFact]:
    """Creates missing topics and sets differing configuration; returns the state afterwards."""
    facts = inspect(options)
    missing = {
        fact.name: {
            "num_partitions": fact.wanted_partitions,
            "replication_factor": options.replication_factor or -1,
            "configs": fact.wanted,
        }
        for fact in facts
        if fact.state is TopicState.MISSING
    }
    other = [
        ConfigResource("TOPIC", fact.name, {name: fact.wanted[name] for name in fact.differs})
        for fact in facts
        if fact.differs
    ]
    with open_admin(options) as admin:
        if missing:
            _create(admin, missing)
        if other:
            _alter(admin, other, options)
    return _settled(options)


def _settled(options: KafkaOptions) -> list[TopicFact]:
    """Returns the state once every broker has applied the changes, which takes a moment."""
    deadline = time.monotonic() + options.connect_timeout
    while True:
        facts = inspect(options)
        if not any(fact.differs for fact in facts) or time.monotonic() > deadline:
            return facts
        time.sleep(_PAUSE)


def largest_batch(options: KafkaOptions, name: str) -> int | None:
    """The size limit of a topic's record batches (bytes); None without DescribeConfigs.

    Raises `WorkFailedError` if the topic is missing or not authorized.
    """
    with open_admin(options) as admin:
        if not _partitions(admin, [name]):
            raise _missing([name], options)
        config = _configs(admin, [name])[name]
    return int(config["max.message.bytes"]) if config else None


def preflight(options: KafkaOptions, roles: Sequence[Role]) -> None:
    """Checks that workers of these roles can start. Raises with the problem and its remedy."""
    worked = [topic for topic, row in TOPICS.items() if row.written_by or row.read_by]
    facts = {fact.name: fact for fact in inspect(options, worked)}
    missing = [fact.name for fact in facts.values() if fact.state is TopicState.MISSING]
    if missing:
        raise _missing(missing, options)
    prepared = facts[options.topic(Topic.PREPARED)]
    index = facts[options.topic(Topic.INDEX)]
    if prepared.partitions != index.partitions:
        raise WrongUseError(
            f"{prepared.name} has {prepared.partitions} partitions and {index.name} "
            f"{index.partitions}: they must have the same, for each partition of prepared articles "
            "has an index of its own. Make them anew under another kafka.prefix."
        )
    _check_sizes(facts, options)
    with open_admin(options) as admin:
        for role in roles:
            check_group(admin, options, role)


def require_stopped(options: KafkaOptions, role: Role) -> None:
    """Raises `WrongUseError` if the group of a role has members."""
    with open_admin(options) as admin:
        if members(admin, options, role):
            group = options.group_of(role)
            raise WrongUseError(
                f"a worker of the role {role} is in the group {group}: stop it first"
            )


def _missing(names: Sequence[str], options: KafkaOptions) -> WorkFailedError:
    what = "the topics" if len(names) > 1 else "the topic"
    return WorkFailedError(
        f"Kafka at {options.bootstrap_servers} lacks {what} {', '.join(names)}: "
        "run `copydesk topics --apply`"
    )


def _check_sizes(facts: dict[str, TopicFact], options: KafkaOptions) -> None:
    raw = options.topic(Topic.RAW)
    for fact in facts.values():
        takes = fact.differs.get("max.message.bytes")
        if fact.name != raw and takes and int(takes) < options.max_message_bytes:
            raise WorkFailedError(
                f"{fact.name} takes records of {int(takes):,} bytes, kafka.max_message_bytes is "
                f"{options.max_message_bytes:,}: run `copydesk topics --apply`, or lower that"
            )


@contextmanager
def open_admin(options: KafkaOptions) -> Iterator[KafkaAdminClient]:
    """An admin client whose errors are explained in words."""
    problem = probe(options)
    if problem:
        raise WorkFailedError(problem)
    milliseconds = round(options.connect_timeout * 1000)
    client = None
    try:
        client = KafkaAdminClient(
            client_id=CLIENT,
            bootstrap_timeout_ms=milliseconds,
            request_timeout_ms=milliseconds,
            **for_kafka_python(options),
        )
        yield client
    except KafkaError as error:
        raise explain(error, options) from error
    finally:
        if client:
            client.close()


def _create(admin: KafkaAdminClient, missing: dict[str, dict[str, Any]]) -> None:
    try:
        admin.create_topics(missing, wait_for_metadata=True)
    except TopicAuthorizationFailedError as error:  # then the message is the one about Create
        raise ClusterAuthorizationFailedError from error


def _alter(admin: KafkaAdminClient, wanted: list[ConfigResource], options: KafkaOptions) -> None:
    """Sets the configuration of topics. The client does not raise if the broker refuses."""
    refused = {
        name: answer
        for by_name in admin.alter_configs(wanted).values()
        for name, answer in by_name.items()
        if answer != "OK"
    }
    if refused:
        reasons = "; ".join(f"{name}: {why}" for name, why in sorted(refused.items()))
        raise WorkFailedError(
            f"Kafka at {options.bootstrap_servers} does not set what differs ({reasons}). It takes "
            "AlterConfigs on the topics"
        )


def _partitions(admin: KafkaAdminClient, names: list[str]) -> dict[str, int]:
    """The partition count of each existing topic. Raises for one that we may not describe."""
    described = {topic["name"]: topic for topic in admin.describe_topics(names)}
    errors = {name: for_code(topic["error_code"]) for name, topic in described.items()}
    hidden = {name for name, error in errors.items() if error is TopicAuthorizationFailedError}
    if hidden:
        raise TopicAuthorizationFailedError(hidden)
    for name, error in errors.items():
        if error not in (NoError, UnknownTopicOrPartitionError):
            raise error(name)
    return {name: len(described[name]["partitions"]) for name in names if errors[name] is NoError}


def _configs(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """Every setting of each topic, as Kafka names and prints it; none without DescribeConfigs."""
    if not names:
        return {}
    resources = [ConfigResource("TOPIC", name) for name in names]
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: {key: str(data["value"]) for key, data in settings.items()}
        for name, settings in found.items()
    }


def _fact(
    topic: WantedTopic, there: dict[str, int], config: dict[str, str] | None, raw: str
) -> TopicFact:
    config = config or {}
    is_theirs = topic.name == raw  # it belongs to the scrapers: workers accept it as it is
    partitions = there.get(topic.name, 0)
    differs = {
        name: config[name]
        for name, value in topic.config.items()
        if name in config and config[name] != value and not is_theirs
    }
    if not partitions:
        state = TopicState.MISSING
    elif partitions != topic.partitions and not is_theirs:
        state = TopicState.OTHER_PARTITIONS
    else:
        state = TopicState.OTHER_CONFIG if differs else TopicState.FINE
    return TopicFact(topic.name, state, topic.partitions, partitions, topic.config, differs)
