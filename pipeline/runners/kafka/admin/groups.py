"""Checks a role's consumer group before a worker joins it: its members and its offsets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError

from pipeline.cluster import KafkaOptions
from pipeline.errors import WrongUseError
from pipeline.routing import TOPICS, Role, Topic, written_by

log = logging.getLogger(__name__)

CLIENT = "copydesk"  # the prefix of our client ids
T = TypeVar("T")
_PAUSE = 0.2  # seconds between two attempts


def check_group(admin: KafkaAdminClient, options: KafkaOptions, role: Role) -> None:
    """Raises `WrongUseError` if another program uses the group; warns if its offsets are gone.

    Kafka deletes the offsets of a group some time after its last member left. Records that are
    still on the topic are then processed again, and published a second time.
    """
    group, found = options.group_of(role), members(admin, options, role)
    strangers = {
        f"{member['client_id']} on {member['client_host'].lstrip('/')}"
        for member in found
        if not member["client_id"].startswith(CLIENT)
    }
    if strangers:
        raise WrongUseError(
            f"the consumer group {group} is used by another program ({', '.join(strangers)}): its "
            "offsets would be taken for ours. Set kafka.group or kafka.prefix to another name."
        )
    written = options.topic(_written(role))
    if not found and _has_records(admin, written) and not _has_offsets(admin, options, role):
        log.warning(
            "%s: the group %s has no offsets, though %s holds what it wrote: Kafka forgets them "
            "offsets.retention.minutes (7 days) after the last worker left. What is still on %s "
            "comes out again",
            *(role, group, written, options.source_of(role)),
        )


def members(admin: KafkaAdminClient, options: KafkaOptions, role: Role) -> list[dict[str, Any]]:
    """Returns the members of a role's group."""
    group = options.group_of(role)
    described: dict[str, Any] = _patiently(
        lambda: admin.describe_groups([group])[group], options.connect_timeout
    )
    return [*described.get("members", ())]


def _written(role: Role) -> Topic:
    """A topic that no other role writes to."""
    return next(topic for topic in written_by(role) if TOPICS[topic].written_by == (role,))


def _has_records(admin: KafkaAdminClient, topic: str) -> bool:
    """Whether the topic ever had a record."""
    described = admin.describe_topics([topic])[0]["partitions"]
    places = {TopicPartition(topic, one["partition_index"]): OffsetSpec.LATEST for one in described}
    return any(end.offset > 0 for end in admin.list_partition_offsets(places).values())


def _has_offsets(admin: KafkaAdminClient, options: KafkaOptions, role: Role) -> bool:
    group, source = options.group_of(role), options.source_of(role)
    found = _patiently(
        lambda: admin.list_group_offsets({group: None})[group], options.connect_timeout
    )
    return any(place.topic == source and one.offset >= 0 for place, one in found.items())


def _patiently(ask: Callable[[], T], patience: float) -> T:
    """Returns an answer about a group. A new cluster needs some seconds before it can give one."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return ask()
        except KafkaError as error:
            if not error.retriable or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
