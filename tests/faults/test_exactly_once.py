"""Exactly once under fire: workers are killed, stopped and asked to go in their transactions."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pipeline.cluster import KafkaOptions

from .driver import Plan, run


@pytest.mark.parametrize(
    "plan",
    [
        Plan(workers=1, kills=4, sleeps=1, terms=1),
        Plan(workers=2, kills=4, sleeps=1, terms=1, seed=8),
    ],
    ids=["one worker a role", "two workers a role"],
)
def test_every_record_comes_out_once_whatever_dies(plan: Plan, kafka: KafkaOptions, tmp_path: Path):
    report = run(kafka, tmp_path, plan)
    assert report.problems == []
    assert report.aborted > 0, "no fault fell into a transaction: this run proves nothing"
    assert report.seen_uncommitted, "a reader of uncommitted records saw none: is this verifier?"
    assert min(report.backlogs) > 0, "a fault came when nothing was left to do: proves nothing"
    assert all(code != 0 for code in report.zombies), "a fenced worker must not end as if well"
    # One that had only just been started again ends before it has anything to finish.
    assert set(report.codes) <= {0, -signal.SIGTERM}
