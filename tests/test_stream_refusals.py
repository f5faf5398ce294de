"""What the stream refuses to work with: what is wrong, where, what to do; and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka import errors as ours
from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka import errors as theirs
from msgspec.structs import replace
from support.streams import (
    Pipeline,
    Producer,
    Ran,
    configure,
    copydesk,
    environ_of,
    health_address,
    on,
    with_topic,
)

from pipeline.cluster import KafkaOptions
from pipeline.dedup import DedupOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import TOPICS, Role, Topic
from pipeline.runners.journal import Journal
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.runners.kafka.connection.diagnosis import explain
from pipeline.runners.kafka.engine.changelog import Changelog
from pipeline.runners.kafka.roles import process
from pipeline.runners.kafka.roles.process import work

COMMANDS = ("topics", "topics --apply", "feed FILE", "tail raw", "worker", "worker --role dedup")
ARTICLE = """\
The harbour council decided on Monday to repair the eastern quay before winter. Divers had found
cracks in four of its piers, two of them wide enough for a hand.

Until March the ferry to the island will leave from the old fish market, ten minutes on foot from
the station. The repair costs two million crowns, half of which the region pays.
"""


@pytest.fixture(autouse=True)
def _no_worker_starts() -> Iterator[None]:
    """A worker that starts in this process though it should have refused is a failure at once."""
    started = AssertionError("the worker did not refuse")
    with (
        patch("pipeline.cli.worker.Supervisor", side_effect=started),
        patch.object(process, "work", side_effect=started),
    ):
        yield


@pytest.fixture
def given(tmp_path: Path) -> str:
    path = tmp_path / "given.txt"
    path.write_text(ARTICLE)
    return str(path)


@pytest.fixture
def ready(kafka: KafkaOptions) -> KafkaOptions:
    """A pipeline whose topics are there."""
    options = with_topic(kafka, "raw", partitions=1)
    apply(options)
    return options


def one_message(ran: Ran, code: int) -> str:
    """What a command that failed says, without a trace of its inside."""
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("copydesk: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    return ran.err


# Nobody, or somebody else, at the other end


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@pytest.mark.parametrize("command", COMMANDS)
def test_where_nothing_listens_every_command_says_so(command: str, given: str):
    server = f"127.0.0.1:{free_port()}"
    options = KafkaOptions(bootstrap_servers=server)
    told = one_message(copydesk(options, *command.replace("FILE", given).split()), 1)
    assert f"{server}: no Kafka can be reached there (Connection refused): " in told
    assert "is kafka.bootstrap_servers right?" in told


def test_one_server_that_can_be_reached_is_enough(ready: KafkaOptions):
    servers = f"127.0.0.1:{free_port()}, {ready.bootstrap_servers}"
    ran = copydesk(replace(ready, bootstrap_servers=servers), "topics")
    assert (ran.code, ran.err) == (0, "")


def test_each_server_that_cannot_be_reached_is_named():
    servers = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    told = one_message(copydesk(KafkaOptions(bootstrap_servers=",".join(servers)), "topics"), 1)
    assert all(f"{server}: no Kafka can be reached" in told for server in servers)


def _silence(caller: socket.socket) -> None:
    caller.recv(1 << 16)


def _hang_up(caller: socket.socket) -> None:
    caller.close()


def _web_page(caller: socket.socket) -> None:
    caller.recv(1 << 16)
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    caller.close()


def _greeting(caller: socket.socket) -> None:
    caller.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    caller.recv(1 << 16)
    caller.close()


def _zeros(caller: socket.socket) -> None:
    caller.recv(1 << 16)
    caller.sendall(bytes(64))


@contextmanager
def stranger(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener that is no Kafka; its address."""
    callers: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    caller = listener.accept()[0]
                except OSError:
                    return
                callers.append(caller)
                with suppress(OSError):
                    answer(caller)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):  # not everywhere may a listener be shut down
            listener.shutdown(socket.SHUT_RDWR)
    for caller in callers:
        caller.close()


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
@pytest.mark.parametrize("answer", [_silence, _hang_up, _web_page, _greeting, _zeros])
def test_what_is_no_kafka_is_told_before_long(
    answer: Callable[[socket.socket], None], protocol: Any
):
    with stranger(answer) as server:
        options = KafkaOptions(
            bootstrap_servers=server, connect_timeout=1.0, security_protocol=protocol
        )
        started = time.monotonic()
        told = one_message(copydesk(options, "topics"), 1)
        assert time.monotonic() - started < 15
    assert told.startswith(f"copydesk: {server}: ")
    assert f"heck the port, and kafka.security_protocol, which is {protocol}" in told


@pytest.mark.parametrize(
    "servers",
    [
        "kafka",
        "kafka:",
        ":9092",
        "kafka:0",
        "kafka:99999",
        "kafka:9092,",
        "http://kafka:9092",
        "kafka:9092/path",
        "ka fka:9092",
        "kafka:http",
        "::1:9092",
        " ",
    ],
)
@pytest.mark.parametrize("command", ["topics", "worker"])
def test_servers_that_are_no_host_and_port_are_wrong_settings(servers: str, command: str):
    ran = copydesk(KafkaOptions(bootstrap_servers=servers), command)
    told = one_message(ran, 2)
    assert "kafka.bootstrap_servers: " in told
    assert "is no HOST:PORT. Example: kafka-1:9092,kafka-2:9092" in told


# Topics


def test_without_topics_every_command_names_them_and_says_how_they_are_made(
    kafka: KafkaOptions, given: str
):
    raw, clean = kafka.topic(Topic.RAW), kafka.topic(Topic.CLEAN)
    advice = "run `copydesk topics --apply`"
    lacks = f"Kafka at {kafka.bootstrap_servers} lacks the topic"
    assert f"{lacks} {raw}: {advice}" in one_message(copydesk(kafka, "feed", given), 1)
    for command in ("worker", "worker --role desk"):
        told = one_message(copydesk(kafka, *command.split()), 1)
        assert f"{lacks}s {raw}, " in told
        assert clean in told
        assert advice in told
    assert f"there is no topic {raw} on" in one_message(copydesk(kafka, "tail", "raw"), 2)
    assert copydesk(kafka, "topics").out.count("copydesk topics --apply makes it") == len(TOPICS)


def test_what_scrapers_sent_before_the_topics_were_made_is_processed_after_it(
    kafka: KafkaOptions, tmp_path: Path, given: str
):
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    admin.create_topics({kafka.topic(Topic.RAW): {"num_partitions": 3}})
    admin.wait_for_topics([kafka.topic(Topic.RAW)])
    admin.close()
    for _ in range(3):
        assert copydesk(kafka, "feed", given).code == 0
    assert "lacks the topics" in one_message(copydesk(kafka, "worker"), 1)
    made = copydesk(kafka, "topics", "--apply", "--json")
    assert (made.code, made.facts[0]["partitions"]) == (0, 3)
    with Pipeline(kafka, tmp_path, raw_partitions=3) as pipeline:
        pipeline.start(Role.DESK, Role.DEDUP)
        pipeline.read.outcomes(3)
        assert pipeline.stop() == [0, 0]
        assert [record.value.decode() for record in pipeline.read["raw"]] == [ARTICLE] * 3
        assert (len(pipeline.read["clean"]), len(pipeline.read["duplicates"])) == (1, 2)


def test_prepared_and_index_must_have_the_same_partitions(kafka: KafkaOptions):
    options = with_topic(kafka, "index", partitions=2)
    assert copydesk(options, "topics", "--apply").code == 0
    told = one_message(copydesk(options, "worker"), 2)
    prepared, index = kafka.topic(Topic.PREPARED), kafka.topic(Topic.INDEX)
    assert f"{prepared} has 1 partitions and {index} 2: they must have the same" in told
    assert "Make them anew under another kafka.prefix" in told


@pytest.mark.parametrize(("wanted", "there"), [(9, 8), (4, 8)])
def test_a_topic_is_never_partitioned_anew(ready: KafkaOptions, wanted: int, there: int):
    options = with_topic(ready, "clean", partitions=wanted)
    clean = ready.topic(Topic.CLEAN)
    for command in (["topics"], ["topics", "--apply"], ["topics"]):
        shown = copydesk(options, *command)
        assert (shown.code, shown.err) == (1, "")
        [row] = [line for line in shown.out.splitlines() if line.startswith(clean)]
        assert row.split()[1:3] == [str(there), "other-partitions"]
        assert f"{wanted} wanted: set kafka.topics to {there}, or move to another kafka.pr" in row
    assert copydesk(ready, "topics").code == 0


def test_more_copies_than_brokers_are_refused(kafka: KafkaOptions):
    told = one_message(copydesk(replace(kafka, replication_factor=3), "topics", "--apply"), 1)
    assert "cannot keep 3 copies of a topic: it has fewer brokers. Set kafka.replica" in told


def test_a_topic_that_takes_less_than_what_is_written_stops_the_workers(ready: KafkaOptions):
    clean = ready.topic(Topic.CLEAN)
    configure(ready, clean, max_message_bytes="70000")
    told = one_message(copydesk(ready, "worker"), 1)
    assert f"{clean} takes records of 70,000 bytes, kafka.max_message_bytes is 16,777,216: " in told
    assert "run `copydesk topics --apply`, or lower that" in told
    configure(ready, ready.topic(Topic.RAW), max_message_bytes="70000")
    lowered = replace(ready, max_message_bytes=70_000)
    with pytest.raises(AssertionError, match="did not refuse"):
        copydesk(lowered, "worker")


# Records


@pytest.mark.parametrize("of", ["the settings", "the topic"])
def test_what_is_too_large_to_feed_is_named_and_counted_and_the_rest_is_sent(
    ready: KafkaOptions, tmp_path: Path, of: str
):
    sizes = (10, 90_000, 30_000, 30_000, 30_000, 80_000)
    path = tmp_path / "given.jsonl"
    path.write_text("".join(f"{json.dumps('x' * (size - 2))}\n" for size in sizes))
    raw = ready.topic(Topic.RAW)
    if of == "the topic":
        configure(ready, raw, max_message_bytes="70000")
    options = ready if of == "the topic" else replace(ready, max_message_bytes=70_000)
    fed = copydesk(options, "feed", str(path), "--json")
    assert (fed.code, fed.facts) == (1, {"read": 6, "acknowledged": 4, "refused": 2})
    whose = "kafka.max_message_bytes" if of == "the settings" else f"{raw} takes"
    for line, number, size in zip(fed.err.splitlines(), (2, 6), ("90", "80"), strict=True):
        assert line.startswith(f"{path}:{number}: not sent: on the wire it takes {size},")
        assert line.endswith(f" bytes, more than {whose} (70,000)")
    assert [len(record.value) for record in on(ready, "raw")] == [10, 30_000, 30_000, 30_000]


# Groups and ports


@contextmanager
def member(options: KafkaOptions, group: str, client_id: str) -> Iterator[None]:
    """Another program in a consumer group, once the cluster knows of it."""
    consumer = KafkaConsumer(
        options.topic(Topic.RAW),
        bootstrap_servers=options.bootstrap_servers,
        group_id=group,
        client_id=client_id,
    )
    try:
        deadline = time.monotonic() + 60
        while not consumer.assignment():
            consumer.poll(100)
            assert time.monotonic() < deadline, "the group takes nobody in"
        yield
    finally:
        consumer.close()


def test_a_group_that_another_program_uses_is_refused(ready: KafkaOptions):
    group = f"{ready.prefix}copydesk-desk"
    with member(ready, group, "billing"):
        told = one_message(copydesk(ready, "worker"), 2)
        assert f"the consumer group {group} is used by another program (billing on " in told
        assert "Set kafka.group or kafka.prefix to another name." in told
        one_message(copydesk(ready, "worker", "--role", "desk"), 2)
        with pytest.raises(AssertionError, match="did not refuse"):
            copydesk(ready, "worker", "--role", "dedup")
        with pytest.raises(AssertionError, match="did not refuse"):
            copydesk(replace(ready, group="ours"), "worker")


def test_a_group_whose_offsets_kafka_forgot_is_told(
    kafka: KafkaOptions, tmp_path: Path, given: str, caplog: pytest.LogCaptureFixture
):
    def told(role: Role) -> bool:
        caplog.clear()
        with pytest.raises(AssertionError, match="did not refuse"):
            copydesk(kafka, "worker", "--role", role)
        return f"the group {kafka.group_of(role)} has no offsets" in caplog.text

    with Pipeline(kafka, tmp_path) as pipeline:
        assert not any(map(told, Role)), "nothing was done yet"
        pipeline.start(*Role)
        assert copydesk(kafka, "feed", given).code == 0
        pipeline.read.outcomes(1)
        pipeline.read.until(lambda: len(pipeline.read["sources"]) > 0)
        assert pipeline.stop() == [0, 0, 0]
        assert not any(map(told, Role)), "all is remembered"
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        admin.delete_groups([kafka.group_of(role) for role in Role])
        admin.close()
        assert all(map(told, Role))
        assert "What is still on" in caplog.text


def test_records_that_were_deleted_before_they_were_worked_off_are_told(
    kafka: KafkaOptions, tmp_path: Path
):
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([ARTICLE.encode()] * 2)
        pipeline.start(Role.DESK)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 2)
        assert pipeline.stop() == [0]
        assert "deleted" not in pipeline.logs()
        pipeline.feed([ARTICLE.encode()] * 5)
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        admin.delete_records({TopicPartition(pipeline.raw, 0): 4})
        admin.close()
        [worker] = pipeline.start(Role.DESK)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 5)
        address = health_address(tmp_path / "desk-0.log", worker)
        text = urllib.request.urlopen(f"{address}/metrics", timeout=10).read().decode()
        assert "copydesk_unread_records_total 2.0" in text
        assert pipeline.stop() == [0]
        gone = f"{pipeline.raw}, partition 0: the records from offset 2 to 3 were deleted"
        assert pipeline.logs().count(gone) == 1


def test_a_group_ahead_of_its_topic_reads_what_is_there_and_tells(
    kafka: KafkaOptions, tmp_path: Path
):
    """As after the topic was deleted and made anew: the client would wait, or skip, in silence."""
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([ARTICLE.encode()] * 2)
        place = TopicPartition(pipeline.raw, 0)
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        group = pipeline.options.group_of(Role.DESK)
        admin.alter_group_offsets(group, {place: OffsetAndMetadata(100, "", -1)})
        admin.close()
        pipeline.start(Role.DESK)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 2)
        assert pipeline.stop() == [0]
        told = f"{pipeline.raw}, partition 0 ends before offset 100"
        assert pipeline.logs().count(told) == 1


def run_worker(options: KafkaOptions, role: Role) -> Ran:
    """A worker process that is expected to end by itself."""
    environ = {"COPYDESK_WORKER__DESK_PORT": "0", "COPYDESK_WORKER__DEDUP_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "worker", "--role", role],
        env=os.environ | environ_of(options) | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_port_that_is_taken_names_the_setting(
    ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(process, "work", work)
    monkeypatch.setattr(process, "_tune", lambda: None)  # of the whole process
    monkeypatch.setattr("pipeline.cli.worker.exit_now", sys.exit)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("COPYDESK_WORKER__DESK_PORT", port)
        assert copydesk(ready, "worker", "--role", "desk").code == 1
    [line] = [record.getMessage() for record in caplog.records if record.name == "copydesk"]
    assert line.startswith(f"desk stops: cannot serve health on 127.0.0.1:{port}: ")
    assert "worker.dedup_port or worker.sources_port to another port, 0 for any free one" in line


# Its client keeps to itself why the group does not take it in; over 90 s Faust refuses it.
@pytest.mark.parametrize("seconds", [0.5, 7200.0])
def test_a_session_timeout_that_the_cluster_does_not_take_is_told(
    ready: KafkaOptions, seconds: float
):
    ran = run_worker(replace(ready, session_timeout=seconds), Role.DESK)
    assert ran.code == 1
    assert "the cluster does not take this kafka.session_timeout" in ran.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("key", "value"),
    [(b"7", b'{"not": "ours"}'), (b"7", b"\xff"), (b"seven", None)],
)
def test_an_index_that_another_program_wrote_is_not_taken_for_ours(
    ready: KafkaOptions, key: bytes, value: bytes | None
):
    index = ready.topic(Topic.INDEX)
    with Producer(ready) as producer:
        producer.send(index, key=b"6", value=None)
        producer.send(index, key=key, value=value)
    with pytest.raises(WorkFailedError) as refused:
        asyncio.run(Changelog(ready, 0).replay(Journal(None, index, DedupOptions())))
    told = str(refused.value)
    assert told.startswith(f"{index}[0]@1: not an entry of the index (")
    assert "give this pipeline its own with kafka.prefix" in told


# Errors of the clients


ERRORS: list[tuple[BaseException, str]] = [
    (ours.ProducerFenced(), "another worker took over the partition"),
    (ours.InvalidProducerEpoch(), "another worker took over the partition"),
    (
        ours.TransactionalIdAuthorizationFailed(),
        "the user harbour needs Write and Describe on the transactional ids a-copydesk-*",
    ),
    (ours.GroupAuthorizationFailedError(), "Read and Describe on the groups a-copydesk-*"),
    (theirs.GroupAuthorizationFailedError(), "Read and Describe on the groups a-copydesk-*"),
    (theirs.TopicAuthorizationFailedError({"b", "a"}), "may not use a, b: the user harbour"),
    (ours.TopicAuthorizationFailedError("[Error 29]"), "may not use a topic: the user harbour"),
    (ours.InvalidTransactionTimeout(), "its limit is transaction.max.timeout.ms"),
    (ours.InvalidSessionTimeoutError(), "group.min.session.timeout.ms and group.max"),
    (ours.InconsistentGroupProtocolError(), "a-copydesk-* is used by another program"),
    (ours.MessageSizeTooLargeError(), "a record was too large for its topic"),
    (ours.InvalidTimestampError(), "message.timestamp.after.max.ms"),
    (ours.UnsupportedSaslMechanismError(), "does not know kafka.sasl_mechanism PLAIN: "),
    (theirs.UnknownTopicOrPartitionError(), "`copydesk topics --apply` to make it"),
    (
        theirs.KafkaError("Unexpected error: [Error 31] ClusterAuthorizationFailedError"),
        "may not do that: the user harbour needs Write and Describe",
    ),
    (theirs.KafkaTimeoutError("Unable to bootstrap"), "no Kafka can be reached there"),
    (OSError("odd"), "no Kafka can be reached there"),
]


@pytest.mark.parametrize(("error", "told"), ERRORS, ids=lambda one: type(one).__name__)
def test_an_error_of_a_client_is_explained(error: BaseException, told: str):
    server = f"127.0.0.1:{free_port()}"
    options = KafkaOptions(
        bootstrap_servers=server, prefix="a-", sasl_username="harbour", sasl_mechanism="PLAIN"
    )
    wrapped = RuntimeError("in a task")
    wrapped.__cause__ = error
    for one in (error, wrapped):
        explained = str(explain(one, options))
        assert server in explained
        assert told in explained


def test_an_error_where_the_broker_is_well_is_told_as_it_is(ready: KafkaOptions):
    slow = str(explain(theirs.KafkaTimeoutError("no leader"), ready))
    assert "it answers, but not what we wait for (KafkaTimeoutError: no leader): are all" in slow
    odd = str(explain(theirs.KafkaError("odd"), ready))
    assert odd == f"Kafka at {ready.bootstrap_servers}: KafkaError('odd')"
