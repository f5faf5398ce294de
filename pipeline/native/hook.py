"""The build hook of hatchling: runs `build` when the product is installed or a wheel is made.

The results are written into the source tree, where an editable install reads them, and go into
wheels. Without a compiler, or if it fails, the installation goes on and the product uses the twins,
which are slower; each command then says so.
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

# For a wheel for another system: its zig target name, and its name in the wheel's tag.
SYSTEM, PLATFORM = "COPYDESK_WHEEL_SYSTEM", "COPYDESK_WHEEL_PLATFORM"


class NativeHook(BuildHookInterface[Any]):
    """Compiles the native module and adds the results to the wheel."""

    def dependencies(self) -> list[str]:
        """Returns the additional requirements: a compiler if the machine has none."""
        build = _build(self.root)
        needs_zig = self.target_name == "wheel" and (
            SYSTEM in os.environ or build.machine_compiler() is None
        )
        return [build.ZIG] if needs_zig else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Builds, and sets the files and the tag of the wheel in `build_data`."""
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
        """Returns the built file; after a failure warns and returns None."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - whatever it is, the product works without it
            self.app.display_warning(f"copydesk: {make.__name__}: {error}")
            return None


def _build(root: str) -> Any:
    """Returns the module `build` without importing `pipeline`."""
    spec = spec_from_file_location("copydesk_build", f"{root}/pipeline/native/build.py")
    if spec is None or spec.loader is None:
        raise ImportError("pipeline/native/build.py is missing")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
