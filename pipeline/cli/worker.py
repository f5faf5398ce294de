"""`copydesk worker`: runs the roles of the stream until a signal stops them."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from pipeline.cli.notice import say_if_slow
from pipeline.errors import CopydeskError, WrongUseError
from pipeline.routing import Role
from pipeline.runners.kafka.roles.supervisor import Supervisor
from pipeline.settings import load

# Loggers whose messages matter to developers only; a worker reports what stops it itself.
_NOISY = ("aiokafka", "asyncio", "faust", "kafka", "mode", "pipeline.runners.kafka.engine.app")


def worker(role: str | None, *, config: Path | None, leashed: bool, verbose: bool) -> None:
    """Runs one role in this process, or a process for each role."""
    say_if_slow()
    settings = load(config, os.environ).settings
    _log(verbose=verbose)
    if role is None:
        from pipeline.runners.kafka.admin.provisioning import preflight  # noqa: PLC0415 - see below

        preflight(settings.kafka, tuple(Role))
        arguments = ["--config", str(config)] if config else []
        Supervisor(tuple(Role), [*arguments, *(["--verbose"] if verbose else [])]).run(
            leashed=leashed
        )
        return
    # Importing Faust takes half a second that the other commands need not wait.
    from pipeline.runners.kafka.admin.provisioning import preflight  # noqa: PLC0415
    from pipeline.runners.kafka.roles.process import exit_now, work  # noqa: PLC0415

    alone = Role(role)
    preflight(settings.kafka, (alone,))
    try:
        asyncio.run(work(settings, alone, leashed=leashed))
    except CopydeskError as error:
        logging.getLogger("copydesk").critical("%s stops: %s", alone, error)
        exit_now(2 if isinstance(error, WrongUseError) else 1)
    exit_now(0)


def _log(*, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"
    )
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)
