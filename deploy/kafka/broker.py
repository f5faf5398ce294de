"""A real Kafka of one node without Docker: for the tests, the demo and the benchmarks.

    with Broker() as broker:
        KafkaProducer(bootstrap_servers=broker.bootstrap)

Or by itself, until Ctrl-C: python -m deploy.kafka.broker --port 9092
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from deploy.kafka import secure
from deploy.kafka.libraries import jars, java
from pipeline.errors import WorkFailedError

_KEEPER = Path(__file__).with_name("keeper.py")
_CLUSTER_ID = "Q29weWRlc2stYnJva2VyLQ"
_VOTERS = "controller.quorum.voters"
_PATIENCE = 120.0  # seconds until a broker that does not answer counts as failed
_STARTED = "Kafka Server started"
_HOST = "127.0.0.1"

_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://{host}:{plain},CONTROLLER://{host}:{controller}{secure_listener}
advertised.listeners=PLAINTEXT://{host}:{plain}{secure_listener}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class Broker:
    """One broker, its data in `folder` or in a temporary folder that goes with it.

    `bootstrap` takes plain connections. With `secure`, `secure_bootstrap` takes SASL over TLS
    (users: `secure.USERS`, trust: `ca_file`); the plain listener stays open for tests to look in.
    """

    def __init__(  # noqa: PLR0913
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        secured: bool = False,
        expired: bool = False,
        settings: Mapping[str, object] | None = None,
        java_options: Sequence[str] = ("-Xmx512m",),
    ) -> None:
        """`settings` replace Kafka's own; with voters among them it is one node of a cluster."""
        self._is_temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="copydesk-kafka-"))
        self._secured = secured
        self._expired = expired
        self._settings = settings or {}
        self._java_options = java_options
        plain, controller, over_tls = free_ports(3)
        self._ports = (port or plain, controller, over_tls)
        self.bootstrap = f"{_HOST}:{self._ports[0]}"
        self.secure_bootstrap = f"{_HOST}:{over_tls}"
        self.ca_file = self.folder / secure.CA
        self.log = self.folder / "broker.log"
        self.pid: int | None = None  # of the Java process
        self._keeper: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, or start again with the same ports and data; returns when it answers."""
        libraries = jars()
        config = self.folder / "server.properties"
        command = [java(), *self._java_options, "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        command += ["-cp", f"{libraries}/*"]
        if not config.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._configure(config)
            self._format(command, config)
        already = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, str(_KEEPER), str(self.folder), *command, "kafka.Kafka", config],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._keeper.stdout  # noqa: S101 - for the type checker: it is a pipe
        self.pid = int(self._keeper.stdout.readline())
        threading.Thread(target=self._keep_log, args=(self._keeper.stdout,), daemon=True).start()
        self._wait(already)

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended, by itself or otherwise."""
        return self._keeper is not None and self._keeper.poll() is None

    def stop(self) -> None:
        """Stop cleanly; the data stay for another start."""
        if self._keeper and self._keeper.stdin:
            try:
                self._keeper.stdin.write("stop\n")
                self._keeper.stdin.close()
            except BrokenPipeError:
                pass  # it is gone already
            self._keeper.wait()
            self._keeper = None

    def kill(self) -> None:
        """Kill it without a chance to say goodbye."""
        if self._keeper and self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self._keeper.wait()
            self._keeper = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self, config: Path) -> None:
        plain, controller, over_tls = self._ports
        lines = _SETTINGS.format(
            host=_HOST,
            plain=plain,
            controller=controller,
            data=self.folder / "data",
            secure_listener=f",SASL_SSL://{_HOST}:{over_tls}" if self._secured else "",
        )
        if self._secured:
            secure.make_certificates(self.folder, _HOST, expired=self._expired)
            lines += secure.settings(self.folder)
        lines += "".join(f"{name}={value}\n" for name, value in self._settings.items())
        config.write_text(lines)  # of two lines with one name, the last one counts

    def _format(self, command: list[str], config: Path) -> None:
        tool = [*command, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID]
        if _VOTERS not in self._settings:
            tool += ["--standalone"]
        users = secure.scram_arguments() if self._secured else []
        done = subprocess.run(
            [*tool, "-c", str(config), *users], capture_output=True, text=True, check=False
        )
        if done.returncode:
            config.unlink()
            raise WorkFailedError(f"the broker's storage cannot be made: {done.stderr[-2000:]}")

    def _keep_log(self, lines: object) -> None:
        """What Kafka prints on standard output belongs to its log."""
        with self.log.open("a") as log:
            log.writelines(lines)  # type: ignore[arg-type]

    def _wait(self, already: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            said = self.log.read_text(errors="replace")[already:]
            if _STARTED in said:
                return
            if self._keeper and self._keeper.poll() is not None:
                break
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace")[-3000:]
        self.stop()
        raise WorkFailedError(f"the broker did not start; its log ends:\n{tail}")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.create_server((_HOST, 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main() -> None:
    """Run a broker until Ctrl-C, SIGTERM, or until standard input closes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, help="for plain connections; without it any free one")
    parser.add_argument("--data", type=Path, help="folder to keep; without it a temporary one")
    arguments = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Broker(arguments.data, port=arguments.port) as broker:
        print(broker.bootstrap, flush=True)
        over.wait()


if __name__ == "__main__":
    main()
