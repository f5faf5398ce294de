"""The whole stream on this machine: a broker, the workers, the examples, a live summary.

Run by `make demo`; Ctrl-C stops everything. COPYDESK_KAFKA__BOOTSTRAP_SERVERS names another broker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from _thread import interrupt_main
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.kafka.broker import Broker
from pipeline.article import Quality
from pipeline.cluster import KafkaOptions
from pipeline.errors import CopydeskError
from pipeline.publish import door_of_record
from pipeline.routing import Door
from pipeline.runners.inputs import Inputs
from pipeline.runners.kafka.admin.consumer import Tailed, tail
from pipeline.runners.kafka.admin.producer import Feed
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.settings import load

_ROOT = Path(__file__).parents[1]
_SERVERS = "COPYDESK_KAFKA__BOOTSTRAP_SERVERS"
_NEWEST = 8  # outcomes that are shown
_PAUSE = 0.5  # seconds between two articles: to be watched


class Summary:
    """What came out so far, by the quality records."""

    def __init__(self, fed: Feed) -> None:
        self._fed = fed.fed
        self._doors: Counter[str] = Counter()
        self._newest: list[tuple[str, str, str]] = []

    def add(self, record: Tailed) -> None:
        """Counts one quality record."""
        quality = msgspec.json.decode(record.value or b"", type=Quality)
        door = door_of_record(quality.verdict, (finding.rule for finding in quality.findings))
        self._doors[door] += 1
        repairs = ", ".join(repair.rule for repair in quality.repairs)
        self._newest = [*self._newest, (door, quality.id, repairs)][-_NEWEST:]

    def __rich__(self) -> Table:
        table = Table(title="Copydesk: articles.raw to its doors", title_justify="left", box=None)
        for heading in ("", "articles", "newest", "repairs"):
            table.add_column(heading, no_wrap=True, overflow="ellipsis")
        rows = [("in", self._fed.acknowledged), *((door, self._doors[door]) for door in Door)]
        for number in range(max(len(rows), len(self._newest))):
            name, count = rows[number] if number < len(rows) else ("", "")
            new = self._newest[number] if number < len(self._newest) else ("", "", "")
            table.add_row(name, str(count), f"{new[0]:<12} {new[1]}", new[2])
        return table


def main() -> int:
    """Runs the demo until Ctrl-C."""
    console = Console()
    try:
        with ExitStack() as stack:
            settings = load(None, os.environ).settings
            options = settings.kafka
            if _SERVERS not in os.environ:
                console.print("Starting a Kafka broker (its jars are fetched once) ...")
                broker = stack.enter_context(Broker())
                options = replace(options, bootstrap_servers=broker.bootstrap)
            console.print(f"Kafka at {options.bootstrap_servers}; starting the workers ...")
            apply(options)
            stack.enter_context(_workers(options))
            port = settings.worker.sources_port
            console.print(f"The live page is at http://127.0.0.1:{port} while this runs.")
            _watch(console, options)
    except KeyboardInterrupt:
        console.print("Stopped: workers and broker are gone.")
    except CopydeskError as error:
        console.print(f"demo: {error}", style="red", markup=False)
        return 1
    return 0


@contextmanager
def _workers(options: KafkaOptions) -> Iterator[None]:
    environ = os.environ | {_SERVERS: options.bootstrap_servers}
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "worker",
        "--leashed",
    ]  # they end with this process
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, start_new_session=True)

    def watch() -> None:
        if process.wait() > 0:  # it has said why
            interrupt_main()

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _watch(console: Console, options: KafkaOptions) -> None:
    """Feeds the examples from another thread and shows the outcomes in this one."""
    inputs = Inputs([str(_ROOT / "examples")], load(None, os.environ).settings.parse)
    feed = Feed(options, 1 / _PAUSE, console.print)
    summary = Summary(feed)
    threading.Thread(
        target=feed.run, args=(inputs, lambda _: None), daemon=True, name="feed"
    ).start()
    with Live(summary, console=console, refresh_per_second=4):
        for record in tail(options, ["quality"], from_start=True, until_end=False):
            summary.add(record)


if __name__ == "__main__":
    sys.exit(main())
