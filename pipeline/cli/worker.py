"""`copydesk worker`: runs the roles of the stream until a signal stops them."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.cli.notice import say_if_slow
from pipeline.cli.terminal import plain
from pipeline.routing import Role
from pipeline.runners.kafka.admin.provisioning import preflight
from pipeline.runners.kafka.roles.children import CAN_FORK, Child, Leash, spawn
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
        start = _copies(settings) if CAN_FORK else _interpreters(config, verbose=verbose)
        Supervisor(tuple(Role), start).run(leashed=leashed)
        return
    alone = Role(role)
    preflight(settings.kafka, (alone,))
    exit_now(run_role(settings, alone, sys.stdin.fileno() if leashed else None))


def _copies(settings: Settings) -> Callable[[Role], Child]:
    """Workers that are forked: all they need is imported once, here."""
    leash = Leash()
    started = set[Role]()
    gc.freeze()  # a collection in a child would copy the memory that it shares

    def start(role: Role) -> Child:
        # Faust would wait for ever at its start for a broker that has gone away meanwhile.
        is_again = role in started
        started.add(role)
        return leash.fork(lambda end: run_role(settings, role, end, checks_broker=is_again))

    return start


def _interpreters(config: Path | None, *, verbose: bool) -> Callable[[Role], Child]:
    """Workers that import everything anew."""
    options = ["--config", str(config)] if config else []
    options += ["--verbose"] if verbose else []
    return lambda role: spawn(["worker", "--role", role, "--leashed", *options])


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
