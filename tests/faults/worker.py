"""A worker as `copydesk worker --role ROLE`, but slow where it can be hurt, and telling.

Between the last send and the commit it waits, and a file with its process id in FAULTS_FOLDER says
that it does, so that it can be killed right there. Files of other names in that folder make it
raise, once, or slow. FAULTS_MUTATION breaks it on purpose: the verifier must find that. The
pipeline itself knows nothing of this.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from pipeline import flow
from pipeline.cli import main
from pipeline.routing import TOPICS, Topic
from pipeline.runners.kafka.engine.app import StreamApp, _CommittedThread
from pipeline.runners.kafka.engine.messages import Writer
from pipeline.runners.kafka.roles import dedup, desk

_FOLDER = Path(os.environ.get("FAULTS_FOLDER", ""))
_PAUSE = float(os.environ.get("FAULTS_PAUSE", "0"))  # seconds
_MUTATION = os.environ.get("FAULTS_MUTATION")
_CLEAN, _INDEX = TOPICS[Topic.CLEAN].name, TOPICS[Topic.INDEX].name

# Where an error is raised when a file `raise-NAME` appears: the object, and its attribute.
STAGES: dict[str, tuple[Any, str]] = {
    "parse": (desk, "unpack"),
    "clean": (flow, "clean_with"),
    "check": (flow, "check_all"),
    "fingerprint": (flow, "fingerprint"),
    "encode": (Writer, "prepared"),
    "decide": (dedup, "decide"),
    "remember": (dedup, "entry_of"),
    "before send": (AIOKafkaProducer, "begin_transaction"),
    "after send": (AIOKafkaProducer, "send_offsets_to_transaction"),
    "before commit": (AIOKafkaProducer, "commit_transaction"),
    "after commit": (dedup.DedupHandler, "committed"),
}


def _here(name: str) -> bool:
    """Whether the file of this name was there; it is gone now."""
    try:
        (_FOLDER / name).unlink()
    except FileNotFoundError:
        return False
    return True


def _raising(stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if _here(f"raise-{stage}"):
            raise RuntimeError(f"a fault {stage}")
        return call(*arguments, **named)

    return wrapped


async def _wait_as(place: str, seconds: float) -> None:
    """Waits where it can be hurt, and says so."""
    mark = _FOLDER / f"{place}-{os.getpid()}"
    mark.touch()
    await asyncio.sleep(seconds)
    mark.unlink(missing_ok=True)


_commit = AIOKafkaProducer.commit_transaction


async def _slow_commit(producer: AIOKafkaProducer) -> None:
    await producer.flush()
    slow = _FOLDER / "slow"
    await _wait_as("inside", float(slow.read_text()) if slow.exists() else _PAUSE)
    await _commit(producer)
    _indexed.pop(producer, None)


_send_batch = AIOKafkaProducer.send_batch
_indexed: dict[AIOKafkaProducer, asyncio.Future[Any]] = {}  # what a transaction sent to the index


def _index_of(producer: AIOKafkaProducer) -> asyncio.Future[Any]:
    if producer not in _indexed:
        _indexed[producer] = asyncio.get_running_loop().create_future()
    return _indexed[producer]


async def _send_between(
    producer: AIOKafkaProducer, batch: Any, topic: str, *, partition: int
) -> Any:
    """Sends to clean once the index has its records, and waits between the two."""
    if topic.endswith(_CLEAN):
        await (await _index_of(producer))
        await _wait_as("between", _PAUSE)
    sent = await _send_batch(producer, batch, topic, partition=partition)
    if topic.endswith(_INDEX):
        _index_of(producer).set_result(sent)
    return sent


# Mutations: what must not be done, and must be found if it is


def _fence_late() -> None:
    """Reads the committed offsets, and only then fences the partitions' earlier owners."""
    assigned = StreamApp._on_partitions_assigned

    async def sought_first(app: StreamApp, partitions: Any, generation: int = 0) -> None:
        if not partitions or not _here("fence-late"):
            await assigned(app, partitions, generation)
            return
        thread = app.consumer._thread
        before = await thread.seek_to_committed()
        (_FOLDER / "sought").touch()
        await asyncio.sleep(4)

        async def seek_there() -> Any:
            for place, offset in before.items():
                thread._ensure_consumer().seek(place, offset or 0)
            return before

        def seek_once() -> Any:
            del thread.seek_to_committed
            return thread.call_thread(seek_there)

        thread.seek_to_committed = seek_once
        await assigned(app, partitions, generation)

    StreamApp._on_partitions_assigned = sought_first  # type: ignore[method-assign]


def _read_uncommitted() -> None:
    """Has the roles act on records of transactions that were aborted."""
    del _CommittedThread._create_worker_consumer


def _commit_no_offset() -> None:
    """Publishes without saying how far it is."""

    async def nothing(*_: Any) -> None: ...

    AIOKafkaProducer.send_offsets_to_transaction = nothing


def _remember_nothing() -> None:
    """Publishes without writing it to the index."""
    dedup.DedupHandler._remember = lambda *_: []  # type: ignore[method-assign]


MUTATIONS: dict[str, Callable[[], None]] = {
    "fence-late": _fence_late,
    "read-uncommitted": _read_uncommitted,
    "commit-no-offset": _commit_no_offset,
    "remember-nothing": _remember_nothing,
}


def _break() -> None:
    AIOKafkaProducer.commit_transaction = _slow_commit
    if os.environ.get("FAULTS_BETWEEN"):
        AIOKafkaProducer.send_batch = _send_between
    for stage, (where, name) in STAGES.items():
        setattr(where, name, _raising(stage, getattr(where, name)))
    if _MUTATION:
        MUTATIONS[_MUTATION]()


if __name__ == "__main__":
    _break()
    sys.exit(main(["worker", *sys.argv[1:]]))
