"""The manifests of deploy/kubernetes as `kubectl kustomize` puts them together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
COMPONENTS = ("keda", "monitoring")
KNOWN = {
    "apiVersion", "kind", "resources", "components", "patches", "configMapGenerator", "images",
    "labels",
}  # fmt: skip

Manifest = dict[str, Any]


def kustomized() -> list[Manifest]:
    """Every object, those of the optional components too."""
    top = _load(FOLDER / "kustomization.yaml")
    assert top.keys() <= KNOWN
    found = [*_objects(FOLDER, top)]
    for name in COMPONENTS:
        found += _objects(FOLDER / name, _load(FOLDER / name / "kustomization.yaml"))
    for patch in top["patches"]:
        _patch(found, re.compile(patch["target"]["kind"]), _load(FOLDER / patch["path"]))
    for one in found:
        _label(one, top["labels"][0])
        _tag(one, top["images"])
    return [*found, *_config_maps(top)]


def pod_of(one: Manifest) -> Manifest:
    """The pod of a workload."""
    pod: Manifest = one["spec"]["template"]
    return pod


def workloads(objects: list[Manifest]) -> dict[str, Manifest]:
    """What runs pods, by the name of its container."""
    found = [one for one in objects if "template" in one.get("spec", {})]
    return {pod_of(one)["spec"]["containers"][0]["name"]: one for one in found}


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _objects(folder: Path, kustomization: Manifest) -> Iterator[Manifest]:
    for name in kustomization["resources"]:
        yield from yaml.safe_load_all((folder / name).read_text("utf-8"))


def _patch(objects: list[Manifest], kind: re.Pattern[str], operations: list[Manifest]) -> None:
    """Applies a JSON patch; a place that does not exist is an error, as it is for kustomize."""
    for one in objects:
        if kind.fullmatch(one["kind"]):
            for operation in operations:
                assert operation["op"] == "add"
                *way, last = operation["path"].strip("/").split("/")
                place: Any = one
                for step in way:
                    place = place[int(step) if step.isdigit() else step]
                assert last not in place, f"{operation['path']} of {one['kind']} would be replaced"
                place[last] = operation["value"]


def _label(one: Manifest, labels: Manifest) -> None:
    assert labels.keys() == {"pairs", "includeTemplates"}
    one["metadata"].setdefault("labels", {}).update(labels["pairs"])
    if "template" in one.get("spec", {}):
        metadata = pod_of(one).setdefault("metadata", {})
        metadata.setdefault("labels", {}).update(labels["pairs"])


def _tag(one: Manifest, images: list[Manifest]) -> None:
    if "template" in one.get("spec", {}):
        for container in pod_of(one)["spec"]["containers"]:
            [tag] = [image["newTag"] for image in images if image["name"] == container["image"]]
            container["image"] += f":{tag}"


def _config_maps(kustomization: Manifest) -> Iterator[Manifest]:
    for made in kustomization["configMapGenerator"]:
        lines = [
            line
            for name in made["envs"]
            for line in (FOLDER / name).read_text("utf-8").splitlines()
            if line and not line.startswith("#")
        ]
        data = dict(line.split("=", 1) for line in lines)
        metadata = {"name": made["name"]}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
