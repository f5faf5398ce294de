"""docker-compose.yml, the image and their configuration: all they name is there, and it runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import typer
import yaml
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from support.composed import (
    OURS,
    SERVICES,
    WORKERS,
    Ports,
    Service,
    Stack,
    check,
    environ,
    mounts,
    ports,
    read,
    stack,
)
from support.prometheus import CONFIG, Prometheus, tool
from support.streams import ROOT, copydesk

from pipeline import __version__
from pipeline.cli import app
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.settings import Settings, load

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPLOY = ROOT / "deploy"
PATIENCE = 60.0  # seconds until what was started has to answer
PINNED = re.compile(r"[\w/.-]+:v?\d+\.\d+[\w.-]*")
EVERY = pytest.mark.parametrize("name", SERVICES)
OUR = pytest.mark.parametrize("name", OURS)
WORKER = pytest.mark.parametrize("name", WORKERS)


def yaml_of(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def parse(command: list[str]) -> dict[str, Any]:
    """The parameters of a command of ours; raises where it would refuse them."""
    name, *rest = command
    return typer.main.get_command(app).commands[name].make_context(name, rest).params


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, each with what stands after it."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] != "#"]
    return [(word, rest) for word, rest in lines]


def all_of(word: str) -> list[str]:
    return [rest for one, rest in instructions() if one == word]


# The services


@EVERY
def test_every_image_is_pinned(name: str):
    assert PINNED.fullmatch(SERVICES[name]["image"])


@EVERY
def test_every_service_is_hemmed_in_logs_little_and_comes_back(name: str):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] == ("no" if name == "topics" else "unless-stopped")
    assert service.get("read_only", False) is (name != "kafka")


@EVERY
def test_every_port_is_published_on_this_machine_alone_and_under_its_own_number(name: str):
    assert [(host, port) for host, port in ports(SERVICES[name]).values()] == [
        ("127.0.0.1", port) for port in ports(SERVICES[name])
    ]


@EVERY
def test_every_file_that_is_mounted_is_there_and_read_only(name: str):
    for mount in SERVICES[name].get("volumes", ()):
        source, _, *mode = mount.split(":")
        if source.startswith("."):
            assert (ROOT / source).exists()
            assert mode == ["ro"]


def test_every_volume_is_declared_and_used():
    named = {source for service in SERVICES.values() for source in mounts(service).values()}
    assert {name for name in named if not name.startswith(".")} == read({})["volumes"].keys()


@EVERY
def test_a_service_waits_for_what_can_be_waited_for(name: str):
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


def test_all_but_the_topics_tell_how_they_are():
    assert [name for name, one in SERVICES.items() if "healthcheck" not in one] == ["topics"]


# Ours


def settings_of(service: Service, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a service: as in its container, the settings file lies beside."""
    monkeypatch.chdir(ROOT)
    return load(None, environ(service)).settings


def test_there_is_a_worker_for_each_role():
    assert {Role(parse(service["command"])["role"]) for service in WORKERS.values()} == set(Role)


@OUR
def test_every_command_is_one_of_ours(name: str):
    assert parse(OURS[name]["command"])


@OUR
def test_every_variable_is_a_setting(name: str, monkeypatch: pytest.MonkeyPatch):
    told = environ(OURS[name])
    assert {one for one in told if "__" not in one} == {"COPYDESK_CONFIG"}
    settings_of(OURS[name], monkeypatch)


@OUR
def test_ours_reach_the_broker_inside_and_read_the_settings_that_are_mounted(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    [workdir] = all_of("WORKDIR")[-1:]
    assert mounts(OURS[name])[f"{workdir}/config"] == "./config"
    advertised = environ(SERVICES["kafka"])["KAFKA_ADVERTISED_LISTENERS"]
    assert f"//{settings_of(OURS[name], monkeypatch).kafka.bootstrap_servers}," in advertised


@WORKER
def test_a_worker_listens_where_its_port_is_published_and_its_health_is_asked(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    worker = settings_of(OURS[name], monkeypatch).worker
    assert worker.host == "0.0.0.0"  # noqa: S104 - of a container
    assert [*ports(WORKERS[name])] == [worker.port(Role(name))]
    assert f"127.0.0.1:{worker.port(Role(name))}/ready" in str(WORKERS[name]["healthcheck"])


def test_the_page_of_the_sources_opens_to_the_token_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
):
    assert settings_of(SERVICES["sources"], monkeypatch).worker.page_token is None
    token = "f" * 16
    filled = read({"COPYDESK_PAGE_TOKEN": token})["services"]["sources"]
    assert settings_of(filled, monkeypatch).worker.page_token == token


def test_the_example_of_variables_has_all_there_are_with_their_defaults():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and line[0] != "#")
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert given == dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))


def test_a_file_of_variables_does_not_get_into_git():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/.env" in ignored


# Kafka


def test_kafka_is_of_the_version_that_the_tests_run_on():
    pom = (DEPLOY / "kafka" / "pom.xml").read_text(encoding="utf-8")
    version = re.search(r"kafka_2\.13</artifactId>\s*<version>([\d.]+)<", pom)
    assert version is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_from_this_machine_kafka_is_where_it_is_looked_for_without_settings():
    assert KafkaOptions().bootstrap_servers == "localhost:9092"
    assert [*ports(SERVICES["kafka"])] == [9092]
    assert "HOST://127.0.0.1:9092" in environ(SERVICES["kafka"])["KAFKA_ADVERTISED_LISTENERS"]


def test_kafka_is_asked_for_its_health_where_it_listens():
    *_, option, server = SERVICES["kafka"]["healthcheck"]["test"]
    assert (option, server) == ("--bootstrap-server", "localhost:9092")
    assert "HOST://:9092" in environ(SERVICES["kafka"])["KAFKA_LISTENERS"]


# What is ours or can be had, run


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("composed")) as started:
        yield started


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_broker_of_the_image_knows_every_setting(composed: Stack):
    admin = KafkaAdminClient(bootstrap_servers=composed.broker.bootstrap)
    resource = ConfigResource("BROKER", "1")
    [known] = admin.describe_configs([resource], config_filter="all")["broker"].values()
    admin.close()
    told = composed.broker.settings()
    of_java = {"KAFKA_HEAP_OPTS"}
    named = {one for one in composed.broker.environ if one.startswith("KAFKA_")} - of_java
    assert told.keys() == {one[6:].lower().replace("_", ".") for one in named}
    assert {name: known[name]["value"] for name in told} == told  # no value: not one of Kafka's


def test_the_topics_are_made(composed: Stack):
    assert composed.topics.returncode == 0, composed.topics.stderr
    assert "missing" not in composed.topics.stdout


@WORKER
def test_a_worker_that_works_becomes_healthy(name: str, composed: Stack):
    until(lambda: check(WORKERS[name], composed.there) == 0)


@WORKER
def test_where_nobody_works_nobody_is_healthy(name: str):
    assert check(WORKERS[name], Ports()) != 0


def test_what_is_fed_from_this_machine_comes_out(composed: Stack):
    host = KafkaOptions(bootstrap_servers=composed.broker.bootstrap)
    articles = [str(path) for path in (ROOT / "examples").iterdir() if path.is_file()]
    fed = copydesk(host, "feed", *articles, "--json")
    assert (fed.code, fed.err) == (0, "")
    composed.pipeline.read.outcomes(fed.facts["acknowledged"])


def test_prometheus_watches_every_role_by_its_name(composed: Stack, tmp_path: Path):
    there = composed.there
    roles = {Role(name): there[str(port)] for name, one in WORKERS.items() for port in ports(one)}
    example = (DEPLOY / "prometheus" / "targets" / "desks.yml.example").read_text("utf-8")
    more = tmp_path / "targets" / "desks.yml"
    more.parent.mkdir()
    with Prometheus(tmp_path, there["9090"], roles) as server:
        until(lambda: server.values('up{job="copydesk"}') == [1.0] * len(roles))
        # A second desk: it is another worker's port here, for only one of each role is there.
        more.write_text(example.replace("desk-2:9631", f"127.0.0.1:{roles[Role.DEDUP]}"), "utf-8")
        until(lambda: server.values('up{job="copydesk",role="desk"}') == [1.0, 1.0])
        more.unlink()
        until(lambda: server.values('up{job="copydesk",role="desk"}') == [1.0])
        told = [one["metric"] for one in server.ask("query", query="copydesk_build_info")["result"]]
        assert {one["role"] for one in told} == {role.value for role in roles}
        assert all("exported_role" not in one for one in told)
        health = SERVICES["prometheus"]["healthcheck"]["test"][-1]
        with urlopen(there.here(health)) as answer:
            assert answer.status == 200


# Prometheus and Grafana


def test_prometheus_accepts_its_configuration():
    command = [tool("promtool"), "check", "config", CONFIG]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_knows_every_option_that_it_is_started_with():
    command = [tool("prometheus"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    known = set(re.findall(r"--[\w.-]+", done.stdout + done.stderr))
    assert {one.partition("=")[0] for one in SERVICES["prometheus"]["command"]} <= known


def test_prometheus_asks_every_worker_at_its_port():
    [job] = yaml_of("deploy/prometheus/prometheus.yml")["scrape_configs"]
    asked = {one["labels"]["role"]: one["targets"] for one in job["static_configs"]}
    assert job["job_name"] == "copydesk"
    assert asked == {
        name: [f"{name}:{port}" for port in ports(one)] for name, one in WORKERS.items()
    }


def test_prometheus_finds_its_configuration_where_it_is_mounted():
    service = SERVICES["prometheus"]
    [config] = [one for one in service["command"] if "config.file" in one]
    place = Path(config.partition("=")[2])
    assert (ROOT / mounts(service)[str(place.parent)] / place.name).is_file()
    assert any(one.endswith("=/prometheus") for one in service["command"])
    assert mounts(service)["/prometheus"] == "prometheus-data"


def test_grafana_is_provisioned_with_the_source_that_the_dashboards_name():
    [source] = yaml_of("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert (source["uid"], source["type"]) == ("prometheus", "prometheus")
    assert source["url"] == "http://prometheus:9090"
    assert [*ports(SERVICES["prometheus"])] == [9090]
    interval = yaml_of("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval


def test_grafana_finds_the_dashboards_and_begins_with_the_overview():
    [provider] = yaml_of("deploy/grafana/provisioning/dashboards/copydesk.yml")["providers"]
    assert provider["folder"] == "Copydesk"
    here = mounts(SERVICES["grafana"])
    assert here["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
    home = Path(environ(SERVICES["grafana"])["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert provider["options"]["path"] == str(home.parent)
    dashboard = json.loads((ROOT / here[str(home.parent)] / home.name).read_text(encoding="utf-8"))
    assert dashboard["title"].endswith("Overview")


# The image


def test_the_image_is_made_of_files_that_are_there_and_reach_docker():
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in let_in
    for copied in all_of("COPY"):
        *sources, _ = copied.split()
        if not sources[0].startswith("--"):
            assert [one for one in sources if not (ROOT / one).exists()] == []
            assert [one for one in sources if f"!{one}" not in let_in] == []


def test_nothing_reaches_docker_that_the_image_does_not_take():
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {one for line in all_of("COPY") for one in line.split()[:-1]}
    assert {line[1:] for line in let_in if line.startswith("!")} <= copied


def test_the_image_is_built_and_run_on_one_python_that_we_support():
    [base] = {line.partition(" ")[0] for line in all_of("FROM")}
    assert PINNED.fullmatch(base)
    version = re.search(r":(\d+\.\d+)-slim", base)
    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in PROJECT["classifiers"]


def test_the_image_installs_what_is_pinned_as_the_makefile_does():
    runs = " ".join(all_of("RUN"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in ("install --require-hashes -r requirements.txt", "--no-deps --no-build-isolation"):
        assert line in runs
        assert line in makefile


def test_the_image_runs_as_nobody_in_particular_and_starts_the_workers():
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", all_of("USER")[-1])
    [program] = json.loads(all_of("ENTRYPOINT")[-1])
    assert program in PROJECT["scripts"]
    assert parse(json.loads(all_of("CMD")[-1]))["role"] is None


def test_the_image_is_of_the_version_of_the_project():
    assert {service["image"] for service in OURS.values()} == {f"copydesk:{__version__}"}
    [label] = all_of("LABEL")
    said = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', label))
    assert said.pop("title") == "Copydesk"
    assert said == {
        "version": __version__,
        "description": PROJECT["description"],
        "licenses": PROJECT["license"],
    }


def test_hadolint_finds_nothing_in_the_dockerfile():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [linter, "--no-color", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_says_what_it_holds_of_python(tmp_path: Path):
    """The Dockerfile's own command, on the environment that the tests run in."""
    [line] = re.findall(r"/opt/sbom/bin/(cyclonedx-py .*)", "\n".join(all_of("RUN")))
    program, *options = line.split()
    told = tmp_path / "sbom.cdx.json"
    there = {"/opt/copydesk/sbom.cdx.json": told, "/opt/copydesk/bin/python": sys.executable}
    arguments = [str(there.get(one, one)) for one in options]
    # To validate the 190 packages of this environment takes a quarter of a minute.
    command = [str(Path(sys.executable).with_name(program)), *arguments, "--no-validate"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    bill = json.loads(told.read_text("utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "copydesk")
    named = {
        (re.sub("[-_.]+", "-", one["name"]).lower(), one["version"]): one
        for one in bill["components"]
    }
    for name in PROJECT["dependencies"]:
        wanted = re.match(r"[\w-]+", name)
        assert wanted
        [found] = [one for (key, _), one in named.items() if key == wanted[0].lower()]
        assert found["purl"].startswith("pkg:pypi/")
        assert found["licenses"]


def test_what_builds_the_project_does_not_stay_in_the_image():
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    parts = re.findall(r"(?ms)^([\w-]+)==.*?# via(.*?)(?=^[\w-]+==|\Z)", lock)
    only = {name for name, via in parts if via.split() in (["hatchling"], ["#", "hatchling"])}
    [gone] = re.findall(r"(?m)pip uninstall --yes (.+)$", "\n".join(all_of("RUN")))
    assert only | {"editables", "hatchling", "pip"} == {*gone.split()}


def test_docker_itself_accepts_the_file():
    compose = [shutil.which("docker") or "false", "compose"]
    if subprocess.run([*compose, "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not there: only PyYAML has read docker-compose.yml")
    command = [*compose, "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
