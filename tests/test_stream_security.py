"""The stream where the broker asks who you are: logins, certificates, rights, secrets kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faust import SASLCredentials
from msgspec.structs import replace
from support.rights import ALL, PASSWORD, RIGHTS, Right, Secured, allow, options_for
from support.streams import Pipeline, Ran, configure, copydesk, environ_of, running, with_topic

from deploy.kafka.broker import Broker
from deploy.kafka.secure import USERS
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.runners.kafka.engine.app import credentials

WRONG = "wr0ng-of-the-harbour"
SECRETS = (PASSWORD, WRONG, *USERS.values())
STORY = {
    "headline": "Quay to be repaired",
    "articleBody": "The harbour council decided on Monday to repair the eastern quay before winter."
    " Divers had found cracks in four of its piers, two of them wide enough for a hand.\n\nUntil"
    " March the ferry to the island will leave from the old fish market, ten minutes on foot from"
    " the station. The repair costs two million crowns, half of which the region pays.",
}


@pytest.fixture(scope="module")
def _secured() -> Iterator[Broker]:
    with running(Broker(secured=True)) as broker:
        yield broker


@pytest.fixture(scope="module")
def expired() -> Iterator[Broker]:
    with running(Broker(secured=True, expired=True)) as broker:
        yield broker


@pytest.fixture
def secured(_secured: Broker) -> Secured:
    """The broker with a pipeline of its own, seen by a user who may do everything."""
    return Secured(_secured, options_for(_secured, f"t{uuid.uuid4().hex[:8]}-"))


def plain(secured: Secured) -> KafkaOptions:
    """The same pipeline over the broker's plain listener, where nobody asks for a login."""
    return KafkaOptions(bootstrap_servers=secured.broker.bootstrap, prefix=secured.options.prefix)


def no_secret_in(told: str) -> bool:
    return not any(secret in told for secret in SECRETS)


FREE_PORTS = {"COPYDESK_WORKER__DESK_PORT": "0", "COPYDESK_WORKER__DEDUP_PORT": "0"}
COMMAND = (sys.executable, "-m", "pipeline")


# Rights


def test_the_whole_pipeline_works_with_the_rights_that_the_docs_grant(
    secured: Secured, tmp_path: Path
):
    users = {name: allow(secured, name, rights) for name, rights in RIGHTS.items()}
    made = copydesk(users["operator"], "topics", "--apply")
    assert (made.code, made.err) == (0, "")
    path = tmp_path / "given.jsonl"
    path.write_text(f'{json.dumps(STORY)}\n{json.dumps(STORY)}\n{{"price": 1}}\n')
    with Pipeline(plain(secured), tmp_path, environ=environ_of(users["desks"])) as pipeline:
        pipeline.start(Role.DESK, Role.DEDUP, command=[*COMMAND, "worker", "--verbose"])
        assert copydesk(users["scraper"], "feed", str(path)).code == 0
        pipeline.read.outcomes(3)
        assert pipeline.stop() == [0, 0]
        logs = [file.read_text() for file in tmp_path.glob("*.log")]
        assert len(logs) == 2
        assert all("aiokafka" in log or "Authenticated" in log for log in logs)
        assert no_secret_in("".join(logs))
    doors = ["clean", "duplicates", "dead-letter"]
    shown = copydesk(users["reader"], "tail", *doors, "--from-start", "--until-end")
    assert shown.code == 0
    topics = [secured.options.prefix + f"articles.{door}" for door in doors]
    assert sorted(record["topic"] for record in shown.lines) == sorted(topics)
    editor = users["editor"]
    [listed] = copydesk(editor, "dead-letters", "list", "--json").lines
    mended = tmp_path / "mended.txt"
    assert (
        copydesk(editor, "dead-letters", "show", listed["place"], "--edit", str(mended)).code == 0
    )
    mended.write_bytes(mended.read_bytes().replace(b"price", b"text"))
    assert copydesk(editor, "dead-letters", "replay", str(mended)).code == 1  # a text is no number
    mended.write_bytes(mended.read_bytes().replace(b"1}", b'"The quay is closed."}'))
    assert copydesk(editor, "dead-letters", "replay", str(mended)).code == 0
    for start in ("dead-letter", "rejected"):
        assert copydesk(editor, "dead-letters", "replay", "--from", start).code == 0


def test_the_doctor_says_which_rights_a_worker_lacks(secured: Secured):
    apply(replace(plain(secured), topics=secured.options.topics))
    user = allow(
        secured,
        "almost",
        [
            ("TOPIC", ALL, "READ DESCRIBE DESCRIBE_CONFIGS"),
            ("TOPIC", "articles.clean quality.", "WRITE"),
            ("GROUP", "copydesk-", "READ DESCRIBE"),
        ],
    )
    checks = {one["name"]: one for one in copydesk(user, "doctor", "--json").facts}
    assert checks["rights"]["state"] == "look"
    prefix = secured.options.prefix
    for topic in ("articles.prepared", "articles.rejected", "dedup.index"):
        assert f"WRITE on {prefix}{topic}" in checks["rights"]["found"]
    for topic in ("articles.raw", "articles.clean", "quality.articles"):
        assert f" on {prefix}{topic}" not in checks["rights"]["found"]


# The rights of a user, a command, and what it says; all but the first find their topics there.
LACKING: dict[str, tuple[list[Right], str, str]] = {
    "create": (
        [("TOPIC", ALL, "DESCRIBE DESCRIBE_CONFIGS")],
        "topics --apply",
        (
            "may not do that: {user} needs Write and Describe on the topics it writes, and Create"
            " on the cluster for `copydesk topics --apply`"
        ),
    ),
    "alter": (
        [("TOPIC", ALL, "DESCRIBE DESCRIBE_CONFIGS")],
        "topics --apply",
        "does not set what differs ({prefix}articles.clean: ",
    ),
    "configs": ([("TOPIC", ALL, "DESCRIBE")], "topics", "and DescribeConfigs on all"),
    "describe": ([], "topics", "{user} needs Describe and Read on the topics it consumes"),
    "describe for feed": ([], "feed FILE", "may not use {prefix}articles.raw: {user} needs"),
    "describe for tail": ([], "tail raw", "or none that {user} may see"),
    "read": (
        [("TOPIC", ALL, "DESCRIBE")],
        "tail raw --from-start",
        "may not use {prefix}articles.raw: {user} needs Describe and Read",
    ),
    "write": (
        [("TOPIC", ALL, "DESCRIBE")],
        "feed FILE",
        "may not do that: {user} needs Write and Describe on the topics it writes",
    ),
    "group": (
        [("TOPIC", ALL, "READ WRITE DESCRIBE_CONFIGS")],
        "worker",
        "{user} needs Read and Describe on the groups {prefix}copydesk-*",
    ),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_who_lacks_a_right_is_told_which(secured: Secured, tmp_path: Path, lacking: str):
    rights, command, told = LACKING[lacking]
    if lacking != "create":
        apply(replace(plain(secured), topics=secured.options.topics))
    if lacking == "alter":
        configure(plain(secured), f"{secured.options.prefix}articles.clean", retention_ms="7200000")
    (tmp_path / "given.txt").write_text("The quay is closed.\n")
    user = allow(secured, "nobody", rights)
    user = with_topic(user, "clean", retention_hours=1.0 if lacking == "alter" else None)
    ran = copydesk(user, *command.replace("FILE", str(tmp_path / "given.txt")).split())
    assert ran.code == (2 if command == "tail raw" else 1)
    name = f"the user {user.sasl_username}"
    assert told.format(user=name, prefix=user.prefix) in one_message(ran, user)


def test_a_scraper_that_may_not_ask_for_the_limit_is_stopped_by_what_is_over_it(
    secured: Secured, tmp_path: Path
):
    apply(replace(plain(secured), topics=secured.options.topics))
    raw = f"{secured.options.prefix}articles.raw"
    configure(plain(secured), raw, max_message_bytes="70000")
    path = tmp_path / "given.jsonl"
    path.write_text(f'"fine"\n"{"x" * 90_000}"\n')
    user = allow(secured, "scraper", RIGHTS["scraper"])
    told = one_message(copydesk(user, "feed", str(path)), user)
    assert "a record was too large for its topic: run `copydesk topics`" in told
    assert f". Of 2 articles read, 1 are on {raw}; " in told
    assert told.endswith("--from 2 goes on\n")


def test_a_worker_that_may_not_join_its_group_says_so_and_ends(secured: Secured):
    apply(replace(plain(secured), topics=secured.options.topics))
    rights = [right for right in RIGHTS["desks"] if right[0] != "GROUP"]
    user = allow(secured, "desks", [*rights, ("GROUP", "copydesk-", "DESCRIBE")])
    ran = run_worker(user, Role.DESK)
    assert ran.code == 1
    assert "needs Read and Describe on the groups" in ran.err.splitlines()[-1]


def run_worker(options: KafkaOptions, role: Role) -> Ran:
    """A worker that is expected to end by itself."""
    done = subprocess.run(
        [*COMMAND, "worker", "--role", role],
        env=os.environ | environ_of(options) | FREE_PORTS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def one_message(ran: Ran, options: KafkaOptions) -> str:
    """What a command that failed says: one line, with the server, and no secret."""
    assert ran.out == ""
    assert ran.err.startswith("copydesk: ")
    assert ran.err.count("\n") == 1
    assert options.bootstrap_servers in ran.err
    assert no_secret_in(ran.err)
    return ran.err


# Logins and certificates


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_other_mechanisms_let_the_commands_in(secured: Secured, tmp_path: Path, mechanism: Any):
    options = replace(secured.options, sasl_mechanism=mechanism)
    assert copydesk(options, "topics", "--apply").code == 0
    path = tmp_path / "given.txt"
    path.write_text("The quay is closed.\n")
    assert copydesk(options, "feed", str(path)).code == 0
    shown = copydesk(options, "tail", "raw", "--from-start", "--until-end")
    assert [record["value"] for record in shown.lines] == ["The quay is closed.\n"]
    found = credentials(options)
    assert isinstance(found, SASLCredentials)
    assert found.mechanism.value == mechanism


def test_plain_passwords_let_workers_in(secured: Secured, tmp_path: Path):
    options = replace(secured.options, sasl_mechanism="PLAIN")
    with Pipeline(plain(secured), tmp_path, environ=environ_of(options)) as pipeline:
        pipeline.feed([b"The quay is closed.\n"])
        pipeline.start(Role.DESK)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 1)
        assert pipeline.stop() == [0]
        assert no_secret_in(pipeline.logs())


# What is wrong, and the words that say so. "{ca}" is a certificate that did not sign the broker's.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "wrong password": (
        {"sasl_password": WRONG},
        (
            "refused to let us in as the user admin: check kafka.sasl_username, "
            "COPYDESK_KAFKA__SASL_PASSWORD and kafka.sasl_mechanism"
        ),
    ),
    "wrong password, plain": (
        {"sasl_password": WRONG, "sasl_mechanism": "PLAIN"},
        "refused to let us in as the user admin",
    ),
    "unknown user": ({"sasl_username": "stranger"}, "refused to let us in as the user stranger"),
    "unknown authority": ({"ssl_ca_file": "{ca}"}, "certificate is not accepted: "),
    "authorities of the system": ({"ssl_ca_file": None}, "see kafka.ssl_ca_file"),
    "expired certificate": (
        {"bootstrap_servers": "{expired}", "ssl_ca_file": "{ca}"},
        "certificate is not accepted: certificate has expired. ",
    ),
    "plain to a TLS port": (
        {"security_protocol": "PLAINTEXT"},
        (
            "does it want TLS, or a login? Check the port, and kafka.security_protocol, which is"
            " PLAINTEXT"
        ),
    ),
    "no login to a port that wants one": (
        {"security_protocol": "SSL"},
        "Check the port, and kafka.security_protocol, which is SSL",
    ),
    "TLS to a plain port": (
        {"bootstrap_servers": "{plain}"},
        "no TLS there (",
    ),
    "a login to a port that wants none": (
        {"bootstrap_servers": "{plain}", "security_protocol": "SASL_PLAINTEXT"},
        (
            "takes no login there: check the port, and kafka.security_protocol, which is"
            " SASL_PLAINTEXT"
        ),
    ),
    "a user without rights": (
        {"sasl_username": "nobody", "sasl_password": USERS["nobody"]},
        "the user nobody",
    ),
}


COMMANDS = ("topics --apply", "feed FILE", "tail raw clean", "worker")


@pytest.mark.parametrize(
    ("wrong", "command"),
    [
        *((wrong, "topics") for wrong in REFUSED),
        *(("wrong password", command) for command in COMMANDS),
        *(("a user without rights", command) for command in COMMANDS),
    ],
)
def test_a_client_that_is_not_let_in_is_told_why(
    secured: Secured, expired: Broker, tmp_path: Path, wrong: str, command: str
):
    changes, told = REFUSED[wrong]
    places = {
        "ca": str(expired.ca_file),
        "expired": expired.secure_bootstrap,
        "plain": secured.broker.bootstrap,
    }
    filled = {
        name: value.format(**places) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    options = replace(secured.options, **filled)
    (tmp_path / "given.txt").write_text("The quay is closed.\n")
    ran = copydesk(options, *command.replace("FILE", str(tmp_path / "given.txt")).split())
    unseen = wrong == "a user without rights" and command.startswith("tail")
    assert ran.code == (2 if unseen else 1)
    assert told in one_message(ran, options)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sasl_password": None}, "set COPYDESK_KAFKA__SASL_PASSWORD"),
        ({"sasl_username": None}, "kafka.sasl_username is needed where kafka.security_protocol is"),
        ({"ssl_ca_file": "nowhere.pem"}, "kafka.ssl_ca_file: nowhere.pem cannot be used: No such"),
        ({"ssl_ca_file": "{key}"}, "It must be a file in PEM format that this user may read"),
        ({"ssl_cert_file": "nowhere.pem"}, "kafka.ssl_cert_file: nowhere.pem with no ssl_key_file"),
        ({"ssl_cert_file": "{locked}", "ssl_key_password": WRONG}, "kafka.ssl_cert_file: "),
    ],
)
def test_settings_that_cannot_work_end_with_2(
    secured: Secured, tmp_path: Path, changes: dict[str, str | None], told: str
):
    places = {"key": tmp_path / "key.pem", "locked": tmp_path / "locked.pem"}
    places["key"].write_text("no certificate")
    if "{locked}" in changes.values():
        lock(places["locked"])
    filled = {name: value and value.format(**places) for name, value in changes.items()}
    options = replace(secured.options, **filled)
    ran = copydesk(options, "topics")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert told in ran.err
    assert no_secret_in(ran.err)


def lock(path: Path) -> None:
    """Write a certificate with its key, which takes a password."""
    openssl = f"openssl req -x509 -newkey rsa:2048 -days 1 -subj /CN=us -passout pass:{PASSWORD}"
    files = ["-keyout", "locked.key", "-out", path.name]
    subprocess.run([*openssl.split(), *files], cwd=path.parent, check=True, capture_output=True)
    path.write_text(path.read_text() + (path.parent / "locked.key").read_text())


# Secrets


def test_config_show_does_not_show_them(secured: Secured):
    options = replace(secured.options, sasl_password=PASSWORD, ssl_key_password=WRONG)
    for arguments in (["config", "show"], ["config", "show", "--json"], ["config", "check"]):
        ran = copydesk(options, *arguments)
        assert (ran.code, ran.err) == (0, "")
        assert no_secret_in(ran.out)
        assert "check" in arguments or "kafka.sasl_password" in ran.out


@pytest.mark.parametrize("value", [f"[{PASSWORD}", f"{{a: {PASSWORD}}}", f"[{PASSWORD}]"])
def test_a_password_that_is_no_text_for_yaml_is_not_quoted(
    value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COPYDESK_KAFKA__SASL_PASSWORD", value)
    ran = copydesk(KafkaOptions(), "topics")
    assert (ran.code, ran.out) == (2, "")
    assert "environment COPYDESK_KAFKA__SASL_PASSWORD: " in ran.err
    assert no_secret_in(ran.err)


def test_the_options_do_not_tell_them_when_printed():
    options = KafkaOptions(sasl_password=PASSWORD, ssl_key_password=WRONG)
    assert no_secret_in(repr(options) + str(options))


def test_what_the_clients_log_does_not_tell_them(
    secured: Secured, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "given.txt"
    path.write_text("The quay is closed.\n")
    with caplog.at_level("INFO", logger="kafka"), caplog.at_level("INFO", logger="aiokafka"):
        for command in ("topics --apply", f"feed {path}", "tail raw --from-start --until-end"):
            assert copydesk(secured.options, *command.split()).code == 0
        assert copydesk(replace(secured.options, sasl_password=WRONG), "topics").code == 1
    assert {record.name.partition(".")[0] for record in caplog.records} >= {"aiokafka", "kafka"}
    assert no_secret_in(caplog.text)
