"""Offsets that only a member of the group can commit, and only a settled one is read (KIP-447).

A transaction of aiokafka names the group alone, so that its offsets are accepted from whoever has
the transactional id. These requests name the member and its generation too: the coordinator of the
group refuses those that lost their partitions. A new owner waits until no transaction is open
that may still commit an offset of its partitions. Both need Kafka 2.5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    ProducerFenced,
)
from aiokafka.producer.sender import BaseHandler, Sender, TxnOffsetCommitHandler
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)
from aiokafka.structs import OffsetAndMetadata

_NO_TAGS: dict[int, bytes] = {}
_STABLE = True
_TEXT = CompactString("utf-8")
_UNSTABLE = 88  # a transaction is open that commits an offset of the partition
_UNSTABLE_PAUSE = 0.02  # seconds
# Illegal generation, unknown member, fenced instance: others have its partitions now.
_LOST = {22, 25, 82}
# The coordinator is being loaded, is not available, or has moved.
_LOADING, _MOVED = 14, {15, 16}


class Member(NamedTuple):
    """A member of a consumer group, in one generation of it."""

    group: str
    generation: int
    id: str


def _topics(*fields: tuple[str, object]) -> tuple[str, CompactArray]:
    """Returns the part of a schema that says something of each partition of each topic."""
    partitions = CompactArray(("partition", Int32), *fields, ("tags", TaggedFields))
    return (
        "topics",
        CompactArray(("topic", _TEXT), ("partitions", partitions), ("tags", TaggedFields)),
    )


class _OffsetsAccepted(Response):
    API_KEY = 28
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        _topics(("error_code", Int16)),
        ("tags", TaggedFields),
    )


class _CommitOffsets(RequestStruct):
    API_KEY = 28
    API_VERSION = 3
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _OffsetsAccepted
    SCHEMA = Schema(
        ("transactional_id", _TEXT),
        ("group_id", _TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation_id", Int32),
        ("member_id", _TEXT),
        ("group_instance_id", _TEXT),
        _topics(("offset", Int64), ("leader_epoch", Int32), ("metadata", _TEXT)),
        ("tags", TaggedFields),
    )


class _SettledOffsets(Response):
    API_KEY = 9
    API_VERSION = 7
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        _topics(
            ("offset", Int64), ("leader_epoch", Int32), ("metadata", _TEXT), ("error_code", Int16)
        ),
        ("error_code", Int16),
        ("tags", TaggedFields),
    )


class _FetchOffsets(RequestStruct):
    API_KEY = 9
    API_VERSION = 7
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _SettledOffsets
    SCHEMA = Schema(
        ("group_id", _TEXT),
        (
            "topics",
            CompactArray(
                ("topic", _TEXT), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)
            ),
        ),
        ("require_stable", Boolean),
        ("tags", TaggedFields),
    )


class _Exactly(NamedTuple):
    """A request in the one version of it that we speak."""

    struct: RequestStruct

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> RequestStruct:
        """Returns what to send to a broker that speaks these versions, by request."""
        oldest, newest = versions.get(self.struct.API_KEY, (0, 0))
        if not oldest <= self.struct.API_VERSION <= newest:
            raise IncompatibleBrokerVersion
        return self.struct


class _Commit(TxnOffsetCommitHandler):
    """Commits offsets in a transaction, as a member of the group."""

    def __init__(
        self, sender: Sender, offsets: Mapping[TopicPartition, OffsetAndMetadata], member: Member
    ) -> None:
        super().__init__(sender, offsets, member.group)
        self._member = member

    def create_request(self) -> _Exactly:
        state = self._sender._txn_manager
        places = defaultdict(list)
        for at, offset in self._offsets.items():
            places[at.topic].append((at.partition, offset.offset, -1, offset.metadata, _NO_TAGS))
        return _Exactly(
            _CommitOffsets(
                *(state.transactional_id, self._member.group),
                *(state.producer_id, state.producer_epoch),
                *(self._member.generation, self._member.id, None),
                [(topic, partitions, _NO_TAGS) for topic, partitions in places.items()],
                _NO_TAGS,
            )
        )

    def handle_response(self, response: _OffsetsAccepted) -> float | None:
        errors = [
            (topic, [(partition, code) for partition, code, _ in partitions])
            for topic, partitions, _ in response.topics
        ]
        if any(code in _LOST for _, partitions in errors for _, code in partitions):
            raise ProducerFenced
        return super().handle_response(SimpleNamespace(errors=errors))


class _Fetch(BaseHandler):
    """Fetches committed offsets that no open transaction may change."""

    group = ConnectionGroup.COORDINATION

    def __init__(self, sender: Sender, group: str, sources: Iterable[TopicPartition]) -> None:
        super().__init__(sender)
        self.offsets: dict[TopicPartition, int] = {}
        self._group = group
        self._places = defaultdict(list)
        for at in sources:
            self._places[at.topic].append(at.partition)

    def create_request(self) -> _Exactly:
        topics = [(topic, partitions, _NO_TAGS) for topic, partitions in self._places.items()]
        return _Exactly(_FetchOffsets(self._group, topics, _STABLE, _NO_TAGS))

    def handle_response(self, response: _SettledOffsets) -> float | None:
        codes = {response.error_code} | {
            code for _, partitions, _ in response.topics for *_, code, _ in partitions
        }
        if codes & _MOVED:
            return self.handle_error()
        if _LOADING in codes:
            return self._default_backoff
        if _UNSTABLE in codes:
            return _UNSTABLE_PAUSE
        for code in codes - {0}:
            raise kafka_errors.for_code(code)(self._group)
        self.offsets = {
            TopicPartition(topic, partition): offset
            for topic, partitions, _ in response.topics
            for partition, offset, *_ in partitions
            if offset >= 0
        }
        return None

    def handle_error(self) -> float:
        self._sender._coordinator_dead(CoordinationType.GROUP)
        return self._default_backoff


class MemberSender(Sender):
    """Aiokafka's sender, for a member of a group."""

    def __init__(self, sender: Sender, member: Member) -> None:
        super().__init__(
            sender.client,
            acks=sender._acks,
            txn_manager=sender._txn_manager,
            message_accumulator=sender._message_accumulator,
            retry_backoff_ms=sender._retry_backoff * 1000,
            request_timeout_ms=sender._request_timeout_ms,
        )
        self._member = member

    async def fence(self, name: str) -> None:
        """Ends what another producer of this transactional id has open, and its right to go on."""
        other = Sender(
            self.client,
            acks=self._acks,
            txn_manager=TransactionManager(name, self._txn_manager.transaction_timeout_ms),
            message_accumulator=None,
            retry_backoff_ms=self._retry_backoff * 1000,
            request_timeout_ms=self._request_timeout_ms,
        )
        await other._maybe_wait_for_pid()

    async def settled(self, sources: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Waits until no open transaction may commit offsets of these; returns those committed."""
        fetch = _Fetch(self, self._member.group, sources)
        while not await fetch.do(
            await self._find_coordinator(CoordinationType.GROUP, self._member.group)
        ):
            pass
        return fetch.offsets

    async def _do_txn_offset_commit(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group_id: str
    ) -> None:
        try:
            node = await self._find_coordinator(CoordinationType.GROUP, group_id)
        except GroupAuthorizationFailedError as error:
            self._txn_manager.error_transaction(error)
            return
        await _Commit(self, offsets, self._member).do(node)
