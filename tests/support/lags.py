"""What Kafka's own tools say of the pipeline's groups: how far each is behind."""

from __future__ import annotations

import time

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role


def lag_ends_at(options: KafkaOptions, wanted: int) -> bool:
    deadline = time.monotonic() + 30
    while sum(lags(options).values()) != wanted:
        assert time.monotonic() < deadline, lags(options)
        time.sleep(0.5)
    return True


def lags(options: KafkaOptions) -> dict[TopicPartition, int]:
    """By partition of what the groups read: its end less the committed offset."""
    servers = options.bootstrap_servers
    admin = KafkaAdminClient(bootstrap_servers=servers)
    consumer = KafkaConsumer(bootstrap_servers=servers)  # of uncommitted records, as the tools
    found = {}
    for role in Role:
        group, topic = options.group_of(role), options.source_of(role)
        committed = admin.list_group_offsets({group: None})[group]
        parts = [TopicPartition(topic, one) for one in consumer.partitions_for_topic(topic) or ()]
        for at, end in consumer.end_offsets(parts).items():
            found[at] = end - (committed[at].offset if at in committed else 0)
    consumer.close()
    admin.close()
    return found
