"""deploy/kubernetes: what a cluster is told, and that what it would start works."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import kubernetes_validate
import pytest
import typer
import yaml
from jsonschema import Draft202012Validator
from support.composed import Ports
from support.contained import USER, contained, require_containers
from support.kustomized import FOLDER, kustomized, pod_of, workloads
from support.streams import ROOT, Pipeline, story

from pipeline import __version__
from pipeline.cli import app
from pipeline.cluster import KafkaOptions, WorkerOptions
from pipeline.metrics import Metrics
from pipeline.routing import TOPICS, Role, Topic
from pipeline.settings import Settings, load

OBJECTS = kustomized()
WORKLOADS = workloads(OBJECTS)
VERSIONS = ("1.32", "1.37")
# Of KEDA 2.16.1 and of the Prometheus operator 0.80.1: JSON Schemas of the models that cloudcoil
# (Apache-2.0) makes of their definitions, without titles and defaults; no field may be there that
# they do not know.
_CRDS = Path(__file__).parent / "cases" / "crds.json.gz"
OF_OTHERS: dict[str, Any] = json.loads(gzip.decompress(_CRDS.read_bytes()))
PATIENCE = 60.0
TMP = "/tmp"  # noqa: S108 - of a container


def name_of(one: dict[str, Any]) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in OBJECTS if one["kind"] == kind]


def container(name: str) -> dict[str, Any]:
    [found] = pod_of(WORKLOADS[name])["spec"]["containers"]
    return dict(found)


def settings_of(name: str) -> Settings:
    """The settings that a container works with: those of the image and of the cluster."""
    [config] = of_kind("ConfigMap")
    told = {one["name"]: one["value"] for one in container(name).get("env", ())}
    return load(ROOT / "config" / "copydesk.yaml", config["data"] | told).settings


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("one", OBJECTS, ids=name_of)
def test_every_object_is_one_that_kubernetes_knows(one: dict[str, Any], version: str):
    if one["kind"] not in OF_OTHERS:
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("kind", OF_OTHERS)
def test_the_objects_of_others_are_what_their_definitions_say(kind: str):
    [one] = of_kind(kind)
    schema = Draft202012Validator(OF_OTHERS[kind])
    assert [error.message for error in schema.iter_errors(one)] == []
    assert not schema.is_valid(one | {"spec": one["spec"] | {"minReplicaCont": 1}})
    [entries] = [value for value in one["spec"].values() if isinstance(value, list)]
    entries[0]["relabeling"] = []
    assert not schema.is_valid(one)
    del entries[0]["relabeling"]


def test_an_object_with_a_misspelt_field_would_be_refused():
    wrong = yaml.safe_load((FOLDER / "topics.yaml").read_text("utf-8"))
    wrong["spec"]["backofLimit"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[1], strict=True)


def test_every_file_is_part_of_it():
    named = re.findall(r"[\w.]+\.(?:yaml|env)", (FOLDER / "kustomization.yaml").read_text("utf-8"))
    assert {one.name for one in FOLDER.iterdir() if one.is_file()} == {"kustomization.yaml", *named}


def test_the_secret_sets_what_the_settings_call_secret():
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text("utf-8"))
    kubernetes_validate.validate(secret, VERSIONS[1], strict=True)
    load(None, secret["stringData"])
    [name] = {
        one["secretRef"]["name"] for one in container("desk")["envFrom"] if "secretRef" in one
    }
    assert secret["metadata"]["name"] == name


def test_there_is_a_worker_for_each_role_and_a_job_for_the_topics():
    assert WORKLOADS.keys() == {*Role, "topics"}
    commands = typer.main.get_command(app).commands
    for name in WORKLOADS:
        command, *rest = container(name)["args"]
        parameters = commands[command].make_context(command, rest).params
        assert parameters.get("role", name) == name
        assert container(name)["image"] == f"copydesk:{__version__}"


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_has_no_rights_and_writes_only_where_a_volume_is(name: str):
    pod = pod_of(WORKLOADS[name])["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    assert f"USER {pod['securityContext']['runAsUser']}:" in dockerfile
    assert pod["automountServiceAccountToken"] is False
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    there = {one["name"] for one in pod["volumes"]}
    claims = WORKLOADS[name]["spec"].get("volumeClaimTemplates", ())
    mounted = {one["mountPath"]: one["name"] for one in container(name)["volumeMounts"]}
    assert {*mounted.values()} == there | {one["metadata"]["name"] for one in claims}
    state = settings_of(name).worker.state_folder
    assert {*mounted} == {TMP, *([state] if state else [])}


@pytest.mark.parametrize("role", Role)
def test_a_worker_is_asked_where_it_listens(role: Role):
    worker = settings_of(role).worker
    [port] = container(role)["ports"]
    assert worker.host == "0.0.0.0"  # noqa: S104 - of a pod
    assert port == {"name": "http", "containerPort": worker.port(role)}
    for probe, path in (("startup", "/live"), ("liveness", "/live"), ("readiness", "/ready")):
        assert container(role)[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "http"}


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget"])
def test_each_worker_has_its_own(kind: str):
    found = {name_of(one): one for one in of_kind(kind)}
    assert len(found) == len(Role)
    for role in Role:
        spec = found[f"{kind} copydesk-{role}"]["spec"]
        wanted = spec["selector"] if kind == "Service" else spec["selector"]["matchLabels"]
        assert wanted.items() <= pod_of(WORKLOADS[role])["metadata"]["labels"].items()
        if kind == "Service":
            assert [one["port"] for one in spec["ports"]] == [WorkerOptions().port(role)]


def test_the_network_lets_pods_reach_the_broker_that_they_are_told():
    [policy] = of_kind("NetworkPolicy")
    labels = policy["spec"]["podSelector"]["matchLabels"].items()
    assert all(labels <= pod_of(one)["metadata"]["labels"].items() for one in WORKLOADS.values())
    port = int(settings_of("desk").kafka.bootstrap_servers.rpartition(":")[2])
    assert {"port": port, "protocol": "TCP"} in [
        one for rule in policy["spec"]["egress"] for one in rule["ports"]
    ]


def test_workers_are_scaled_by_a_metric_of_ours_up_to_the_partitions_of_the_raw_topic():
    [scaled] = of_kind("ScaledObject")
    assert scaled["spec"]["scaleTargetRef"]["name"] == WORKLOADS["desk"]["metadata"]["name"]
    assert scaled["spec"]["maxReplicaCount"] == TOPICS[Topic.RAW].partitions
    [trigger] = scaled["spec"]["triggers"]
    query = re.fullmatch(r'sum\((\w+)\{topic="([\w.-]+)"\}\)', trigger["metadata"]["query"])
    assert query
    metric, topic = query.groups()
    assert topic == TOPICS[Topic.RAW].name
    metrics = Metrics(Role.DESK)
    metrics.watch_lag(lambda: {(topic, 0): 7})
    assert f'{metric}{{partition="0",topic="{topic}"}} 7.0' in metrics.exposition().decode()


def test_the_metrics_of_all_services_are_read_with_their_role():
    [monitor] = of_kind("ServiceMonitor")
    labels = monitor["spec"]["selector"]["matchLabels"].items()
    assert all(labels <= one["metadata"]["labels"].items() for one in of_kind("Service"))
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["path"] == "/metrics"
    assert endpoint["relabelings"][0]["targetLabel"] == "role"


def test_a_contained_command_is_who_it_should_be_and_writes_only_to_its_volumes(tmp_path: Path):
    require_containers()
    volume, other = tmp_path / "volume", tmp_path / "other"
    volume.mkdir()
    script = f"id -u; touch {volume}/file && echo written; touch {other} || echo refused"
    command = contained(["sh", "-c", script], [volume])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [USER, "written", "refused"]
    pods = [pod_of(one)["spec"] for one in WORKLOADS.values()]
    assert {str(pod["securityContext"]["runAsUser"]) for pod in pods} == {USER}


def test_what_a_cluster_would_start_works_as_its_user_with_read_only_folders(
    kafka: KafkaOptions, tmp_path: Path
):
    """Commands and environments are those of the manifests; only addresses and folders differ."""
    require_containers()
    [config] = of_kind("ConfigMap")
    there = Ports()
    volumes = {TMP: tmp_path / "tmp", "/var/lib/copydesk": tmp_path / "state"}
    for folder in volumes.values():
        folder.mkdir()
    told = config["data"] | {"HOME": "/nonexistent", "TMPDIR": str(volumes[TMP])}
    told |= {"COPYDESK_WORKER__HOST": "127.0.0.1", "COPYDESK_KAFKA__REPLICATION_FACTOR": "1"}
    for role in Role:
        told[f"COPYDESK_WORKER__{role.upper()}_PORT"] = str(there[str(WorkerOptions().port(role))])
    kept = {name: value for name, value in told.items() if "BOOTSTRAP" not in name}

    def of_pod(name: str, *arguments: str) -> list[str]:
        mine = [volumes[one["mountPath"]] for one in container(name)["volumeMounts"]]
        own = {one["name"]: one["value"] for one in container(name).get("env", ())}
        set_here = [f"{key}={volumes.get(value, value)}" for key, value in own.items()]
        return ["env", *set_here, *contained([sys.executable, "-m", "pipeline", *arguments], mine)]

    with Pipeline(kafka, tmp_path, environ=kept) as pipeline:
        topics = of_pod("topics", *container("topics")["args"])
        subprocess.run(topics, cwd=ROOT, env=os.environ | pipeline.environ, check=True)
        for role in Role:
            pipeline.start(role, command=of_pod(role, *container(role)["args"][:1]))
        pipeline.feed([story(1), story(2), story(1)])
        pipeline.read.outcomes(3)
        for role in Role:
            port = there[str(WorkerOptions().port(role))]
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                if kind in container(role):
                    wait_for(f"http://127.0.0.1:{port}{container(role)[kind]['httpGet']['path']}")
        began = time.monotonic()
        assert pipeline.stop() == [0, 0, 0]
        graces = [pod_of(WORKLOADS[one])["spec"]["terminationGracePeriodSeconds"] for one in Role]
        assert time.monotonic() - began < min(graces)
    assert any(volumes["/var/lib/copydesk"].iterdir())


def wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(address) as answer:
                assert answer.status == 200
                return
        except URLError:
            assert time.monotonic() < deadline, f"{address} is never ready"
            time.sleep(0.2)
