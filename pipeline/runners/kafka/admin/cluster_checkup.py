"""What `copydesk doctor` looks at on the cluster: topics, rights, clocks, workers, backlog."""

from __future__ import annotations

import time
from collections.abc import Iterator

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from pipeline.cluster import KafkaOptions
from pipeline.errors import CopydeskError
from pipeline.routing import TOPICS, Role, Topic, is_state
from pipeline.runners.checkup import Check, State
from pipeline.runners.kafka.admin.groups import members
from pipeline.runners.kafka.admin.provisioning import TopicFact, TopicState, inspect, open_admin

_AHEAD = 60.0  # seconds that a record may be ahead of this machine's clock


def cluster(options: KafkaOptions) -> Iterator[Check]:
    """Yields the checks of the cluster; the first that cannot be done ends them."""
    try:
        with open_admin(options) as admin:
            found = admin.describe_cluster()
            brokers = f"{options.bootstrap_servers}, {len(found['brokers'])} brokers"
            yield Check("broker", State.FINE, brokers)
        facts = inspect(options)
        yield from _topics(facts)
        there = {fact.name for fact in facts if fact.state is not TopicState.MISSING}
        with open_admin(options) as admin:
            yield _rights(admin, options, there)
            if options.topic(Topic.RAW) in there:
                yield _clock(admin, options.topic(Topic.RAW))
            for role in Role:
                if options.source_of(role) in there:
                    yield _workers(admin, options, role)
    except CopydeskError as error:
        yield Check("broker", State.BROKEN, str(error))


def _topics(facts: list[TopicFact]) -> Iterator[Check]:
    missing = [fact.name for fact in facts if fact.state is TopicState.MISSING]
    differing = [
        fact.name for fact in facts if fact.state not in (TopicState.MISSING, TopicState.FINE)
    ]
    advice = "run copydesk topics --apply"
    if missing:
        yield Check("topics", State.BROKEN, f"missing: {', '.join(missing)}", advice)
    if differing:
        advice = "run copydesk topics to see in what"
        yield Check("topics", State.LOOK, f"not as wanted: {', '.join(differing)}", advice)
    if not missing and not differing:
        yield Check("topics", State.FINE, f"all {len(facts)} as wanted")


def _rights(admin: KafkaAdminClient, options: KafkaOptions, there: set[str]) -> Check:
    """Compares what the cluster lets us do on each topic with what workers need."""
    lacking = []
    for described in admin.describe_topics(sorted(there)):
        allowed = set(described.get("authorized_operations") or ())
        topic = next(one for one in Topic if options.topic(one) == described["name"])
        needed = {"WRITE"} if TOPICS[topic].written_by else set()
        if TOPICS[topic].read_by or is_state(topic):
            needed.add("READ")
        if needed:
            needed.add("DESCRIBE_CONFIGS")
        if allowed and needed - allowed:
            lacking.append(f"{', '.join(sorted(needed - allowed))} on {described['name']}")
    if lacking:
        user = options.sasl_username or "this client"
        advice = "grant them, see the table of rights in docs/delivery.md; a scraper needs less"
        return Check("rights", State.LOOK, f"{user} lacks {'; '.join(lacking)}", advice)
    return Check("rights", State.FINE, "as workers need them on all topics")


def _clock(admin: KafkaAdminClient, raw: str) -> Check:
    """Compares the newest time on the raw topic with this machine's clock."""
    described = admin.describe_topics([raw])[0]["partitions"]
    places = {
        TopicPartition(raw, one["partition_index"]): OffsetSpec.MAX_TIMESTAMP for one in described
    }
    newest = max(one.timestamp for one in admin.list_partition_offsets(places).values()) / 1000
    if newest < 0:
        return Check("clock", State.FINE, f"{raw} has no record to compare with")
    ahead = newest - time.time()
    if ahead > _AHEAD:
        found = f"the newest record of {raw} is {ahead:,.0f} s ahead of this machine"
        return Check("clock", State.LOOK, found, "set the clocks of brokers, scrapers and workers")
    return Check("clock", State.FINE, f"the newest record of {raw} is {-ahead:,.0f} s old")


def _workers(admin: KafkaAdminClient, options: KafkaOptions, role: Role) -> Check:
    """Counts a role's workers, and the records that wait for them."""
    name, topic = f"{role} workers", options.source_of(role)
    count = len(members(admin, options, role))
    waiting = _waiting(admin, options.group_of(role), topic)
    found = f"{count} at work, {waiting:,} records of {topic} wait"
    if waiting and not count:
        return Check(name, State.LOOK, found, "start copydesk worker")
    return Check(name, State.FINE, found)


def _waiting(admin: KafkaAdminClient, group: str, topic: str) -> int:
    """Returns the number of records after the committed offsets; transaction markers count."""
    committed = admin.list_group_offsets({group: None})[group]
    described = admin.describe_topics([topic])[0]["partitions"]
    places = [TopicPartition(topic, one["partition_index"]) for one in described]
    first = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
    last = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    done = {place: one.offset for place, one in committed.items() if one.offset >= 0}
    return sum(last[one].offset - max(first[one].offset, done.get(one, 0)) for one in places)
