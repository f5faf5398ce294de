"""`copydesk worker`: runs the roles of the stream until a signal stops them."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from pipeline.cli.notice import say_if_slow
from pipeline.cli.terminal import plain
from pipeline.routing import Role
from pipeline.runners.kafka.admin.provisioning import preflight
from pipeline.runners.kafka.roles.children import CAN_FORK, Child, Leash, spawn, wait_for_threads
from pipeline.runners.kafka.roles.process import exit_now, run_role
from pipeline.runners.kafka.roles.supervisor import Supervisor
from pipeline.settings import Settings, load

# Loggers whose messages matter to developers only; a worker reports what stops it itself.
_NOISY = ("aiokafka", "asyncio", "faust", "kafka", "mode", "pipeline.runners.kafka.engine.app")


def worker(role: str | None, *, config: Path | None, leashed: bool, verbose: bool) -> None:
    """Runs one role in this process, or a process for each role."""
    say_if_slow()
    settings = load(config, os.environ).settings
    _log(verbose=verbose)
    if role is None:
        preflight(settings.kafka, tuple(Role))
        start = _copies() if CAN_FORK else _interpreters(config, verbose=verbose)
        starts = {name: partial(start, name, *post) for name, post in _posts(settings).items()}
        Supervisor(starts).run(leashed=leashed)
        return
    alone = Role(role)
    preflight(settings.kafka, (alone,))
    exit_now(run_role(settings, alone, sys.stdin.fileno() if leashed else None))


def _posts(settings: Settings) -> dict[str, tuple[Role, Settings]]:
    """Returns the role of each process, and its settings, by its name in the log."""
    found: dict[str, tuple[Role, Settings]] = {role: (role, settings) for role in Role}
    for number in range(1, settings.worker.desks):
        of_desk = replace(settings, worker=settings.worker.of_desk(number))
        found[f"{Role.DESK} {number + 1}"] = Role.DESK, of_desk
    return found


def _copies() -> Callable[[str, Role, Settings], Child]:
    """Workers that are forked: all they need is imported once, here."""
    leash = Leash()
    started = set[str]()
    wait_for_threads()  # of the check of the cluster
    gc.freeze()  # a collection in a child would copy the memory that it shares

    def start(name: str, role: Role, settings: Settings) -> Child:
        # Faust would wait for ever at its start for a broker that has gone away meanwhile.
        is_again = name in started
        started.add(name)
        return leash.fork(lambda end: run_role(settings, role, end, checks_broker=is_again))

    return start


def _interpreters(config: Path | None, *, verbose: bool) -> Callable[[str, Role, Settings], Child]:
    """Workers that import everything anew."""
    options = ["--config", str(config)] if config else []
    options += ["--verbose"] if verbose else []

    def start(_name: str, role: Role, settings: Settings) -> Child:
        port = settings.worker.port(role)
        environ = {f"COPYDESK_WORKER__{role.upper()}_PORT": "null" if port is None else str(port)}
        return spawn(["worker", "--role", role, "--leashed", *options], environ)

    return start


class _Plainly(logging.Formatter):
    """Shows the control characters of what articles brought into the log."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record))


def _log(*, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Plainly("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)
