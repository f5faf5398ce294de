"""Three brokers on this machine, each record on all of them: what one of them may do is tried."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from deploy.kafka.broker import Broker, free_ports

_HOST = "127.0.0.1"
# Small, and soon there: three of them share the machine with whoever tests.
_JAVA = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_COPIES = {
    "default.replication.factor": 3,
    "min.insync.replicas": 2,
    "offsets.topic.replication.factor": 3,
    "transaction.state.log.replication.factor": 3,
    "transaction.state.log.min.isr": 2,
    "replica.lag.time.max.ms": 10_000,
    "broker.session.timeout.ms": 6_000,  # until a broker that is silent counts as gone
    "log.retention.check.interval.ms": 2_000,
    # Each partition has two indexes of this size; the files are sparse, but on a small disk.
    "log.index.size.max.bytes": 1 << 18,
}


class Cluster:
    """Three nodes, brokers and controllers at once; `nodes` by number, from 1 on.

    `disks` gives a node a folder of its own for its records. `behind_ports`: brokers have a second
    listener, which says that it is at `ports_before` (whoever forwards must listen there).
    """

    def __init__(
        self, disks: Mapping[int, Path] | None = None, *, behind_ports: bool = False
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="copydesk-cluster-")
        self._controllers = free_ports(3)
        self.disks = disks or {}
        self.ports_before: dict[int, int] = {}  # a port before a node: that of its second listener
        self._is_behind = behind_ports
        self.nodes = {number: self._node(number) for number in (1, 2, 3)}

    @property
    def bootstrap(self) -> str:
        """All brokers of the start."""
        return ",".join(node.bootstrap for node in self.nodes.values())

    def add(self) -> Broker:
        """A fourth node, a broker alone; started."""
        node = self._node(4)
        node.start()
        self.nodes[4] = node
        return node

    def _node(self, number: int) -> Broker:
        [plain] = free_ports(1)
        folder = Path(self._folder.name) / str(number)
        voters = ",".join(f"{n}@{_HOST}:{port}" for n, port in enumerate(self._controllers, 1))
        settings: dict[str, object] = _COPIES | {
            "node.id": number,
            "controller.quorum.voters": voters,
            "controller.quorum.bootstrap.servers": "",
            "metadata.log.dir": folder / "metadata",
        }
        listeners = f"PLAINTEXT://{_HOST}:{plain}"
        if number <= 3:
            listeners += f",CONTROLLER://{_HOST}:{self._controllers[number - 1]}"
        else:
            settings["process.roles"] = "broker"
        advertised = f"PLAINTEXT://{_HOST}:{plain}"
        if self._is_behind:
            before, behind = free_ports(2)
            self.ports_before[before] = behind
            listeners += f",BEHIND://{_HOST}:{behind}"
            advertised += f",BEHIND://{_HOST}:{before}"
            settings["listener.security.protocol.map"] = (
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,BEHIND:PLAINTEXT"
            )
        settings |= {"listeners": listeners, "advertised.listeners": advertised}
        if number in self.disks:
            settings["log.dirs"] = self.disks[number]
        return Broker(folder, port=plain, settings=settings, java_options=_JAVA)

    def __enter__(self) -> Self:
        try:
            _each([node.start for node in self.nodes.values()])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        _each([node.stop for node in self.nodes.values()])
        self._folder.cleanup()


def _each(calls: list[Callable[[], None]]) -> None:
    """Calls at once: no node of a cluster is there before most are."""
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()
