"""One worker process: runs a role until a clean stop, or until an error ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pipeline.cluster import KafkaOptions
from pipeline.errors import CopydeskError, WorkFailedError
from pipeline.metrics import IndexFacts, Metrics
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.provisioning import preflight
from pipeline.runners.kafka.connection.diagnosis import explain
from pipeline.runners.kafka.engine.app import StreamApp
from pipeline.runners.kafka.engine.assignment import Assignment
from pipeline.runners.kafka.engine.in_hand import InHand
from pipeline.runners.kafka.engine.membership import Membership
from pipeline.runners.kafka.engine.partition import Handler
from pipeline.runners.kafka.roles.dedup import DedupHandler
from pipeline.runners.kafka.roles.desk import DeskHandler
from pipeline.runners.kafka.roles.health import Health
from pipeline.runners.kafka.roles.sources import SourcesHandler, SourcesTopic
from pipeline.settings import Settings
from pipeline.sources import SourceRecord

if TYPE_CHECKING:
    from pipeline.runners.journal import Journal

log = logging.getLogger(__name__)

_SOURCES_WAIT = 1.0  # seconds
# Objects, then collections, until garbage is looked for. What comes of an article has no cycles and
# goes with its round: looking as often as Python does took 2 % of a desk's time.
_GARBAGE = 50_000, 20, 50
_SWITCH = 0.0005  # seconds that the event loop waits for the working thread
# A stop takes at most 5 s. Unfinished transactions were not committed: nothing is lost.
_FINISH = 3.0  # seconds for open transactions
_LEAVE = 1.0  # seconds to leave the group


def run_role(
    settings: Settings, role: Role, leash: int | None, *, checks_broker: bool = False
) -> int:
    """Runs a role to its end; returns the exit code. An error is logged, not raised."""
    try:
        if checks_broker:
            preflight(settings.kafka, (role,))
        asyncio.run(work(settings, role, leash))
    except CopydeskError as error:
        logging.getLogger("copydesk").critical("%s stops: %s", role, error)
        return error.exit_code
    return 0


async def work(settings: Settings, role: Role, leash: int | None = None) -> None:
    """Runs a role until SIGTERM, SIGINT, or until the file descriptor `leash` closes.

    Raises `CopydeskError` with whatever else ended it.
    """
    _tune()
    metrics = Metrics(role)
    assignment = Assignment(
        _paced(settings, role), role, _handlers(settings, role), metrics, _in_hand(settings, role)
    )
    group = settings.kafka.group_of(role)
    app = StreamApp(settings.kafka, role, assignment, Membership(_notes(settings), group))
    metrics.watch_lag(lambda: assignment.lags(app.ends()))
    metrics.watch_ready(lambda: assignment.is_ready)
    if role is Role.DEDUP:
        metrics.watch_index(lambda: _index_facts(assignment))
    if role is Role.SOURCES:
        metrics.watch_sources(lambda: _sources(assignment), settings.sources.shown)
    health = await _serve(settings, role, metrics, assignment)
    stop = _stop_signals(leash)
    try:
        await _until_stopped(app, assignment, settings, stop)
    finally:
        if health:
            await health.stop()


def _paced(settings: Settings, role: Role) -> KafkaOptions:
    """Lets batches of the sources role fill longer: it writes one record a source and batch."""
    if role is not Role.SOURCES:
        return settings.kafka
    return replace(settings.kafka, batch_wait=max(_SOURCES_WAIT, settings.kafka.batch_wait))


def _notes(settings: Settings) -> Path:
    """The folder for what a process leaves to the next one."""
    state = settings.worker.state_folder
    return Path(state) if state else Path(tempfile.gettempdir(), f"copydesk-{os.getuid()}")


def _in_hand(settings: Settings, role: Role) -> InHand:
    try:
        return InHand(_notes(settings), settings.kafka.group_of(role), settings.worker.deadline)
    except OSError as error:
        raise WorkFailedError(
            f"{error.filename or 'temporary files'}: {error.strerror}; a worker notes in a file"
            " what it has in hand: set worker.state_folder, or TMPDIR, to a folder for it"
        ) from error


def _tune() -> None:
    """Tunes Python for one working thread and one that serves connections."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_SWITCH)


def exit_now(code: int) -> None:
    """Ends the process without waiting for threads that hang on a lost broker."""
    logging.shutdown()
    os._exit(code)


def _handlers(settings: Settings, role: Role) -> Callable[[int], Handler]:
    stages = settings.stages()
    if role is Role.DESK:
        return lambda _: DeskHandler(stages, settings.kafka)
    if role is Role.SOURCES:
        topic = SourcesTopic(settings.kafka)
        return lambda partition: SourcesHandler(topic, settings.sources, stages.ruleset, partition)
    return lambda partition: DedupHandler(
        stages, settings.kafka, _journal(settings, partition), partition
    )


def _journal(settings: Settings, partition: int) -> Journal:
    from pipeline.runners.journal import Journal  # noqa: PLC0415 - numpy, of this role alone

    topic = settings.kafka.topic(Topic.INDEX)
    name = f"{topic}-{partition}"
    folder = settings.worker.state_folder
    return Journal(Path(folder) / name if folder else None, name, settings.dedup)


def _index_facts(assignment: Assignment) -> IndexFacts:
    facts = [one.facts for one in assignment.handlers if isinstance(one, DedupHandler)]
    return IndexFacts(
        articles=sum(one.articles for one in facts),
        bytes=sum(one.bytes for one in facts),
        oldest=min((one.oldest for one in facts if one.oldest is not None), default=None),
        cuts=sum(one.cuts for one in facts),
    )


def _sources(assignment: Assignment) -> list[SourceRecord]:
    handlers = [one for one in assignment.handlers if isinstance(one, SourcesHandler)]
    return [record for handler in handlers for record in handler.records()]


async def _serve(
    settings: Settings, role: Role, metrics: Metrics, assignment: Assignment
) -> Health | None:
    port = settings.worker.port(role)
    if port is None:
        return None
    extend = None
    if role is Role.SOURCES:
        from pipeline.runners.kafka.web.routes import Page  # noqa: PLC0415 - Jinja, of this role

        extend = Page(settings).attach
    health = Health(settings.worker.host, port, metrics, lambda: assignment.is_ready, extend)
    log.info("%s: health and metrics at %s", role, await health.start())
    return health


def _stop_signals(leash: int | None) -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if leash is not None:
        loop.add_reader(leash, stop.set)
    return stop


async def _until_stopped(
    app: StreamApp, assignment: Assignment, settings: Settings, stop: asyncio.Event
) -> None:
    started = asyncio.create_task(app.maybe_start())
    crashed = asyncio.create_task(app.wait_until_stopped())
    stopped = asyncio.create_task(stop.wait())
    try:
        ends: list[asyncio.Future[Any]] = [crashed, stopped, assignment.failed]
        done: set[asyncio.Future[Any]] = set()
        while not done and not app.refused():
            done, _ = await asyncio.wait(ends, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            assignment.saw(app.partitions())
        error = _error_of(app, assignment, started)
        if error:
            raise error if isinstance(error, CopydeskError) else explain(error, settings.kafka)
        if not stopped.done():
            raise WorkFailedError("the consumer stopped by itself: see the log above")
        await asyncio.wait([asyncio.create_task(assignment.close())], timeout=_FINISH)
    finally:
        await asyncio.wait([asyncio.create_task(app.stop())], timeout=_LEAVE)


def _error_of(
    app: StreamApp, assignment: Assignment, started: asyncio.Task[bool]
) -> BaseException | None:
    if assignment.failed.done():
        return assignment.failed.result()
    if started.done() and started.exception():
        return started.exception()
    return app.crash_reason or app.refused()
