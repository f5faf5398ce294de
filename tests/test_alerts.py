"""Alert rules: Prometheus takes them, each is tried both ways, and each has its runbook."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from support.prometheus import all_metrics, metrics_of, tool
from support.streams import ROOT

from pipeline.parse.problems import REASONS as OF_VALUES
from pipeline.routing import Door
from pipeline.runners.kafka.engine.messages import REASONS as OF_THE_STREAM
from pipeline.sources import SIGNALS

FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "rules" / "copydesk.yml"
TRIALS = sorted((FOLDER / "rules" / "tests").glob("*.yml"))
ALERTMANAGER = FOLDER / "alertmanager.example.yml"
RUNBOOK = ROOT / "docs" / "operations.md"


def read(path: Any) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


ALERTS = {rule["alert"]: rule for group in read(RULES)["groups"] for rule in group["rules"]}
each_alert = pytest.mark.parametrize("name", ALERTS)


def headings() -> list[str]:
    return re.findall(r"(?m)^#+ (.+)$", RUNBOOK.read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules():
    assert f"{len(ALERTS)} rules found" in run(tool("promtool"), "check", "rules", str(RULES))


def test_each_alert_fires_when_it_should_and_only_then():
    assert TRIALS
    run(tool("promtool"), "test", "rules", *map(str, TRIALS))


@each_alert
def test_an_alert_is_tried_firing_and_not_firing(name: str):
    tried = [
        bool(trial.get("exp_alerts"))
        for path in TRIALS
        for case in read(path)["tests"]
        for trial in case["alert_rule_test"]
        if trial["alertname"] == name
    ]
    assert {True, False} == set(tried)


@each_alert
def test_an_alert_says_what_it_means_and_waits_a_while(name: str):
    rule = ALERTS[name]
    assert re.fullmatch(r"Copydesk([A-Z][a-z]+)+", name)
    assert rule["for"].endswith("m")
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}


@each_alert
def test_an_alert_has_its_section_in_the_runbook(name: str):
    page, _, place = ALERTS[name]["annotations"]["runbook_url"].partition("#")
    assert ROOT / page == RUNBOOK
    assert place == name.lower()
    assert [anchor(heading) for heading in headings()].count(place) == 1


def test_the_runbook_names_no_alert_that_is_gone():
    assert {one for one in headings() if one.startswith("Copydesk")} == ALERTS.keys()


@each_alert
def test_an_alert_asks_for_what_there_is(name: str):
    query = ALERTS[name]["expr"]
    assert metrics_of(query) <= all_metrics()
    known = {"signal": SIGNALS, "outcome": Door, "reason": OF_VALUES | OF_THE_STREAM}
    for label, values in known.items():
        for chosen in re.findall(rf'\b{label}=~?"([^"]+)"', query):
            assert set(chosen.split("|")) <= {str(value) for value in values}


def test_the_limit_of_the_index_is_what_docker_compose_gives_dedup():
    given = read(ROOT / "docker-compose.yml")["services"]["dedup"]["mem_limit"].removesuffix("g")
    assert f"0.8 * {given} * 1024 ^ 3" in ALERTS["CopydeskIndexNearLimit"]["expr"]


def test_every_signal_is_explained():
    text = RUNBOOK.read_text(encoding="utf-8")
    assert [signal for signal in SIGNALS if f"`{signal}`" not in text] == []


def test_the_alertmanager_example_is_right():
    inhibit = read(ALERTMANAGER)["inhibit_rules"]
    matchers = [
        one for rule in inhibit for one in rule["source_matchers"] + rule["target_matchers"]
    ]
    named = {name for one in matchers for name in re.findall(r"Copydesk\w+", one)}
    assert "CopydeskPipelineStopped" in named
    assert named <= ALERTS.keys()
    amtool = shutil.which("amtool")
    if amtool:
        run(amtool, "check-config", str(ALERTMANAGER))
