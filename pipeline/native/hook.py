"""Builds what is built once when the product is installed or a wheel is made: hatchling's hook.

It is built into the tree, where an editable install reads it, and goes into wheels. Where there is
no compiler, or it fails, the product is installed all the same and works with the twins: slower,
which each command says.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# For a wheel of another system: zig's name for the system, and what the wheel's tag calls it.
SYSTEM, PLATFORM = "COPYDESK_WHEEL_SYSTEM", "COPYDESK_WHEEL_PLATFORM"


class NativeHook(BuildHookInterface[Any]):
    """Compiles the native module, and puts what is built into the wheel."""

    def dependencies(self) -> list[str]:
        """Returns what an isolated build needs besides: a compiler where the machine has none."""
        build = _build(self.root)
        needs_zig = self.target_name == "wheel" and (
            SYSTEM in os.environ or build.machine_compiler() is None
        )
        return [build.ZIG] if needs_zig else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build, and say in `build_data` what goes into the wheel, and for whom the wheel is."""
        if self.target_name != "wheel":
            return
        sys.path.insert(0, self.root)
        build, system = _build(self.root), os.environ.get(SYSTEM)
        if system:
            self._folder = TemporaryDirectory()
            module = build.build(Path(self._folder.name) / build.MODULE.name, ("-g0",), system)
            build_data["force_include"][str(module)] = f"pipeline/native/{module.name}"
        else:
            build.MODULE.unlink(missing_ok=True)  # one of older sources must not stay
            module = self._built(build.build)
            build_data["artifacts"] += [f"/pipeline/native/{build.MODULE.name}"] * bool(module)
        if module:
            here = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            platform = os.environ.get(PLATFORM) or here
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{platform}"
        for make in (build.write_tables, build.compile_languages, build.hash_rules):
            self._built(make)
        build_data["artifacts"] += [
            "/pipeline/native/tables-*.bin",
            "/pipeline/languages/*.msgpack",
            "/pipeline/*.hash",
        ]

    def _built(self, make: Callable[[], Path]) -> Path | None:
        """Returns what was made; None where it could not be, and say why."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - whatever it is, the product works without it
            self.app.display_warning(f"copydesk: {make.__name__}: {error}")
            return None


def _build(root: str) -> Any:
    """Returns the module `build`, without what `pipeline` imports."""
    spec = spec_from_file_location("copydesk_build", f"{root}/pipeline/native/build.py")
    if spec is None or spec.loader is None:
        raise ImportError("pipeline/native/build.py is missing")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
