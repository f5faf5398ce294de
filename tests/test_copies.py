"""Copies in real articles: the floors of the labelled pairs and of the stream of two weeks.

The articles are their publishers' and stand beside the repository, not in it (`../shared/data`).
"""

import subprocess
import sys
from pathlib import Path

import pytest
from support.real_articles import data

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "module", ["bench.quality.pairs", "bench.quality.stream", "bench.quality.forms"]
)
def test_copies_are_told_from_other_articles(module: str):
    data()
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, capture_output=True, check=False
    )
    print(done.stdout.decode())  # noqa: T201 - the figures, for whoever reads the log
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
