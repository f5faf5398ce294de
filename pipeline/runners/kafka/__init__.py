"""The stream: roles that consume from Kafka and publish to it, each batch one transaction.

`connection` connects, `engine` delivers each record exactly once, `roles` do the work, `admin`
manages topics and groups, `web` serves the live page. `docs/delivery.md` states the guarantees.
"""
