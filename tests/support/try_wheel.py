"""Installs a wheel into an environment of its own and cleans the examples (`make wheel`)."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]


def try_wheel(wheel: Path, folder: Path) -> None:
    """Runs the wheel's command in `folder`. Raises CalledProcessError where anything fails.

    Only the wheel is installed; what it depends on is taken from the environment of this script.
    """
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    install = [python, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index", wheel]
    subprocess.run([str(word) for word in install], check=True)
    packages = next((folder / "env").glob("lib/python*/site-packages"))
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(ours))
    where = [str(python), "-c", "import pipeline; print(pipeline.__file__)"]
    loaded = subprocess.run(where, cwd=folder, check=True, capture_output=True, text=True).stdout
    assert Path(loaded.strip()).is_relative_to(folder.resolve()), loaded
    run = [str(python), "-m", "pipeline", "run", str(ROOT / "examples"), "--out", "out"]
    subprocess.run(run, cwd=folder, check=True)
    lines = (folder / "out" / "quality.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(list(map(json.loads, lines))) > 10


if __name__ == "__main__":
    wheels = Path(sys.argv[1]).resolve().glob("*.whl")
    newest = max(wheels, key=lambda path: path.stat().st_mtime)
    with TemporaryDirectory() as name:
        try_wheel(newest, Path(name))
    sys.stdout.write(f"{newest.name} works\n")
