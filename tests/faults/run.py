"""Runs a row of the table on the cluster that it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kafka.errors import KafkaError
from msgspec.structs import replace
from support.clusters import Cluster
from support.rights import RIGHTS, Secured, allow, options_for
from support.streams import PATIENCE, ROOT, environ_of, running

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions

from .proxy import Proxy
from .rows import On, Row
from .scene import Result, Scene

_SMALL = 96  # MB of a small disk
_MUTANT = 15.0  # seconds without progress until a mutation counts as stuck
_BEFORE = "79e9f05"  # the commit whose workers are upgraded
_CHECKED_OFTEN = {"log.retention.check.interval.ms": 1000}


def run(row: Row, times: int, seed: int, broker: str | None = None) -> Result:
    """Does it, and verifies. `broker`: one that is there already, for rows that take any."""
    if row.on is On.SMALL_DISK and not _may_mount():
        return _in_namespace(row, times, seed)
    with tempfile.TemporaryDirectory(prefix="copydesk-faults-") as name:
        folder = Path(name)
        more = {"environ": _earlier(folder)} if row.from_before else {}
        with (
            _cluster(row, folder, broker) as setup,
            Scene(
                folder=folder,
                seed=seed,
                supervised=row.on is not On.ANY,
                **setup,
                **row.setup,
                **more,
            ) as scene,
        ):
            try:
                scene.warm_up()
                row.play(scene, times)
            except (AssertionError, KafkaError, OSError) as error:
                scene.problems.append(repr(error))
            is_broken = row.is_mutation and not row.believes_all
            patience = _MUTANT if is_broken else PATIENCE
            return scene.finish(row.name, patience=patience, believes_all=row.believes_all)


def problems(row: Row, result: Result) -> list[str]:
    """Why a row does not hold, in words; empty if it does."""
    if row.is_mutation:
        if not result.times:
            return [*result.problems, "it worked so badly that nothing could be done to it"]
        return [] if result.found else ["the verifier did not find it"]
    found = [*result.problems, *result.found]
    if row.aborts and not result.aborted:
        found.append("no transaction was aborted: this proves nothing")
    if row.aborts and not result.backlog:
        found.append("nothing was left to do at a fault: this proves nothing")
    if row.aborts and not result.believed:
        found.append("a reader of uncommitted records saw nothing wrong: is this verifier?")
    return found


@contextmanager
def _cluster(row: Row, folder: Path, broker: str | None) -> Iterator[dict[str, Any]]:
    """What a scene needs to know of the cluster that the row runs on."""
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    if row.on is On.ANY and broker:
        yield {"kafka": KafkaOptions(bootstrap_servers=broker, prefix=prefix)}
    elif row.on in {On.ANY, On.OWN}:
        with running(Broker(settings=_CHECKED_OFTEN)) as own:
            kafka = KafkaOptions(bootstrap_servers=own.bootstrap, prefix=prefix)
            yield {"kafka": kafka, "cluster": own}
    elif row.on is On.SECURED:
        with running(Broker(secured=True)) as own:
            secured = Secured(own, options_for(own, prefix))
            user = allow(secured, "desks", RIGHTS["desks"])
            login = {name: text for name, text in environ_of(user).items() if "TOPICS" not in name}
            # A login takes a while, and each partition has its own.
            login["COPYDESK_KAFKA__SESSION_TIMEOUT"] = "10"
            yield {
                "kafka": user,
                "environ": login,
                "feeds": KafkaOptions(bootstrap_servers=own.bootstrap, prefix=prefix),
                "cluster": own,
            }
    else:
        with _three(row, folder) as cluster:
            kafka = KafkaOptions(bootstrap_servers=cluster.bootstrap, prefix=prefix)
            if row.on is not On.PROXIED:
                yield {"kafka": kafka, "cluster": cluster}
                return
            before = ",".join(f"127.0.0.1:{port}" for port in cluster.ports_before)
            proxy = Proxy(cluster.ports_before)
            through = replace(kafka, bootstrap_servers=before)
            yield {"kafka": through, "feeds": kafka, "cluster": cluster, "proxy": proxy}
            proxy.close()


@contextmanager
def _three(row: Row, folder: Path) -> Iterator[Cluster]:
    disks = {}
    if row.on is On.SMALL_DISK:
        disks[2] = folder / "small"
        disks[2].mkdir()
        size = f"size={_SMALL}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", disks[2]], check=True)
    try:
        with Cluster(disks, behind_ports=row.on is On.PROXIED) as cluster:
            yield cluster
    finally:
        for disk in disks.values():
            subprocess.run(["umount", "-l", disk], check=True)


def _earlier(folder: Path) -> dict[str, str]:
    """The variables for workers of an earlier version, whose code is put into the folder."""
    before = folder / "before"
    packed = subprocess.run(["git", "archive", _BEFORE], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        raise AssertionError(f"{_BEFORE} is not in this clone: {packed.stderr.decode().strip()}")
    before.mkdir()
    subprocess.run(["tar", "-x"], cwd=before, input=packed.stdout, check=True)
    path = {"PYTHONPATH": str(before)}
    build = [sys.executable, "-m", "pipeline.native.build"]
    subprocess.run(build, cwd=before, env=os.environ | path, check=True, capture_output=True)
    return path


def _may_mount() -> bool:
    """Whether this process may mount a file system."""
    with tempfile.TemporaryDirectory() as folder:
        tried = ["mount", "-t", "tmpfs", "none", folder]
        if subprocess.run(tried, capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
        return True


def _in_namespace(row: Row, times: int, seed: int) -> Result:
    """Runs a row in a process that may mount: as root of a namespace of its own (Linux)."""
    command = [sys.executable, "-m", "tests.faults", "--only", row.name, "--json"]
    command += ["--times", str(times), "--seed", str(seed)]
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise AssertionError(f"{row.name} needs root or unshare(1): {done.stderr[-500:]}")
    [told] = json.loads(done.stdout)
    return Result(**{name: told[name] for name in Result._fields})
