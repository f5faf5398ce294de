"""What is built when the product is installed: with a compiler, without one, for other systems."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.native import build

ROOT = Path(__file__).parents[1]
HAS_COMPILER = build.machine_compiler() is not None
needs_compiler = pytest.mark.skipif(not HAS_COMPILER, reason="no C compiler here")
FACTS = (
    "import pipeline.native as native; from pipeline import traits;"
    "print(type(native.read_text).__name__, native.read_text('Two words.', traits.table())[3])"
)


def python(*arguments: str, path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with a package folder in front of ours, in a folder of its own."""
    ours = {name: value for name, value in os.environ.items() if name != "COPYDESK_NATIVE"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=path,
        env={**ours, "PYTHONPATH": str(path), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def wheel_of(folder: Path, **environ: str) -> Path:
    """The wheel that hatchling makes of a fresh copy of the tree, unpacked."""
    tree = folder / "tree"
    shutil.copytree(
        ROOT / "pipeline",
        tree / "pipeline",
        ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.bin", "*.msgpack", "*.hash"),
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    made = python("-m", "hatchling", "build", "-t", "wheel", "-d", "..", path=tree, **environ)
    assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return wheel


@pytest.fixture(scope="module")
def without_compiler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("without")
    wheel_of(folder, PATH=str(folder), CC="")
    return folder


@needs_compiler
def test_a_wheel_holds_the_module_for_this_system_and_the_tables(tmp_path: Path):
    wheel = wheel_of(tmp_path)
    assert "-cp311-abi3-" in wheel.name
    native = tmp_path / "installed" / "pipeline" / "native"
    assert (native / "_native.abi3.so").is_file()
    assert len([*native.glob("tables-*.bin")]) == 1
    assert (native.parent / "languages" / "_bundle.msgpack").is_file()
    ran = python("-c", FACTS, path=tmp_path / "installed")
    assert (ran.stdout, ran.stderr) == ("builtin_function_or_method 2\n", "")


def test_without_a_compiler_the_product_is_installed_and_works_with_the_twins(
    without_compiler: Path,
):
    (wheel,) = without_compiler.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    ran = python("-c", FACTS, path=without_compiler / "installed")
    assert (ran.stdout, ran.stderr) == ("function 2\n", "")


def test_commands_say_that_the_native_module_is_missing_unless_it_is_not_wanted(
    without_compiler: Path,
):
    command = ("-c", "from pipeline.cli.notice import say_if_slow; say_if_slow()")
    said = python(*command, path=without_compiler / "installed")
    assert said.stderr.startswith("copydesk: the native module is missing")
    assert said.stderr.count("\n") == 1
    silent = python(*command, path=without_compiler / "installed", COPYDESK_NATIVE="0")
    assert silent.stderr == ""


@needs_compiler
def test_a_compiler_that_fails_does_not_stop_the_installation(tmp_path: Path):
    assert wheel_of(tmp_path, CC="false").name.endswith("-py3-none-any.whl")


def test_no_compiler_is_one_line_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(build, "ZIG", "no_such_package")
    with pytest.raises(build.NoCompilerError, match="install one") as error:
        build.compiler()
    assert "\n" not in str(error.value)


@needs_compiler
def test_the_module_compiles_without_a_warning(tmp_path: Path):
    build.build(tmp_path / "_native.abi3.so", ("-Werror", "-O1"))


@needs_compiler
def test_the_module_compiles_without_the_headers_of_python(tmp_path: Path):
    shutil.copytree(
        ROOT / "pipeline",
        tmp_path / "pipeline",
        ignore=shutil.ignore_patterns("__pycache__", "*.so"),
    )
    module = tmp_path / "pipeline" / "native" / "_native.abi3.so"
    build.build(module, ("-DCOPYDESK_STABLE_ABI", "-O0", "-Werror"))
    ran = python("-c", FACTS, path=tmp_path)
    assert (ran.stdout, ran.stderr) == ("builtin_function_or_method 2\n", "")
