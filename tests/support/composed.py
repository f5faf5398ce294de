"""docker-compose.yml as Docker reads it, and what it starts, run on this machine without Docker.

Commands, environments and set-up are those of the file; only hosts, ports and folders are others.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from support.streams import ROOT, Pipeline, running

FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
_PLACE = re.compile(r"(?:kafka|localhost|127\.0\.0\.1|(?<=//)|(?<==)):(\d{4,5})\b")

Service = Mapping[str, Any]


def read(variables: Mapping[str, str]) -> dict[str, Any]:
    """The file with its variables filled in."""
    return _fill(yaml.safe_load(FILE.read_text(encoding="utf-8")), variables)


def _fill(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _fill(value, variables) for name, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, variables) for value in node]
    if isinstance(node, str):
        return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[2], node)
    return node


SERVICES: dict[str, Service] = read({})["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
WORKERS = {name: service for name, service in OURS.items() if service["command"][0] == "worker"}


def environ(service: Service) -> dict[str, str]:
    """The environment of a service: everything there is text."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def ports(service: Service) -> dict[int, tuple[str, int]]:
    """The ports of a container and where each is published."""
    split = [published.rsplit(":", 2) for published in service.get("ports", ())]
    return {int(inside): (host, int(outside)) for host, outside, inside in split}


def mounts(service: Service) -> dict[str, str]:
    """What is mounted, by its place in the container: a path here, or the name of a volume."""
    split = [mount.split(":") for mount in service.get("volumes", ())]
    return {target: source for source, target, *_ in split}


class Ports(dict[str, int]):
    """A free port of this machine for each of the file's, the same whenever it is asked for."""

    def __missing__(self, port: str) -> int:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self[port] = free.getsockname()[1]
        return self[port]

    def here(self, text: str) -> str:
        """The text with the addresses of containers made those of this machine."""
        return _PLACE.sub(lambda found: f"127.0.0.1:{self[found[1]]}", text)


class ImageBroker(Broker):
    """A broker as the image of the file sets it up: by Kafka's own code, from the environment."""

    def __init__(self, there: Ports) -> None:
        super().__init__()
        kafka = SERVICES["kafka"]
        self.bootstrap = there.here("127.0.0.1:9092")
        self.environ = {name: there.here(value) for name, value in environ(kafka).items()}
        assert self.environ["KAFKA_LOG_DIRS"] in mounts(kafka)
        self.environ["KAFKA_LOG_DIRS"] = str(self.folder / "data")

    def settings(self) -> dict[str, str]:
        """What the image's set-up made of the environment."""
        lines = (self.folder / "server.properties").read_text().split()
        return dict(line.split("=", 1) for line in lines)

    def _configure(self, config: Path) -> None:
        """Write nothing: the set-up does as it formats."""

    def _format(self, command: list[str], config: Path) -> None:
        none = self.folder / "none"  # no file is mounted, and no default may be needed
        none.mkdir()
        setup = [*command, "kafka.docker.KafkaDockerWrapper", "setup"]
        for name, place in (("default", none), ("mounted", none), ("final", config.parent)):
            setup += [f"--{name}-configs-dir", str(place)]
        done = subprocess.run(setup, env=self.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]


class Stack(NamedTuple):
    """What the file starts, as far as it is ours or can be had without Docker."""

    there: Ports
    broker: ImageBroker
    topics: subprocess.CompletedProcess[str]
    pipeline: Pipeline


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """The broker, then the topics, then a worker of each role, as depends_on has it."""
    there = Ports()
    with running(ImageBroker(there)) as broker:
        told = {}
        for name, service in OURS.items():
            told |= {key: there.here(value) for key, value in environ(service).items()}
            for port in ports(service):
                told[f"COPYDESK_WORKER__{name.upper()}_PORT"] = str(there[str(port)])
        told["COPYDESK_WORKER__HOST"] = "127.0.0.1"
        topics = subprocess.run(
            [sys.executable, "-m", "pipeline", *SERVICES["topics"]["command"]],
            cwd=ROOT,
            env=told,
            capture_output=True,
            text=True,
            check=False,
        )
        options = KafkaOptions(bootstrap_servers=broker.bootstrap)
        with Pipeline(options, folder, environ=told) as pipeline:
            for name, service in WORKERS.items():
                *command, option, role = service["command"]
                assert (option, role) == ("--role", name)
                pipeline.start(Role(role), command=[sys.executable, "-m", "pipeline", *command])
            yield Stack(there, broker, topics, pipeline)


def check(service: Service, there: Ports) -> int:
    """Run the health check of a worker; its exit code."""
    kind, program, *arguments = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    command = [sys.executable, *map(there.here, arguments)]
    return subprocess.run(command, capture_output=True, check=False).returncode
