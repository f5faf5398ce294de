"""Fuzzes one target, or all: `python -m fuzz [TARGET ...] [--seconds N | --runs N]`.

The native module is compiled to check each memory access (`--plain`: it is not, which is twice as
fast). A failing input is written to `.fuzz/`, and its path is printed. Copy it to
`tests/fuzz/cases/TARGET/`: from then on it is a test.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from support.corpus import themes
from support.sanitized import FLAGS, VARIABLE

from fuzz.targets import TARGETS, seeds
from pipeline.native.build import build

ROOT = Path(__file__).parents[2]
FOUND = ROOT / ".fuzz"
# libFuzzer's library brings the sanitizer for addresses, and none for undefined behaviour, which
# traps. Of gcc's own libraries only what asks the processor is linked.
_WITHOUT_LIBRARIES = (
    *("-fsanitize-undefined-trap-on-error", "-nostdlib", "-lgcc"),
    *("-Wl,-u,__cpu_model", "-Wl,-u,__cpu_indicator_init"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("--runs", type=int, help="inputs for each target, however long it takes")
    parser.add_argument("--plain", action="store_true", help="without the sanitizers")
    arguments = parser.parse_args()
    unknown = {*arguments.targets} - {*TARGETS}
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}: {', '.join(TARGETS)}")
    names = arguments.targets or [*TARGETS]
    limit = f"-runs={arguments.runs}" if arguments.runs else f"-max_total_time={arguments.seconds}"
    with TemporaryDirectory() as built:
        environ = None if arguments.plain else environ_with(Path(built))
        return max(_fuzz(name, limit, environ) for name in names)


def environ_with(folder: Path) -> dict[str, str]:
    """The environment of a process whose native module checks each memory access."""
    import atheris  # noqa: PLC0415 - for some systems only

    module = build(folder / "_native.abi3.so", (*FLAGS, *_WITHOUT_LIBRARIES))
    return {
        **os.environ,
        VARIABLE: str(module),
        "LD_PRELOAD": str(Path(atheris.__file__).parents[1] / "asan_with_fuzzer.so"),
        "PYTHONMALLOC": "malloc",  # a block of its own for each object, so that its end is guarded
        # The interpreter keeps what it made to its end. What is freed is guarded for a while only.
        "ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=32",
    }


def _fuzz(name: str, limit: str, environ: dict[str, str] | None) -> int:
    """Fuzzes in a process of its own, as libFuzzer ends the one that it runs in."""
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    samples = [sample.record for theme in themes().values() for sample in theme]
    for number, seed in enumerate(seeds(name, samples)):
        (folder / f"seed-{number:03}").write_bytes(seed)
    options = ["-max_len=4096", "-timeout=25", "-rss_limit_mb=2048", "-print_final_stats=1", limit]
    command = [sys.executable, "-m", "fuzz.one", name, str(folder)]
    command += [f"-artifact_prefix={FOUND / name}-", *options]
    return subprocess.run(command, cwd=ROOT / "tests", env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
