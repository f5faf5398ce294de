"""What `copydesk doctor` looks at on this machine, without a broker."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct

from pipeline.article import Arrival, Origin
from pipeline.clock import now
from pipeline.cluster import KafkaOptions
from pipeline.dedup import DedupOptions
from pipeline.errors import CopydeskError
from pipeline.flow import prepare
from pipeline.native import MISSING
from pipeline.routing import Topic
from pipeline.runners.entries import IDENTITY
from pipeline.settings import Settings

_TRIED = ((3, 11), (3, 13))  # versions of Python
_LEAST_FREE = 1 << 30  # bytes for entries and journals
_STORY = b"The ferry stays until spring.\n\nThe council said so on Monday."


class State(StrEnum):
    """How a thing is."""

    FINE = "fine"
    LOOK = "look"  # it works, and a person should know
    BROKEN = "broken"


class Check(Struct, frozen=True):
    """One thing that was looked at: what was found, and what to do about it."""

    name: str
    state: State
    found: str
    advice: str = ""


def machine(settings: Settings) -> Iterator[Check]:
    """Yields the checks of Python, the installation and the folders."""
    yield _python()
    yield _native()
    yield _installation(settings)
    yield _space("temporary files", Path(tempfile.gettempdir()), "set TMPDIR to another folder")
    folder = settings.worker.state_folder
    if folder:
        yield _space("state folder", Path(folder), "set worker.state_folder to another folder")
        yield from _indexes(Path(folder), settings.kafka, settings.dedup)


def _python() -> Check:
    version = sys.version_info[:2]
    found = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    first, last = (".".join(map(str, one)) for one in _TRIED)
    if _TRIED[0] <= version <= _TRIED[1]:
        return Check("Python", State.FINE, found)
    return Check("Python", State.LOOK, found, f"Copydesk is tested with {first} to {last}")


def _native() -> Check:
    if MISSING:
        return Check("native module", State.LOOK, MISSING)
    if os.environ.get("COPYDESK_NATIVE") == "0":
        return Check(
            "native module",
            State.LOOK,
            "switched off: an article takes some ten times as long",
            "unset COPYDESK_NATIVE",
        )
    return Check("native module", State.FINE, "loaded")


def _installation(settings: Settings) -> Check:
    """Cleans and checks an article: languages, models and rules have to be there for it."""
    began = time.monotonic()
    try:
        stages = settings.stages()
        prepare(_STORY, Arrival(Origin(file="doctor"), now()), stages)
    except (CopydeskError, OSError) as error:
        return Check("installation", State.BROKEN, str(error), "install Copydesk again")
    milliseconds = round(1000 * (time.monotonic() - began))
    found = f"the first article took {milliseconds} ms, ruleset {stages.ruleset}"
    return Check("installation", State.FINE, found)


def _space(name: str, folder: Path, advice: str) -> Check:
    """Checks that a folder, or the one that it will be made in, takes files."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(name, State.BROKEN, f"{there} takes no files: {error.strerror}", advice)
    found = f"{there}, {free / (1 << 30):.1f} GiB free"
    if free < _LEAST_FREE:
        return Check(name, State.LOOK, found, f"make room, or {advice}")
    return Check(name, State.FINE, found)


def _indexes(folder: Path, kafka: KafkaOptions, dedup: DedupOptions) -> Iterator[Check]:
    """Checks that the indexes of a dedup worker belong to these settings."""
    from pipeline.runners.journal import Identity  # noqa: PLC0415 - NumPy

    for one in sorted(folder.glob(f"{kafka.topic(Topic.INDEX)}-*/{IDENTITY}")):
        try:
            found = msgspec.json.decode(one.read_bytes(), type=Identity)
            problem = found.difference(Identity.of(one.parent.name, dedup))
        except (OSError, msgspec.DecodeError) as error:
            problem = str(error)
        if problem:
            advice = "none needed: the worker reads the topic from its start, which takes longer"
            yield Check("index", State.LOOK, f"{one.parent} cannot be used: {problem}", advice)
        else:
            size = sum(file.stat().st_size for file in one.parent.iterdir())
            yield Check("index", State.FINE, f"{one.parent}, {size / (1 << 20):.1f} MiB")
