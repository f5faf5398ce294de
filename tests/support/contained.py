"""A command run as a container would run it, without one: by Linux's namespaces."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from support.optional import missing

USER = "10001"
_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
# Its volumes can be written, all else on the disk not; then it is nobody in particular.
_SCRIPT = f"""
for volume in $VOLUMES; do mount --bind "$volume" "$volume"; done
mount -o remount,ro,bind / && unset VOLUMES
exec unshare --user --map-user={USER} --map-group={USER} -- "$@"
"""


def contained(command: Sequence[str], volumes: Iterable[Path]) -> list[str]:
    """The command with this user, and no folder to write to but the volumes.

    Its process is the one that is started: signals reach it. The volumes' names hold no spaces.
    """
    named = f"VOLUMES={' '.join(map(str, volumes))}"
    return ["env", named, *_UNSHARE, "sh", "-euc", _SCRIPT, "sh", *command]


def require_containers() -> None:
    """Without namespaces the test ends (`optional`)."""
    if (
        not shutil.which("unshare")
        or subprocess.run(contained(["true"], ()), check=False).returncode
    ):
        missing("namespaces", "no command can be run with folders that it may not write to")
