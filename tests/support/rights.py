"""A broker that asks who you are, users with the rights that they need, and rights taken away."""

from __future__ import annotations

import time
from typing import NamedTuple

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)
from msgspec.structs import replace

from deploy.kafka.broker import Broker
from deploy.kafka.secure import USERS
from pipeline.cluster import KafkaOptions
from pipeline.routing import TOPICS, is_state
from support.streams import with_topic

PASSWORD = "p4ss-of-the-harbour"  # noqa: S105 - of users that live for one test run


class Secured(NamedTuple):
    """A broker that asks for a login, and how the administrator gets in."""

    broker: Broker
    options: KafkaOptions


def options_for(broker: Broker, prefix: str) -> KafkaOptions:
    options = KafkaOptions(
        bootstrap_servers=broker.secure_bootstrap,
        prefix=prefix,
        security_protocol="SASL_SSL",
        sasl_username="admin",
        sasl_password=USERS["admin"],
        ssl_ca_file=str(broker.ca_file),
        connect_timeout=10.0,
    )
    return with_topic(options, "raw", partitions=1)


Right = tuple[str, str, str]  # a kind of resource, the beginning of its name, operations
ALL = "articles. quality. dedup.index"
_READ = " ".join(row.name for topic, row in TOPICS.items() if row.read_by or is_state(topic))
_WRITTEN = " ".join(row.name for row in TOPICS.values() if row.written_by)
# Who may do what, as docs/delivery.md has it.
RIGHTS: dict[str, list[Right]] = {
    "operator": [
        ("CLUSTER", "kafka-cluster", "CREATE"),
        ("TOPIC", ALL, "DESCRIBE DESCRIBE_CONFIGS ALTER_CONFIGS"),
    ],
    "scraper": [("TOPIC", "articles.raw", "WRITE DESCRIBE")],
    "reader": [("TOPIC", ALL, "READ DESCRIBE")],
    "desks": [
        ("TOPIC", _READ, "READ DESCRIBE"),
        ("GROUP", "copydesk-", "READ DESCRIBE"),
        ("TOPIC", _WRITTEN, "WRITE DESCRIBE"),
        ("TRANSACTIONAL_ID", "copydesk-", "WRITE DESCRIBE"),
        ("TOPIC", ALL, "DESCRIBE_CONFIGS"),
    ],
    "editor": [
        ("TOPIC", "articles.dead-letter articles.rejected articles.raw", "READ DESCRIBE"),
        ("TOPIC", "articles.replayed", "READ WRITE DESCRIBE"),
        ("TOPIC", "articles.raw", "WRITE"),
        ("GROUP", "copydesk-dead-letters", "READ"),
        ("TRANSACTIONAL_ID", "copydesk-dead-letters", "WRITE DESCRIBE"),
    ],
}


def allow(secured: Secured, user: str, rights: list[Right]) -> KafkaOptions:
    """Make a user who may do so much in this pipeline; the options to log in with."""
    name = f"{secured.options.prefix}{user}"
    admin = KafkaAdminClient(bootstrap_servers=secured.broker.bootstrap)
    login = UserScramCredentialUpsertion(name, "SCRAM-SHA-512", PASSWORD)
    admin.alter_user_scram_credentials([login])
    wanted = [acl for right in rights for acl in _acls(secured, name, right)]
    if wanted:
        admin.create_acls(wanted)
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    mine = ACLFilter(f"User:{name}", "*", ACLOperation.ANY, ACLPermissionType.ANY, anything)
    deadline = time.monotonic() + 30
    while (
        len(admin.describe_acls(mine)[0]) < len(set(wanted))
        or name not in admin.describe_user_scram_credentials()
    ):
        assert time.monotonic() < deadline, f"the rights of {name} are not there"
    admin.close()
    return replace(secured.options, sasl_username=name, sasl_password=PASSWORD)


def _acls(secured: Secured, user: str, right: Right) -> list[ACL]:
    kind, names, operations = right
    return [
        ACL(
            principal=f"User:{user}",
            host="*",
            operation=ACLOperation[operation],
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(
                ResourceType[kind],
                name if kind == "CLUSTER" else secured.options.prefix + name,
                ACLResourcePatternType.LITERAL
                if kind == "CLUSTER"
                else ACLResourcePatternType.PREFIXED,
            ),
        )
        for name in names.split()
        for operation in operations.split()
    ]


def take(admins: KafkaOptions, user: KafkaOptions, right: Right) -> list[ACL]:
    """Takes a right from a user; returns what `give` gives back. `admins` may change rights."""
    kind, name, operation = right
    where = ResourcePatternFilter(ResourceType[kind], name, ACLResourcePatternType.PREFIXED)
    taken = ACLFilter(
        f"User:{user.sasl_username}",
        "*",
        ACLOperation[operation],
        ACLPermissionType.ALLOW,
        where,
    )
    admin = KafkaAdminClient(bootstrap_servers=admins.bootstrap_servers)
    [(_, found, _)] = admin.delete_acls([taken])
    admin.close()
    assert found, f"{right} is no right of {user.sasl_username}"
    return [one[0] if isinstance(one, tuple) else one for one in found]


def give(admins: KafkaOptions, rights: list[ACL]) -> None:
    """Gives rights back."""
    admin = KafkaAdminClient(bootstrap_servers=admins.bootstrap_servers)
    admin.create_acls(rights)
    admin.close()
