"""`copydesk doctor`: it says what is fine, what is not and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.streams import Pipeline, copydesk, story
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.cluster import KafkaOptions, WorkerOptions
from pipeline.dedup import DedupOptions
from pipeline.routing import Role
from pipeline.runners import checkup
from pipeline.runners.checkup import Check, State, machine
from pipeline.runners.entries import IDENTITY
from pipeline.runners.journal import Identity
from pipeline.settings import Settings

NOBODY = "127.0.0.1:1"


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {one.name: one for one in checks}


def test_a_machine_is_fine_as_it_is_here():
    found = by_name([*machine(Settings())])
    assert {*found} == {"Python", "native module", "installation", "temporary files"}
    assert {one.state for one in found.values()} == {State.FINE}


def test_without_the_native_module_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    reason = "the native module is missing: install a C compiler"
    monkeypatch.setattr(checkup, "MISSING", reason)
    check = by_name([*machine(Settings())])["native module"]
    assert (check.state, check.found) == (State.LOOK, reason)


def test_a_python_that_nobody_tried_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkup, "_TRIED", ((3, 6), (3, 7)))
    check = by_name([*machine(Settings())])["Python"]
    assert (check.state, check.advice) == (State.LOOK, "Copydesk is tested with 3.6 to 3.7")


def test_a_state_folder_is_looked_into(tmp_path: Path):
    settings = Settings(worker=WorkerOptions(state_folder=str(tmp_path)))
    for number, options in enumerate((DedupOptions(), DedupOptions(sample_rate=8))):
        folder = tmp_path / f"dedup.index-{number}"
        folder.mkdir()
        identity = Identity.of(folder.name, options)
        (folder / IDENTITY).write_bytes(json.dumps(fields(identity)).encode())
    first, second = (one for one in machine(settings) if one.name == "index")
    assert first.state is State.FINE
    assert "dedup.sample_rate was 8 and is 16" in second.found
    assert second.state is State.LOOK


def fields(identity: Identity) -> dict[str, object]:
    return {name: getattr(identity, name) for name in identity.__struct_fields__}


def test_a_folder_that_takes_no_files_is_broken(tmp_path: Path):
    there = tmp_path / "file"
    there.write_text("no folder")
    settings = Settings(worker=WorkerOptions(state_folder=str(there)))
    check = by_name([*machine(settings)])["state folder"]
    assert check.state is State.BROKEN
    assert check.advice == "set worker.state_folder to another folder"


def test_without_a_broker_files_can_still_be_cleaned(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "pipeline.cli.doctor.KafkaOptions", lambda: KafkaOptions(bootstrap_servers=NOBODY)
    )
    monkeypatch.setenv("COPYDESK_KAFKA__BOOTSTRAP_SERVERS", NOBODY)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.output)[-1]["advice"].startswith("only the stream needs one")


def test_a_broker_that_was_named_and_is_not_there_is_broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COPYDESK_KAFKA__BOOTSTRAP_SERVERS", NOBODY)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "no Kafka can be reached there" in done.output


def test_settings_that_cannot_be_used_are_named(tmp_path: Path):
    file = tmp_path / "copydesk.yaml"
    file.write_text("kafka: {prefixx: a}\n")
    done = CliRunner().invoke(app, ["doctor", "--config", str(file)])
    assert done.exit_code == 1
    assert "prefixx" in done.output
    assert "Python" not in done.output


def on_cluster(options: KafkaOptions) -> dict[str, tuple[str, str, str]]:
    ran = copydesk(options, "doctor", "--json")
    return {one["name"]: (one["state"], one["found"], one["advice"]) for one in ran.facts}


def test_a_cluster_without_our_topics_says_how_to_make_them(kafka: KafkaOptions):
    found = on_cluster(kafka)
    assert found["broker"][0] == "fine"
    state, what, advice = found["topics"]
    assert (state, advice) == ("broken", "run copydesk topics --apply")
    assert f"{kafka.prefix}articles.raw" in what


def test_records_that_wait_for_nobody_are_named(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([story(1), story(2)])
        found = on_cluster(pipeline.options)
        waiting = f"0 at work, 2 records of {pipeline.raw} wait"
        assert found["desk workers"] == ("look", waiting, "start copydesk worker")
        assert found["clock"][0] == "fine"
        pipeline.start(*Role)
        pipeline.read.outcomes(2)
        pipeline.read.until(lambda: bool(pipeline.read["sources"]))
        found = on_cluster(pipeline.options)
        assert found["desk workers"] == ("fine", f"1 at work, 0 records of {pipeline.raw} wait", "")
        assert {state for state, _, _ in found.values()} == {"fine"}


def test_a_clock_that_is_behind_is_named(
    kafka: KafkaOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([story(1)])
        monkeypatch.setattr(
            "pipeline.runners.kafka.admin.cluster_checkup._AHEAD", -3600.0
        )  # as if an hour were lost
        state, what, _ = on_cluster(pipeline.options)["clock"]
    assert state == "look"
    assert "ahead of this machine" in what


def test_other_settings_of_a_topic_are_named(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        topics = pipeline.options.topics
        clean = replace(topics.clean, retention_hours=1.0)
        other = replace(pipeline.options, topics=replace(topics, clean=clean))
        state, what, advice = on_cluster(other)["topics"]
    assert (state, advice) == ("look", "run copydesk topics to see in what")
    assert what.endswith("articles.clean")
