"""Copies in real articles: the floors of the labelled pairs and of the stream of two weeks.

The articles are their publishers' and stand beside the repository, not in it (`../shared/data`).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"


@pytest.mark.parametrize("module", ["bench.quality.pairs", "bench.quality.stream"])
def test_copies_are_told_from_other_articles(module: str):
    if not DATA.exists():
        line = f"the real articles are not there: {DATA}"
        pytest.fail(line) if os.environ.get("CI") == "true" else pytest.skip(line)
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, capture_output=True, check=False
    )
    print(done.stdout.decode())  # noqa: T201 - the figures, for whoever reads the log
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
