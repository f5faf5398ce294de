"""Prometheus for tests: the metrics that there are, what a query names, and a real server.

The server is Debian's package `prometheus`; others may be on the PATH.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from pipeline.metrics import IndexFacts, Metrics
from pipeline.routing import Role
from support.optional import missing
from support.streams import ROOT

CONFIG = ROOT / "deploy" / "prometheus" / "prometheus.yml"
_PATIENCE = 30.0  # seconds until a server that does not answer counts as failed
_NAMES = re.compile(r"\b(?:copydesk|process)_\w+|\bup\b")
_LABELS = re.compile(r"\{[^}]*\}|\b(?:by|on|group_left|group_right|ignoring)\s*\([^)]*\)")


def tool(name: str) -> str:
    """The path of a program of Prometheus's."""
    return shutil.which(name) or missing("promtool", f"{name} is not on the path")


def metrics_of(query: str) -> set[str]:
    """The metrics that a query asks for."""
    return set(_NAMES.findall(_LABELS.sub(" ", query)))


def all_metrics() -> set[str]:
    """What the roles show, as queries name it, and `up`, which Prometheus adds."""
    metrics = Metrics(Role.DEDUP)
    metrics.watch_lag(dict)
    metrics.watch_index(lambda: IndexFacts(articles=0, bytes=0, oldest=None, cuts=0))
    metrics.watch_sources(list, 1)
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {"up"} | {
        family.name + ending
        for family in metrics.registry.collect()
        for ending in endings.get(family.type, ("",))
    }


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Prometheus:
    """A server with docker compose's configuration that looks at each role's port every second."""

    def __init__(self, folder: Path, port: int, roles: Mapping[Role, int]) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/"
        config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(CONFIG.parent / name) for name in config["rule_files"]]
        for place in config["scrape_configs"][0]["static_configs"]:
            place["targets"] = [f"127.0.0.1:{roles[Role(place['labels']['role'])]}"]
        path = folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [
            tool("prometheus"),
            f"--config.file={path}",
            f"--storage.tsdb.path={folder / 'data'}",
        ]
        self._log = folder / "prometheus.log"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=out, stderr=out
            )

    def ask(self, path: str, **parameters: str) -> Any:
        """What its API answers: the `data`. Raises AssertionError with its message."""
        url = f"{self._url}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def values(self, query: str) -> list[float]:
        """The values of all series that a query gives now."""
        found = self.ask("query", query=query)
        rows = (
            [found["result"]]
            if found["resultType"] == "scalar"
            else [row["value"] for row in found["result"]]
        )
        return [float(value) for _, value in rows]

    def __enter__(self) -> Self:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.ask("status/runtimeinfo")
            except (AssertionError, OSError):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__()
                    raise AssertionError(f"no Prometheus: {self._log.read_text()}") from None
                time.sleep(0.1)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
