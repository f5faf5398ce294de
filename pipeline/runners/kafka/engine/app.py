"""Faust's part: group membership, fetching and backpressure. We commit; Faust does not.

Faust acks nothing here, so it commits nothing. Two of its private methods are overridden because
exactly-once depends on the order: fence every partition FIRST, then let Faust read the committed
offsets. Faust's signals fire too late for that, and are no barrier. We take records where Faust's
consumer yields them, a whole fetch at a time: passing each one to an agent would cost two tasks
and three turns of the event loop, and a busy desk turns the loop rarely.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from tempfile import gettempdir
from types import MappingProxyType
from typing import Any, ClassVar, cast

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.protocol.group import HeartbeatRequest, LeaveGroupRequest
from faust.tables import TableManager
from faust.transport.consumer import RecordMap
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from faust.types.auth import CredentialsT
from yarl import URL

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.runners.kafka.connection.security import has_login, servers, ssl_context
from pipeline.runners.kafka.engine.assignment import Assignment
from pipeline.runners.kafka.engine.membership import Membership
from pipeline.runners.kafka.engine.messages import Received

FETCH_BYTES = 4 << 20  # of one partition at a time
_METADATA_MS = 10_000  # until a topic that was made anew, or has more partitions, is noticed
_REQUEST_TIMEOUT = 90.0  # seconds; Faust wants it above the session's


class _Listener(driver.ConsumerRebalanceListener):
    """Keeps this process in its group while it claims partitions."""

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Claims, and sends heartbeats meanwhile, which the client does only afterwards.

        After a claim that took longer than a session the group would have given the partitions
        away: it would be claimed again, and again.
        """
        coordinator = self._thread._ensure_consumer()._coordinator  # noqa: SLF001
        cast("StreamApp", self._thread.app).membership.note(coordinator.member_id)
        alive = asyncio.create_task(_stay(coordinator))
        try:
            await super().on_partitions_assigned(assigned)
        finally:
            alive.cancel()


async def _stay(member: GroupCoordinator) -> None:
    """Sends heartbeats. Their answers are left to the client's own, after the claim.

    A rebalance that began at once would overlap with the seek that follows a claim.
    """
    while True:
        await asyncio.sleep(member._heartbeat_interval_ms / 1000)  # noqa: SLF001
        beat = HeartbeatRequest(member.group_id, member.generation, member.member_id)
        with suppress(KafkaError):
            await member._send_req(beat)  # noqa: SLF001


class _CommittedThread(driver.AIOKafkaConsumerThread):
    """Reads committed records only, and starts at the committed offset of each partition."""

    async def on_start(self) -> None:
        """Says goodbye to the group for processes of this machine that died without it."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001
        app = cast("StreamApp", self.app)
        for member in app.membership.dead():
            with suppress(KafkaError, TimeoutError):  # then the group waits for its session to end
                async with asyncio.timeout(app.conf.broker_session_timeout):
                    await coordinator.ensure_coordinator_known()
                    await coordinator._send_req(LeaveGroupRequest(app.conf.id, member))  # noqa: SLF001

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seeks partitions without a committed offset to their beginning: the client would not."""
        committed = await super().seek_to_committed()
        new = [tp for tp, offset in committed.items() if not offset]
        if new:
            await self.seek_to_beginning(*new)
        return committed

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        """Sets `read_committed`: Faust reads uncommitted records unless it commits itself."""
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - read when it starts
        return consumer


class _Consumer(driver.Consumer):
    """Yields whole fetches without gaps, in the order of each partition's offsets.

    A fetch advances the client's position even if its records are dropped. So after a dropped
    fetch nothing is yielded until a seek has moved the position back.
    """

    RebalanceListener: ClassVar[type[driver.ConsumerRebalanceListener]] = _Listener

    _seek_done: object | None = None  # the last seek; None when a fetch was dropped since
    _positions: Mapping[TP, int] = MappingProxyType({})  # each record before them was fetched

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Seeks to the committed offsets. A fetch that is dropped meanwhile makes it seek again."""
        self._seek_done = object()
        try:
            await super().perform_seek()
        except BaseException:
            self._seek_done = None
            raise

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:  # noqa: ASYNC109
        """Returns a fetch; nothing if partitions were reassigned or a seek happened meanwhile."""
        if self.flow_active and self._seek_done is None:
            with suppress(IllegalStateError):  # a rebalance, which ends with a seek
                await self.perform_seek()
        seek = self._seek_done
        try:
            records = await super()._getmany(active_partitions, timeout)
        except OffsetOutOfRangeError as error:
            if self.flow_active and seek is self._seek_done:
                await self._start_over(error.args[0])
            return {}
        except NoOffsetForPartitionError:  # a new partition, fetched before its seek
            self._seek_done = None
            return {}
        if self.flow_active and seek and seek is self._seek_done:
            self._positions = cast("StreamApp", self.app).positions()
            return records
        if records:
            self._seek_done = None
        return {}

    async def _start_over(self, places: Mapping[TP, int]) -> None:
        """Continues with the earliest records of the cluster where those at `places` are gone."""
        with suppress(IllegalStateError):  # a rebalance, which ends with a seek
            earliest = await self.earliest_offsets(*places)
            cast("StreamApp", self.app).start_over(places, earliest)
            await self._thread.seek_to_beginning(*places)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109
        """Delivers a fetch to the partitions at once, and yields nothing for an agent.

        Faust would make a message of each record first, which costs as much as all the rest.
        """
        self._positions = {}
        fetched, _ = await self._wait_next_records(timeout)
        app = cast("StreamApp", self.app)
        # Only now: it may have waited for a rebalance, and then fetched for the generation after.
        generation = app.consumer_generation_id
        if not self.should_stop:
            await app.take(fetched or {}, generation)
            app.reach(self._positions, generation)
        nothing: list[tuple[TP, Message]] = []
        for one in nothing:
            yield one


class _Transport(driver.Transport):
    Consumer: ClassVar[type[Any]] = _Consumer


class _NoTables(TableManager):
    """Starts at once: Faust's own waits a second for tables to be declared, and we have none."""

    async def on_start(self) -> None:
        """Signals Faust that all tables are known, so that the consumer subscribes."""
        await self._update_channels()
        await self.recovery.start()


def credentials(options: KafkaOptions) -> CredentialsT | None:
    """Faust's credentials, or None for connections without TLS and login."""
    context = ssl_context(options)
    if has_login(options):
        return faust.SASLCredentials(
            username=options.sasl_username,
            password=options.sasl_password,
            ssl_context=context,
            mechanism=options.sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context else None


class StreamApp(faust.App):
    """A Faust app that hands the records of its source to the partitions' owners."""

    def __init__(
        self, options: KafkaOptions, role: Role, assignment: Assignment, membership: Membership
    ) -> None:
        super().__init__(
            options.group_of(role),
            broker=[URL(f"kafka://{server}") for server in servers(options)],
            broker_credentials=credentials(options),
            broker_client_id=f"copydesk-{role}",
            broker_session_timeout=options.session_timeout,
            broker_heartbeat_interval=options.session_timeout / 4,
            broker_request_timeout=max(_REQUEST_TIMEOUT, options.session_timeout + 5),
            consumer_auto_offset_reset="none",  # the client never picks an offset by itself
            consumer_max_fetch_size=FETCH_BYTES,
            consumer_metadata_max_age_ms=_METADATA_MS,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            TableManager=_NoTables,
            datadir=gettempdir(),
        )
        self.membership = membership
        self._assigned = assignment
        self.source = options.source_of(role)
        self.topics.add(self.topic(self.source, acks=False))

    async def take(
        self, fetched: Mapping[TP, Sequence[ConsumerRecord]], generation: int | None
    ) -> None:
        """Delivers records to their partitions; waits while the buffer of one is full."""
        await asyncio.gather(
            *(
                self._assigned.deliver(
                    TopicPartition(*tp), [*map(Received.of, records)], generation
                )
                for tp, records in fetched.items()
            )
        )

    def reach(self, positions: Mapping[TP, int], generation: int | None) -> None:
        """Tells partitions that each record before these positions was delivered."""
        for tp, position in positions.items():
            self._assigned.reach(TopicPartition(*tp), position, generation)

    def start_over(self, places: Mapping[TP, int], earliest: Mapping[TP, int]) -> None:
        """Makes partitions continue at their earliest records: those at `places` are gone."""
        for tp, offset in places.items():
            self._assigned.start_over(TopicPartition(*tp), offset, earliest[tp])

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self._assigned.release()
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.consumer.stop_flow()  # until the seek: no partition owns what is fetched before
        ours = [TopicPartition(tp.topic, tp.partition) for tp in sorted(assigned)]
        member = getattr(self._coordinator(), "member_id", "")
        await self._assigned.claim(
            [tp for tp in ours if tp.topic == self.source], generation_id, member
        )
        await super()._on_partitions_assigned(assigned, generation_id)

    def _new_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Creates none: nothing is kept on disk."""

    def refused(self) -> BaseException | None:
        """The pending group error, which aiokafka raises only on the next fetch, or None."""
        error: BaseException | None = getattr(self._coordinator(), "_pending_exception", None)
        return error

    def _coordinator(self) -> object | None:
        """The client's part that keeps it in the group."""
        return getattr(self._client(), "_coordinator", None)

    def _client(self) -> AIOKafkaConsumer | None:
        thread = getattr(self.consumer, "_thread", None)
        return thread and thread._consumer  # noqa: SLF001

    def partitions(self) -> int | None:
        """Returns how many partitions the source has, 0 if it is gone, None if it is not known."""
        consumer = self._client()
        if consumer is None or consumer._client.cluster._need_update:  # noqa: SLF001
            return None
        return len(consumer.partitions_for_topic(self.source) or ())

    def positions(self) -> Mapping[TP, int]:
        """Returns the next offset to fetch of each assigned partition that has one."""
        return {tp: position for tp, (position, _) in self.ends().items()}

    def ends(self) -> Mapping[TopicPartition, tuple[int, int]]:
        """Returns, for each assigned partition, the next offset to fetch and the high watermark."""
        consumer = self._client()
        subscription = consumer and consumer._subscription.subscription  # noqa: SLF001
        assignment = subscription and subscription.assignment  # None before the first assignment
        states = {tp: assignment.state_value(tp) for tp in assignment.tps} if assignment else {}
        return {
            tp: (state.position, state.highwater)
            for tp, state in states.items()
            if state and state.has_valid_position and state.highwater is not None
        }
