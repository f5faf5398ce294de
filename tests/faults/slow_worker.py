"""A worker as `copydesk worker --role ROLE`, but slow inside its transactions, and telling.

For the fault tests: between the last send and the commit it waits, and a file with its process id
in FAULTS_FOLDER says that it does, so that it can be killed right there. The pipeline itself knows
nothing of this.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from pipeline.cli import main

_FOLDER = Path(os.environ["FAULTS_FOLDER"])
_PAUSE = float(os.environ["FAULTS_PAUSE"])  # seconds

_commit = AIOKafkaProducer.commit_transaction


async def _slow_commit(producer: AIOKafkaProducer, *arguments: Any) -> None:
    await producer.flush()
    inside = _FOLDER / f"inside-{os.getpid()}"
    inside.touch()
    await asyncio.sleep(_PAUSE)
    inside.unlink(missing_ok=True)
    await _commit(producer, *arguments)


AIOKafkaProducer.commit_transaction = _slow_commit

if __name__ == "__main__":
    sys.exit(main(["worker", *sys.argv[1:]]))
