"""docs/quickstart.md: every step works, in a fresh clone."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.optional import missing
from support.streams import ROOT

from deploy.kafka.libraries import jars, java
from pipeline.errors import WorkFailedError

PAGE = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"(?ms)^## (\w+):.*?\n(.*?)(?=^## |\Z)", PAGE))
PATIENCE = 300  # seconds


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed and not, which shares this checkout's environment."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        missing("git", "no git checkout to clone")
    folder = tmp_path_factory.mktemp("fresh") / "copydesk"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    if (ROOT / ".kafka").exists():
        (folder / ".kafka").symlink_to(ROOT / ".kafka")
    return folder


def follow(part: str, folder: Path) -> str:
    """Runs the blocks of a part, line by line in one shell; returns what they print."""
    script = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```", PARTS[part]))
    # Everything is installed already, in the environment that this test runs in.
    script = script.replace("make run", "make --old-file .venv/.runtime run")
    script = script.replace("pip install", "pip install --dry-run --no-build-isolation --no-index")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    script = script.replace("--port 9092", f"--port {port}")
    told = {
        "COPYDESK_KAFKA__BOOTSTRAP_SERVERS": f"localhost:{port}",
        **{f"COPYDESK_WORKER__{role}_PORT": "0" for role in ("DESK", "DEDUP", "SOURCES")},
    }
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_files_in_one_minute(clone: Path):
    shown = follow("Files", clone)
    assert (clone / "out" / "report.html").exists()
    assert "The ferry" in shown or "Ferry" in shown
    published = [
        len((clone / out / "clean.jsonl").read_bytes().splitlines())
        for out in ("out-feeds", "out-again")
    ]
    assert published[0] > published[1]


def test_kafka_in_five_minutes(clone: Path):
    try:
        java()
        jars()
    except WorkFailedError as error:
        missing("broker", f"no Kafka to test with ({error})")
    shown = follow("Kafka", clone)
    assert len(re.findall(r"articles\.clean\[\d\]@", shown)) == 5
    assert re.search(r"desk workers +fine +1 at work", shown)


def test_scrapy_in_ten_minutes(clone: Path):
    shown = follow("Scrapy", clone)
    assert '"copydesk/publish": 2' in shown
    settings: dict[str, object] = {}
    exec("".join(re.findall(r"(?ms)^```python\n(.*?)^```", PARTS["Scrapy"])), settings)  # noqa: S102
    assert "COPYDESK_BOOTSTRAP_SERVERS" in settings
