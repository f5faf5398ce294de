"""Prints the headlines that Copydesk publishes.

python examples/consumers/consumer.py localhost:9092 [TOPIC]
"""

from __future__ import annotations

import json
import sys

from kafka import KafkaConsumer


def main(servers: str, topic: str = "articles.clean") -> None:
    """Reads until it is stopped."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id="headlines",
        isolation_level="read_committed",  # nothing of a worker that died
        enable_auto_commit=False,  # the place is committed below, after the work
        auto_offset_reset="earliest",
    )
    while True:
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                headers = dict(record.headers)
                article = json.loads(record.value)
                # The work. A store would keep ce_id, and skip a record that it has already.
                print(headers["ce_id"].decode(), article["headline"], sep="\t", flush=True)
        consumer.commit()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
