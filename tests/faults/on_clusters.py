"""Faults of brokers, of the network, and changes of a cluster under running workers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError
from support.clusters import Cluster
from support.rights import give, take
from support.streams import configure

from deploy.kafka.broker import Broker
from pipeline.routing import Role, Topic

from .proxy import State
from .scene import Scene

_AWAY = 40.0  # seconds
_MOST = 60.0  # seconds until it must be normal again
_OFFSETS, _TRANSACTIONS = "__consumer_offsets", "__transaction_state"


def restart(scene: Scene, times: int) -> None:
    """The broker is stopped and started again at once."""
    for _ in range(times):
        with scene.fault():
            _broker(scene).stop()
            _broker(scene).start()
        scene.settle()


def away(scene: Scene, times: int, seconds: float = _AWAY) -> None:
    """The broker is away for 40 s."""
    for _ in range(times):
        with scene.fault():
            _broker(scene).stop()
            time.sleep(seconds)
            _broker(scene).start()
        scene.settle(_MOST)


def away_shortly(scene: Scene, times: int) -> None:
    """The broker is away for 15 s."""
    away(scene, times, 15)


def kill_each(scene: Scene, times: int) -> None:
    """A broker is killed, and started when the others have taken over."""
    cluster = _cluster(scene)
    for number in range(times):
        node = cluster.nodes[1 + number % 3]
        with scene.fault():
            node.kill()
        scene.settle()
        _start_again(node, scene)


def move_leaders(scene: Scene, times: int) -> None:
    """Another broker leads each partition, Kafka's own included."""
    for _ in range(times):
        before = _led(scene)
        wanted = {
            at: [*(one for one in replicas if one != before[at]), before[at]]
            for at, replicas in _replicas(scene).items()
        }
        with scene.fault():
            _place(wanted, scene)
        after = _led(scene)
        if kept := [at for at, leader in before.items() if after[at] == leader]:
            scene.problems.append(f"{len(kept)} of {len(before)} leaders did not move: {kept[:3]}")
        scene.notes.append(f"{len(before) - len(kept)} of {len(before)} leaders moved")
        scene.settle()


def move_coordinator(scene: Scene, times: int) -> None:
    """The broker that coordinates the group of a role is stopped, and started later."""
    for number in range(times):
        group = scene.options.group_of(tuple(Role)[number % 2])
        node = _cluster(scene).nodes[_leaders(scene, _OFFSETS)[_hash(group) % 5]]
        with scene.fault():
            node.stop()
        scene.settle()
        _start_again(node, scene)


def add_and_remove(scene: Scene, times: int) -> None:
    """A fourth broker gets a copy of each partition and leads it; then it gives all back."""
    cluster = _cluster(scene)
    before = _replicas(scene)
    for _ in range(times // 2):
        with scene.fault():
            node = cluster.add()
            _place({at: [4, *replicas[:2]] for at, replicas in before.items()}, scene)
        scene.settle()
        with scene.fault():
            _place(before, scene)
            node.stop()
        scene.settle()


def cut(scene: Scene, times: int) -> None:
    """Workers reach no broker for 20 s: refused, then silent, in turn; others reach them."""
    for number in range(times):
        with scene.fault():
            scene.proxy.set((State.REFUSED, State.SILENT)[number % 2])
            time.sleep(20)
            scene.proxy.set(State.OPEN)
        scene.settle()


def fill_disk(scene: Scene, times: int) -> None:
    """The disk of the second broker gets full, which it does not survive; later there is room."""
    cluster = _cluster(scene)
    node = cluster.nodes[2]
    for _ in range(times):
        ballast = cluster.disks[2] / "ballast"
        with scene.fault():
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(bytes(1 << 16))
            scene.until(lambda: not node.is_running, "the end of the broker")
        scene.settle()
        ballast.unlink()
        _start_again(node, scene)


def lower_limit(scene: Scene, times: int) -> None:
    """A topic takes no records of the usual size for 10 s: clean, prepared in turn."""
    for number in range(times):
        topic = scene.options.topic((Topic.CLEAN, Topic.PREPARED)[number % 2])
        with scene.fault():
            configure(scene.pipeline.feeds, topic, max_message_bytes="200")
            time.sleep(10)
            configure(scene.pipeline.feeds, topic, max_message_bytes=str(20 << 20))
        scene.settle()


def shorten_retention(scene: Scene, times: int) -> None:
    """What is read already is deleted, between the roles."""
    topic = scene.options.topic(Topic.PREPARED)
    for _ in range(times):
        with scene.fault():
            configure(scene.pipeline.feeds, topic, retention_ms="15000", segment_ms="2000")
            time.sleep(25)
        scene.settle()
        if not _begins(scene, topic):
            scene.problems.append("nothing was deleted: this proves nothing")
        configure(
            scene.pipeline.feeds, topic, retention_ms=str(3 * 86_400_000), segment_ms="86400000"
        )


def take_right(scene: Scene, times: int) -> None:
    """The workers may not do something for 10 s: write clean, read raw, use transactions."""
    rights = (
        ("TOPIC", scene.options.topic(Topic.CLEAN), "WRITE"),
        ("TOPIC", scene.options.topic(Topic.RAW), "READ"),
        ("TRANSACTIONAL_ID", scene.options.prefix + "copydesk-", "WRITE"),
    )
    for number in range(times):
        with scene.fault():
            taken = take(scene.pipeline.feeds, scene.options, rights[number % len(rights)])
            time.sleep(10)
            give(scene.pipeline.feeds, taken)
        scene.settle()


# What the cluster knows and does


def _broker(scene: Scene) -> Broker:
    assert isinstance(scene.cluster, Broker)
    return scene.cluster


def _cluster(scene: Scene) -> Cluster:
    assert isinstance(scene.cluster, Cluster)
    return scene.cluster


def _admin(scene: Scene) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=_cluster(scene).bootstrap)


def _topics(scene: Scene) -> list[str]:
    return [*(scene.options.topic(topic) for topic in Topic), _OFFSETS, _TRANSACTIONS]


def _partitions(scene: Scene) -> Mapping[TopicPartition, dict[str, object]]:
    admin = _admin(scene)
    try:
        return {
            TopicPartition(topic["name"], one["partition_index"]): one
            for topic in admin.describe_topics(_topics(scene))
            for one in topic["partitions"]
        }
    finally:
        admin.close()


def _replicas(scene: Scene) -> dict[TopicPartition, list[int]]:
    return {at: list(one["replica_nodes"]) for at, one in _partitions(scene).items()}  # type: ignore[call-overload]


def _led(scene: Scene) -> dict[TopicPartition, object]:
    """The broker that leads each partition, by Kafka's own metadata."""
    return {at: one["leader_id"] for at, one in _partitions(scene).items()}


def _leaders(scene: Scene, topic: str) -> dict[int, int]:
    found = _partitions(scene).items()
    return {at.partition: int(one["leader_id"]) for at, one in found if at.topic == topic}  # type: ignore[call-overload]


def _start_again(node: Broker, scene: Scene) -> None:
    node.start()
    _whole(scene)


def _whole(scene: Scene) -> None:
    """Until each partition has all its copies, and each broker leads its own again."""

    def is_whole() -> bool:
        with suppress(KafkaError):
            return all(
                set(one["isr_nodes"]) == set(one["replica_nodes"])  # type: ignore[call-overload]
                for one in _partitions(scene).values()
            )
        return False

    scene.until(is_whole, "all copies in sync")


def _place(wanted: Mapping[TopicPartition, list[int]], scene: Scene) -> None:
    """Moves partitions to brokers; the first one of each leads it."""
    topics: dict[str, list[int]] = {}
    for at in wanted:
        topics.setdefault(at.topic, []).append(at.partition)

    def is_moved() -> bool:
        with suppress(KafkaError):  # a new broker is not known to everybody at once
            admin = _admin(scene)
            admin.alter_partition_reassignments(wanted)
            scene.until(lambda: not admin.list_partition_reassignments(), "the moves")
            _whole(scene)
            admin.elect_leaders(0, topics, raise_errors=False)
            admin.close()
            return True
        return False

    scene.until(is_moved, "the moves")

    def is_led() -> bool:
        return all(one["leader_id"] == wanted[at][0] for at, one in _partitions(scene).items())

    scene.until(is_led, "the new leaders")


def _begins(scene: Scene, topic: str) -> int:
    admin = KafkaAdminClient(bootstrap_servers=scene.pipeline.feeds.bootstrap_servers)
    try:
        [found] = admin.list_partition_offsets(
            {TopicPartition(topic, 0): OffsetSpec.EARLIEST}
        ).values()
        return int(found.offset)
    finally:
        admin.close()


def _hash(text: str) -> int:
    """As Java hashes a text, without its sign: it says which coordinator a group has."""
    found = 0
    for letter in text:
        found = (31 * found + ord(letter)) & 0xFFFFFFFF
    return found & 0x7FFFFFFF
